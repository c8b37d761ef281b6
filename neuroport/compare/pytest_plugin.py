"""A pytest fixture with which a laboratory gates its own model.

::

    def test_the_board_agrees_with_the_laptop(assert_agree):
        assert_agree("my_model.py", backends=["brian2:spinnaker", "spinnaker-emulated"])

Installed with neuroport; ``-p no:neuroport-compare`` leaves it out. Nothing of neuroport is
imported until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from neuroport.compare import BackendComparison

__all__ = ["assert_agree", "compare_backends"]


@pytest.fixture(scope="session")
def compare_backends() -> Callable[..., BackendComparison]:
    """Return :func:`neuroport.compare.compare_backends`."""
    from neuroport.compare import compare_backends

    return compare_backends


@pytest.fixture(scope="session")
def assert_agree() -> Callable[..., BackendComparison]:
    """Return ``assert_agree(model, backends, at_least="equivalent", rung=None, **options)``.

    It runs the model on all backends, as :func:`neuroport.compare.compare_backends` with the same
    options, and fails the test unless each agrees with the first well enough. The message says
    the verdict, the first rung that fails, the place of the first difference, and why. It returns
    the comparison.
    """

    def check(
        model: Any,
        backends: str | Iterable[str],
        at_least: str = "equivalent",
        *,
        rung: str | None = None,
        **options: Any,
    ) -> BackendComparison:
        __tracebackhide__ = True
        from neuroport.compare import BackendFailedError, ResultsDisagreeError
        from neuroport.compare import compare_backends as run
        from neuroport.errors import UserError

        try:
            found = run(model, backends, **options)
            found.require(at_least, rung)
        except (ResultsDisagreeError, BackendFailedError, UserError) as problem:
            pytest.fail(str(problem), pytrace=False)
        return found

    return check

"""``pytest --pyargs neuroport.testing --backend NAME``: the option, and a test for each case.

Installed with neuroport; ``-p no:neuroport-testing`` leaves it out. Nothing of neuroport is
imported unless the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from neuroport.testing.case import Case
    from neuroport.testing.suite import Result

__all__ = ["conformance_results", "pytest_addoption", "pytest_generate_tests"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--backend``, unless another plug-in has it already."""
    group = parser.getgroup("neuroport")
    try:
        group.addoption("--backend", metavar="NAME", default="",
                        help="neuroport: the backend that the conformance suite runs on")
    except ValueError:  # the name is taken: theirs is read
        return


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case."""
    if "conformance_case" not in metafunc.fixturenames:
        return
    backend = metafunc.config.getoption("--backend", default="")
    cases: list[Case] = []
    if backend:
        from neuroport.errors import UserError
        from neuroport.testing.suite import chosen_cases, declared

        try:
            cases = chosen_cases(declared(backend))
        except UserError as error:
            raise pytest.UsageError(str(error)) from None
    metafunc.parametrize("conformance_case", cases, ids=[c.name for c in cases])


@pytest.fixture(scope="session")
def conformance_results(request: pytest.FixtureRequest) -> dict[str, Result]:
    """Run the chosen cases together, when the first is asked for."""
    from neuroport.testing.suite import run_suite

    chosen: list[Any] = [
        item.callspec.params["conformance_case"] for item in request.session.items
        if hasattr(item, "callspec") and "conformance_case" in item.callspec.params]
    results = run_suite(request.config.getoption("--backend"), cases=chosen)
    return {result.name: result for result in results}

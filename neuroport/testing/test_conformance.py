"""One test for each case of the suite; collected by ``pytest --pyargs neuroport.testing``."""

from __future__ import annotations

import pytest

from neuroport.testing.case import Case
from neuroport.testing.suite import Result


def test_conformance(conformance_case: Case, request: pytest.FixtureRequest) -> None:
    """The backend does what it declares."""
    if conformance_case.lacks:
        pytest.skip(f"not declared: {conformance_case.lacks}")
    results: dict[str, Result] = request.getfixturevalue("conformance_results")
    result = results[conformance_case.name]
    if result.state == "differs":
        pytest.fail(result.why, pytrace=False)

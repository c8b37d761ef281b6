"""The tests of this folder need Nengo, but for those of text and of what is said without it."""

import pytest
from engines import lacking


def pytest_collection_modifyitems(items):
    """Skip what needs Nengo where it is not installed."""
    why = lacking("nengo")
    if not why:
        return
    for item in items:
        without = "translation" in item.path.name or "missing" in item.name
        if "/tests/nengo/" in item.path.as_posix() and not without:
            item.add_marker(pytest.mark.skip(reason=why))

"""The tests of this folder need NEST, but for those of what is said where it is missing."""

import pytest

from neuroport.results.versions import package_version


def pytest_collection_modifyitems(items):
    """Skip what needs NEST where it is not installed."""
    if package_version("nest-simulator"):
        return
    mark = pytest.mark.skip(reason="NEST is not installed (neuroport[nest])")
    for item in items:
        if "/tests/nest/" in item.path.as_posix() and "missing" not in item.name:
            item.add_marker(mark)

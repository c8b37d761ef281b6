"""Which versions of what produced a result."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["versions", "package_version"]


@lru_cache(maxsize=64)
def package_version(name: str) -> str:
    """Return the installed version of a package, or an empty string."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def versions(backend: Any = None) -> dict[str, str]:
    """Return package -> version for everything that can change a result."""
    result = {
        name: package_version(name) for name in ("neuroport", "PyNN", "neo", "numpy", "scipy")
    }
    result["python"] = platform.python_version()
    if backend is not None:
        result.update(backend.information.versions)
    return {name: number for name, number in result.items() if number}

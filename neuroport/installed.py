"""Is a package installed, whatever stands in for it while a script runs?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["REFUSED", "installed", "without_refused"]

REFUSED = str(Path(__file__).with_name("refused"))
"""Folder of modules that refuse to be imported, put before the real ones for the processes that a
script starts."""


def installed(name: str) -> bool:
    """Return whether a package at the top level is installed."""
    path = [place for place in sys.path if place != REFUSED]
    finders = [one for one in sys.meta_path if not getattr(one, "stands_in", False)]
    return any(one.find_spec(name, path) is not None for one in finders
               if hasattr(one, "find_spec"))


def without_refused(path: str) -> str:
    """Return a list of folders, as in PYTHONPATH, without that of refused modules."""
    return os.pathsep.join(p for p in path.split(os.pathsep) if p != REFUSED)

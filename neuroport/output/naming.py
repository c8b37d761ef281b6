"""What a folder of results is called where nobody says."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

__all__ = ["default_directory"]


def default_directory(name: str, network_hash: str, parent: str | os.PathLike[str] = ".") -> Path:
    """Return ``neuroport-output/<name>-<hash>-<time>`` below `parent`, not taken yet."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    base = Path(parent) / "neuroport-output" / f"{plain}-{network_hash[:8] or 'none'}-{stamp}"
    path, k = base, 2
    while path.exists():
        path, k = base.with_name(f"{base.name}-{k}"), k + 1
    return path

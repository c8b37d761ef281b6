"""Which processes a process has started, without a package for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["descendants"]


def _parents() -> dict[int, int]:
    """Process -> its parent."""
    found: dict[int, int] = {}
    proc = Path("/proc")
    if (proc / "self" / "stat").exists():
        for place in proc.iterdir():
            if place.name.isdecimal():
                try:
                    text = (place / "stat").read_text("utf-8", errors="replace")
                except OSError:  # it has ended meanwhile
                    continue
                # The name, in parentheses, may hold anything.
                found[int(place.name)] = int(text.rpartition(")")[2].split()[1])
        return found
    try:  # macOS and BSD
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True,
                                timeout=5.0, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return found
    for line in listed.splitlines():
        words = line.split()
        if len(words) == 2:
            found[int(words[0])] = int(words[1])
    return found


def descendants(process: int) -> set[int]:
    """The children of a process, their children, and so on."""
    parents = _parents()
    found: set[int] = set()
    new = {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found

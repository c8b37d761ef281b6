"""Named places in the life of a job at which tests break it off."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

__all__ = ["BREAK", "break_at", "mark"]

BREAK = "NEUROPORT_JOBS_BREAK"
"""Environment variable ``MARK[:TIMES]``: kill this process when it gets there, for tests."""

_told: list[Callable[[str], None]] = []


def mark(name: str) -> None:
    """Tell whoever asked for it that this place was reached."""
    for tell in _told:
        tell(name)


def break_at(tell: Callable[[str], None] | None) -> None:
    """Have a function called at every mark of this process; None: no longer."""
    _told[:] = [] if tell is None else [tell]


def _from_environment() -> None:
    name, _, times = os.environ.get(BREAK, "").partition(":")
    if not name:
        return
    left = int(times or 1)

    def kill(reached: str) -> None:
        nonlocal left
        if reached == name:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    break_at(kill)


_from_environment()

"""Where the time of a run goes: the tool-chain's own phases, and the machine's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["Phases", "PHASES"]

START, BUILD, RUN, READ, END = (
    "tool-chain start", "building", "other", "reading back", "giving back",
)
PHASES = (
    START, BUILD, "waiting for a machine", "machine", "mapping", "loading", "simulation", READ,
    RUN, END,
)
"""In the order in which they come. ``waiting for a machine``: in a server's queue, and while it
switches boards on. ``other`` is what sPyNNaker does between its own stages."""


class Phases:
    """Wall seconds by phase, summed over all runs of a session.

    What is not spent in one of them (a board's start, lowering, arrays) is neuroport's own.
    """

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(PHASES, 0.0)
        self._told: dict[str, float] = {}

    def as_dict(self) -> dict[str, float]:
        """Return the phases that took time, in order."""
        return {name: round(s, 3) for name, s in self._seconds.items() if s >= 0.0005}

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """Count what happens inside to a phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._seconds[name] += time.monotonic() - began

    def begin(self) -> None:
        """Take note of a new process, whose sums begin at zero."""
        self._told = {}

    @contextmanager
    def running(self) -> Iterator[dict[str, float]]:
        """Divide what happens inside by the sums that the process tells.

        Yields
        ------
        dict
            To be filled with the process' sums so far: some of `PHASES` -> seconds.
        """
        told: dict[str, float] = {}
        began = time.monotonic()
        try:
            yield told
        finally:
            rest = time.monotonic() - began
            for name, seconds in _since(told, self._told).items():
                self._seconds[name] += seconds
                rest -= seconds
            self._seconds[RUN] += max(0.0, rest)
            self._told |= told


def _since(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: max(0.0, s - before.get(name, 0.0)) for name, s in now.items()}

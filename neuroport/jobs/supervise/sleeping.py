"""Did the computer sleep?"""

from __future__ import annotations

import time

__all__ = ["SleepWatch"]

_LEAST = 5.0  # s: less is what two clocks differ by


class SleepWatch:
    """Compares a clock that goes on while the computer sleeps with one that does not."""

    def __init__(self) -> None:
        self._before = self._difference()

    def slept(self) -> float:
        """Return how many seconds the computer slept since the last call; 0 for none."""
        now = self._difference()
        slept, self._before = now - self._before, now
        return slept if slept >= _LEAST else 0.0

    @staticmethod
    def _difference() -> float:
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(
                time.CLOCK_MONOTONIC)
        return 0.0  # macOS: no clock tells

"""What happens five times a second while a machine runs."""

from __future__ import annotations

import time
from typing import Any

from neuroport.backend.engine import Progress, StopAsked
from neuroport_spinnaker.machine.board_watch import BOARD_PATIENCE
from neuroport_spinnaker.toolchain.parent import Worker

__all__ = ["NothingYetError", "Pulse"]

_LOOK = 1.0  # s between two looks at an emulated board's clock


class NothingYetError(Exception):
    """The user asked to stop before the machine began to run for the first time."""


class Pulse:
    """Tells progress during a run, passes a wish to stop on, and sees an emulated board live.

    Called five times a second; True where the board has moved on. Raises `NothingYetError`.

    Parameters
    ----------
    worker : Worker
    board : Board or None
        Where it is an emulated one.
    start, length : float
        Of the run (ms).
    progress, stop_asked : callable
        As for :meth:`neuroport.backend.SessionBase.run`.
    """

    def __init__(
        self, worker: Worker, board: Any, start: float, length: float,
        progress: Progress, stop_asked: StopAsked,
    ) -> None:
        self._worker, self._board = worker, board
        self._start, self._length = start, length
        self._progress, self._stop_asked = progress, stop_asked
        self._stopped = False
        self._began: tuple[float, float] | None = None  # (running since, the board's time then)
        self._seen = self._looked = -1.0

    def __call__(self) -> bool:
        if not self._stopped and self._stop_asked():
            self._stopped = True
            if not self._worker.ran:
                raise NothingYetError  # mapping and loading may take minutes
            self._worker.stop()
        since = self._worker.running_since
        if since is None:
            return False
        now = time.monotonic()
        if self._board is not None:
            if now - self._looked < _LOOK:
                return False
            self._looked, now = now, self._board_time()
        if self._began is None or self._began[0] != since:
            self._began = (since, now)
        seconds = max(self._worker.running_seconds, 1e-9)
        part = min(1.0, (now - self._began[1]) / seconds)
        self._progress(self._start + part * self._length)
        moved, self._seen = now > self._seen, now
        return moved and self._board is not None

    def _board_time(self) -> float:
        try:
            return float(self._board.report(BOARD_PATIENCE).virtual_seconds)
        except Exception:  # it stopped: the tool-chain will say so
            return self._seen

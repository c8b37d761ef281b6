"""What `neuroport run` says and does so that nothing is lost: Ctrl-C, a large amount, no room."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neuroport.output.checking import check_folder
from neuroport.output.errors import SavedElsewhereError
from neuroport.process.interrupt import PATIENCE, HoldInterrupts

__all__ = ["Keeping"]

_LONG = 2.0  # s of saving that are announced also where nobody is in a hurry


class Keeping(HoldInterrupts):
    """Context for a run and the saving of its results: Ctrl-C ends the run, never the saving.

    Parameters
    ----------
    output : path or None
        The folder for results, as asked for.
    quiet : bool
        Whether to say only what answers Ctrl-C.

    Raises
    ------
    OutputError
        If nothing could be written there.
    """

    def __init__(self, output: Path | None, quiet: bool = False) -> None:
        super().__init__(self._told)
        self.place = check_folder(output if output is not None else Path("neuroport-output") / (
            f"run-{os.getpid()}"))
        self._where = str(output) if output is not None else "neuroport-output"
        self._quiet = quiet
        self._doing = "the run"
        self._until = 0.0  # when saving will have ended, about

    def room(self, simulator: Any, until: float) -> None:
        """Refuse a run whose results would not find room; before each run."""
        from neuroport.results.amount import Room

        self._room = getattr(self, "_room", None) or Room(self.place)
        self._room(simulator, until)

    def stopping(self, stage: int) -> None:
        """Answer Ctrl-C during a run, see :class:`neuroport.process.interrupt.StopOnInterrupt`."""
        _say({
            1: "Ctrl-C: the run stops at the end of its time step, and everything recorded until "
               f"then is saved in {self._where}",
            2: "still stopping: the engine ends its time step, and what it recorded is saved",
            3: f"the engine has not stopped for {PATIENCE:g} s; one more Ctrl-C breaks it off, "
               "and what it has not handed over is lost",
        }[stage])

    def ending(self, report: Any, seen: Any) -> None:
        """Say what is being saved, and how long that will take, where it matters."""
        from neuroport.results.amount import recorded_amount

        amount = recorded_amount(seen.simulators)
        self._doing, self._until = "saving", time.monotonic() + amount.seconds
        hurried = report.status == "interrupted"
        if (amount.spikes or amount.bytes) and (
                hurried or (amount.seconds > _LONG and not self._quiet)):
            _say(f"saving {amount} in {self._where}: about {max(1, round(amount.seconds))} s")

    def figures(self, drawn: Iterator[Path]) -> Iterator[Path]:
        """Yield figures as they are drawn; none, and no more, after Ctrl-C."""
        self._doing = "figures"
        if self.count:
            _say(_LEFT_OUT)
            return
        try:
            yield from drawn
        except KeyboardInterrupt:
            _say(_LEFT_OUT)

    def _told(self, broken: bool) -> None:
        if self._doing == "saving":
            left = self._until - time.monotonic()
            _say("still saving, and Ctrl-C does not stop that"
                 + (f": about {max(1, round(left))} s more" if left > 0 else "")
                 + "; figures are left out")
        elif self._doing == "the run" and broken:
            _say("Ctrl-C: the model stops; everything recorded until then is saved in "
                 f"{self._where}")

    @staticmethod
    def kept(error: BaseException) -> Path | None:
        """Return where results are that could not be saved where they were to go."""
        return error.path if isinstance(error, SavedElsewhereError) else None


_LEFT_OUT = "the data are saved; figures are left out"


def _say(text: str) -> None:
    """Write a line to standard error, also from a signal handler that came into another print."""
    clear = "\r\x1b[2K" if sys.stderr.isatty() else ""
    os.write(2, f"{clear}{text}\n".encode(errors="replace"))

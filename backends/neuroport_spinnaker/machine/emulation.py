"""How an emulated board is to behave: its timing, its pace, its threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neuroport.errors import BackendMissingError, InvalidValueError, Problem
from neuroport.findings import Finding, finding
from neuroport.machines import Target

__all__ = ["Emulation", "TIMING_MODES", "ratio"]

TIMING_MODES = ("ideal", "loaded")
APPROXIMATE = "loaded"


def ratio(text: str | None) -> float | None:
    """Return what ``1:1``, ``1:10`` or ``0.5`` means, in virtual seconds per second.

    Raises
    ------
    ValueError
        If it is no ratio of positive numbers.
    """
    if text is None or text == "free":
        return None
    virtual, _, wall = text.partition(":")
    try:
        pace = float(virtual) / float(wall or 1)
    except ZeroDivisionError:
        pace = 0.0
    if not 0 < pace < float("inf"):
        raise ValueError(text)
    return pace


@dataclass(frozen=True)
class Emulation:
    """Choices that only an emulated board has.

    Parameters
    ----------
    timing : {"ideal", "loaded"}
        ``ideal`` is deterministic; ``loaded`` adds estimated costs and bounded queues, and is
        approximate.
    pace : str
        ``free``: as fast as it goes; ``1:1``: no faster than a board.
    threads : int
        Of this computer, for the chips.
    """

    timing: str = "ideal"
    pace: str = "free"
    threads: int = 1

    def __post_init__(self) -> None:
        problems = []
        if self.timing not in TIMING_MODES:
            problems.append(
                Problem("there is no such timing", f"{self.timing!r}", " or ".join(TIMING_MODES))
            )
        try:
            ratio(self.pace)
        except (ValueError, AttributeError):
            problems.append(
                Problem("the pace is no ratio", f"{self.pace!r}", "free, 1:1, 1:10 ...")
            )
        if not isinstance(self.threads, int) or isinstance(self.threads, bool) or self.threads < 1:
            problems.append(Problem("threads cannot be used", f"{self.threads!r}", "1 or more"))
        if problems:
            raise InvalidValueError(problems, where="options of the emulated board")

    @property
    def approximate(self) -> bool:
        """Whether the board's timing is an estimate."""
        return self.timing == APPROXIMATE

    @property
    def label(self) -> str:
        """What a result must carry: that this is no board, and how far its timing goes."""
        note = ", which is approximate" if self.approximate else ""
        pace = "" if self.pace == "free" else f", pace {self.pace}"
        return f"unofficial emulated board, timing '{self.timing}'{note}{pace}"

    def findings(self) -> list[Finding]:
        """Return what a user must know of a run with these choices."""
        if not self.approximate:
            return []
        return [finding(
            "NP342", "emulated board", measured="timing 'loaded'",
            limit="nothing of it was calibrated on a board",
            why="costs of memory, DMA and full queues are estimates: late spikes and dropped "
            "packets show where a network is heavy, not how many a board would have",
            fixes=("timing='ideal' (--timing ideal) for results that can be compared",),
            timing=self.timing,
        )]

    def missing(self) -> list[Problem]:
        """Return what is not there to emulate a board."""
        try:
            import neuroport_spinnaker.board  # noqa: F401
        except ImportError as error:
            what, _, fix = str(error).partition(": ")
            return [Problem(what, fix=fix)]
        return []

    def start(self, target: Target) -> Any:
        """Return a running board of a target's shape.

        Raises
        ------
        BackendMissingError
            If the emulated processor was not built.
        """
        if lacking := self.missing():
            raise BackendMissingError(lacking)
        from neuroport_spinnaker.board import Board

        shape = target.geometry
        board = Board(
            chips=shape.chips // shape.boards, boards=shape.boards, timing=self.timing,
            pace=ratio(self.pace), threads=self.threads,
        )
        return board.start()

"""What an emulated board says of itself: what it refused, what it lost, its figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from neuroport.errors import Problem
from neuroport.findings import Finding
from neuroport.machines import Target
from neuroport_spinnaker.errors import BoardRefusedError, MachineLostError, SpinnakerError
from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.machine.lost_spikes import losses

__all__ = ["BOARD_PATIENCE", "BoardWatch"]

BOARD_PATIENCE = 5.0  # s for an emulated board to tell its time


class BoardWatch:
    """Asks an emulated board after each run; of a real machine it knows nothing.

    Parameters
    ----------
    emulation : Emulation or None
        None for a real machine.
    target : Target
    undelivered : collection of str
        Populations with plastic synapses that deliver nothing, whatever the load.
    """

    def __init__(
        self, emulation: Emulation | None, target: Target, undelivered: Collection[str] = ()
    ) -> None:
        self._emulation, self._target = emulation, target
        self._undelivered = undelivered
        self.forget()

    def forget(self) -> None:
        """Drop what was said of the last board."""
        self._figures: dict[str, Any] = {}
        self._cores: Sequence[Mapping[str, Any]] = ()  # what is on each

    def refused(self, board: Any, error: BaseException) -> BoardRefusedError | None:
        """Return what a board refused, where the tool-chain failed for it."""
        if board is None or not isinstance(error, SpinnakerError):
            return None
        try:
            problems = board.report(BOARD_PATIENCE).problems
        except Exception:  # it has stopped, and that is what the tool-chain failed for
            return None
        if not problems:
            return None
        return BoardRefusedError([
            Problem("the emulated board refused what sPyNNaker asked for", measured=text,
                    fix="`pip install sPyNNaker==1!7.4.1` where it is about a program; the "
                    "tool-chain's own error follows from it")
            for text in dict.fromkeys(problems)
        ])

    def look(
        self, board: Any, places: Callable[[], Sequence[Mapping[str, Any]]]
    ) -> tuple[Finding, ...]:
        """Keep a board's figures and return what its programs counted as lost or late.

        Parameters
        ----------
        board : Board
        places : callable
            Returns what is on each core; asked once.

        Raises
        ------
        MachineLostError
            If the board has stopped.
        """
        from neuroport_spinnaker.board import BoardError

        try:
            report = board.report(BOARD_PATIENCE)
        except BoardError as error:
            raise MachineLostError(
                Problem("the emulated board stopped after a run", measured=str(error),
                        fix="what was recorded can be read; call reset() and run again")
            ) from error
        self._figures = {
            "virtual_s": round(report.virtual_seconds, 6), "cpu_s": round(report.cpu_seconds, 3),
            "cores": len(report.cores), "packets": report.packets_sent,
            "packets_dropped": report.packets_dropped,
            "counted": {k: v for k, v in report.provenance.items() if v},
        }
        if not self._cores:
            self._cores = places()
        emulation = self._emulation
        rough = ""
        if emulation is not None and emulation.approximate:
            rough = f"timing '{emulation.timing}', approximate"
        return tuple(losses(report, self._cores, rough, self._undelivered))

    def account(self) -> dict[str, Any]:
        """Return the board's label and its figures; nothing for a real machine."""
        emulation = self._emulation
        if emulation is None:
            return {}
        return {
            "label": emulation.label, "timing": emulation.timing,
            "approximate": emulation.approximate, "pace": emulation.pace,
            "chips": self._target.geometry.chips, "boards": self._target.geometry.boards,
            **self._figures,
        }

"""The command ``neuroport board``: a board for any sPyNNaker script until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from neuroport_spinnaker.board.emulator import Board
from neuroport_spinnaker.board.errors import TimingError
from neuroport_spinnaker.board.host_process import run_here
from neuroport_spinnaker.board.report import BoardReport
from neuroport_spinnaker.board.watch import Watch
from neuroport_spinnaker.machine.emulation import ratio

_PIECE = 0.5  # s between two looks whether to go on


def parse_pace(text: str | None) -> float | None:
    """Read ``1:1`` or ``0.5`` as virtual seconds per second of wall time.

    Raises
    ------
    TimingError
        If the text is no ratio of positive numbers.
    """
    try:
        return ratio(text)
    except ValueError:
        raise TimingError(
            f"pace {text!r} is no ratio such as 1:1 or 1:10; 'free' runs freely"
        ) from None


def run_on_board(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    chips: int | None = None,
    boards: int = 1,
    timing: str = "ideal",
    pace: str | None = None,
    host: str | None = None,
    threads: int = 1,
    allow_unknown_binaries: bool = False,
    show: Callable[[str], None] = print,
    keep_going: Callable[[], bool] = lambda: True,
) -> int:
    """Run a sPyNNaker script as it is on a board made for it, and return its exit code.

    Parameters
    ----------
    script : Path
        A script that imports ``pyNN.spiNNaker``; it runs in the present folder.
    arguments : sequence of str
        For the script.
    chips : int, optional
        Of a board: 4, or 48, which it is where it is left out.
    boards, timing, pace, host, threads, allow_unknown_binaries, show, keep_going
        As for :func:`serve`.
    """
    with Board(
        chips or 48,
        boards=boards,
        timing=timing,
        pace=parse_pace(pace),
        host=host,
        threads=threads,
        allow_unknown_binaries=allow_unknown_binaries,
    ) as board:
        code = run_here(board, script, arguments, keep_going)
        report = board.report()
    show(f"Emulated SpiNNaker board (unofficial), timing {timing}: "
         f"{report.virtual_seconds:.2f} s of its time")
    for finding in dict.fromkeys(report.findings()):
        show(f"finding: {finding}")
    return code


def serve(
    chips: int | None = None,
    *,
    boards: int = 1,
    timing: str = "ideal",
    pace: str | None = None,
    host: str | None = None,
    threads: int = 1,
    allow_unknown_binaries: bool = False,
    iobuf: bool = False,
    status_seconds: float = 5.0,
    show: Callable[[str], None] = print,
    keep_going: Callable[[], bool] = lambda: True,
) -> BoardReport:
    """Run a board until interrupted, and say how to use it and how it fares.

    Parameters
    ----------
    chips, boards, timing, host, threads, allow_unknown_binaries
        As in `Board`.
    pace : str, optional
        ``1:1`` for wall time (live input and output), ``free`` for as fast as possible.
    iobuf : bool
        Show all that programs write; otherwise warnings, errors and last words.
    status_seconds : float
        Wall seconds between two status lines; a line is shown only while something runs.
    show : callable
        Takes each line.
    keep_going : callable
        Asked twice a second; the board stops when it says False.

    Returns
    -------
    BoardReport
        The last state of the board.
    """
    with Board(
        chips,
        boards=boards,
        timing=timing,
        pace=parse_pace(pace),
        host=host,
        threads=threads,
        allow_unknown_binaries=allow_unknown_binaries,
    ) as board:
        note = " (approximate timing)" if timing == "loaded" else ""
        shape = board.geometry
        several = f"s: {boards} boards at {', '.join(board.hosts)}" if boards > 1 else ""
        show(
            f"Emulated SpiNNaker board{several} (unofficial), {len(shape.chips)} chips, "
            f"timing {timing}{note}"
        )
        show("Put these two lines into the [Machine] section of ~/.spynnaker.cfg:")
        for line in board.configuration_lines():
            show(f"    {line}")
        show("Remove virtual_board, width and height there. Stop the board with Ctrl-C.")
        try:
            _watch(board, status_seconds, Watch(show, iobuf), keep_going)
        except KeyboardInterrupt:
            show("stopping")
        report = board.report()
        for finding in report.findings():
            show(f"finding: {finding}")
        return report


def _watch(
    board: Board,
    status_seconds: float,
    watch: Watch,
    keep_going: Callable[[], bool],
) -> None:
    watch.look(board.report(), time.monotonic())
    last = time.monotonic()
    while keep_going():
        time.sleep(_PIECE)
        if time.monotonic() - last >= status_seconds:
            watch.look(board.report(), time.monotonic())
            last = time.monotonic()

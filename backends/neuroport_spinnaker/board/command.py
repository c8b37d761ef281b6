"""The command ``neuroport board``: a board for any sPyNNaker script until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable

from neuroport_spinnaker.board.emulator import CYCLES_PER_SECOND, Board
from neuroport_spinnaker.board.errors import TimingError
from neuroport_spinnaker.board.iobuf import readable
from neuroport_spinnaker.board.report import BoardReport
from neuroport_spinnaker.emulation import ratio

_IOBUF_SHOWN = 2000


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


def serve(
    chips: int | None = None,
    *,
    boards: int = 1,
    timing: str = "ideal",
    pace: str | None = None,
    host: str | None = None,
    threads: int = 1,
    allow_unknown_binaries: bool = False,
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
            _watch(board, status_seconds, show, keep_going)
        except KeyboardInterrupt:
            show("stopping")
        report = board.report()
        for finding in report.findings():
            show(f"finding: {finding}")
        return report


def _watch(
    board: Board,
    status_seconds: float,
    show: Callable[[str], None],
    keep_going: Callable[[], bool],
) -> None:
    seen_crashes: set[tuple[tuple[int, int], int, int]] = set()
    seen_problems = 0
    last_time, last_wall = 0.0, time.monotonic()
    while keep_going():
        time.sleep(0.5)
        wall = time.monotonic()
        if wall - last_wall < status_seconds:
            continue
        report = board.report()
        advanced = report.virtual_seconds - last_time
        if advanced * CYCLES_PER_SECOND >= 1 and report.cores:
            speed = advanced / (wall - last_wall)
            show(
                f"{report.virtual_seconds:9.3f} s virtual, {speed:.2f} x wall time, "
                f"{len(report.cores)} cores, {report.packets_sent} packets"
            )
        for problem in report.problems[seen_problems:]:
            show(f"refused: {problem}")
        seen_problems = len(report.problems)
        for core in report.crashed:
            identity = (core.chip, core.core, core.instructions)
            if identity in seen_crashes:
                continue
            seen_crashes.add(identity)
            x, y = core.chip
            show(f"core {x},{y},{core.core} ({core.binary}): {core.state} {core.error_code}")
            show(" ".join(f"r{i}={value:#x}" for i, value in enumerate(core.registers)))
            show(readable(core.iobuf)[-_IOBUF_SHOWN:])
        last_time, last_wall = report.virtual_seconds, wall

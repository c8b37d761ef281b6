"""Running a sPyNNaker script against a board: a child process with its own home."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from neuroport_spinnaker.board.emulator import Board

# The host waits the simulated time and then polls; a slow host machine needs more than 5 s.
OVERRUN_SECONDS = 600


def write_configuration(
    board: Board, home: Path, *, monitors: bool = False, extra: Sequence[str] = ()
) -> Path:
    """Write ``.spynnaker.cfg`` for a board.

    Parameters
    ----------
    board : Board
        A running board.
    home : Path
        Existing folder that will be the home of the child process.
    monitors : bool
        Keep the extra monitor cores, which poll and cost time.
    extra : sequence of str
        More lines, sections included.

    Returns
    -------
    Path
        The file, readable by the user only.
    """
    lines = ["[Machine]", "virtual_board = False", *board.configuration_lines()]
    if not monitors:
        lines += ["enable_advanced_monitor_support = False", "enable_reinjection = False"]
    lines += [f"post_simulation_overrun_before_error = {OVERRUN_SECONDS}", *extra]
    path = home / ".spynnaker.cfg"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    return path


def run_script(
    board: Board,
    script: Path,
    *,
    python: str = sys.executable,
    monitors: bool = False,
    extra: Sequence[str] = (),
    arguments: Sequence[str] = (),
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script with home and working directory of its own.

    Parameters
    ----------
    board : Board
        A running board.
    script : Path
        A script that imports ``pyNN.spiNNaker``.
    python : str
        Interpreter with sPyNNaker installed.
    monitors, extra
        As in `write_configuration`.
    arguments : sequence of str
        For the script.
    timeout : float, optional
        Seconds; the child is killed after that.

    Raises
    ------
    subprocess.TimeoutExpired
        If the script takes longer than `timeout`.
    """
    with tempfile.TemporaryDirectory(prefix="neuroport-board-") as folder:
        home = Path(folder)
        write_configuration(board, home, monitors=monitors, extra=extra)
        work = home / "work"
        work.mkdir(mode=0o700)
        environment = dict(os.environ, HOME=str(home), MPLBACKEND="Agg")
        return subprocess.run(
            [python, str(script.resolve()), *arguments],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

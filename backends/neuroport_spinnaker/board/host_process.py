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

# Runs a script without the tool-chain's sleep of the simulated time: the board answers when
# it is done.  Kept as text because the child interpreter need not have this package.
_WITHOUT_SLEEP = """
import importlib, os, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
# not "import ... as": the package exports a function of the same name
runner = importlib.import_module(
    "spinn_front_end_common.interface.interface_functions.application_runner")
if not callable(getattr(runner, "sleep", None)):
    sys.exit("this release of sPyNNaker sleeps elsewhere: use run_script(..., sleep=True)")
runner.sleep = lambda seconds: None
runpy.run_path(sys.argv[0], run_name="__main__")
"""


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
    sleep: bool | None = None,
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
    sleep : bool, optional
        Whether the host sleeps the simulated time before it asks for the end, as it does with
        a real board.  By default only if the board is paced.

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
        if sleep is None:
            sleep = board.pace is not None
        start = [python] if sleep else [python, "-c", _WITHOUT_SLEEP]
        return subprocess.run(
            [*start, str(script.resolve()), *arguments],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

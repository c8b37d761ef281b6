"""Running a sPyNNaker script against a board: a child process with its own home."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from neuroport_spinnaker.board.emulator import Board
from neuroport_spinnaker.board.errors import OwnMachineError
from neuroport_spinnaker.toolchain import short_lists

_PIECE = 0.5  # s between two looks whether to go on
_PATIENCE = 30.0  # s that a script has to end after Ctrl-C
_MACHINES = ("machine_name", "spalloc_server", "remote_spinnaker_url")

# The host waits the simulated time and then polls; a slow host machine needs more than 5 s.
OVERRUN_SECONDS = 600

# Runs a script, its name and arguments after the first word, which says whether the tool-chain
# sleeps the simulated time: the board answers when it is done.  Kept as text because the child
# interpreter need not have this package.
_RUN = """
import importlib, os, runpy, sys
shorten_logging()
how, sys.argv = sys.argv[1], sys.argv[2:]
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
if how == "wake":
    # not "import ... as": the package exports a function of the same name
    runner = importlib.import_module(
        "spinn_front_end_common.interface.interface_functions.application_runner")
    if not callable(getattr(runner, "sleep", None)):
        sys.exit("this release of sPyNNaker sleeps elsewhere: use run_script(..., sleep=True)")
    runner.sleep = lambda seconds: None
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def starting(board: Board, script: Path, python: str, sleep: bool | None) -> list[str]:
    """Return the words that run a script in a process of its own.

    Parameters
    ----------
    board : Board
    script : Path
    python : str
        Interpreter with sPyNNaker installed.
    sleep : bool or None
        Whether the host sleeps the simulated time; None: if the board is paced.
    """
    if sleep is None:
        sleep = board.pace is not None
    text = Path(short_lists.__file__).read_text(encoding="utf-8") + _RUN
    return [python, "-c", text, "sleep" if sleep else "wake", str(script)]


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
        return subprocess.run(
            [*starting(board, script.resolve(), python, sleep), *arguments],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def run_here(
    board: Board, script: Path, arguments: Sequence[str], keep_going: Callable[[], bool],
    python: str = sys.executable,
) -> int:
    """Run a script in the present folder, with a home of its own that names the board.

    What it prints goes where this process prints.

    Parameters
    ----------
    board : Board
        A running board.
    script : Path
        A script that imports ``pyNN.spiNNaker``.
    arguments : sequence of str
        For the script.
    keep_going : callable
        Asked twice a second; the script is ended, as by Ctrl-C, when it says False.
    python : str
        Interpreter with sPyNNaker installed.

    Returns
    -------
    int
        The script's exit code.

    Raises
    ------
    OwnMachineError
        If a ``spynnaker.cfg`` in the present folder names a machine: it would be taken instead.
    """
    _check_own_configuration(Path("spynnaker.cfg"))
    with tempfile.TemporaryDirectory(prefix="neuroport-board-") as home:
        write_configuration(board, Path(home))
        child = subprocess.Popen(
            [*starting(board, script, python, None), *arguments],
            env=dict(os.environ, HOME=home))
        asked = 0.0
        while True:
            try:
                return child.wait(_PIECE)
            except subprocess.TimeoutExpired:
                if keep_going():
                    continue
            if not asked:
                child.send_signal(signal.SIGINT)
                asked = time.monotonic()
            elif time.monotonic() - asked > _PATIENCE:
                child.kill()


def _check_own_configuration(path: Path) -> None:
    own = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        own.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise OwnMachineError(f"{path} cannot be read: {error}") from None
    named = [name for name in _MACHINES if own.get("Machine", name, fallback="None") != "None"]
    if named:
        raise OwnMachineError(
            f"{path} in this folder names a machine ({', '.join(named)}), which the script would "
            "take instead of the emulated board: leave these lines out, or start in another folder"
        )

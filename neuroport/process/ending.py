"""How a child process ends: asked first, then told, then killed, with all that it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil

__all__ = ["descendants", "end"]

_LOOK = 0.02  # s between two looks whether a process is still there
_LIST = 0.5  # s between two looks at all processes
_TOLD = 3.0  # s that a process has, once it has been told to end by a signal
_KILLED = 10.0  # s for a killed process to go
_ORPHANS = 25.0  # s for engines of its own, which end themselves when their inputs close


def _runs(process: psutil.Process) -> bool:
    """Whether a process has not ended yet; one that nobody has asked for its status has."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def descendants(process: int) -> set[psutil.Process]:
    """The children of a process, their children, and so on."""
    try:
        return set(filter(_runs, psutil.Process(process).children(recursive=True)))
    except psutil.NoSuchProcess:
        return set()


def end(process: subprocess.Popen[bytes], folder: Path, grace: float) -> None:
    """End a process and remove its folder.

    Its input is closed and it is waited for; then it is told by SIGTERM; then it is killed. What
    it started ends with it; only engines in sessions of their own, whose inputs it has held, are
    given time to end by themselves.

    Parameters
    ----------
    process : subprocess.Popen
        The head of a session.
    folder : Path
    grace : float
        Seconds that it has once its input is closed.
    """
    started = descendants(process.pid)
    try:
        for pipe in (process.stdin, process.stdout):  # it must not wait for a reader, either
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        started |= _wait(process, grace)
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                process.terminate()
            started |= _wait(process, _TOLD if grace else 0.0)
        _kill_group(process)
        _outlive(started)
    finally:  # also where the user does not want to wait
        _kill_group(process)
        for one in started:
            with contextlib.suppress(psutil.Error):
                one.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> set[psutil.Process]:
    """Wait for a process; return what it has started meanwhile."""
    began = looked = time.monotonic()
    started: set[psutil.Process] = set()
    while process.poll() is None and time.monotonic() < began + seconds:
        if time.monotonic() > looked + _LIST:
            looked = time.monotonic()
            started |= descendants(process.pid)
        time.sleep(_LOOK)
    return started


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_KILLED)


def _outlive(processes: set[psutil.Process]) -> None:
    """Wait until processes have ended by themselves."""
    limit = time.monotonic() + _ORPHANS
    while any(map(_runs, processes)) and time.monotonic() < limit:
        time.sleep(_LOOK)

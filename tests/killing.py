"""Kill a process at every point where it touches the disk, and see what is left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

_POINTS = ("fsync", "replace", "rename", "write", "close")  # Python has no audit event for these


def killed_everywhere(work: Callable[[Callable[[str], None]], None], step: int = 1) -> Iterator[
    tuple[int, list[str], bool]
]:
    """Do some work again and again, each time killed (-9) one point later, until it ends.

    A point is before and after every call of the system that Python makes for the work: opening,
    making, moving and removing files, and having them written to the disk.

    Parameters
    ----------
    work : callable
        Done in a child process. Gets a function that announces something to the parent.
    step : int
        Every how many points it is killed.

    Yields
    ------
    point : int
        Where it was killed.
    announced : list of str
        What it announced before.
    ended : bool
        Whether it came to its end; then this is the last one.
    """
    point = 1
    while True:
        announced, status = _child(work, point)
        ended = not os.WIFSIGNALED(status)
        yield point, announced, ended
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        point += step


def _child(work: Callable[[Callable[[str], None]], None], point: int) -> tuple[list[str], int]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        say = os.write
        try:
            _die_at(point)
            work(lambda text: (say(writing, f"{text}\n".encode()), None)[1])
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        announced = stream.read().splitlines()
    return announced, os.waitpid(child, 0)[1]


def _die_at(point: int) -> None:
    passed = 0

    def reached() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, arguments: Any) -> None:
        if event in ("open", "shutil.move", "shutil.rmtree", "tempfile.mkdtemp") or (
            event.startswith("os.") and event not in ("os.scandir", "os.listdir", "os.putenv")
        ):
            if event == "open" and not _for_writing(arguments):
                return
            reached()

    sys.addaudithook(heard)
    for name in _POINTS:
        setattr(os, name, _around(getattr(os, name), reached))


def _for_writing(arguments: Any) -> bool:
    _, mode, flags = arguments
    if isinstance(mode, str):
        return any(c in mode for c in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def _around(function: Any, reached: Callable[[], None]) -> Any:
    def around(*arguments: Any, **keywords: Any) -> Any:
        reached()
        result = function(*arguments, **keywords)
        reached()
        return result

    return around

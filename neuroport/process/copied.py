"""What would happen if this process went on: asked of a copy of it, which is then dropped.

As :mod:`neuroport.process.wire`, needs nothing of neuroport.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["CopyFailedError", "in_a_copy"]


class CopyFailedError(RuntimeError):
    """The copy raised an exception, ended, or hung."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def in_a_copy(function: Callable[[], Any], within: float, wire: Any) -> Any:
    """Return what a function returns in a copy of this process. Here nothing changes.

    The copy is made by a thread of its own. A copy has only the thread that made it; OpenMP's
    workers belong to the thread that calls them, so in a copy made by that thread it would wait
    for ever for workers that are not there (measured: each time, NEST 3.10 with two threads). In a
    thread that has none it starts new ones.

    Parameters
    ----------
    function : callable
        Returns what can be sent to another process.
    within : float
        Seconds that it may take.
    wire : module
        `neuroport.process.wire`.

    Raises
    ------
    CopyFailedError
    """
    reading, writing = os.pipe()
    copies: list[int] = []

    def copy() -> None:
        number = os.fork()
        if number == 0:
            _answer(function, writing, wire)
        copies.append(number)

    maker = threading.Thread(target=copy)
    maker.start()
    maker.join()
    os.close(writing)
    if not copies:
        os.close(reading)
        raise CopyFailedError("OSError", "this process could not be copied")
    incoming, message = wire.Incoming(), None
    limit = time.monotonic() + within
    try:
        while message is None and (left := limit - time.monotonic()) > 0:
            if select.select([reading], [], [], left)[0]:
                piece = os.read(reading, 1 << 20)
                if not piece:
                    break
                incoming.add(piece)
                message = incoming.take()
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(copies[0], signal.SIGKILL)
        _, status = os.waitpid(copies[0], 0)
    if message is None:
        code = os.waitstatus_to_exitcode(status)
        how = "it hung" if time.monotonic() >= limit else f"it ended with status {code}"
        raise CopyFailedError("CopyFailedError", f"the copy gave no answer: {how}")
    if "error" in message:
        raise CopyFailedError(message["error"], message["text"])
    return message["done"]


def _answer(function: Callable[[], Any], writing: int, wire: Any) -> NoReturn:
    try:
        try:
            pieces = wire.packed({"done": function()})
        except BaseException as error:
            pieces = wire.packed(wire.failure(error))
        wire.send(writing, pieces)
    finally:
        os._exit(0)

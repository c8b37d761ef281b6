"""Ctrl-C: a run ends at a time step, what was recorded is kept, and nothing breaks that off."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from types import CodeType, FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

__all__ = ["HoldInterrupts", "StopOnInterrupt", "keeps_data", "may_be_broken_off"]

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE = 10.0
"""Seconds that an engine has to end its time step before Ctrl-C may break it off."""

_keeping: set[CodeType] = set()
_open: set[CodeType] = set()
_late = threading.Event()  # Ctrl-C came while something was kept, inside what it breaks off


def keeps_data(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that Ctrl-C never breaks off: what it is about to keep would be lost."""
    _keeping.add(function.__code__)

    @wraps(function)
    def keep(*arguments: P.args, **keywords: P.kwargs) -> R:
        result = function(*arguments, **keywords)
        if _late.is_set():
            _late.clear()
            raise KeyboardInterrupt
        return result

    return keep


def may_be_broken_off(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that Ctrl-C breaks off inside :class:`HoldInterrupts`."""
    _open.add(function.__code__)
    return function


def _marks(frame: FrameType | None) -> Iterator[set[CodeType]]:
    """Yield which kinds of function the interrupted code belongs to, the innermost first."""
    while frame is not None:
        for kind in (_keeping, _open):
            if frame.f_code in kind:
                yield kind
        frame = frame.f_back


class _Handler:
    """A handler of SIGINT for the length of a context; outside the main thread nothing changes."""

    def __init__(self) -> None:
        self._previous: Any = None
        self._installed = False

    def __enter__(self) -> Any:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.getsignal(signal.SIGINT)
            signal.signal(signal.SIGINT, self._handle)
            self._installed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        raise NotImplementedError


class StopOnInterrupt(_Handler):
    """Context in which Ctrl-C asks a run to stop, and only persistence breaks it off.

    What an engine has not handed over is lost with it, so a second Ctrl-C within `PATIENCE` does
    nothing more; after that one is answered by a warning, and the next breaks off.

    Attributes
    ----------
    tell : callable or None
        Called inside the signal handler with 1: the run is to stop; 2: it is still stopping;
        3: the next Ctrl-C breaks it off.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tell: Callable[[int], None] | None = None
        self._since: float | None = None
        self._warned = self._broken = False

    def asked(self) -> bool:
        """Whether the user has asked to stop."""
        return self._since is not None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        stage = 2
        if self._since is None:
            self._since, stage = now, 1
        elif now - self._since >= PATIENCE and not self._broken and (
                next(_marks(frame), None) is not _keeping):
            if self._warned:
                self._broken = True
                raise KeyboardInterrupt
            self._warned, stage = True, 3
        if self.tell is not None:
            self.tell(stage)


class HoldInterrupts(_Handler):
    """Context in which Ctrl-C breaks off marked functions only; elsewhere it is counted.

    Parameters
    ----------
    tell : callable, optional
        Called inside the signal handler with whether something was broken off.

    Attributes
    ----------
    count : int
        How often Ctrl-C came where nothing could be broken off.
    """

    def __init__(self, tell: Callable[[bool], None] | None = None) -> None:
        super().__init__()
        self._tell = tell
        self.count = 0

    def _handle(self, number: int, frame: FrameType | None) -> None:
        marks = list(_marks(frame))
        broken = _open in marks
        self.count += not broken
        if self._tell is not None:
            self._tell(broken)
        if broken and marks[0] is _open:
            raise KeyboardInterrupt
        if broken:
            _late.set()

"""A progress bar and the present stage; both only on a terminal, and only on long runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from neuroport.cli.display import console

__all__ = ["progress_bar", "stage"]

APPEARS_AFTER = 1.0  # s
_LONGEST = 60  # characters of a stage beside the bar


class _Listener(logging.Handler):
    """Hands neuroport's log messages on."""

    def __init__(self, tell: Any) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one message."""
        self._tell(record.getMessage(), record.levelno)


@contextmanager
def _listening(tell: Any) -> Iterator[None]:
    log = logging.getLogger("neuroport")
    listener, level, passed = _Listener(tell), log.level, log.propagate
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    log.propagate = False  # what is shown here need not be printed once more
    try:
        yield
    finally:
        log.removeHandler(listener)
        log.setLevel(level)
        log.propagate = passed


def _line(text: str, level: int) -> Text:
    return Text(text, style="" if level < logging.WARNING else "bold")


@contextmanager
def stage(wanted: bool = True, verbose: bool = False) -> Iterator[None]:
    """Show what is being done: the latest message on a terminal, all of them where `verbose`."""
    screen = console(to_stderr=True)
    if verbose:
        with _listening(lambda text, level: screen.print(_line(text, level), soft_wrap=True)):
            yield
    elif wanted and screen.is_terminal:
        with screen.status("") as status, _listening(
            lambda text, level: status.update(_line(text, level))
        ):
            yield
    else:
        with _listening(lambda text, level: None):
            yield


@contextmanager
def progress_bar(wanted: bool = True, verbose: bool = False) -> Iterator[Any]:
    """Yield a function of (now, target) in ms that shows a bar, beside the present stage."""
    screen = console(to_stderr=True)
    if not wanted or not screen.is_terminal:
        with stage(False, verbose):
            yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    began = time.monotonic()
    bar: Any = None
    task: Any = None
    doing = "running"

    def appear() -> bool:
        nonlocal bar, task
        if bar is None and time.monotonic() - began >= APPEARS_AFTER:
            bar = Progress(
                TextColumn("{task.description}", markup=False), BarColumn(),
                TextColumn("{task.fields[at]}"), TimeRemainingColumn(), console=screen,
                transient=True,
            )
            bar.start()
            task = bar.add_task(doing, total=None, at="")
        return bar is not None

    def tell(text: str, level: int) -> None:
        nonlocal doing
        if verbose:
            (bar.console if bar is not None else screen).print(_line(text, level), soft_wrap=True)
        doing = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        if appear():
            bar.update(task, description=doing)

    def show(now: float, target: float) -> None:
        if appear():
            bar.update(task, completed=now, total=target, at=f"{now:.0f} of {target:.0f} ms")

    try:
        with _listening(tell):
            yield show
    finally:
        if bar is not None:
            bar.stop()

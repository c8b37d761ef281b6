"""A progress bar that appears only on long runs, and only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neuroport.cli.display import console

__all__ = ["progress_bar"]

APPEARS_AFTER = 1.0  # s


@contextmanager
def progress_bar(wanted: bool = True) -> Iterator[Any]:
    """Yield a function of (now, target) in ms that shows a bar."""
    screen = console(to_stderr=True)
    if not wanted or not screen.is_terminal:
        yield None
        return
    began = time.monotonic()
    bar: Any = None
    task: Any = None

    def show(now: float, target: float) -> None:
        nonlocal bar, task
        if bar is None:
            if time.monotonic() - began < APPEARS_AFTER:
                return
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            bar = Progress(
                TextColumn("{task.description}"), BarColumn(),
                TextColumn("{task.completed:.0f} of {task.total:.0f} ms"),
                TimeRemainingColumn(), console=screen, transient=True,
            )
            bar.start()
            task = bar.add_task("running", total=target)
        bar.update(task, completed=now, total=target)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()

"""Several runs at once, shown side by side: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from neuroport.cli.display import console

__all__ = ["runs_shown"]


class _Lines:
    """A line where a run begins and ends; nothing is redrawn."""

    def __init__(self, screen: Any) -> None:
        self.screen = screen
        self.lock = threading.Lock()
        self.said = 0

    def say(self, text: str) -> None:
        with self.lock:
            self.screen.print(Text(text), soft_wrap=True)

    def begin(self, name: str) -> None:
        self.say(f"{name}: running")

    def at(self, name: str, now: float, target: float) -> None:
        return

    def end(self, outcome: Any) -> None:
        word = {"ok": "done", "wrong": "done, with wrong answers of the model"}.get(
            outcome.status, outcome.status)
        self.say(f"{outcome.job.name}: {word} after {outcome.seconds:.1f} s")

    def explaining(self, run: int, most: int, what: str) -> None:
        if run == 1 or run % 10 == 0:
            self.say(f"looking for the reason: run {run} of at most {most}")


class _Bars:
    """One bar a run."""

    def __init__(self, screen: Any) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(), console=screen, transient=False,
        )
        self.tasks: dict[str, Any] = {}

    def begin(self, name: str) -> None:
        self.tasks[name] = self.progress.add_task(name, total=None, state="starting")

    def at(self, name: str, now: float, target: float) -> None:
        self.progress.update(self.tasks[name], completed=now, total=target,
                             state=f"{now:.0f} of {target:.0f} ms")

    def end(self, outcome: Any) -> None:
        task = self.tasks[outcome.job.name]
        state = {"ok": "done", "wrong": "done, wrong answers"}.get(outcome.status, outcome.status)
        self.progress.update(task, total=1, completed=1, state=state)
        self.progress.stop_task(task)

    def explaining(self, run: int, most: int, what: str) -> None:
        if "why" not in self.tasks:
            self.tasks["why"] = self.progress.add_task("reason", total=most, state="")
        self.progress.update(self.tasks["why"], completed=run, total=most,
                             state=f"run {run} of at most {most}")


@contextmanager
def runs_shown(wanted: bool = True) -> Iterator[Any]:
    """Yield a :class:`neuroport.compare.workers.side_by_side.Watch`."""
    screen = console(to_stderr=True)
    if not wanted:
        yield None
    elif not screen.is_terminal:
        yield _Lines(screen)
    else:
        bars = _Bars(screen)
        with bars.progress:
            yield bars

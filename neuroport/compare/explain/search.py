"""Runs of the reference with single choices switched: counted, remembered, within a budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neuroport.compare.errors import ExplanationError
from neuroport.results.result import Result

__all__ = ["BudgetSpent", "Choices", "Distance", "Search", "Switches"]

Choices = Mapping[str, tuple[Any, Sequence[Any]]]
Distance = Callable[[Result, Result], float]
Switches = tuple[tuple[str, int], ...]  # (choice, number of the alternative), sorted


class BudgetSpent(Exception):
    """The allowed number of runs is used up."""


class Search:
    """Memoised, counted runs of the reference."""

    def __init__(self, runner: Callable[[dict[str, Any]], Result], choices: Choices,
                 target: Result, distance: Distance, maximum: int,
                 progress: Callable[[int, int, str], None] | None,
                 seconds: float | None = None) -> None:
        self.end = None if seconds is None else time.monotonic() + seconds
        self.runner, self.choices, self.target, self.distance = runner, choices, target, distance
        self.maximum, self.progress = maximum, progress
        self.known: dict[Switches, float] = {}
        self.failed: list[str] = []
        self.runs = 0

    def assignment(self, switches: Switches) -> dict[str, Any]:
        values = {name: reference for name, (reference, _) in self.choices.items()}
        values.update({name: self.choices[name][1][k] for name, k in switches})
        return values

    def words(self, switches: Switches) -> str:
        if not switches:
            return "reference"
        return ", ".join(f"{name} = {self.choices[name][1][k]!r}" for name, k in switches)

    def run(self, switches: Switches) -> Result:
        late = self.end is not None and time.monotonic() > self.end
        if self.runs >= self.maximum or (late and () in self.known):
            raise BudgetSpent
        self.runs += 1
        if self.progress is not None:
            self.progress(self.runs, self.maximum, self.words(switches))
        return self.runner(self.assignment(switches))

    def __call__(self, switches: Sequence[tuple[str, int]]) -> float:
        """Distance to the target with these switches; infinite if the reference refuses them."""
        key = tuple(sorted(switches))
        if key not in self.known:
            try:
                value = float(self.distance(self.run(key), self.target))
            except (BudgetSpent, ExplanationError):
                raise
            except Exception as problem:
                if not key:
                    raise
                self.failed.append(f"{self.words(key)}: {type(problem).__name__}: {problem}")
                value = math.inf
            if math.isnan(value):
                self.failed.append(f"{self.words(key)}: the distance is not a number")
                value = math.inf
            self.known[key] = value
        return self.known[key]

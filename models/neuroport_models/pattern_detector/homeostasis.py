"""The paper's off-line homeostasis: the smallest factor on all weights that makes a pattern fire.

For each pattern a binary search in 0.0001 to 100 down to an interval of 0.0001, then steps of
0.00001 upwards. Searches of many detectors go on side by side, and several levels of a binary
search are tried in one simulation; every search takes the decisions it would take alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from neuroport_models.pattern_detector.detection import Case, detect, unit_key
from neuroport_models.pattern_detector.parameters import SEARCH
from neuroport_models.pattern_detector.weights import Weights

__all__ = ["find_factors", "NewSimulator"]

NewSimulator = Callable[[], Any]
"""Returns a fresh simulator; it is ended after use."""

# Factors tried in one round: more make a simulation longer, fewer make more simulations.
_AT_ONCE = 256
# Output populations, and cases, in one simulation.
_MOST_POPULATIONS = 512
_MOST_CASES = 20_000


class _Search:
    """One search; `wanted` factors are tried, `take` says what fired."""

    def __init__(self, weights: Weights, pattern: int) -> None:
        self.weights = weights
        self.pattern = pattern
        self.low, self.high = SEARCH["lowest"], SEARCH["highest"]
        self.phase = "reach"
        self.factor: float | None = None

    def wanted(self, levels: int) -> list[float]:
        if self.phase == "reach":
            return [self.high]
        if self.phase == "binary":
            return list(self._tree(self.low, self.high, levels))
        step, places = SEARCH["step"], int(SEARCH["decimals"])
        first, last = round(self.low, places) - step, round(self.high, places) + step
        return [float(h) for h in np.arange(first, last + step, step)]

    def _tree(self, low: float, high: float, levels: int) -> Iterator[float]:
        """Yield the middle, then what would follow on either side."""
        if levels == 0:
            return
        middle = (high + low) / 2
        yield middle
        yield from self._tree(low, middle, levels - 1)
        yield from self._tree(middle, high, levels - 1)

    def take(self, spikes: dict[float, int]) -> None:
        if self.phase == "reach":
            self.phase = "binary" if spikes[self.high] > 0 else "done"
        elif self.phase == "binary":
            while self.high - self.low > SEARCH["binary_until"]:
                middle = (self.high + self.low) / 2
                if middle not in spikes:
                    return
                if spikes[middle] > 0:
                    self.high = middle
                else:
                    self.low = middle
            self.phase = "linear"
        else:
            self.factor = next((h for h in sorted(spikes) if spikes[h] == 1), None)
            self.phase = "done"


_Entry = tuple[tuple[int, float], tuple[Weights, list[_Search]]]


def _portions(entries: list[_Entry]) -> Iterator[list[_Entry]]:
    """Yield what goes into one simulation."""
    part: list[_Entry] = []
    keys: set[tuple[float, ...]] = set()
    for entry in entries:
        key = unit_key(entry[1][0].scaled(entry[0][1]))
        if part and (len(part) >= _MOST_CASES or len(keys | {key}) > _MOST_POPULATIONS):
            yield part
            part, keys = [], set()
        part.append(entry)
        keys.add(key)
    if part:
        yield part


def find_factors(
    new_simulator: NewSimulator,
    detectors: Sequence[tuple[Weights, Sequence[int]]],
    progress: Callable[[str], None] | None = None,
) -> list[dict[int, float | None]]:
    """Return for each detector and each of its distinct patterns the smallest factor that fires.

    Parameters
    ----------
    new_simulator : callable
        Returns a fresh simulator.
    detectors : sequence of (Weights, patterns)
        Learned weights, and the patterns that should fire.
    progress : callable, optional
        Called with a line of text after each simulation.

    Returns
    -------
    list of dict of int to float or None
        None where a pattern does not fire at a factor of 100, where the published code gives up.
        The detector's factor is the largest of the others.
    """
    searches = [
        [_Search(weights, p) for p in dict.fromkeys(patterns)] for weights, patterns in detectors
    ]
    every = [s for row in searches for s in row]
    rounds = 0
    while True:
        going = [s for s in every if s.phase != "done"]
        if not going:
            break
        # Searches of the same weights at the same factor are one network with several inputs.
        levels = max(1, int(np.log2(_AT_ONCE / len(going) + 1)))
        trials: dict[tuple[int, float], tuple[Weights, list[_Search]]] = {}
        for search in going:
            for factor in search.wanted(levels):
                key = (id(search.weights), factor)
                trials.setdefault(key, (search.weights, []))[1].append(search)
        answers: dict[int, dict[float, int]] = {id(s): {} for s in going}
        for part in _portions(list(trials.items())):
            sim = new_simulator()
            try:
                found = detect(
                    sim,
                    [
                        Case(weights.scaled(factor), [s.pattern for s in asking])
                        for (_, factor), (weights, asking) in part
                    ],
                )
            finally:
                sim.end()
            for ((_, factor), (_, asking)), spikes in zip(part, found, strict=True):
                for search, n in zip(asking, spikes, strict=True):
                    answers[id(search)][factor] = int(n)
        for search in going:
            search.take(answers[id(search)])
        rounds += 1
        if progress is not None:
            left = sum(s.phase != "done" for s in every)
            progress(f"homeostatic search: round {rounds}, {left} of {len(every)} still open")
    return [{s.pattern: s.factor for s in row} for row in searches]

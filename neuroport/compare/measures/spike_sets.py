"""Spikes as sets of (neuron, step): exact agreement, the first difference, shifts, permutations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from neuroport.compare.measures.pairing import GRID_TOLERANCE, PairedSpikes
from neuroport.numerics import to_steps
from neuroport.results.result import IntArray, Result

__all__ = ["FirstDifference", "SpikeSets", "spike_sets"]


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The earliest spike that only one side has."""

    step: int
    time: float
    population: str
    neuron: int
    fires_in_reference: bool


@dataclass(frozen=True, slots=True, eq=False)
class SpikeSets:
    """Spikes of one population on the common grid.

    Attributes
    ----------
    timestep : float
        The coarser of the two time steps, ms.
    neuron_reference, step_reference, neuron_target, step_target : arrays of int
        One entry a spike; neurons are positions in `pair.neurons`.
    exact : bool
        All spikes agree in neuron and time.
    """

    pair: PairedSpikes
    timestep: float
    neuron_reference: IntArray
    step_reference: IntArray
    neuron_target: IntArray
    step_target: IntArray
    exact: bool

    def _keys(self, shift: int) -> tuple[IntArray, IntArray]:
        low = min(self.step_reference.min(initial=0), self.step_target.min(initial=0)) - 8
        high = max(self.step_reference.max(initial=0), self.step_target.max(initial=0)) + 8
        width = high - low + 1
        return (self.neuron_reference * width + self.step_reference - low,
                self.neuron_target * width + self.step_target + shift - low)

    def shared(self, shift: int = 0) -> int:
        """Spikes in the same neuron and step, the target moved by `shift` steps."""
        first, second = self._keys(shift)
        keys_a, count_a = np.unique(first, return_counts=True)
        keys_b, count_b = np.unique(second, return_counts=True)
        _, i, j = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
        return int(np.minimum(count_a[i], count_b[j]).sum())

    @property
    def total(self) -> int:
        """Spikes of either side, shared ones counted once."""
        return len(self.step_reference) + len(self.step_target) - self.shared()

    def first_difference(self) -> FirstDifference | None:
        """The earliest (neuron, step) in which the spike counts differ."""
        first, second = self._keys(0)
        keys = np.concatenate((first, second))
        steps = np.concatenate((self.step_reference, self.step_target))
        neurons = np.concatenate((self.neuron_reference, self.neuron_target))
        sign = np.concatenate((np.ones(len(first)), -np.ones(len(second))))
        _, where, inverse = np.unique(keys, return_index=True, return_inverse=True)
        balance = np.bincount(inverse, weights=sign, minlength=len(where))
        odd = np.flatnonzero(balance)
        if not len(odd):
            return None
        place = odd[np.lexsort((neurons[where[odd]], steps[where[odd]]))[0]]
        step, neuron = int(steps[where[place]]), int(neurons[where[place]])
        return FirstDifference(step, step * self.timestep, self.pair.population,
                               int(self.pair.neurons[neuron]), bool(balance[place] > 0))

    def is_permutation(self) -> bool:
        """Whether the same trains occur on both sides, but for other neurons."""
        n = len(self.pair.neurons)

        def trains(neuron: IntArray, step: IntArray) -> Counter[bytes]:
            order = np.lexsort((step, neuron))
            pieces = np.split(step[order], np.searchsorted(neuron[order], np.arange(1, n)))
            return Counter(p.tobytes() for p in pieces)

        return (not self.exact and len(self.step_reference) == len(self.step_target)
                and self.shared() < len(self.step_reference)
                and trains(self.neuron_reference, self.step_reference)
                == trains(self.neuron_target, self.step_target))


def spike_sets(pair: PairedSpikes, reference: Result, target: Result) -> SpikeSets:
    """Put the paired spikes onto the coarser of the two time grids."""
    step = max(reference.timestep, target.timestep)
    slack = GRID_TOLERANCE * min(reference.timestep, target.timestep)
    parts = []
    for trains in (pair.reference, pair.target):
        counts = [len(t) for t in trains]
        times = np.concatenate(trains) if trains else np.empty(0)
        parts += [np.repeat(np.arange(len(trains), dtype=np.int64), counts),
                  to_steps(times, step)]
    exact = all(len(a) == len(b) and bool(np.all(np.abs(a - b) <= slack))
                for a, b in zip(pair.reference, pair.target, strict=True))
    return SpikeSets(pair, step, parts[0], parts[1], parts[2], parts[3], exact)

"""Bringing two results onto common neurons, a common window and a common time grid."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from neuroport.compare.ladder.verdict import Sampling
from neuroport.results.result import FloatArray, IntArray, RecordedSpikes, Result

__all__ = ["PairedSpikes", "pair_spikes", "sample"]

#: A spike time this close to the grid (in steps) counts as on the grid: file formats keep times
#: as rounded decimals or single precision.
GRID_TOLERANCE = 1e-3


def sample(index: IntArray, limit: int, *, seed: int, where: str,
           what: str = "neurons") -> tuple[IntArray, Sampling | None]:
    """Draw at most `limit` entries, the same ones for the same seed and place.

    Returns
    -------
    chosen : array of int, ascending
    statement : Sampling or None
        None if everything was used.
    """
    if len(index) <= limit:
        return index, None
    stream = np.random.default_rng([seed, zlib.crc32(where.encode())])
    chosen = np.sort(stream.choice(index, size=limit, replace=False))
    return chosen, Sampling(where, what, limit, len(index), f"drawn at random, seed {seed}")


@dataclass(frozen=True, slots=True, eq=False)
class PairedSpikes:
    """Spikes of the neurons that both results recorded, in the window that both recorded.

    Attributes
    ----------
    population : str
    neurons : array of int
        Neurons recorded on both sides.
    reference, target : list of arrays
        Spike times, ms, one array per neuron.
    start, stop : float
        Common window, ms.
    remarks : tuple of str
        Whatever could not be paired.
    """

    population: str
    neurons: IntArray
    reference: list[FloatArray]
    target: list[FloatArray]
    start: float
    stop: float
    remarks: tuple[str, ...]

    @property
    def duration(self) -> float:
        """Length of the common window, ms."""
        return self.stop - self.start


def _cut(trains: list[FloatArray], start: float, stop: float,
         slack: float) -> tuple[list[FloatArray], int]:
    kept = [t[(t >= start - slack) & (t <= stop + slack)] for t in trains]
    return kept, sum(map(len, trains)) - sum(map(len, kept))


def pair_spikes(reference: Result, target: Result) -> tuple[list[PairedSpikes], list[str]]:
    """Pair the recorded spikes of two results population by population.

    Returns
    -------
    pairs : list of PairedSpikes
        Populations whose spikes both results recorded.
    remarks : list of str
        Populations that only one side recorded.
    """
    remarks: list[str] = []
    pairs: list[PairedSpikes] = []
    labels = [p for p in reference.populations if reference.spikes(p) is not None]
    for label in target.populations:
        if target.spikes(label) is not None and label not in labels:
            remarks.append(f"{label}: spikes recorded only by {target.name}; left out")
    for label in labels:
        ours, theirs = reference.spikes(label), target.spikes(label)
        if ours is None:  # pragma: no cover - excluded by the selection of labels
            continue
        if theirs is None:
            remarks.append(f"{label}: spikes recorded only by {reference.name}; left out")
            continue
        pairs.append(_pair(label, ours, theirs, reference, target))
    return pairs, remarks


def _pair(label: str, ours: RecordedSpikes, theirs: RecordedSpikes, reference: Result,
          target: Result) -> PairedSpikes:
    notes = []
    neurons = np.intersect1d(ours.index, theirs.index)
    if len(neurons) < max(len(ours.index), len(theirs.index)):
        notes.append(
            f"{label}: {len(neurons)} neurons recorded on both sides ({len(ours.index)} by "
            f"{reference.name}, {len(theirs.index)} by {target.name}); the others are left out")
    start, stop = max(ours.start, theirs.start), min(ours.stop, theirs.stop)
    step = max(reference.timestep, target.timestep)
    first, second = ours.of(neurons), theirs.of(neurons)
    if abs(ours.start - theirs.start) > GRID_TOLERANCE * step or (
            abs(ours.stop - theirs.stop) > GRID_TOLERANCE * step):
        first, lost_first = _cut(first, start, stop, GRID_TOLERANCE * step)
        second, lost_second = _cut(second, start, stop, GRID_TOLERANCE * step)
        notes.append(
            f"{label}: recorded windows differ ({ours.start:g} to {ours.stop:g} ms and "
            f"{theirs.start:g} to {theirs.stop:g} ms); judged from {start:g} to {stop:g} ms, "
            f"which leaves out {lost_first} and {lost_second} spikes")
    return PairedSpikes(label, neurons, first, second, start, stop, tuple(notes))

"""Spike trains of sources, realised before the run so that every engine gets the same spikes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import PoissonSource, RenewalSource, SpikeTimes
from neuroport.numerics import to_steps
from neuroport.realise.streams import generator, geometric_hits

__all__ = ["source_spikes"]

# Poisson trains are drawn in blocks of this many steps, each from its own stream: a spike does
# not depend on how a run is cut into several run() calls.
_BLOCK = 1024


def source_spikes(
    spikes: SpikeTimes | PoissonSource | RenewalSource,
    first: int,
    last: int,
    timestep: float,
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the spikes of sources in steps `first` up to but not including `last`.

    Parameters
    ----------
    spikes : SpikeTimes, PoissonSource or RenewalSource
        The sources.
    first, last : int
        Time steps.
    timestep : float
        ms.
    seed : int
        The network's seed.

    Returns
    -------
    step, index : ndarray of int, shape (n_spikes,)
        Ordered by step, then by cell. A cell can occur several times in a step.
    """
    if isinstance(spikes, SpikeTimes):
        step = to_steps(spikes.time, timestep)
        inside = (step >= first) & (step < last)
        step, index = step[inside], spikes.index[inside]
    elif isinstance(spikes, RenewalSource):
        step, index = _renewal(spikes, first, last, timestep, seed)
    else:
        step, index = _poisson(spikes, first, last, timestep, seed)
    order = np.lexsort((index, step))
    return step[order], index[order]


# Up to this many spikes a step, a source spikes at most once in a step (a Bernoulli process of the
# same rate, as engines have it); above, the number of spikes in a step is Poisson.
MOST_BERNOULLI = 0.1


def _block(
    mean: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (step, cell) of the spikes in one block."""
    highest = float(mean.max(initial=0.0))
    if highest <= 0.0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if highest <= MOST_BERNOULLI:
        # Successes at the highest probability, then thinned: as many draws as spikes.
        where = geometric_hits(rng, mean.size * _BLOCK, highest)
        cell, step = np.divmod(where, _BLOCK)
        kept = rng.random(where.size) * highest < mean[cell]
        return step[kept], cell[kept]
    # The number of spikes in a block is Poisson, their steps are uniform: equal to a Poisson
    # number in each step.
    count = rng.poisson(mean * _BLOCK)
    return (
        rng.integers(0, _BLOCK, int(count.sum())),
        np.repeat(np.arange(mean.size, dtype=np.int64), count),
    )


def _poisson(
    source: PoissonSource, first: int, last: int, timestep: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # A step belongs to a source while start <= t < start + duration.
    begins = np.ceil(source.start / timestep - 1e-9)
    ends = np.ceil((source.start + source.duration) / timestep - 1e-9)
    mean = source.rate * timestep * 1e-3
    steps, cells = [], []
    for block in range(first // _BLOCK, (last + _BLOCK - 1) // _BLOCK):
        start = block * _BLOCK
        rng = generator(seed, (*source.stream, block))
        step, cell = _block(mean, rng)
        step += start
        keep = (
            (step >= first) & (step < last) & (step >= begins[cell]) & (step < ends[cell])
        )
        steps.append(step[keep])
        cells.append(cell[keep])
    if not steps:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(steps), np.concatenate(cells)


def _renewal(
    source: RenewalSource, first: int, last: int, timestep: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Each train is drawn from its beginning, so that it does not depend on how a run is cut.
    steps, cells = [], []
    until = last * timestep
    for cell in range(source.shape.size):
        rng = generator(seed, (*source.stream, cell))
        mean = source.dead[cell] + source.shape[cell] * source.scale[cell]
        end = min(until, source.start[cell] + source.duration[cell])
        time = np.array([source.start[cell]])
        while time[-1] < end and np.isfinite(mean):
            n = int((end - time[-1]) / mean * 1.1) + 16
            intervals = source.dead[cell] + rng.gamma(source.shape[cell], source.scale[cell], n)
            time = np.concatenate([time, time[-1] + np.cumsum(intervals)])
        time = time[1:]
        step = to_steps(time[time < end], timestep)
        step = step[(step >= first) & (step < last)]
        steps.append(step)
        cells.append(np.full(step.size, cell, dtype=np.int64))
    return np.concatenate(steps), np.concatenate(cells)

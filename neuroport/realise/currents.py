"""Injected currents, realised step by step so that every engine injects the same.

A sample of step k is the current during step k, from k·dt to (k+1)·dt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import CurrentSource
from neuroport.numerics import to_steps
from neuroport.realise.streams import generator

__all__ = ["current_samples"]

_BLOCK = 1024


def current_samples(
    source: CurrentSource, first: int, last: int, timestep: float, seed: int
) -> NDArray[np.float64]:
    """Return the current (nA) of a source in steps `first` up to but not including `last`.

    Parameters
    ----------
    source : CurrentSource
        With PyNN's parameters (``pyNN.standardmodels.electrodes``).
    first, last : int
        Time steps.
    timestep : float
        ms.
    seed : int
        The network's seed.

    Returns
    -------
    ndarray of float, shape (last - first,)
    """
    step = np.arange(first, last)
    p = source.parameters
    if source.kind == "StepCurrentSource":
        changes = to_steps(p["times"], timestep)
        levels = np.concatenate(([0.0], np.asarray(p["amplitudes"], dtype=float)))
        return levels[np.searchsorted(changes, step, side="right")]
    start = int(to_steps(p["start"], timestep))
    stop = min(float(p["stop"]), 1e15)
    end = int(to_steps(stop, timestep))
    active = (step >= start) & (step < end)
    if source.kind == "DCSource":
        samples = np.full(step.shape, float(p["amplitude"]))
    elif source.kind == "ACSource":
        since = step * timestep - float(p["start"])
        phase = 2 * np.pi * (float(p["frequency"]) * since * 1e-3 + float(p["phase"]) / 360.0)
        samples = float(p["offset"]) + float(p["amplitude"]) * np.sin(phase)
    elif source.kind == "NoisyCurrentSource":
        every = max(1, int(to_steps(p["dt"], timestep)))
        samples = float(p["mean"]) + float(p["stdev"]) * _noise(
            (step - start) // every, source.stream, seed
        )
    else:
        raise ValueError(f"unknown kind of current source: {source.kind}")
    return np.where(active, samples, 0.0)


def _noise(
    number: NDArray[np.int64], stream: tuple[int, ...], seed: int
) -> NDArray[np.float64]:
    """Return standard normal values by their number, the same however a run is cut."""
    result = np.zeros(number.shape)
    for block in np.unique(number // _BLOCK):
        if block < 0:
            continue
        values = generator(seed, (*stream, int(block))).standard_normal(_BLOCK)
        inside = number // _BLOCK == block
        result[inside] = values[number[inside] % _BLOCK]
    return result

"""Spikes of a Neo segment as arrays, without one SpikeTrain object for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpikeArrays", "per_millisecond", "spike_arrays"]


def per_millisecond(quantity: Any) -> float:
    """Return by what a quantity has to be multiplied to be in ms, quickly where it is."""
    if quantity.dimensionality.string == "ms":  # rescaling would take 0.1 ms
        return 1.0
    return float(quantity.units.rescale("ms").magnitude)


@dataclass(frozen=True, eq=False)
class SpikeArrays:
    """Spikes of the recorded cells of one population.

    Attributes
    ----------
    recorded : ndarray of int, shape (n_recorded,)
        Numbers of the recorded cells.
    cell : ndarray of int, shape (n_spikes,)
        Which cell fired.
    time : ndarray of float, shape (n_spikes,)
        When (ms).
    start, stop : float
        Recorded window (ms).
    """

    recorded: NDArray[np.int64]
    cell: NDArray[np.int64]
    time: NDArray[np.float64]
    start: float
    stop: float


def spike_arrays(trains: Any) -> SpikeArrays | None:
    """Return the spikes of a Neo ``SpikeTrainList`` that holds them as arrays, as PyNN makes it.

    Neo makes a list of SpikeTrains of such arrays when it is iterated: a search through all spikes
    for each cell, hours for 100 000 cells.

    Parameters
    ----------
    trains : neo.core.spiketrainlist.SpikeTrainList

    Returns
    -------
    SpikeArrays or None
        None where it is a list of SpikeTrains already, or does not number its cells.
    """
    # Neo does not say in public which of the two forms it holds.
    if getattr(trains, "_items", ()) is not None:
        return None
    numbers = getattr(trains, "_annotations", {}).get("source_index")
    if numbers is None:
        return None
    channel, time = trains.multiplexed
    known = np.asarray(trains.all_channel_ids, dtype=np.int64)
    recorded = np.asarray(numbers, dtype=np.int64)
    order = np.argsort(known)
    place = order[np.searchsorted(known[order], np.asarray(channel, dtype=np.int64))]
    return SpikeArrays(
        recorded, recorded[place], np.asarray(time.rescale("ms").magnitude, dtype=np.float64),
        float(trains.t_start.rescale("ms")), float(trains.t_stop.rescale("ms")),
    )

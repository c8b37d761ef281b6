"""Spikes of a Neo segment as arrays, without one SpikeTrain object for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpikeArrays", "milliseconds", "one_by_one", "per_millisecond", "spike_arrays"]


def per_millisecond(quantity: Any) -> float:
    """Return by what a quantity has to be multiplied to be in ms, quickly where it is."""
    if quantity.dimensionality.string == "ms":  # rescaling would take 0.1 ms
        return 1.0
    return float(quantity.units.rescale("ms").magnitude)


def milliseconds(quantity: Any) -> float:
    """Return a single time in ms."""
    return float(quantity.magnitude) * per_millisecond(quantity)


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
        Recorded window (ms), of all trains together.
    """

    recorded: NDArray[np.int64]
    cell: NDArray[np.int64]
    time: NDArray[np.float64]
    start: float
    stop: float


def one_by_one(trains: Any) -> bool:
    """Whether there is a train for each cell, and not arrays of all; Neo has no public word."""
    return getattr(trains, "_items", ()) is not None


def places_in(known: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of many numbers stands in a list that has all of them."""
    if not numbers.size:
        return np.empty(0, dtype=np.int64)
    low, high = int(known.min()), int(known.max())
    if high - low > 10 * numbers.size + 1_000_000:
        order = np.argsort(known, kind="stable")
        return order[np.searchsorted(known[order], numbers)]
    table = np.zeros(high - low + 1, dtype=np.int64)  # far quicker than a search
    table[known[::-1] - low] = np.arange(known.size)[::-1]
    return table[numbers - low]


def spike_arrays(trains: Any) -> SpikeArrays | None:
    """Return the spikes of a segment's trains; None where nothing was recorded.

    A ``SpikeTrainList`` that holds arrays, as PyNN makes it, is not asked for its trains: Neo makes
    them by a search through all spikes for each cell, hours for 100 000 cells.

    Parameters
    ----------
    trains : neo.core.spiketrainlist.SpikeTrainList
        Trains without ``source_index`` are numbered in their order.
    """
    # A list that was made without trains or arrays has no annotations at all.
    about = {} if one_by_one(trains) else getattr(trains, "_annotations", None) or {}
    numbers = about.get("source_index")
    if numbers is not None:
        channel, time = trains.multiplexed
        known = np.asarray(trains.all_channel_ids, dtype=np.int64)
        recorded = np.asarray(numbers, dtype=np.int64)
        place = places_in(known, np.asarray(channel, dtype=np.int64))
        found = SpikeArrays(
            recorded, recorded[place], np.asarray(time.rescale("ms").magnitude, dtype=np.float64),
            float(trains.t_start.rescale("ms")), float(trains.t_stop.rescale("ms")),
        )
        return found if recorded.size else None
    listed = list(trains)
    if not listed:
        return None
    cells = np.asarray([int(t.annotations.get("source_index", k)) for k, t in enumerate(listed)],
                       dtype=np.int64)
    return SpikeArrays(
        cells, np.repeat(cells, [len(t) for t in listed]),
        np.concatenate([np.asarray(t.magnitude, dtype=np.float64) * per_millisecond(t)
                        for t in listed]),
        min(milliseconds(t.t_start) for t in listed), max(milliseconds(t.t_stop) for t in listed),
    )

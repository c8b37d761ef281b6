"""Recorded data as arrays of (cell, time, value): ``spynnaker.pyNN.utilities.neo_convertor``.

Scripts for sPyNNaker import these functions; under neuroport they find them here. What they return
has the shape and the order that sPyNNaker 7.4.1 gives: cell by cell, times in ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import quantities as pq
from numpy.typing import NDArray

from neuroport.errors import InvalidValueError, NotReadyError, Problem

__all__ = [
    "convert_analog_signal", "convert_data", "convert_data_list", "convert_gsyn",
    "convert_gsyn_exc_list", "convert_gsyn_inh_list", "convert_spikes", "convert_spiketrains",
    "convert_v_list", "count_spikes", "count_spiketrains",
]

FloatArray = NDArray[np.float64]


def convert_analog_signal(signal_array: Any, time_unit: Any = pq.ms) -> FloatArray:
    """Return a signal as rows (cell, time, value), shape (n_cells * n_samples, 3)."""
    cell = np.asarray(signal_array.array_annotations["channel_index"], dtype=float)
    time = np.asarray(signal_array.times.rescale(time_unit).magnitude, dtype=float)
    return np.column_stack([
        np.repeat(cell, time.size), np.tile(time, cell.size), signal_array.magnitude.T.ravel()])


def convert_spiketrains(spiketrains: Iterable[Any]) -> FloatArray:
    """Return spike trains as rows (cell, time in ms), shape (n_spikes, 2)."""
    trains = list(spiketrains)
    if not trains:
        return np.empty((0, 2))
    return np.column_stack([
        np.repeat([float(t.annotations["source_index"]) for t in trains], [len(t) for t in trains]),
        np.concatenate([t.rescale(pq.ms).magnitude for t in trains])])


def convert_spikes(neo: Any, run: int = 0) -> FloatArray:
    """Return the spikes of a segment as rows (cell, time in ms), shape (n_spikes, 2).

    Raises
    ------
    InvalidValueError
        If there is no such segment.
    """
    return convert_spiketrains(_segment(neo, run).spiketrains)


def convert_data(data: Any, name: str, run: int = 0) -> FloatArray:
    """Return one variable of a segment; see :func:`convert_analog_signal`, or the spikes.

    Raises
    ------
    InvalidValueError
        If there is no such segment, or more than one variable was asked for.
    NotReadyError
        If the variable was not recorded.
    """
    if name == "all":
        raise InvalidValueError(
            Problem("convert_data takes one variable at a time", measured="'all'"))
    if name == "spikes":
        return convert_spikes(data, run)
    return convert_analog_signal(_signal(_segment(data, run), name))


def convert_data_list(
    data: Any, name: str, runs: Sequence[int] | None = None
) -> list[FloatArray]:
    """Return one variable of several segments, of all where `runs` is None."""
    numbers = range(len(data.segments)) if runs is None else runs
    return [convert_data(data, name, run) for run in numbers]


def convert_v_list(data: Any, runs: Sequence[int] | None = None) -> list[FloatArray]:
    """Return the potentials (mV) of several segments; see :func:`convert_data_list`."""
    return convert_data_list(data, "v", runs)


def convert_gsyn_exc_list(data: Any, runs: Sequence[int] | None = None) -> list[FloatArray]:
    """Return the excitatory inputs of several segments; see :func:`convert_data_list`."""
    return convert_data_list(data, "gsyn_exc", runs)


def convert_gsyn_inh_list(data: Any, runs: Sequence[int] | None = None) -> list[FloatArray]:
    """Return the inhibitory inputs of several segments; see :func:`convert_data_list`."""
    return convert_data_list(data, "gsyn_inh", runs)


def convert_gsyn(gsyn_exc: Any, gsyn_inh: Any) -> FloatArray:
    """Return the inputs of the first segment as rows (cell, time, excitatory, inhibitory).

    Raises
    ------
    InvalidValueError
        If the two were not recorded from the same cells at the same times.
    """
    exc = convert_data(gsyn_exc, "gsyn_exc")
    inh = convert_data(gsyn_inh, "gsyn_inh")
    if exc.shape != inh.shape or not np.allclose(exc[:, :2], inh[:, :2]):
        raise InvalidValueError(
            Problem("gsyn_exc and gsyn_inh are not of the same cells and times",
                    measured=f"{len(exc)} and {len(inh)} samples"))
    return np.column_stack([exc, inh[:, 2]])


def count_spiketrains(spiketrains: Iterable[Any]) -> int:
    """Return the number of spikes in spike trains."""
    return sum(len(train) for train in spiketrains)


def count_spikes(neo: Any) -> int:
    """Return the number of spikes in the first segment."""
    return count_spiketrains(_segment(neo, 0).spiketrains)


def _segment(data: Any, run: int) -> Any:
    if not 0 <= run < len(data.segments):
        raise InvalidValueError(
            Problem("there is no such segment", measured=f"run {run}",
                    limit=f"0 to {len(data.segments) - 1}"))
    return data.segments[run]


def _signal(segment: Any, name: str) -> Any:
    found = segment.filter(name=name)
    if not found:
        there = ", ".join(s.name for s in segment.analogsignals)
        raise NotReadyError(
            Problem(f"'{name}' was not recorded", limit=f"recorded: {there or 'no signals'}"))
    return found[0]

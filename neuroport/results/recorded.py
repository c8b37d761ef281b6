"""Spikes and traces of one population, taken out of its Neo block."""

from __future__ import annotations

from dataclasses import dataclass

import neo
import numpy as np
import quantities as pq

from neuroport.results.errors import InvalidResultError
from neuroport.results.spike_arrays import milliseconds, one_by_one, spike_arrays
from neuroport.results.structure import FloatArray, IntArray

__all__ = ["RecordedSignal", "RecordedSpikes", "check_signals", "signals_of", "spikes_of"]

#: Units in which analog signals are compared, by physical dimension.
_COMPARISON_UNITS = (pq.mV, pq.nA, pq.uS)
_UNIT_NAMES = {"mV": "mV", "nA": "nA", "uS": "µS"}


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSpikes:
    """Spikes of the recorded neurons of one population.

    Attributes
    ----------
    index : array of int, shape (n_recorded,)
        Neuron numbers, ascending.
    times : tuple of arrays, one per recorded neuron
        Sorted spike times, ms.
    start, stop : float
        Window in which spikes could have been recorded, ms.
    size : int
        Neurons in the population, recorded or not.
    """

    index: IntArray
    times: tuple[FloatArray, ...]
    start: float
    stop: float
    size: int

    @property
    def count(self) -> int:
        """Number of spikes of all recorded neurons."""
        return int(sum(len(t) for t in self.times))

    def of(self, neurons: IntArray) -> list[FloatArray]:
        """Spike times (ms) of the given recorded neurons, in the order asked for."""
        where = np.searchsorted(self.index, neurons)
        return [self.times[int(i)] for i in where]


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSignal:
    """One sampled variable of the recorded neurons of one population.

    Attributes
    ----------
    name : str
        ``"v"``, ``"isyn_exc"`` ...
    unit : str
        Unit of `values`: mV, nA or µS where the dimension allows it.
    index : array of int, shape (n_recorded,)
        Neuron number of each column.
    values : array of float, shape (n_samples, n_recorded)
    start, period : float
        Time of the first sample and time between samples, ms.
    numbered : bool
        False if the file did not say which neuron each column is and columns were counted.
    """

    name: str
    unit: str
    index: IntArray
    values: FloatArray
    start: float
    period: float
    numbered: bool = True


def _only_segment(block: neo.Block, where: str) -> neo.Segment:
    if len(block.segments) != 1:
        raise InvalidResultError(
            where, f"{len(block.segments)} segments", "exactly one segment (one run)",
            "choose the run to compare: `Result(..., {label: block_with_one_segment})`; the file "
            "loaders take `segment=`")
    return block.segments[0]


def spikes_of(block: neo.Block, size: int | None, where: str) -> RecordedSpikes | None:
    """Return the spikes of a block, or None where none were recorded.

    Parameters
    ----------
    block : neo.Block
    size : int or None
        Neurons in the population, where it is known.
    where : str
        How errors name it.

    Raises
    ------
    InvalidResultError
        If there is more than one segment, or trains are numbered inconsistently.
    """
    trains = _only_segment(block, where).spiketrains
    arrays = spike_arrays(trains)
    if arrays is None:
        return None
    start, stop = arrays.start, arrays.stop
    if one_by_one(trains):  # each says for itself
        listed = list(trains)
        missing = sum(t.annotations.get("source_index") is None for t in listed)
        if missing not in (0, len(listed)):
            raise InvalidResultError(
                where, f"{missing} of {len(listed)} spike trains carry no source_index",
                "source_index on all spike trains or on none (then they are counted from 0)",
                "annotate every neo.SpikeTrain with source_index=<neuron number>")
        start = max(milliseconds(t.t_start) for t in listed)
        stop = min(milliseconds(t.t_stop) for t in listed)
    index, counts = np.unique(arrays.recorded, return_counts=True)
    if counts.max() > 1:
        raise InvalidResultError(
            where, f"neuron {int(index[counts > 1][0])} has more than one spike train",
            "one spike train per neuron", "merge the trains of one neuron before loading")
    bad = arrays.cell[~np.isfinite(arrays.time)]
    if bad.size:
        raise InvalidResultError(
            where, f"neuron {int(bad[0])} has a spike time that is not finite",
            "finite spike times", "remove padding (NaN) from the spike times")
    order = np.lexsort((arrays.time, arrays.cell))
    cell, time = arrays.cell[order], arrays.time[order]
    first, last = np.searchsorted(cell, index), np.searchsorted(cell, index, side="right")
    return RecordedSpikes(
        index=index, times=tuple(time[a:b] for a, b in zip(first, last, strict=True)),
        start=start, stop=stop, size=max(int(index[-1]) + 1, size or 0))


def check_signals(block: neo.Block, where: str) -> None:
    """Refuse signals that cannot be told apart.

    Raises
    ------
    InvalidResultError
        If there is more than one segment, a signal has no name, or two have the same.
    """
    names: set[str] = set()
    for signal in _only_segment(block, where).analogsignals:
        name = str(signal.name or "")
        if not name:
            raise InvalidResultError(
                where, "an analog signal without a name", "signals named v, isyn_exc ...",
                "set neo.AnalogSignal(name='v')")
        if name in names:
            raise InvalidResultError(
                where, f"two analog signals named {name!r}", "one signal per variable, one column "
                "per neuron", "put all neurons into one neo.AnalogSignal")
        names.add(name)


def signals_of(block: neo.Block) -> dict[str, RecordedSignal]:
    """Return the signals of a block by name, in the units in which they are compared."""
    signals: dict[str, RecordedSignal] = {}
    for signal in block.segments[0].analogsignals:
        name = str(signal.name)
        values, unit = signal, signal.units.dimensionality.string
        for candidate in _COMPARISON_UNITS:
            if signal.units.dimensionality.simplified == candidate.dimensionality.simplified:
                values = signal.rescale(candidate)
                unit = _UNIT_NAMES[candidate.dimensionality.string]
                break
        array = np.asarray(values.magnitude, dtype=np.float64)
        if array.ndim == 1:
            array = array[:, np.newaxis]
        channels = signal.array_annotations.get("channel_index")
        numbered = channels is not None and len(channels) == array.shape[1]
        index = np.asarray(channels if numbered else np.arange(array.shape[1]), dtype=np.int64)
        order = np.argsort(index)
        signals[name] = RecordedSignal(
            name=name, unit=unit, index=index[order], values=array[:, order],
            start=milliseconds(signal.t_start), period=milliseconds(signal.sampling_period),
            numbered=numbered)
    return signals

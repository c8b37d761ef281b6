"""What one engine returned for one model: the unit that is compared.

Nothing here knows any engine. Recordings are Neo blocks (one per population), so everything that
PyNN, or a laboratory's own recording chain, writes can become a `Result`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import neo
import numpy as np
import quantities as pq
from numpy.typing import ArrayLike, NDArray

from neuroport.compare.errors import InvalidResultError
from neuroport.results.spike_arrays import SpikeArrays, spike_arrays

__all__ = [
    "FloatArray",
    "IntArray",
    "ProjectionStructure",
    "RecordedSignal",
    "RecordedSpikes",
    "Result",
    "Score",
    "Structure",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Units in which analog signals are compared, by physical dimension.
_COMPARISON_UNITS = (pq.mV, pq.nA, pq.uS)
_UNIT_NAMES = {"mV": "mV", "nA": "nA", "uS": "µS"}


def _vector(values: ArrayLike, name: str, where: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidResultError(
            where, f"{name} has shape {array.shape}", "one number per synapse, shape (n_synapses,)",
            "flatten the connection list; matrices are not accepted because several synapses may "
            "join the same pair of neurons")
    return array


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionStructure:
    """The synapses of one projection as one engine holds them.

    Parameters
    ----------
    presynaptic, postsynaptic : str
        Population labels.
    pre_index, post_index : array_like of int, shape (n_synapses,)
        Neuron numbers inside their populations, from 0.
    weight : array_like of float, shape (n_synapses,)
        Effective weights before the run, nA (current-based) or µS (conductance-based).
    delay : array_like of float, shape (n_synapses,)
        Effective delays, ms.
    final_weight : array_like of float, shape (n_synapses,), optional
        Weights after the run; only for plastic projections.
    weight_unit : str
        ``"nA"`` or ``"µS"``.
    weight_bounds : (float, float), optional
        Lower and upper bound of a plastic weight, in `weight_unit`.
    weight_resolution : float, optional
        Smallest step between two stored weights on the target (its least significant bit).
    delay_resolution : float, optional
        Grid of the delays on the target, ms.

    Raises
    ------
    InvalidResultError
        If the arrays have different lengths or an index is negative.
    """

    presynaptic: str
    postsynaptic: str
    pre_index: IntArray
    post_index: IntArray
    weight: FloatArray
    delay: FloatArray
    final_weight: FloatArray | None = None
    weight_unit: str = "nA"
    weight_bounds: tuple[float, float] | None = None
    weight_resolution: float | None = None
    delay_resolution: float | None = None

    def __post_init__(self) -> None:
        where = f"projection {self.presynaptic} -> {self.postsynaptic}"
        set_field = object.__setattr__
        set_field(self, "pre_index", np.asarray(self.pre_index, dtype=np.int64).ravel())
        set_field(self, "post_index", np.asarray(self.post_index, dtype=np.int64).ravel())
        set_field(self, "weight", _vector(self.weight, "weight", where))
        set_field(self, "delay", _vector(self.delay, "delay", where))
        if self.final_weight is not None:
            set_field(self, "final_weight", _vector(self.final_weight, "final_weight", where))
        lengths = {
            name: len(getattr(self, name))
            for name in ("pre_index", "post_index", "weight", "delay", "final_weight")
            if getattr(self, name) is not None
        }
        if len(set(lengths.values())) > 1:
            raise InvalidResultError(
                where, f"arrays of different length {lengths}", "one entry per synapse in each",
                "give every array in the same synapse order")
        if len(self.pre_index) and min(self.pre_index.min(), self.post_index.min()) < 0:
            raise InvalidResultError(
                where, "a negative neuron number", "numbers from 0 inside each population",
                "use indices inside the population, not global identifiers")

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Population sizes and projections of a realised network, as one engine holds them.

    Parameters
    ----------
    sizes : mapping of str to int
        Number of neurons per population label.
    projections : mapping of str to ProjectionStructure
        By projection label; labels are matched between engines.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    projections: Mapping[str, ProjectionStructure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The task score of a model: one outcome per item (recall, pattern, place ...).

    Parameters
    ----------
    name : str
        What is scored, for instance ``"recall correct"``.
    outcomes : array_like of float, shape (n_items,)
        1 and 0 for right and wrong, or any number.
    items : sequence of str, optional
        Names of the items; equal names pair the items of two results.
    """

    name: str
    outcomes: FloatArray
    items: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        outcomes = np.asarray(self.outcomes, dtype=np.float64).ravel()
        object.__setattr__(self, "outcomes", outcomes)
        where = f"score {self.name!r}"
        if not np.all(np.isfinite(outcomes)):
            raise InvalidResultError(
                where, f"{int(np.sum(~np.isfinite(outcomes)))} outcomes are not finite",
                "a finite number per item", "score an item that gave no answer as wrong (0)")
        if self.items is not None:
            object.__setattr__(self, "items", tuple(self.items))
            if len(self.items) != len(outcomes):
                raise InvalidResultError(
                    where, f"{len(self.items)} item names for {len(outcomes)} outcomes",
                    "one name per outcome", "leave `items` out to pair by position")


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


def _milliseconds(quantity: Any) -> float:
    return float(quantity.rescale(pq.ms).magnitude)


def _factor(quantity: Any) -> float:
    """Return by what a quantity has to be multiplied to be in ms, quickly where it is."""
    unit = quantity.dimensionality.string
    return 1.0 if unit == "ms" else float(quantity.units.rescale(pq.ms).magnitude)


def _only_segment(block: neo.Block, where: str) -> neo.Segment:
    if len(block.segments) != 1:
        raise InvalidResultError(
            where, f"{len(block.segments)} segments", "exactly one segment (one run)",
            "choose the run to compare: `Result(..., {label: block_with_one_segment})`; the file "
            "loaders take `segment=`")
    return block.segments[0]


def _from_arrays(arrays: SpikeArrays, size: int | None, where: str) -> RecordedSpikes | None:
    if not len(arrays.recorded):
        return None
    index = np.sort(arrays.recorded)
    if not np.all(np.isfinite(arrays.time)):
        raise InvalidResultError(
            where, "a spike time that is not finite", "finite spike times",
            "remove padding (NaN) from the spike times")
    order = np.lexsort((arrays.time, arrays.cell))
    cell, time = arrays.cell[order], arrays.time[order]
    first, last = np.searchsorted(cell, index), np.searchsorted(cell, index, side="right")
    return RecordedSpikes(
        index=index, times=tuple(time[a:b] for a, b in zip(first, last, strict=True)),
        start=arrays.start, stop=arrays.stop, size=max(int(index[-1]) + 1, size or 0))


def _spikes_of(block: neo.Block, size: int | None, where: str) -> RecordedSpikes | None:
    segment = _only_segment(block, where)
    arrays = spike_arrays(segment.spiketrains)
    if arrays is not None:
        return _from_arrays(arrays, size, where)
    trains = list(segment.spiketrains)
    if not trains:
        return None
    numbers = [t.annotations.get("source_index") for t in trains]
    missing = sum(n is None for n in numbers)
    if missing not in (0, len(trains)):
        raise InvalidResultError(
            where, f"{missing} of {len(trains)} spike trains carry no source_index",
            "source_index on all spike trains or on none (then they are counted from 0)",
            "annotate every neo.SpikeTrain with source_index=<neuron number>")
    index = (np.arange(len(trains), dtype=np.int64) if missing
             else np.asarray([int(n) for n in numbers], dtype=np.int64))
    if len(np.unique(index)) != len(index):
        values, counts = np.unique(index, return_counts=True)
        raise InvalidResultError(
            where, f"neuron {int(values[counts > 1][0])} has more than one spike train",
            "one spike train per neuron", "merge the trains of one neuron before loading")
    order = np.argsort(index)
    times: list[FloatArray] = []
    for position in order:
        train = trains[int(position)]
        factor = _factor(train)
        moments: FloatArray = np.array(train.magnitude, dtype=np.float64) * factor
        if not np.all(np.isfinite(moments)):
            raise InvalidResultError(
                where, f"neuron {int(index[position])} has a spike time that is not finite",
                "finite spike times", "remove padding (NaN) from the spike times")
        moments.sort()
        times.append(moments)
    found = int(index.max()) + 1
    return RecordedSpikes(
        index=index[order], times=tuple(times),
        start=max(float(t.t_start.magnitude) * _factor(t.t_start) for t in trains),
        stop=min(float(t.t_stop.magnitude) * _factor(t.t_stop) for t in trains),
        size=max(found, size or 0))


def _signals_of(block: neo.Block, where: str) -> dict[str, RecordedSignal]:
    signals: dict[str, RecordedSignal] = {}
    for signal in _only_segment(block, where).analogsignals:
        name = str(signal.name or "")
        if not name:
            raise InvalidResultError(
                where, "an analog signal without a name", "signals named v, isyn_exc ...",
                "set neo.AnalogSignal(name='v')")
        if name in signals:
            raise InvalidResultError(
                where, f"two analog signals named {name!r}", "one signal per variable, one column "
                "per neuron", "put all neurons into one neo.AnalogSignal")
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
            start=_milliseconds(signal.t_start), period=_milliseconds(signal.sampling_period),
            numbered=numbered)
    return signals


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What one engine returned for one model.

    Parameters
    ----------
    name : str
        The engine or recording, for instance ``"brian2"`` or ``"spinnaker-emulated"``.
    recordings : mapping of str to neo.Block
        One block per population with one segment. Spike trains carry the annotation
        ``source_index`` (neuron number from 0); analog signals are named ``v``, ``isyn_exc`` ...
        and carry the array annotation ``channel_index``. This is what PyNN writes.
    timestep : float
        Time step of the engine, ms.
    structure : Structure, optional
        Sizes, connectivity, effective weights and delays.
    score : Score, optional
        The model's own task score.
    resolution : mapping of str to mapping of str to float, optional
        Smallest step of a recorded variable on this engine, by population and signal name, in mV,
        nA or µS. Leave out where numbers are ordinary floating point.
    provenance : mapping, optional
        Anything that says how the result came about (versions, seed, hash, wall time).
    findings : sequence of str, optional
        What was changed or noticed while the network was fitted to the engine.
    command : str
        The command that makes this result again.

    Raises
    ------
    InvalidResultError
        If the time step is not positive, there is more than one segment per block, or spike
        trains are numbered inconsistently.
    """

    name: str
    recordings: Mapping[str, neo.Block]
    timestep: float
    structure: Structure | None = None
    score: Score | None = None
    resolution: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    command: str = ""
    _spikes: dict[str, RecordedSpikes] = field(default_factory=dict, init=False, repr=False)
    _signals: dict[str, dict[str, RecordedSignal]] = field(
        default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.timestep) and self.timestep > 0):
            raise InvalidResultError(
                f"result {self.name!r}", f"timestep = {self.timestep} ms",
                "a positive number of milliseconds", "pass the engine's integration time step")
        object.__setattr__(self, "findings", tuple(self.findings))
        for label, block in self.recordings.items():
            where = f"population {label!r} of {self.name!r}"
            size = self.structure.sizes.get(label) if self.structure else None
            if size is None and block.annotations.get("size") is not None:
                size = int(block.annotations["size"])
            spikes = _spikes_of(block, size, where)
            if spikes is not None:
                self._spikes[label] = spikes
            self._signals[label] = _signals_of(block, where)

    @property
    def populations(self) -> tuple[str, ...]:
        """Labels of the recorded populations."""
        return tuple(self.recordings)

    def spikes(self, population: str) -> RecordedSpikes | None:
        """Recorded spikes of a population, or None if its spikes were not recorded."""
        return self._spikes.get(population)

    def signals(self, population: str) -> Mapping[str, RecordedSignal]:
        """Recorded analog signals of a population, by name (empty if none)."""
        return self._signals.get(population, {})

    def signal_resolution(self, population: str, signal: str) -> float | None:
        """Smallest step of a recorded variable, or None if it is ordinary floating point."""
        return self.resolution.get(population, {}).get(signal)

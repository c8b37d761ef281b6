"""Results made from plain Python and NumPy data: one's own recordings need no Neo knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import neo
import numpy as np
import quantities as pq
from numpy.typing import ArrayLike

from neuroport.results.errors import InvalidResultError, RecordingFormatError
from neuroport.results.result import Result, Score, Structure

__all__ = ["from_events", "from_rows", "from_spike_times", "make_block"]


def make_block(
    label: str,
    spike_times: Sequence[ArrayLike] | None = None,
    *,
    stop: float,
    start: float = 0.0,
    signals: Mapping[str, ArrayLike] | None = None,
    period: float = 1.0,
    index: Sequence[int] | None = None,
    size: int | None = None,
    units: Mapping[str, str] | None = None,
) -> neo.Block:
    """Build the Neo block of one population.

    Parameters
    ----------
    label : str
        Population label.
    spike_times : sequence of array_like, optional
        Spike times (ms) of each recorded neuron.
    stop, start : float
        Recorded window, ms.
    signals : mapping of str to array_like, shape (n_samples, n_recorded), optional
        Sampled variables.
    period : float
        Time between samples, ms.
    index : sequence of int, optional
        Number of each recorded neuron; counted from 0 if left out.
    size : int, optional
        Neurons in the population, if more than recorded.
    units : mapping of str to str, optional
        Unit of each signal; ``mV`` if left out.

    Raises
    ------
    InvalidResultError
        If a spike lies outside the window.
    """
    block = neo.Block(name=label)
    if size is not None:
        block.annotate(size=int(size))
    segment = neo.Segment()
    block.segments.append(segment)
    trains = []
    for position, times in enumerate(() if spike_times is None else spike_times):
        number = position if index is None else int(index[position])
        values = np.sort(np.asarray(times, dtype=np.float64).ravel())
        if len(values) and (values[0] < start or values[-1] > stop):
            raise InvalidResultError(
                f"population {label!r}, neuron {number}",
                f"spikes between {values[0]:g} and {values[-1]:g} ms",
                f"spikes inside the recorded window {start:g} to {stop:g} ms",
                "give the true start and stop of the recording, or cut the spikes")
        trains.append(neo.SpikeTrain(
            values, units="ms", t_start=start, t_stop=stop, source_index=number))
    # All at once: for one train Neo looks through all the others.
    segment.spiketrains.extend(trains)
    for name, values_of_signal in (signals or {}).items():
        array = np.asarray(values_of_signal, dtype=np.float64)
        if array.ndim == 1:
            array = array[:, np.newaxis]
        channels = np.arange(array.shape[1]) if index is None else np.asarray(index)
        segment.analogsignals.append(neo.AnalogSignal(
            array, units=(units or {}).get(name, "mV"), sampling_period=period * pq.ms,
            t_start=start * pq.ms, name=name, array_annotations={"channel_index": channels}))
    return block


def from_spike_times(
    populations: Mapping[str, Sequence[ArrayLike]],
    *,
    name: str = "recording",
    timestep: float = 1.0,
    stop: float | None = None,
    start: float = 0.0,
    sizes: Mapping[str, int] | None = None,
    structure: Structure | None = None,
    score: Score | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Result:
    """Make a `Result` from spike times recorded anywhere.

    Parameters
    ----------
    populations : mapping of str to sequence of array_like
        For each population the spike times (ms) of neuron 0, 1, 2 ...; an empty list for a
        silent neuron.
    name : str
        Name in the report.
    timestep : float
        Time step of the recording device, ms.
    stop, start : float
        Recorded window, ms. `stop` defaults to the last spike plus one time step, which is a
        guess; `provenance["recorded window"]` then says so.
    sizes : mapping of str to int, optional
        Population sizes if more neurons exist than were recorded.
    structure, score, provenance
        As in `Result`.

    Raises
    ------
    InvalidResultError
        If a spike lies outside the window or there is no population.

    Examples
    --------
    >>> result = from_spike_times({"out": [[1.0, 5.0], []]}, name="chip", stop=10.0)
    >>> result.spikes("out").count
    2
    """
    if not populations:
        raise InvalidResultError(f"result {name!r}", "no population", "at least one population",
                                 "pass {'label': [[times of neuron 0], [times of neuron 1]]}")
    notes = dict(provenance or {})
    if stop is None:
        last = max((float(np.max(np.asarray(times, dtype=np.float64)))
                    for trains in populations.values() for times in trains
                    if len(np.asarray(times).ravel())), default=start)
        stop = last + timestep
        notes.setdefault("recorded window",
                         f"end {stop:g} ms guessed: last spike plus one time step")
    blocks = {
        label: make_block(label, trains, start=start, stop=stop, size=(sizes or {}).get(label))
        for label, trains in populations.items()
    }
    return Result(name, blocks, timestep, structure=structure, score=score, provenance=notes)


def from_events(
    events: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    sizes: Mapping[str, int] | None = None,
    name: str = "recording",
    timestep: float = 1.0,
    stop: float | None = None,
    start: float = 0.0,
    structure: Structure | None = None,
    score: Score | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Result:
    """Make a `Result` from (neuron numbers, spike times) event lists.

    Parameters
    ----------
    events : mapping of str to (array_like of int, array_like of float)
        Per population the neuron number and the time (ms) of each spike, both shape (n_spikes,).
    sizes : mapping of str to int, optional
        Population sizes. Without them silent neurons above the highest firing one are unknown;
        `provenance["population sizes"]` then says so.
    name, timestep, stop, start, structure, score, provenance
        As in `from_spike_times`.

    Raises
    ------
    InvalidResultError
        If a neuron number is negative or not below the stated size, or lengths differ.
    """
    notes = dict(provenance or {})
    populations: dict[str, list[ArrayLike]] = {}
    guessed = []
    for label, (neurons, times) in events.items():
        index = np.asarray(neurons, dtype=np.int64).ravel()
        moments = np.asarray(times, dtype=np.float64).ravel()
        where = f"population {label!r} of {name!r}"
        if len(index) != len(moments):
            raise InvalidResultError(where, f"{len(index)} neuron numbers, {len(moments)} times",
                                     "one neuron number per spike", "check the two columns")
        size = (sizes or {}).get(label)
        if size is None:
            size = int(index.max()) + 1 if len(index) else 1
            guessed.append(label)
        if len(index) and (index.min() < 0 or index.max() >= size):
            raise InvalidResultError(
                where, f"neuron numbers {index.min()} to {index.max()}",
                f"numbers from 0 to {size - 1}", "number neurons inside their population, or "
                "state the true size")
        order = np.argsort(index, kind="stable")
        pieces = np.split(moments[order], np.searchsorted(index[order], np.arange(1, size)))
        populations[label] = list(pieces)
    if guessed:
        notes.setdefault("population sizes",
                         f"guessed from the highest firing neuron: {', '.join(guessed)}")
    return from_spike_times(populations, name=name, timestep=timestep, stop=stop, start=start,
                            sizes=sizes, structure=structure, score=score, provenance=notes)


def from_rows(
    rows: Mapping[str, Iterable[Sequence[Any]]],
    **options: Any,
) -> Result:
    """Make a `Result` from raster rows: for each population ``[time, [firing neurons]]`` entries.

    Parameters
    ----------
    rows : mapping of str to iterable of (float, sequence of int)
        Time (ms) and the numbers of all neurons that fired then.
    **options
        As in `from_events`.

    Raises
    ------
    RecordingFormatError
        If an entry is not a pair of a time and a list of neurons.
    """
    events: dict[str, tuple[ArrayLike, ArrayLike]] = {}
    for label, entries in rows.items():
        index: list[int] = []
        times: list[float] = []
        for number, entry in enumerate(entries):
            try:
                moment, neurons = float(entry[0]), [int(n) for n in entry[1]]
            except (TypeError, ValueError, IndexError):
                raise RecordingFormatError(
                    f"population {label!r}, row {number}", f"{entry!r}",
                    "[time in ms, [neuron numbers]]",
                    "use from_spike_times for one list of times per neuron") from None
            index += neurons
            times += [moment] * len(neurons)
        events[label] = (index, times)
    return from_events(events, **options)

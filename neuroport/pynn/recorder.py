"""The recorder behind ``record`` and ``get_data``: PyNN's own over a backend's session."""

from __future__ import annotations

from typing import Any

import numpy as np
import quantities as pq
from neo import Segment
from neo.core.spiketrainlist import SpikeTrainList
from pyNN import recording

from neuroport.errors import (
    InvalidTimeError,
    NotReadyError,
    Problem,
    UnsupportedError,
    unknown_name,
)
from neuroport.network.edits import RecordingEdit
from neuroport.plain_numbers import number_problem, one_float, shown
from neuroport.pynn.cells import signals_of

__all__ = ["RecorderBase"]

_LONGEST = 2**31  # time steps between two samples


class RecorderBase(recording.Recorder):  # type: ignore[misc]
    """Records variables of one population; see ``pyNN.recording.Recorder``."""

    def __init__(self, population: Any, file: Any = None) -> None:
        super().__init__(population, file)
        self.cache: Any = self.cache
        self._from_step = self._simulator.state.step

    def record(
        self,
        variables: Any,
        ids: Any,
        sampling_interval: float | None = None,
        locations: Any = None,
    ) -> None:
        """Add cells to those recorded; see ``pyNN.recording.Recorder.record``."""
        state = self._simulator.state
        asked, known = self._names_in(variables), list(self.population.celltype.recordable)
        names = self.checked_names(state.dialect.recorded(asked, known))
        missing = state.dialect.not_recorded(asked, known)
        if missing:
            state.remark(f"record('all') of {type(self.population.celltype).__name__} leaves "
                         f"{', '.join(missing)} out: it has {', '.join(names)}")
        if sampling_interval is not None:
            problem = number_problem("sampling_interval", sampling_interval, above=0,
                                     most=_LONGEST * state.dt)
            if problem is not None:
                raise InvalidTimeError(problem, where=f"population '{self.population.label}'")
            sampling_interval = one_float(sampling_interval)
            steps = sampling_interval / state.dt
            if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
                raise InvalidTimeError(
                    Problem(
                        "the sampling interval is not a multiple of the time step",
                        measured=f"{sampling_interval:g} ms",
                        limit=f"{state.dt:g} ms, {2 * state.dt:g} ms, ...",
                    ),
                    where=f"population '{self.population.label}'",
                )
        state.check_change(RecordingEdit, self.population.label, names)
        super().record(names, ids, sampling_interval, locations)
        state.recordings_changed(self.population)

    def checked_names(self, variables: Any, everyones: bool = False) -> list[str]:
        """Return the names of variables; refuse those that are none.

        Parameters
        ----------
        variables : str or list of str
        everyones : bool
            Whether those of other populations will do: an assembly asks all of its parts.
        """
        where = f"population '{self.population.label}'"
        known = list(self.population.celltype.recordable)
        names = self._names_in(variables)
        model = type(self.population.celltype).__name__
        others = self._simulator.state.populations if everyones else ()
        allowed = {*known, *(name for p in others for name in p.celltype.recordable)}
        wrong = [name for name in names if name not in allowed]
        if wrong:
            raise _RecordingError(
                [unknown_name(f"{shown(name)} cannot be recorded from {model}", name, known,
                              "it has") for name in wrong], where=where)
        return names

    def _names_in(self, variables: Any) -> list[str]:
        names = [variables] if isinstance(variables, str) else (
            list(variables) if isinstance(variables, (list, tuple, set, frozenset)) else [])
        if not names or not all(isinstance(name, str) for name in names):
            known = ", ".join(self.population.celltype.recordable)
            raise _RecordingError(
                Problem("these are no names of variables", shown(variables),
                        f"a name or a list of names: {known}"),
                where=f"population '{self.population.label}'")
        return names

    def _record(
        self, variable: Any, new_ids: Any, sampling_interval: float | None = None
    ) -> None:
        if sampling_interval is not None and variable.name != "spikes":
            self.sampling_interval = sampling_interval

    def _reset(self) -> None:
        self.sampling_interval = self._simulator.state.dt

    def _clear_simulator(self) -> None:
        self._from_step = self._simulator.state.step

    def begin_at(self, step: int) -> None:
        """Give out nothing from before a step: it was recorded elsewhere."""
        self._from_step = step

    def store_to_cache(self, annotations: Any = None) -> None:
        """Keep the data of the run that ends; see ``pyNN.recording.Recorder``."""
        super().store_to_cache(annotations)
        self._from_step = 0

    def _index(self, ids: Any) -> Any:
        return np.fromiter((int(i) - int(self.population.first_id) for i in ids), dtype=np.int64)

    def _get_spiketimes(self, ids: Any, clear: bool = False) -> tuple[Any, Any]:
        state = self._simulator.state
        step, cell = state.spikes(self.population)
        keep = (step >= self._from_step) & np.isin(cell, self._index(ids))
        return cell[keep] + int(self.population.first_id), step[keep] * state.dt

    def _get_all_signals(self, variable: Any, ids: Any, clear: bool = False) -> tuple[Any, Any]:
        state = self._simulator.state
        names = signals_of(self.population.celltype, variable.name)
        step, values, recorded = state.signal(self.population, names[0])
        for name in names[1:]:
            values = values + state.signal(self.population, name)[1]
        columns = np.searchsorted(recorded, self._index(ids))
        first = int(np.searchsorted(step, self._from_step, side="left"))
        return values[first:, columns], None

    def _get_current_segment(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the present segment; a signal that ends early says by how many samples.

        Signals have the order of the cell's recordable variables; PyNN's own is that of a set of
        names, another one in every process. A run of n steps gives n + 1 samples of every variable,
        the present state the last; an engine that cannot tell it gives fewer.
        """
        segment = super()._get_current_segment(*arguments, **keywords)
        order = list(self.population.celltype.recordable)
        segment.analogsignals = sorted(segment.analogsignals, key=lambda s: order.index(s.name))
        state = self._simulator.state
        for signal in segment.analogsignals:
            period = max(1, round(float(signal.sampling_period.rescale("ms").magnitude) / state.dt))
            first = -(-self._from_step // period) * period
            missing = max(0, (state.step - first) // period + 1) - signal.shape[0]
            if missing > 0:
                signal.annotate(missing_last_samples=missing)
        if state.interrupted:
            segment.annotate(interrupted=True)
        return segment

    def _local_count(self, variable: Any, filter_ids: Any = None) -> dict[Any, int]:
        wanted = self.filter_recorded(variable, filter_ids)
        step, cell = self._simulator.state.spikes(self.population)
        cell = cell[step >= self._from_step]
        counts = np.bincount(cell, minlength=self.population.size)
        return {i: int(counts[int(i) - int(self.population.first_id)]) for i in sorted(wanted)}

    def get(
        self,
        variables: Any,
        gather: bool = False,
        filter_ids: Any = None,
        clear: bool = False,
        annotations: Any = None,
        locations: Any = None,
    ) -> Any:
        """Return the recorded data as a Neo Block; see ``pyNN.recording.Recorder.get``."""
        if not self._simulator.state.running and not list(self.cache):
            raise NotReadyError(
                Problem(
                    f"no data have been recorded from '{self.population.label}' yet",
                    fix="call record(...) and then run(...) before get_data()",
                )
            )
        # PyNN 0.13 gives out the kept segments themselves, of all cells, and empties their lists.
        kept, self.cache = self.cache, recording.DataCache()
        names = None if variables == "all" else (
            [variables] if isinstance(variables, str) else list(variables))
        earlier = [_selection(segment, names, filter_ids) for segment in kept]
        try:
            for _ in earlier:
                self.cache.store(Segment())
            block = super().get(variables, gather, filter_ids, clear, annotations, locations)
        finally:
            if list(self.cache) or not clear:
                self.cache = kept
        block.segments = [*earlier, *list(block.segments)[len(earlier):]]
        for segment in earlier:
            segment.block = block
        block.rec_datetime = block.segments[0].rec_datetime
        return block

    def write(self, variables: Any, file: Any = None, *arguments: Any, **keywords: Any) -> None:
        """Write recorded data through Neo; see ``pyNN.recording.Recorder.write``."""
        super().write(variables, file, *arguments, **keywords)

    @property
    def metadata(self) -> dict[str, Any]:
        """PyNN's annotations and where the data come from."""
        return {**super().metadata, **self._simulator.state.provenance()}

    @property
    def start(self) -> Any:
        """Time at which the present recording starts."""
        return self._from_step * self._simulator.state.dt * pq.ms


def _selection(segment: Any, names: list[str] | None, ids: Any) -> Any:
    """Return a segment with the recordings of some variables and cells; None: of all."""
    made = Segment(name=segment.name, description=segment.description,
                   rec_datetime=segment.rec_datetime, **segment.annotations)
    chosen = None if ids is None else np.fromiter((int(i) for i in ids), dtype=np.int64)
    for signal in segment.analogsignals:
        channels = np.asarray(signal.annotations["channel_ids"])
        here = np.ones(channels.shape, dtype=bool) if chosen is None else np.isin(channels, chosen)
        if (names is None or signal.name in names) and here.any():
            part = signal[:, slice(None) if here.all() else here]
            part.annotations = {**signal.annotations, "channel_ids": channels[here]}
            # An assembly renumbers its cells in place.
            part.array_annotate(channel_index=signal.array_annotations["channel_index"][here])
            part.segment = made
            made.analogsignals.append(part)
    trains = segment.spiketrains
    if (names is None or "spikes" in names) and len(trains):
        known = np.asarray(trains.all_channel_ids)
        here = np.ones(known.shape, dtype=bool) if chosen is None else np.isin(known, chosen)
        channel, time = trains.multiplexed
        fired = np.isin(channel, known[here])
        about = {name: value if isinstance(value, str) else np.asarray(value)[here]
                 for name, value in trains._annotations.items()}
        made.spiketrains = SpikeTrainList.from_spike_time_array(
            time[fired], np.asarray(channel)[fired], known[here], units="ms",
            t_start=trains.t_start, t_stop=trains.t_stop, **about)
        made.spiketrains.segment = made
    return made


class _RecordingError(UnsupportedError, recording.errors.RecordingError):  # type: ignore[misc]
    """A variable that the cell does not have."""

    def __init__(self, problems: Any, *, where: str = "") -> None:
        UnsupportedError.__init__(self, problems, where=where)

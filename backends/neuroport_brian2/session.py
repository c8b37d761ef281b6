"""A running Brian2 network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend import Progress
from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import Network, Projection, Recording
from neuroport.realise.currents import current_samples
from neuroport.realise.sources import source_spikes
from neuroport_brian2.engine import brian2, code_class
from neuroport_brian2.lower.names import inside, inside_synapse
from neuroport_brian2.lower.neurons.functions import FUNCTIONS
from neuroport_brian2.lower.program import (
    Brian2Program,
    CellGroup,
    SynapseGroup,
    shortest_interval,
)

__all__ = ["Brian2Session"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Resets before synapses: an input that is due in the next step must not be wiped out by the reset
# of this one.
_SCHEDULE = ["start", "groups", "thresholds", "resets", "synapses", "end"]
_PROGRESS_EVERY = 0.2  # seconds
ms = brian2.ms
_NAMESPACE = {"ms": ms, **FUNCTIONS}


class Brian2Session:
    """A network in Brian2, at some time step.

    Parameters
    ----------
    program : Brian2Program
    """

    def __init__(self, program: Brian2Program) -> None:
        self._program = program
        self._network = program.network
        self._dt = program.network.timestep
        self._code = code_class(program.target)
        self._clock = brian2.Clock(dt=self._dt * ms)
        self._written: dict[tuple[str, str], dict[str, FloatArray]] = {}
        self._source_spikes: list[tuple[IntArray, IntArray]] = []
        # Further generators for spikes that share a step with another of the same source.
        self._layers: list[list[Any]] = []
        self._current: FloatArray = np.empty(0)
        self._generator: Any = None
        self._groups = [self._cells(k, g) for k, g in enumerate(program.groups)]
        self._spike_monitors: dict[int, Any] = {}
        # Population -> variable -> every monitor so far; recording more adds one.
        self._state_monitors: dict[str, dict[str, list[tuple[Recording, Any]]]] = {}
        self._monitors: list[Any] = []
        self._net = brian2.Network()
        self._net.schedule = list(_SCHEDULE)
        for objects in self._groups:
            self._net.add(*objects)
        self._make_sources()
        self._synapses = [self._connect(k, s) for k, s in enumerate(program.synapses)]
        self._net.add(*[s for s in self._synapses if s is not None])
        self._recordings = {p.label: p.recordings for p in self._network.populations}
        self._steer = _Steering(self._clock)
        self._net.add(self._steer.operation)
        self._injected = self._injections()
        if self._injected is not None:
            self._net.add(self._injected)
        self._net.store("initial")
        # Monitors come after the store: going back to the start means fresh monitors.
        self._monitor()

    # -- building ------------------------------------------------------------------------------

    def _cells(self, number: int, group: CellGroup) -> list[Any]:
        code = group.code
        method = {} if code.method is None else {"method": code.method}
        cells = brian2.NeuronGroup(
            group.size,
            model=code.equations,
            threshold=code.threshold,
            reset=code.reset or None,
            clock=self._clock,
            namespace=_NAMESPACE,
            codeobj_class=self._code,
            name=f"cells_{number}*",
            **method,
        )
        objects: list[Any] = [cells]
        for text, order in ((code.before, -1), (code.step, 1)):
            if text:
                # An operation of the group's own clock, before or instead of Brian2's update.
                objects.append(
                    cells.run_regularly(
                        text, when="groups", order=order, clock=self._clock,
                        codeobj_class=self._code,
                    )
                )
        if code.after:
            objects.append(
                cells.run_regularly(
                    code.after, when="end", order=-1, clock=self._clock, codeobj_class=self._code
                )
            )
        for population in group.populations:
            self._fill(group, cells, population.label, dict(population.parameters))
            self._fill_states(group, cells, population.label, dict(population.initial))
        for variable, value in code.initial.items():
            _array(cells, variable)[:] = value
        return [cells]

    def _fill(
        self, group: CellGroup, cells: Any, label: str, parameters: dict[str, FloatArray]
    ) -> None:
        place = group.members[label].slice
        for variable, values in group.code.coefficients(parameters).items():
            if variable in cells.variables:
                _array(cells, variable)[place] = values

    def _fill_states(
        self, group: CellGroup, cells: Any, label: str, states: Mapping[str, FloatArray]
    ) -> None:
        place = group.members[label].slice
        for name, values in states.items():
            if inside(name) in cells.variables:
                _array(cells, inside(name))[place] = group.code.stored(values)

    def _make_sources(self) -> None:
        if not self._program.n_sources:
            return
        self._generator = self._make_generator()
        self._net.add(self._generator)

    def _make_generator(self) -> Any:
        generator = brian2.SpikeGeneratorGroup(
            self._program.n_sources, [], [] * ms, clock=self._clock,
            codeobj_class=self._code, name="sources*",
        )
        # Brian2 looks in its 32-bit list of steps for a 64-bit step. NumPy copies the whole list
        # for that in every time step: with twelve million spikes to come, 10 ms each.
        variables = generator.variables
        if self._program.target == "numpy":
            del variables._variables["_timebins"]
            variables.add_dynamic_array("_timebins", size=0, index="spike_number", read_only=True,
                                        constant=True, dtype=np.int64)
        return generator

    def _add_layer(self) -> None:
        """Add one more generator with copies of the synapses from sources."""
        generator = self._make_generator()
        layer = [generator]
        for number, group in enumerate(self._program.synapses):
            if group.source >= 0 or group.size == 0:
                continue
            if group.projections[0].synapse.kind != "static":
                raise _several_spikes(group.projections[0])
            copies = self._connect(number, group, generator)
            for projection in group.projections:
                place = group.members[projection.label].slice
                _array(copies, "s_w")[place] = _array(self._synapses[number], "s_w")[place]
            layer.append(copies)
        self._net.add(*layer)
        self._layers.append(layer)

    def _connect(self, number: int, group: SynapseGroup, generator: Any = None) -> Any:
        if group.size == 0:
            return None
        program = self._program
        source = (
            (generator or self._generator) if group.source < 0
            else self._groups[group.source][0]
        )
        target = self._groups[group.target][0]
        code = group.code
        pathways = {"pre": {}, "post": {}}  # type: dict[str, dict[str, str]]
        for path in code.pathways:
            pathways[path.side][path.name] = path.statements
        delays = {
            path.name: np.concatenate([path.delay(p) for p in group.projections])
            for path in code.pathways
        }
        same = {name: bool((steps == steps[0]).all()) for name, steps in delays.items()}
        synapses = brian2.Synapses(
            source,
            target,
            model=code.equations,
            on_pre=pathways["pre"] or None,
            on_post=pathways["post"] or None,
            delay={
                name: int(steps[0]) * self._dt * ms for name, steps in delays.items() if same[name]
            },
            clock=self._clock,
            namespace=_NAMESPACE,
            codeobj_class=self._code,
            name=f"synapses_{number}*",
        )
        pre, post = program.indices(group)
        synapses.connect(i=pre, j=post)
        for path in code.pathways:
            pathway = getattr(synapses, path.name)
            pathway.order = path.order
            if not same[path.name]:
                # A quarter of a step keeps a delay on its step through Brian2's own rounding.
                pathway.delay = (delays[path.name] + 0.25) * self._dt * ms
        self._synapse_values(group, synapses)
        return synapses

    def _synapse_values(self, group: SynapseGroup, synapses: Any) -> None:
        for projection in group.projections:
            place = group.members[projection.label].slice
            cells = self._network.population(projection.post).parameters
            for variable, values in group.code.values(projection, cells).items():
                if variable in synapses.variables:
                    _array(synapses, variable)[place] = values

    def _monitor(self) -> None:
        """Add monitors for everything that is recorded and has none yet."""
        for label, recordings in self._recordings.items():
            self._add_recordings(label, recordings)

    def _add_recordings(self, label: str, recordings: tuple[Recording, ...]) -> None:
        number, member = self._program.place[label]
        if number < 0:
            return  # the spikes of sources are known
        entries = self._state_monitors.setdefault(label, {})
        for gone in set(entries) - {r.variable for r in recordings}:
            del entries[gone]
        by_cells: dict[tuple[bytes, int], list[Recording]] = {}
        for recording in recordings:
            if recording.variable == "spikes":
                if number not in self._spike_monitors:
                    monitor = brian2.SpikeMonitor(
                        self._groups[number][0], codeobj_class=self._code
                    )
                    self._spike_monitors[number] = monitor
                    self._add_monitor(monitor)
                continue
            old = entries.get(recording.variable)
            if old is not None and np.array_equal(old[-1][0].index, recording.index):
                continue
            key = (recording.index.tobytes(), recording.interval)
            by_cells.setdefault(key, []).append(recording)
        for together in by_cells.values():
            names = [inside(r.variable) for r in together]
            clock = (
                {"clock": self._clock}
                if together[0].interval == 1
                else {"dt": together[0].interval * self._dt * ms}
            )
            monitor = brian2.StateMonitor(
                self._groups[number][0], names, record=together[0].index + member.first,
                when="start", codeobj_class=self._code, **clock,
            )
            self._add_monitor(monitor)
            for recording in together:
                entries.setdefault(recording.variable, []).append((recording, monitor))

    def _add_monitor(self, monitor: Any) -> None:
        self._monitors.append(monitor)
        self._net.add(monitor)

    def _injections(self) -> Any:
        if not self._network.currents:
            return None

        def inject() -> None:
            step = self.step - self._run_first
            if self._injected_cells:
                for array in self._injected_arrays:
                    array[:] = 0.0
                for row, array, place in self._injected_cells:
                    array[place] += self._current[row, step]

        return brian2.NetworkOperation(inject, clock=self._clock, when="start", order=-1)

    def _prepare_currents(self, first: int, last: int) -> None:
        self._run_first = first
        self._injected_cells: list[tuple[int, FloatArray, IntArray]] = []
        arrays: dict[int, FloatArray] = {}
        rows = []
        for source in self._network.currents:
            rows.append(current_samples(source, first, last, self._dt, self._network.seed))
            for label, index in source.targets:
                number, member = self._program.place[label]
                array = arrays.setdefault(number, _array(self._groups[number][0], "x_i_inj"))
                self._injected_cells.append((len(rows) - 1, array, index + member.first))
        self._injected_arrays = list(arrays.values())
        self._current = np.array(rows)

    # -- running -------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Time steps done since the start or the last reset."""
        return int(self._clock.variables["timestep"].get_value()[0])

    def run(
        self,
        steps: int,
        progress: Progress | None = None,
        stop_asked: Callable[[], bool] | None = None,
    ) -> int:
        """Run some steps; return how many were done."""
        first = self.step
        if self._generator is not None:
            self._prepare_spikes(first, first + steps)
        if self._injected is not None:
            self._prepare_currents(first, first + steps)
        self._steer.begin(progress, stop_asked, self._dt, self._net)
        # Half a step less keeps Brian2's rounding from adding a step.
        self._net.run(steps * self._dt * ms, namespace={})
        return self.step - first

    def _prepare_spikes(self, first: int, last: int) -> None:
        program = self._program
        all_steps, all_cells = [], []
        for population in self._network.populations:
            if population.spikes is None:
                continue
            step, cell = source_spikes(
                population.spikes, first, last, self._dt, self._network.seed
            )
            all_steps.append(step)
            all_cells.append(cell + program.sources[population.label].first)
        step = np.concatenate(all_steps)
        cell = np.concatenate(all_cells)
        order = np.lexsort((cell, step))
        step, cell = step[order], cell[order]
        self._source_spikes.append((step, cell))
        self._check_intervals()
        self._give(step, cell)

    def _check_intervals(self) -> None:
        """Refuse spike times set later that come closer than the synapses were built for."""
        for group in self._program.synapses:
            if group.source >= 0 or not any(p.name == "deliver" for p in group.code.pathways):
                continue
            step = np.concatenate([s for s, _ in self._source_spikes])
            cell = np.concatenate([c for _, c in self._source_spikes])
            pre, _ = self._program.indices(group)
            mine = np.isin(cell, pre)
            found = shortest_interval(step[mine], cell[mine])
            if found < group.shortest_interval:
                raise UnsupportedError(
                    Problem(
                        "spike times were set that come closer than before the first run",
                        measured=f"{found * self._dt:g} ms",
                        limit=f"{group.shortest_interval * self._dt:g} ms for plastic synapses "
                        "with a dendritic delay",
                        fix="give all spike times before the first run",
                    ),
                    where=f"projection '{group.projections[0].label}'",
                    line=group.projections[0].line,
                )

    def _give(self, step: IntArray, cell: IntArray) -> None:
        """Hand spikes to the generators: the n-th of a source in one step to the n-th of them."""
        first = np.ones(step.size, dtype=bool)
        first[1:] = (step[1:] != step[:-1]) | (cell[1:] != cell[:-1])
        start = np.maximum.accumulate(np.where(first, np.arange(step.size), 0))
        rank = np.arange(step.size) - start
        for _ in range(len(self._layers), int(rank.max(initial=0))):
            self._add_layer()
        generators = [self._generator, *(layer[0] for layer in self._layers)]
        for number, generator in enumerate(generators):
            mine = rank == number
            generator.set_spikes(cell[mine], step[mine] * self._dt * ms, sorted=True)

    def reset(self) -> None:
        """Go back to time 0 and the initial values."""
        if self._monitors:
            self._net.remove(*self._monitors)
        if self._layers:
            self._net.remove(*(o for layer in self._layers for o in layer))
        self._monitors, self._spike_monitors, self._state_monitors = [], {}, {}
        self._layers = []
        self._net.restore("initial")
        self._source_spikes = []
        written, self._written = self._written, {}
        for (kind, label), values in written.items():
            {
                "parameters": self.write_parameters,
                "states": self.write_states,
                "synapses": self.write_synapses,
            }[kind](label, values)
        self._monitor()

    def close(self) -> None:
        """Nothing to free: Brian2 runs in this process. Recorded data stay readable."""

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the recorded spikes since the last reset."""
        number, member = self._program.place[population]
        if number < 0:
            if not self._source_spikes:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
            step = np.concatenate([s for s, _ in self._source_spikes])
            cell = np.concatenate([c for _, c in self._source_spikes])
            done = step < self.step
            step, cell = step[done], cell[done]
        else:
            monitor = self._spike_monitors.get(number)
            if monitor is None:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
            cell = np.asarray(monitor.i[:], dtype=np.int64)
            step = np.rint(np.asarray(monitor.t_[:]) * 1e3 / self._dt).astype(np.int64)
        mine = (cell >= member.first) & (cell < member.first + member.size)
        return step[mine], cell[mine] - member.first

    def signal(self, population: str, variable: str) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable."""
        number, member = self._program.place[population]
        pieces = self._state_monitors[population][variable]
        recording = pieces[-1][0]
        now = self.step
        last = now - now % recording.interval
        step = np.arange(0, last + 1, recording.interval)
        # Before a cell was recorded its past is not known.
        values = np.full((step.size, recording.index.size), np.nan)
        for piece, monitor in pieces:
            still = np.isin(piece.index, recording.index)
            columns = np.searchsorted(recording.index, piece.index[still])
            found = np.rint(np.asarray(monitor.t_[:]) * 1e3 / self._dt).astype(np.int64)
            wanted = (found % recording.interval == 0) & (found <= last)
            samples = np.asarray(getattr(monitor, inside(variable) + "_")).T
            rows = found[wanted] // recording.interval
            values[np.ix_(rows, columns)] = samples.reshape(-1, piece.index.size)[wanted][:, still]
        if last == now:  # the present state, which the monitor takes at the next step only
            present = _array(self._groups[number][0], inside(variable))
            values[-1] = present[recording.index + member.first]
        return step, values

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights of a projection."""
        group, synapses = self._find(projection)
        place = group.members[projection].slice
        if synapses is None:
            return np.empty(0)
        weight = np.array(_array(synapses, group.code.weight)[place], dtype=float)
        if group.code.signed:
            weight = weight * _array(synapses, "s_sign")[place]
        return weight

    def _find(self, projection: str) -> tuple[SynapseGroup, Any]:
        for group, synapses in zip(self._program.synapses, self._synapses, strict=True):
            if projection in group.members:
                return group, synapses
        raise KeyError(projection)

    # -- writing -------------------------------------------------------------------------------

    def write_parameters(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set cell parameters of a population."""
        number, _ = self._program.place[population]
        group = self._program.groups[number]
        known = self._written.setdefault(("parameters", population), {})
        known.update(values)
        original = self._network.population(population).parameters
        self._fill(group, self._groups[number][0], population, {**original, **known})

    def write_states(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set state variables of a population."""
        number, _ = self._program.place[population]
        self._written.setdefault(("states", population), {}).update(values)
        self._fill_states(
            self._program.groups[number], self._groups[number][0], population, values
        )

    def write_synapses(self, projection: str, values: Mapping[str, FloatArray]) -> None:
        """Set weights or parameters of a projection's synapses."""
        from dataclasses import replace

        group, synapses = self._find(projection)
        if synapses is None:
            return
        known = self._written.setdefault(("synapses", projection), {})
        known.update(values)
        old = next(p for p in group.projections if p.label == projection)
        changed = replace(
            old,
            weight=known.get("weight", old.weight),
            parameters={**old.parameters, **{k: v for k, v in known.items() if k != "weight"}},
        )
        cells = self._network.population(old.post).parameters
        fresh = group.code.values(changed, cells)
        wanted = {inside_synapse(name) for name in values if name != "weight"}
        if "weight" in values:
            wanted |= {"s_w", "s_pending", "s_sign"}
        if {"s_A_plus", "s_A_minus", "s_w_max", "s_w_min"} & wanted:
            # Amplitudes may be scaled by the bounds.
            wanted |= {"s_A_plus", "s_A_minus", "s_w_max", "s_w_min"}
        if {"s_rho", "s_tau"} & wanted:
            wanted |= {"s_target"}
        place = group.members[projection].slice
        for variable in wanted:
            if variable in synapses.variables and variable in fresh:
                _array(synapses, variable)[place] = fresh[variable]
                for copies in self._copies(group):
                    _array(copies, variable)[place] = fresh[variable]

    def _copies(self, group: SynapseGroup) -> list[Any]:
        """Return the copies of a synapse group in the further layers of sources."""
        sourced = [g for g in self._program.synapses if g.source < 0 and g.size]
        return [layer[1 + sourced.index(group)] for layer in self._layers if group in sourced]

    def update(self, network: Network) -> None:
        """Take over spike times and injected currents."""
        self._network = network
        if self._injected is None:
            self._injected = self._injections()
            if self._injected is not None:
                self._net.add(self._injected)

    def record(self, population: str, recordings: tuple[Recording, ...]) -> None:
        """Record more from now on."""
        self._recordings[population] = recordings
        self._add_recordings(population, recordings)


class _Steering:
    """Reports progress and stops a run between two steps."""

    def __init__(self, clock: Any) -> None:
        self._progress: Progress | None = None
        self._stop_asked: Callable[[], bool] | None = None
        self._dt = 1.0
        self._net: Any = None
        self._clock = clock
        self._next = 0.0
        self.operation = brian2.NetworkOperation(self._look, clock=clock, when="end", order=10)

    def begin(
        self,
        progress: Progress | None,
        stop_asked: Callable[[], bool] | None,
        timestep: float,
        net: Any,
    ) -> None:
        """Take what to report to for the run that begins."""
        self._progress, self._stop_asked = progress, stop_asked
        self._dt, self._net = timestep, net
        self._next = time.monotonic() + _PROGRESS_EVERY

    def _look(self) -> None:
        if self._stop_asked is not None and self._stop_asked():
            self._net.stop()
            return
        if self._progress is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_EVERY
            step = int(self._clock.variables["timestep"].get_value()[0])
            self._progress((step + 1) * self._dt)


def _array(group: Any, variable: str) -> Any:
    """Return the array behind a Brian2 variable, for reading and writing in place."""
    return group.variables[variable].get_value()


def _several_spikes(projection: Projection) -> Exception:
    return UnsupportedError(
        Problem(
            "a source of plastic synapses has several spikes in one time step",
            limit="one spike a source and step where synapses are plastic",
            fix="a smaller time step, or more sources at a lower rate",
        ),
        where=f"projection '{projection.label}'",
        line=projection.line,
    )

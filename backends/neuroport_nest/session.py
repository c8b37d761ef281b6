"""A running NEST network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend import Progress
from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import (
    Network,
    PoissonSource,
    Population,
    Projection,
    Recording,
    SpikeTimes,
)
from neuroport.process import EngineProcess
from neuroport.realise.currents import current_samples
from neuroport.realise.sources import source_spikes, to_steps
from neuroport_nest.capabilities import CAPABILITIES
from neuroport_nest.lower import cells, synapses
from neuroport_nest.lower.program import NestProgram, factor, states
from neuroport_nest.lower.timing import AHEAD, SAMPLE_OFFSET, stamp_offset

__all__ = ["NestSession"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_PIECE = 0.2  # seconds between two looks at Ctrl-C and the progress
_WINDOW = 20_000  # steps whose spikes and currents are drawn and handed over at once
_HELD = 2  # steps that a current generator of NEST's is late


class NestSession:
    """A network in NEST, at some time step.

    Parameters
    ----------
    program : NestProgram
    """

    def __init__(self, program: NestProgram) -> None:
        self._program = program
        self._network = program.network
        self._recordings = {p.label: p.recordings for p in self._network.populations}
        self._engine: EngineProcess | None = None
        self._start()

    # -- building ------------------------------------------------------------------------------

    def _start(self) -> None:
        """Build the network at step 0, in a fresh process where the old one is gone."""
        self._step = 0
        self._spikes: dict[str, list[tuple[IntArray, IntArray]]] = {}
        self._source_spikes: dict[str, list[tuple[IntArray, IntArray]]] = {}
        self._samples: dict[tuple[str, str], list[tuple[IntArray, IntArray, FloatArray]]] = {}
        # Samples of moments that NEST does not record: (step, cell, values), the last one holds.
        self._known: dict[tuple[str, str], list[tuple[IntArray, IntArray, FloatArray]]] = {}
        self._begun: dict[tuple[str, str], list[tuple[Recording, int]]] = {}
        self._present: dict[tuple[str, str], FloatArray] = {}
        self._present_step = 0
        self._last_weights: dict[str, FloatArray] = {}
        self._schedule: tuple[int, int, FloatArray] = (0, 0, np.empty((0, 0)))
        if self._engine is None or not self._engine.alive:
            self._engine = EngineProcess(
                "NEST", Path(__file__).parent / "engine" / "child.py", "Engine",
                timeout=self._program.silence_timeout,
                environment={"PYNEST_QUIET": "1", "OMP_NUM_THREADS": str(self._program.threads)},
            )
        network, program = self._network, self._program
        self._initial = {p.label: p.initial for p in network.populations}  # sample 0
        populations = program.populations(network)
        for described, population in zip(populations, network.populations, strict=True):
            if population.spikes is not None:
                # What must be under way when step 0 begins.
                described["spikes"] = self._trains(population, 0, 0)
        self._ask(
            "build", timestep=network.timestep, threads=program.threads, ahead=AHEAD,
            longest_delay=program.longest_delay(network), populations=populations,
            projections=program.projections(network),
        )
        for population in network.populations:
            self._add_recordings(population.label, self._recordings[population.label])

    def _ask(self, method: str, **keywords: Any) -> Any:
        if self._engine is None:
            raise UnsupportedError(Problem("this session has been closed"))
        return self._engine.ask(method, **keywords)

    def _add_recordings(self, label: str, recordings: tuple[Recording, ...]) -> None:
        population = self._network.population(label)
        if population.cell.is_source:
            return  # the spikes of sources are known
        known = cells.CELLS[population.cell.name].states
        together: dict[tuple[bytes, int], list[Recording]] = {}
        for recording in recordings:
            if recording.variable == "spikes":
                self._ask("record_spikes", population=label)
                continue
            pieces = self._begun.setdefault((label, recording.variable), [])
            if pieces and np.array_equal(pieces[-1][0].index, recording.index):
                continue
            pieces.append((recording, self._step))
            together.setdefault((recording.index.tobytes(), recording.interval), []).append(
                recording)
        for same in together.values():
            self._ask(
                "record_signals", population=label, cells=same[0].index,
                variables=[known[r.variable][0] for r in same], interval=same[0].interval,
                offset=-SAMPLE_OFFSET,
            )
            if self._step > 0:  # NEST's first sample is that after the next step
                found = self._ask(
                    "states", population=label, names=[known[r.variable][0] for r in same])
                for recording in same:
                    theirs, scale = known[recording.variable]
                    if theirs in found:
                        self._know(label, recording.variable, recording.index,
                                   found[theirs][recording.index] * scale)

    def _know(self, label: str, variable: str, cell: IntArray, values: FloatArray) -> None:
        step = np.full(cell.size, self._step)
        self._known.setdefault((label, variable), []).append((step, cell, values))

    # -- running -------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Time steps done since the start or the last reset."""
        return self._step

    def run(
        self,
        steps: int,
        progress: Progress | None = None,
        stop_asked: Callable[[], bool] | None = None,
    ) -> int:
        """Run some steps; return how many were done."""
        first, last = self._step, self._step + steps
        while self._step < last:
            if stop_asked is not None and stop_asked():
                break
            self._run_window(min(last, self._step + _WINDOW), progress, stop_asked)
        return self._step - first

    def _run_window(
        self, last: int, progress: Progress | None, stop_asked: Callable[[], bool] | None
    ) -> None:
        self._prepare_spikes(self._step, last)
        self._prepare_currents(self._step, last)
        while self._step < last:
            done, recorded = self._ask("advance", steps=last - self._step, wanted=_PIECE)
            self._step += done
            self._keep(recorded)
            if progress is not None:
                progress(self._step * self._network.timestep)
            if stop_asked is not None and stop_asked():
                break

    def _prepare_spikes(self, first: int, last: int) -> None:
        for population in self._network.populations:
            if population.spikes is None:
                continue
            step, cell = source_spikes(
                population.spikes, first, last, self._network.timestep, self._network.seed
            )
            done = self._source_spikes.setdefault(population.label, [])
            # An interrupted run had its spikes to the end.
            done[:] = [(s[s < first], c[s < first]) for s, c in done]
            done.append((step, cell))
            trains = self._trains(population, first, last)
            self._ask("spikes", population=population.label, trains=trains)

    def _trains(self, population: Population, first: int, last: int) -> list[IntArray]:
        """Return NEST's stamps of the spikes that are sent during steps `first` to `last`.

        Those of early sources are sent a step before: the ones of step `first` are under way.
        """
        early = int(population.label in self._program.early)
        begin = 0 if (first, last) == (0, 0) else first + early
        step, cell = source_spikes(
            population.spikes, begin, last + early,  # type: ignore[arg-type]
            self._network.timestep, self._network.seed,
        )
        stamp = step + stamp_offset(population, self._program.early)
        order = np.lexsort((stamp, cell))
        cuts = np.cumsum(np.bincount(cell, minlength=population.size))[:-1]
        return list(np.split(stamp[order], cuts))

    def _prepare_currents(self, first: int, last: int) -> None:
        network = self._network
        if not network.currents:
            return
        dt, seed = network.timestep, network.seed
        end = max(last, first + _HELD)
        samples = np.array([current_samples(c, first, end, dt, seed) for c in network.currents])
        samples[:, last - first:] = 0.0  # what comes after this run is not known yet
        old_first, old_last, old = self._schedule
        held = []
        for step in range(first, min(first + _HELD, last)):
            # What the generators have sent already, where the last run was broken off.
            sent = old[:, step - old_first] if old_first <= step < old_last else ()
            extra: dict[str, FloatArray] = {}
            for k, source in enumerate(network.currents):
                value = samples[k, step - first] - (sent[k] if k < len(sent) else 0.0)
                for label, index in source.targets:
                    row = extra.setdefault(label, np.zeros(network.population(label).size))
                    np.add.at(row, index, value * 1000.0)
            held.append(extra)
        stamps = np.arange(first + _HELD, end + 1) - _HELD + 1 + AHEAD
        currents = []
        for k, source in enumerate(network.currents):
            values = np.append(samples[k, _HELD:], 0.0) * 1000.0
            change = np.concatenate([[True], np.diff(values) != 0])
            currents.append({"number": k, "times": stamps[change], "values": values[change],
                             "targets": [(label, index) for label, index in source.targets]})
        self._ask("begin", currents=currents, held=held)
        self._schedule = (first, last, samples[:, : last - first])

    def _keep(self, recorded: Mapping[str, Any]) -> None:
        for label, (stamp, cell) in recorded["spikes"].items():
            step = stamp - stamp_offset(self._network.population(label), self._program.early)
            order = np.lexsort((cell, step))
            self._spikes.setdefault(label, []).append((step[order], cell[order]))
        for label, variable, stamp, cell, values in self._named(recorded["signals"]):
            self._samples.setdefault((label, variable), []).append(
                (stamp + SAMPLE_OFFSET, cell, values))

    def _named(self, signals: Any) -> Any:
        """Yield (population, PyNN's variable, stamp, cell, values in PyNN's units)."""
        for label, variables, index, stamp, column, values in signals:
            known = cells.CELLS[self._network.population(label).cell.name].states
            names = {theirs: (mine, scale) for mine, (theirs, scale) in known.items()}
            for theirs, value in zip(variables, values, strict=True):
                mine, scale = names[theirs]
                cell, value = index[column], value * scale
                if mine == "v" and label in self._program.early:
                    value = self._reset_shown(label, cell, value)
                yield label, mine, stamp, cell, value

    def _reset_shown(self, label: str, cell: IntArray, v: FloatArray) -> FloatArray:
        """Return potentials with the contract's reset potential in place of NEST's."""
        p = self._network.population(label)
        theirs = cells.CELLS[p.cell.name].parameters(p.parameters, self._network.timestep)
        held = np.abs(v - theirs["V_reset"][cell]) < 1e-9  # mV; far above rounding
        return np.where(held, p.parameters["v_reset"][cell], v)

    def reset(self) -> None:
        """Go back to time 0 and the initial values; recorded data are dropped."""
        self._start()

    def close(self) -> None:
        """End the process. Recorded data stay readable."""
        if self._engine is not None and self._engine.alive:
            self._look()
            for p in self._network.projections:
                self._last_weights[p.label] = self.weights(p.label)
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the recorded spikes since the last reset."""
        sources = self._network.population(population).cell.is_source
        pieces = (self._source_spikes if sources else self._spikes).get(population, [])
        if not pieces:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        step = np.concatenate([s for s, _ in pieces])
        cell = np.concatenate([c for _, c in pieces])
        done = step < self._step
        return step[done], cell[done]

    def signal(self, population: str, variable: str) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable."""
        recording, _ = self._begun[population, variable][-1]
        every = recording.interval
        last = self._step - self._step % every
        step = np.arange(0, last + 1, every)
        # Before a cell was recorded its past is not known.
        values = np.full((step.size, recording.index.size), np.nan)
        key = (population, variable)
        for when, cell, value in self._samples.get(key, []) + self._known.get(key, []):
            mine = np.isin(cell, recording.index) & (when % every == 0) & (when <= last)
            column = np.searchsorted(recording.index, cell[mine])
            values[when[mine] // every, column] = value[mine]
        described = self._network.population(population)
        for piece, since in self._begun[population, variable]:
            if since == 0:  # NEST's first sample is that after the first step
                still = np.isin(piece.index, recording.index)
                initial = self._initial[population].get(variable, np.zeros(described.size))
                column = np.searchsorted(recording.index, piece.index[still])
                values[0, column] = initial[piece.index[still]]
        if last == self._step and self._step > 0:
            self._look()
            if self._present_step == self._step:
                present = self._present.get((population, variable))
                if present is not None:
                    known = ~np.isnan(present[recording.index])
                    values[-1, known] = present[recording.index][known]
        return step, values

    def _look(self) -> None:
        """Ask for the samples of the present moment."""
        engine = self._engine
        if engine is None or not engine.alive or self._present_step == self._step:
            return
        found = self._ask("present") if self._begun else []
        self._present = {}
        for label, variable, _, cell, values in self._named(found):
            array = self._present.setdefault(
                (label, variable), np.full(self._network.population(label).size, np.nan))
            array[cell] = values
        self._present_step = self._step

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights of a projection."""
        described = self._find(projection)
        if projection in self._last_weights:
            return self._last_weights[projection]
        if described.synapse.kind != "stdp" or not described.size:
            return np.array(described.weight, dtype=float)
        label, weight = self._ask(
            "weights", model=synapses.model(described), number=self._program.number[projection])
        result = np.empty(described.size)
        result[label - self._program.first_label[projection]] = weight
        return result / factor(self._network, described)

    def _find(self, projection: str) -> Projection:
        return self._network.projections[self._program.number[projection]]

    # -- writing -------------------------------------------------------------------------------

    def _changed(self, population: Population) -> None:
        self._network = replace(self._network, populations=tuple(
            population if p.label == population.label else p for p in self._network.populations))

    def write_parameters(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set cell parameters of a population."""
        old = self._network.population(population)
        new = replace(old, parameters={**old.parameters, **values})
        network = self._network
        before, after = (
            cells.arrays(p, p.parameters, network.timestep, network.numerics) for p in (old, new))
        self._changed(new)
        self._ask(
            "write_cells", population=population,
            values={k: v for k, v in after.items() if not np.array_equal(v, before[k])},
        )
        for p in self._network.projections:
            # The release of Tsodyks-Markram synapses follows the receptor's time constant.
            short = p.synapse.kind == "tsodyks_markram" and {"tau_syn_E", "tau_syn_I"} & set(values)
            if p.post == population and p.size and short:
                self._write(p, ["tau_psc"])

    def write_states(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set state variables of a population."""
        old = self._network.population(population)
        fixed = CAPABILITIES.cells[old.cell.name].fixed_states
        unset = [name for name, value in fixed.items() if np.any(values.get(name, value) != value)]
        if unset:
            raise UnsupportedError(
                Problem(f"{', '.join(unset)} cannot be set in NEST",
                        fix="send spikes before the run"),
                where=f"population '{population}'", line=old.line,
            )
        new = replace(old, initial={**old.initial, **values})
        self._changed(new)
        if self._step == 0:
            self._initial[population] = new.initial
        self._ask("write_cells", population=population, values=states(old, values))
        if self._step > 0:
            for name, value in values.items():
                self._know(population, name, np.arange(old.size), np.asarray(value, dtype=float))
            self._present_step = -1

    def write_synapses(self, projection: str, values: Mapping[str, FloatArray]) -> None:
        """Set weights or parameters of a projection's synapses."""
        old = self._find(projection)
        rest = {k: v for k, v in values.items() if k != "weight"}
        new = replace(old, weight=values.get("weight", old.weight),
                      parameters={**old.parameters, **rest})
        self._network = replace(self._network, projections=tuple(
            new if p.label == projection else p for p in self._network.projections))
        if not new.size:
            return
        names = {"weight": ["weight"], "U": ["U"], "tau_rec": ["tau_rec", "tau_psc"],
                 "tau_facil": ["tau_fac"], "w_max": ["Wmax", "lambda", "alpha"],
                 "A_plus": ["lambda", "alpha"], "A_minus": ["alpha"], "tau_plus": ["tau_plus"],
                 "mu_plus": ["mu_plus"], "mu_minus": ["mu_minus"]}
        unknown = [k for k in values if k not in names]
        if unknown:
            raise UnsupportedError(
                Problem(f"{', '.join(unknown)} cannot be changed in NEST once it has been built",
                        fix="a new simulator"),
                where=f"projection '{projection}'", line=new.line,
            )
        self._write(new, [n for k in values for n in names[k]])

    def _write(self, projection: Projection, names: list[str]) -> None:
        fresh = synapses.values(projection, self._network, factor(self._network, projection))
        self._ask(
            "write_synapses", source=projection.pre, target=projection.post,
            model=synapses.model(projection), number=self._program.own_model(projection),
            first=self._program.first_label[projection.label],
            values={name: fresh[name] for name in dict.fromkeys(names) if name in fresh},
        )

    def update(self, network: Network) -> None:
        """Take over spike times and injected currents."""
        if self._step > 0:
            self._refuse_sent(network)
        self._network = replace(
            self._network, currents=network.currents,
            populations=tuple(
                replace(mine, spikes=new.spikes) for mine, new in
                zip(self._network.populations, network.populations, strict=True)),
        )
        if self._step == 0 and self._engine is not None and self._program.early:
            self._start()  # spikes of step 0 may be under way

    def _refuse_sent(self, network: Network) -> None:
        """Refuse to change spikes that NEST has under way: those of early sources, this step."""
        for mine, new in zip(self._network.populations, network.populations, strict=True):
            if mine.spikes is None or mine.label not in self._program.early:
                continue
            if _same_at(mine, new, self._step, self._network.timestep):
                continue
            raise UnsupportedError(
                Problem(
                    "a source cannot be changed between two runs while its spikes are under way",
                    measured="a delay of one step", limit="two steps or more in NEST",
                    fix="longer delays, or numerics={'base': 'pynn', 'delay_rule': 'next_step'}",
                ),
                where=f"population '{mine.label}'", line=mine.line,
            )

    def record(self, population: str, recordings: tuple[Recording, ...]) -> None:
        """Record more from now on."""
        self._recordings[population] = recordings
        gone = {v for p, v in self._begun if p == population} - {r.variable for r in recordings}
        for variable in gone:
            del self._begun[population, variable]
        self._add_recordings(population, recordings)


def _same_at(old: Population, new: Population, step: int, timestep: float) -> bool:
    """Whether two descriptions of a source have the same spikes in a step, whatever the seed."""
    a, b = old.spikes, new.spikes
    if isinstance(a, SpikeTimes) and isinstance(b, SpikeTimes):
        now = [np.sort(s.index[to_steps(s.time, timestep) == step]) for s in (a, b)]
        return np.array_equal(*now)
    if isinstance(a, PoissonSource) and isinstance(b, PoissonSource):
        return all(np.array_equal(getattr(a, name), getattr(b, name))
                   for name in ("rate", "start", "duration")) and a.stream == b.stream
    return False

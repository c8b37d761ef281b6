"""A running NEST network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.backend.session import SessionBase
from neuroport.findings import finding
from neuroport.network.description import FloatArray, Network, Projection, Recording
from neuroport.network.edits import (
    Edit,
    ParameterEdit,
    RecordingEdit,
    SpikeEdit,
    StateEdit,
    SynapseEdit,
)
from neuroport.process import EngineProcess
from neuroport_nest.lower import cells, synapses
from neuroport_nest.lower.inputs import CurrentSchedule, check_not_sent, trains
from neuroport_nest.lower.program import NestProgram, factor, states
from neuroport_nest.lower.timing import AHEAD, SAMPLE_OFFSET, stamp_offset

__all__ = ["NestSession"]

_PIECE = 0.2  # seconds between two looks at Ctrl-C and the progress
_WRITABLE = {  # what of a synapse can be changed: NEST's names that follow from it
    "weight": ["weight"], "U": ["U"], "tau_rec": ["tau_rec", "tau_psc"],
    "tau_facil": ["tau_fac"], "w_max": ["Wmax", "lambda", "alpha"],
    "A_plus": ["lambda", "alpha"], "A_minus": ["alpha"], "tau_plus": ["tau_plus"],
    "mu_plus": ["mu_plus"], "mu_minus": ["mu_minus"],
}


class NestSession(SessionBase):
    """A network in NEST.

    Parameters
    ----------
    network : Network
    threads : int
        OpenMP threads.
    silence_timeout : float
        Seconds without an answer after which the process is stopped.
    capabilities : Capabilities
    """

    engine = "NEST"
    longest_piece = 20_000  # steps whose spikes and currents are drawn and handed over at once

    def __init__(
        self, network: Network, threads: int, silence_timeout: float, capabilities: Capabilities
    ) -> None:
        super().__init__(network, capabilities)
        self._threads, self._silence_timeout = threads, silence_timeout
        self._process: EngineProcess | None = None

    # -- building ------------------------------------------------------------------------------

    def build(self, network: Network) -> None:
        """Build the network, in a fresh process where the old one is gone."""
        if self._process is None or not self._process.alive:
            self._process = EngineProcess(
                "NEST", Path(__file__).parent / "engine" / "child.py", "Engine",
                timeout=self._silence_timeout,
                environment={"PYNEST_QUIET": "1", "OMP_NUM_THREADS": str(self._threads)},
            )
        program = self._program = NestProgram(network)
        self._as_built = network
        self._schedule = CurrentSchedule()
        self._got: dict[str, Any] = {"spikes": {}, "signals": []}
        # Samples of the present step that NEST does not give or gives as they were before a change:
        # (population, variable) -> values, NaN where they are not known.
        self._known: dict[tuple[str, str], FloatArray] = {}
        self._known_at = 0
        self._looked: dict[tuple[str, str], FloatArray] | None = None
        populations = program.populations(network)
        for described, population in zip(populations, network.populations, strict=True):
            if population.spikes is not None:
                # What must be under way when step 0 begins.
                described["spikes"] = trains(population, network, program.early, 0, 0)
        self._ask(
            "build", timestep=network.timestep, threads=self._threads, ahead=AHEAD,
            longest_delay=program.longest_delay(network), populations=populations,
            projections=program.projections(network),
        )
        for p in network.populations:
            if not p.cell.is_source:
                self._record(p.label, p.recordings)
                for recording in p.recordings:  # NEST's first sample is that after the first step
                    self._known[p.label, recording.variable] = np.asarray(
                        p.initial.get(recording.variable, np.zeros(p.size)), dtype=float)

    def _ask(self, method: str, **keywords: Any) -> Any:
        if self._process is None:
            raise RuntimeError("not built yet")
        return self._process.ask(method, **keywords)

    def _record(self, label: str, recordings: Iterable[Recording]) -> None:
        """Record a population from the next step on, and nothing else of it."""
        names = cells.CELLS[self.lowered.population(label).cell.name].states
        together: dict[tuple[bytes, int], list[Recording]] = {}
        for r in recordings:
            if r.variable != "spikes":
                together.setdefault((r.index.tobytes(), r.interval), []).append(r)
        self._ask(
            "record", population=label,
            spikes=any(r.variable == "spikes" for r in recordings),
            signals=[{"variables": [names[r.variable][0] for r in same], "cells": same[0].index,
                      "interval": same[0].interval, "offset": -SAMPLE_OFFSET}
                     for same in together.values()],
        )

    # -- running -------------------------------------------------------------------------------

    def begin(self, first: int, last: int) -> None:
        """Hand the spikes and currents of some steps over."""
        network = self.lowered
        for population in network.populations:
            if population.spikes is not None:
                self._ask("spikes", population=population.label, trains=trains(
                    population, network, self._program.early, first, last))
        if network.currents:
            self._ask("begin", **self._schedule.window(network, first, last))

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run up to some steps, for about as long as a user waits for an answer to Ctrl-C."""
        done, self._got = self._ask("advance", steps=steps, wanted=_PIECE)
        self._looked = None
        return int(done)

    def drain(self) -> Iterator[Piece]:
        """Yield what NEST recorded, and the samples that it does not record."""
        network = self.lowered
        for label, (stamp, cell) in self._got["spikes"].items():
            step = stamp - stamp_offset(network.population(label), self._program.early)
            order = np.lexsort((cell, step))
            yield Spikes(label, step[order], cell[order])
        yield from self._samples(self._got["signals"])
        # The step at which the last run ended: self.step is past it by now.
        for (label, variable), values in self._known.items():
            yield Samples(label, variable, np.array([self._known_at]),
                          np.arange(values.size), values[np.newaxis])
        self._known = {}

    def _samples(self, signals: Iterable[Any]) -> Iterator[Samples]:
        """Yield samples under PyNN's names, in PyNN's units."""
        for label, variables, index, stamp, column, found in signals:
            population = self.lowered.population(label)
            known = cells.CELLS[population.cell.name].states
            names = {theirs: (mine, scale) for mine, (theirs, scale) in known.items()}
            stamps, row = np.unique(stamp, return_inverse=True)
            for theirs, each in zip(variables, found, strict=True):
                mine, scale = names[theirs]
                values = np.full((stamps.size, index.size), np.nan)
                values[row, column] = each * scale
                if mine == "v":
                    values = self._reset_shown(label, index, values)
                yield Samples(label, mine, stamps + SAMPLE_OFFSET, index, values)

    def _reset_shown(self, label: str, cell: Any, v: FloatArray) -> FloatArray:
        """Return potentials with the contract's reset potential in place of NEST's."""
        if label not in self._program.early:
            return v
        p = self.lowered.population(label)
        theirs = cells.CELLS[p.cell.name].parameters(p.parameters, self.lowered.timestep)
        held = np.abs(v - theirs["V_reset"][cell]) < 1e-9  # mV; far above rounding
        return np.where(held, p.parameters["v_reset"][cell], v)

    def free(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()

    # -- reading -------------------------------------------------------------------------------

    def read_state(self, population: str, variable: str) -> FloatArray | None:
        """Return the present values of a recorded variable, NaN where it is not recorded."""
        if (population, variable) in self._known:
            return self._known[population, variable]
        if self._process is None or not self._process.alive:
            return None
        if self._looked is None:
            self._looked = {}
            for piece in self._samples(self._ask("present")):
                values = self._looked.setdefault(
                    (piece.population, piece.variable),
                    np.full(self.lowered.population(piece.population).size, np.nan))
                values[piece.cell] = piece.values[-1] if piece.step.size else np.nan
        return self._looked.get((population, variable))

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights; those of plastic synapses from NEST."""
        described = self.lowered.projection(projection)
        if described.synapse.kind != "stdp" or not described.size:
            return np.array(described.weight, dtype=float)
        label, weight = self._ask(
            "weights", model=synapses.model(described), number=self._program.number[projection])
        result = np.empty(described.size)
        result[label - self._program.first_label[projection]] = weight
        return result / factor(self.lowered, described)

    # -- changing ------------------------------------------------------------------------------

    def apply(self, edit: Edit) -> None:
        """Change what runs. New currents and spike times are taken by the next run."""
        network, before = self.lowered, self._as_built
        match edit:
            case ParameterEdit(label, values):
                self._write_parameters(label, set(values))
            case StateEdit(label, values):
                self._write_states(label, values)
            case SynapseEdit(label, values):
                projection = network.projection(label)
                if projection.size:
                    if "weight" in values:
                        self._tell_of_old_weights(projection)
                    self._write_synapses(projection, [n for k in values for n in _WRITABLE[k]])
            case SpikeEdit(label):
                check_not_sent(before.population(label), network.population(label),
                               self._program.early, self.step, network.timestep)
            case RecordingEdit(label, recordings):
                self._record_more(label, recordings)
        self._as_built = network

    def _tell_of_old_weights(self, projection: Projection) -> None:
        """Find spikes under way, which bring the weight that they were sent with."""
        network, now = self.lowered, self.step
        delay = projection.delay + int(network.numerics.delay_rule == "next_step")
        longest = int(delay.max())
        if longest < 2:  # what is due in the coming step has been added already
            return
        dt, known = network.timestep, self.is_listed(network.population(projection.pre))
        measured = f"delays up to {longest * dt:g} ms, weights changed at {now * dt:g} ms"
        if known:
            step, cell = self.listed_spikes(projection.pre, now)
            wait = np.zeros(network.population(projection.pre).size, dtype=np.int64)
            np.maximum.at(wait, projection.pre_index, delay)
            late = int((step + wait[cell] > now).sum())
            if not late:
                return
            measured = f"{late} spikes under way at {now * dt:g} ms"
        self._found = (*self._found, finding(
            "NP406", f"projection '{projection.label}'", measured=measured,
            limit="none under way" if known else f"delays of {dt:g} ms, or none under way",
            why="NEST reads the weight when a spike is sent, the contract when it arrives",
            fixes=(f"no spikes in the {longest * dt:g} ms before the change", "the Brian2 backend"),
            line=projection.line))

    def _write_states(self, label: str, values: Mapping[str, FloatArray]) -> None:
        population = self.lowered.population(label)
        for name, value in values.items():
            given = ~np.isnan(value)
            # NEST's sample of this moment is from before the change.
            before = None if given.all() else self.read_state(label, name)
            self._known[label, name] = np.where(given, value, np.nan if before is None else before)
            self._ask("write_cells", population=label, cells=np.flatnonzero(given),
                      values=states(population, {name: value[given]}))
        self._known_at = self.step
        self._looked = None

    def _write_parameters(self, label: str, names: set[str]) -> None:
        network = self.lowered
        before, after = (
            cells.arrays(p, p.parameters, network.timestep, network.numerics)
            for p in (self._as_built.population(label), network.population(label)))
        self._ask(
            "write_cells", population=label,
            values={k: v for k, v in after.items() if not np.array_equal(v, before[k])},
        )
        for p in network.projections:
            # The release of Tsodyks-Markram synapses follows the receptor's time constant.
            short = p.synapse.kind == "tsodyks_markram" and {"tau_syn_E", "tau_syn_I"} & names
            if p.post == label and p.size and short:
                self._write_synapses(p, ["tau_psc"])

    def _write_synapses(self, projection: Projection, names: list[str]) -> None:
        fresh = synapses.values(projection, self.lowered, factor(self.lowered, projection))
        self._ask(
            "write_synapses", source=projection.pre, target=projection.post,
            model=synapses.model(projection), number=self._program.own_model(projection),
            first=self._program.first_label[projection.label],
            values={name: fresh[name] for name in dict.fromkeys(names) if name in fresh},
        )

    def _record_more(self, label: str, recordings: Iterable[Recording]) -> None:
        """Record anew; the sample of this moment is read, since NEST's first is the next."""
        population = self.lowered.population(label)
        known = cells.CELLS[population.cell.name].states
        variables = [r.variable for r in recordings if r.variable != "spikes"]
        shown = {name: self.read_state(label, name) for name in variables}
        found = self._ask("states", population=label, names=[known[n][0] for n in variables])
        for name in variables:
            theirs, scale = known[name]
            values = shown[name]
            if theirs in found:
                values = found[theirs] * scale
                if name == "v":
                    values = self._reset_shown(label, np.arange(population.size), values)
            if values is not None:
                self._known[label, name] = values
        self._known_at = self.step
        self._record(label, recordings)
        self._looked = None

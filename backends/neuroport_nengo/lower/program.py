"""A network as what Nengo's nodes carry out: functions and arrays for each group of its program."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuroport.network.description import FloatArray, IntArray, Network, Projection, Recording
from neuroport.realise.draws import binomial, mixed, uniform
from neuroport.statements.names import inside
from neuroport.statements.program import CellGroup, Member, Program, SynapseGroup
from neuroport_nengo.lower.translate import Variables, function, integrator, variables_of

__all__ = ["NengoProgram"]

# Random numbers are functions of a stream and a count: the engine is given their very text.
_DRAWS = "\n\n".join([
    *(inspect.getsource(f) for f in (mixed, uniform, binomial)),
    "uniform_of, binomial_of = uniform, binomial"])


class NengoProgram:
    """What Nengo's network is made from.

    Parameters
    ----------
    network : Network
        At step 0.
    """

    def __init__(self, network: Network) -> None:
        self._program = Program(network, by_receptor=True)
        self._timestep = network.timestep
        self._cells = [variables_of(g.code.equations) for g in self._program.groups]
        self._synapses = [variables_of(g.code.equations) for g in self._program.synapses]

    def described(self) -> dict[str, Any]:
        """Return the arguments of the engine's ``build``."""
        return {
            "timestep": self._timestep, "functions": _DRAWS, "n_sources": self._program.n_sources,
            "cells": [self._described_cells(g, v)
                      for g, v in zip(self._program.groups, self._cells, strict=True)],
            "synapses": [self._described_synapses(g, v)
                         for g, v in zip(self._program.synapses, self._synapses, strict=True)
                         if g.size],
        }

    # -- cells ---------------------------------------------------------------------------------

    def place(self, population: str) -> tuple[int, Member]:
        """Return the number of the group that a population is in, and its place there."""
        return self._program.place[population]

    def populations(self, group: int) -> Mapping[str, Member]:
        """Return the populations of a group of cells."""
        return self._program.groups[group].members

    def constants(
        self, population: str, parameters: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """Return the variables that follow from the parameters of a population."""
        number, _ = self.place(population)
        made = self._program.groups[number].code.coefficients(dict(parameters))
        return _known(made, self._cells[number])

    def states(
        self, population: str, states: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """Return states as the cells keep them, NaN where they are to stay."""
        number, _ = self.place(population)
        code = self._program.groups[number].code
        return _known({inside(name): code.stored(v) for name, v in states.items()},
                      self._cells[number])

    def recordings(self, population: str, recordings: tuple[Recording, ...]) -> dict[str, Any]:
        """Return what the engine is to record of a population."""
        number, member = self.place(population)
        return {
            "group": number, "population": population,
            "spikes": any(r.variable == "spikes" for r in recordings),
            "signals": [
                {"variable": r.variable, "name": inside(r.variable),
                 "cells": r.index + member.first, "interval": r.interval}
                for r in recordings if r.variable != "spikes"]}

    def spikes(self, group: int, step: IntArray, cell: IntArray) -> dict[str, Any]:
        """Return spikes of a group by population, as (step, cell)."""
        found = {}
        for label, member in self.populations(group).items():
            mine = (cell >= member.first) & (cell < member.first + member.size)
            found[label] = step[mine], cell[mine] - member.first
        return found

    def sources(self) -> Mapping[str, Member]:
        """Return where the cells of spike sources are among all of them."""
        return self._program.sources

    def _described_cells(self, group: CellGroup, variables: Variables) -> dict[str, Any]:
        arrays = _empty(variables, group.size)
        for name, start in group.code.initial.items():
            arrays[name][:] = start
        for p in group.populations:
            place = group.members[p.label].slice
            values = self.constants(p.label, p.parameters) | self.states(p.label, p.initial)
            for name, value in values.items():
                arrays[name][place] = value
        return {
            "label": group.cell.name, "size": group.size,
            "receptors": len(group.cell.receptors), "arrays": arrays,
            "source": _cell_source(group, variables, self._timestep)}

    # -- synapses ------------------------------------------------------------------------------

    def find(self, projection: str) -> tuple[int, SynapseGroup, Member]:
        """Return the group that a projection is in, with its number, and its place there.

        Raises
        ------
        KeyError
            If it has no synapses.
        """
        groups = [g for g in self._program.synapses if g.size]
        for number, group in enumerate(groups):
            if projection in group.members:
                return number, group, group.members[projection]
        raise KeyError(projection)

    def values(self, projection: Projection, network: Network) -> dict[str, FloatArray]:
        """Return what the synapses of a projection start from, and their constants."""
        _, group, _ = self.find(projection.label)
        target = network.population(projection.post).parameters
        return _known(group.code.values(projection, target), variables_of(group.code.equations))

    def _described_synapses(self, group: SynapseGroup, variables: Variables) -> dict[str, Any]:
        program, code = self._program, group.code
        target = program.groups[group.target]
        pre, post = program.indices(group)
        arrays = _empty(variables, group.size)
        for p in group.projections:
            for name, value in self.values(p, program.network).items():
                arrays[name][group.members[p.label].slice] = value
        lag = None
        if code.under_way is not None:
            steps = np.concatenate([code.under_way(p) for p in group.projections])
            lag = steps if steps.any() else None
        receptor = group.projections[0].receptor
        return {
            "label": group.projections[0].label, "pre": group.source, "post": group.target,
            "n_pre": program.n_sources if group.source < 0 else program.groups[group.source].size,
            "n_post": target.size,
            "receptor": [r.name for r in target.cell.receptors].index(receptor),
            "pre_index": pre, "post_index": post, "arrays": arrays,
            "source": _synapse_source(group, variables),
            "pathways": [
                {"name": path.name, "side": path.side,
                 "delay": np.concatenate([path.delay(p) for p in group.projections])}
                for path in sorted(code.pathways, key=lambda path: path.order)],
            "under_way": lag,
        }


def _empty(variables: Variables, size: int) -> dict[str, Any]:
    return {name: np.zeros(size, dtype=kind) for name, kind in variables.arrays.items()}


def _known(values: Mapping[str, FloatArray], variables: Variables) -> dict[str, FloatArray]:
    return {name: np.asarray(value, dtype=float) for name, value in values.items()
            if name in variables.arrays}


def _cell_source(group: CellGroup, variables: Variables, timestep: float) -> str:
    code = group.code
    arrivals = []
    for number, receptor in enumerate(group.cell.receptors):
        # All weights that arrive at a receptor come as one sum.
        statement = code.arrivals[receptor.name].format(w=f"arrived[{number}]")
        arrivals.append(re.sub(r"\b(\w+?)_post\b", r"\1", statement))
    integration: list[str] = []
    if code.method is not None and variables.derivatives:
        integration = integrator(code.method, variables, timestep)
    shown = (inside(name) for name in group.cell.recordable if name != "spikes")
    return "\n\n".join([
        *(function(f"show_{name}", "", variables, returns=name)
          for name in shown if name in variables.definitions),
        function("arrive", "\n".join([*arrivals, code.after]), variables, extra="arrived"),
        function("before", code.before, variables),
        function("integrate", "", variables, head=integration),
        function("step", code.step, variables),
        function("fire", "", variables, returns=code.threshold),
        function("reset", code.reset, variables, some=True),
    ])


def _synapse_source(group: SynapseGroup, variables: Variables) -> str:
    return "\n\n".join(
        function(path.name, path.statements, variables, some=True,
                 returns="sent" if "sent = " in path.statements else "")
        for path in group.code.pathways)

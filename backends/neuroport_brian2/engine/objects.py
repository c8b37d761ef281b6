"""The Brian2 objects of a lowered network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from neuroport.network.description import FloatArray, Network
from neuroport.statements.names import inside
from neuroport.statements.program import CellGroup, Program, SynapseGroup
from neuroport_brian2.engine import brian2, code_class
from neuroport_brian2.engine.functions import FUNCTIONS

__all__ = ["Objects", "array"]

# Resets before synapses: an input that is due in the next step must not be wiped out by the reset
# of this one.
_SCHEDULE = ["start", "groups", "thresholds", "resets", "synapses", "end"]
ms = brian2.ms
_NAMESPACE = {"ms": ms, **FUNCTIONS}


def array(group: Any, variable: str) -> Any:
    """Return the array behind a Brian2 variable, for reading and writing in place."""
    return group.variables[variable].get_value()


class Objects:
    """Neuron groups, sources of spikes and synapses, filled with the network's values.

    Parameters
    ----------
    program : Program
    target : {"numpy", "cython"}
        Brian2's code generation target.

    Attributes
    ----------
    net : brian2.Network
    clock : brian2.Clock
    cells : list of brian2.NeuronGroup
        As the program's groups.
    synapses : list of brian2.Synapses or None
        As the program's synapses; None for those without synapses.
    from_sources : list of brian2.SynapticPathway
        Those that take spikes of sources, which come from outside.
    one_by_one : bool
        Whether code takes one synapse after the other, and not all at once.
    """

    def __init__(self, program: Program, target: str) -> None:
        self.program, self.code = program, code_class(target)
        self.one_by_one = target != "numpy"
        self.timestep = program.network.timestep
        self.clock = brian2.Clock(dt=self.timestep * ms)
        self.net = brian2.Network()
        self.net.schedule = list(_SCHEDULE)
        self.cells = [self._make_cells(k, group) for k, group in enumerate(program.groups)]
        self.net.add(*self.cells)
        self.from_sources: list[Any] = []
        self.synapses: list[Any] = [
            self._make_synapses(number) if group.size else None
            for number, group in enumerate(program.synapses)]
        self.net.add(*(made for made in self.synapses if made is not None))

    @cached_property
    def _sources(self) -> Any:
        """Stands for all sources, and has no code of its own."""
        made = brian2.SpikeGeneratorGroup(
            self.program.n_sources, [], [] * ms, clock=self.clock, codeobj_class=self.code,
            name="sources*",
        )
        made.active = False
        self.net.add(made)
        return made

    def _make_cells(self, number: int, group: CellGroup) -> Any:
        code = group.code
        method = {} if code.method is None else {"method": code.method}
        cells = brian2.NeuronGroup(
            group.size,
            model=code.equations,
            threshold=code.threshold,
            reset=code.reset or None,
            clock=self.clock,
            namespace=_NAMESPACE,
            codeobj_class=self.code,
            name=f"cells_{number}*",
            **method,
        )
        # Operations of the group's own clock, before or instead of Brian2's update and after all.
        for text, when, order in (
            (code.before, "groups", -1), (code.step, "groups", 1), (code.after, "end", -1)
        ):
            if text:
                cells.run_regularly(
                    text, when=when, order=order, clock=self.clock, codeobj_class=self.code)
        for population in group.populations:
            self._fill(group, cells, population.label, population.parameters)
            self._fill_states(group, cells, population.label, population.initial)
        for variable, value in code.initial.items():
            array(cells, variable)[:] = value
        return cells

    def _make_synapses(self, number: int) -> Any:
        group = self.program.synapses[number]
        source = self._sources if group.source < 0 else self.cells[group.source]
        code = group.code
        pathways: dict[str, dict[str, str]] = {"pre": {}, "post": {}}
        for path in code.pathways:
            pathways[path.side][path.name] = path.statements
        delays = {
            path.name: np.concatenate([path.delay(p) for p in group.projections])
            for path in code.pathways
        }
        same = {name: bool((steps == steps[0]).all()) for name, steps in delays.items()}
        made = brian2.Synapses(
            source,
            self.cells[group.target],
            model=code.equations,
            on_pre=pathways["pre"] or None,
            on_post=pathways["post"] or None,
            delay={
                name: int(steps[0]) * self.timestep * ms
                for name, steps in delays.items() if same[name]
            },
            clock=self.clock,
            namespace=_NAMESPACE,
            codeobj_class=self.code,
            name=f"synapses_{number}*",
        )
        pre, post = self.program.indices(group)
        made.connect(i=pre, j=post)
        for path in code.pathways:
            pathway = getattr(made, path.name)
            pathway.order = path.order
            if not same[path.name]:
                # A quarter of a step keeps a delay on its step through Brian2's own rounding.
                pathway.delay = (delays[path.name] + 0.25) * self.timestep * ms
            if group.source < 0 and path.side == "pre":
                self.from_sources.append(pathway)
        network = self.program.network
        for projection in group.projections:
            place = group.members[projection.label].slice
            cells = network.population(projection.post).parameters
            for variable, values in code.values(projection, cells).items():
                if variable in made.variables:
                    array(made, variable)[place] = values
        return made

    # -- filling -------------------------------------------------------------------------------

    def _fill(
        self, group: CellGroup, cells: Any, label: str, parameters: Mapping[str, FloatArray]
    ) -> None:
        place = group.members[label].slice
        for variable, values in group.code.coefficients(dict(parameters)).items():
            if variable in cells.variables:
                array(cells, variable)[place] = values

    def _fill_states(
        self, group: CellGroup, cells: Any, label: str, states: Mapping[str, FloatArray]
    ) -> None:
        place = group.members[label].slice
        for name, values in states.items():
            if inside(name) in cells.variables:
                held = array(cells, inside(name))[place]
                given = ~np.isnan(values)
                held[given] = group.code.stored(values[given])

    def write_parameters(self, label: str, parameters: Mapping[str, FloatArray]) -> None:
        """Write everything that follows from the parameters of a population."""
        number, _ = self.program.place[label]
        self._fill(self.program.groups[number], self.cells[number], label, parameters)

    def write_states(self, label: str, states: Mapping[str, FloatArray]) -> None:
        """Write state variables of a population."""
        number, _ = self.program.place[label]
        self._fill_states(self.program.groups[number], self.cells[number], label, states)

    def write_synapses(self, network: Network, label: str, variables: set[str]) -> None:
        """Write Brian2 variables of a projection's synapses with what a network says."""
        number, group = self.find(label)
        projection = network.projection(label)
        fresh = group.code.values(projection, network.population(projection.post).parameters)
        place = group.members[label].slice
        made = self.synapses[number]
        for variable in variables & set(fresh):
            if variable in made.variables:
                array(made, variable)[place] = fresh[variable]

    # -- reading -------------------------------------------------------------------------------

    def find(self, projection: str) -> tuple[int, SynapseGroup]:
        """Return the group of synapses that a projection is in, and its number."""
        for number, group in enumerate(self.program.synapses):
            if projection in group.members:
                return number, group
        raise KeyError(projection)

    def state(self, population: str, variable: str) -> FloatArray:
        """Return the present values of a state variable."""
        number, member = self.program.place[population]
        cells = self.cells[number]
        if inside(variable) in cells.equations.subexpr_names:
            values = getattr(cells, inside(variable) + "_")[:]
        else:
            values = array(cells, inside(variable))
        return np.array(values[member.slice], dtype=float)

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights of a projection."""
        number, group = self.find(projection)
        place = group.members[projection].slice
        made = self.synapses[number]
        weight = np.array(array(made, group.code.weight)[place], dtype=float)
        if group.code.signed:
            weight = weight * array(made, "s_sign")[place]
        return weight

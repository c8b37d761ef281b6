"""A network as statements: populations and projections put together in few groups.

Every group has a cost in each step and often one of code generation, so cells of one type share a
group, and so do synapses of one kind between the same groups, however many populations a model has.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CellModel
from neuroport.network.description import Network, Population, Projection, SpikeTimes
from neuroport.numerics import to_steps
from neuroport.statements.neurons import NeuronCode, neuron_code
from neuroport.statements.synapses import SynapseCode, synapse_code

__all__ = ["Program", "CellGroup", "SynapseGroup", "Member", "shortest_interval"]

IntArray = NDArray[np.int64]


@dataclass
class Member:
    """A population's or projection's place in a merged group."""

    label: str
    first: int
    size: int

    @property
    def slice(self) -> slice:
        """Its elements in the group."""
        return slice(self.first, self.first + self.size)


@dataclass
class CellGroup:
    """Populations of one cell type, side by side."""

    cell: CellModel
    code: NeuronCode
    populations: list[Population] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    size: int = 0

    def add(self, population: Population) -> None:
        """Append a population."""
        self.members[population.label] = Member(population.label, self.size, population.size)
        self.populations.append(population)
        self.size += population.size


@dataclass
class SynapseGroup:
    """Projections of one kind between the same two groups, one after the other."""

    source: int  # number of the presynaptic cell group; -1 for spike sources
    target: int
    code: SynapseCode
    projections: list[Projection] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    size: int = 0
    shortest_interval: int = 1  # steps; the code relies on it where weights are under way

    def add(self, projection: Projection) -> None:
        """Append a projection."""
        self.members[projection.label] = Member(projection.label, self.size, projection.size)
        self.projections.append(projection)
        self.size += projection.size


def shortest_interval(step: IntArray, cell: IntArray) -> int:
    """Return the fewest steps between two spikes of one cell, at least 1."""
    order = np.lexsort((step, cell))
    step, cell = step[order], cell[order]
    gaps = np.diff(step)[np.diff(cell) == 0]
    return max(1, int(gaps.min(initial=np.iinfo(np.int64).max)))


class Program:
    """What an engine's objects are made from.

    Parameters
    ----------
    network : Network
    by_receptor : bool
        Whether synapses hand what they deliver to the engine, as a variable ``sent``, one group
        for each receptor, and the engine keeps what is under way (``SynapseCode.under_way``);
        otherwise their statements write to the cells.

    Attributes
    ----------
    groups : list of CellGroup
    sources : dict of str to Member
        Spike sources, all in one list of `n_sources` cells.
    synapses : list of SynapseGroup
    place : dict of str to (int, Member)
        Population -> number of its group (-1: the sources) and its place there.
    """

    def __init__(self, network: Network, by_receptor: bool = False) -> None:
        self.network = network
        self._by_receptor = by_receptor
        self.groups: list[CellGroup] = []
        self.sources: dict[str, Member] = {}
        self.n_sources = 0
        self.synapses: list[SynapseGroup] = []
        self.place: dict[str, tuple[int, Member]] = {}
        self._merge_cells()
        self._merge_synapses()

    def _merge_cells(self) -> None:
        numbers: dict[tuple[object, ...], int] = {}
        for population in self.network.populations:
            if population.cell.is_source:
                member = Member(population.label, self.n_sources, population.size)
                self.sources[population.label] = member
                self.place[population.label] = (-1, member)
                self.n_sources += population.size
                continue
            cell = population.cell
            equations = cell.equations
            key = (cell.name, cell.membrane, cell.receptors, cell.parameters,
                   None if equations is None else repr(equations))
            if key not in numbers:
                numbers[key] = len(self.groups)
                self.groups.append(
                    CellGroup(
                        cell, neuron_code(cell, self.network.numerics, self.network.timestep)
                    )
                )
            group = self.groups[numbers[key]]
            group.add(population)
            self.place[population.label] = (numbers[key], group.members[population.label])

    def _shortest_interval(self, projection: Projection) -> int:
        """Return the fewest steps between two spikes of one presynaptic cell."""
        source = self.network.population(projection.pre)
        if isinstance(source.spikes, SpikeTimes) and source.spikes.time.size:
            step = to_steps(source.spikes.time, self.network.timestep)
            return shortest_interval(step, source.spikes.index)
        if "tau_refrac" not in source.parameters:
            return 1
        shortest = source.parameters["tau_refrac"].min()
        return 1 + int(to_steps(shortest, self.network.timestep))

    def _merge_synapses(self) -> None:
        numbers: dict[tuple[object, ...], int] = {}
        by_receptor = self._by_receptor
        for projection in self.network.projections:
            source = self.place[projection.pre][0]
            target = self.place[projection.post][0]
            group = self.groups[target]
            interval = self._shortest_interval(projection)
            code = synapse_code(
                projection, group.cell,
                "sent = {w}" if by_receptor else group.code.arrivals[projection.receptor],
                self.network.numerics, self.network.timestep,
                None if by_receptor else interval,
            )
            key = (source, target, projection.receptor if by_receptor else "", code.key)
            if key not in numbers:
                numbers[key] = len(self.synapses)
                self.synapses.append(
                    SynapseGroup(source, target, code, shortest_interval=interval)
                )
            merged = self.synapses[numbers[key]]
            merged.shortest_interval = min(merged.shortest_interval, interval)
            merged.add(projection)

    def indices(self, group: SynapseGroup) -> tuple[IntArray, IntArray]:
        """Return the cells of a synapse group, counted in its two cell groups."""
        pre = [p.pre_index + self.place[p.pre][1].first for p in group.projections]
        post = [p.post_index + self.place[p.post][1].first for p in group.projections]
        return np.concatenate(pre), np.concatenate(post)

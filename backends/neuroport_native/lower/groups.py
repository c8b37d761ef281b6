"""A network in the groups that the native engine computes."""

from __future__ import annotations

from dataclasses import dataclass

from neuroport.network.description import Network
from neuroport.statements.program import CellGroup, Program, SynapseGroup
from neuroport_native.arithmetic import Arithmetic
from neuroport_native.lower.code import CellCode, SynapseCode

__all__ = ["Cells", "Joined", "NativeProgram"]


@dataclass
class Cells:
    """Cells of one type, and their code."""

    group: CellGroup
    code: CellCode


@dataclass
class Joined:
    """Synapses of one kind, their code, and the statement that takes in what they send."""

    group: SynapseGroup
    code: SynapseCode
    arrival: str


class NativeProgram(Program):
    """Cells by type; static synapses by target and receptor; others by projection.

    A projection with values of its own for each synapse stays alone: what is one number for all of
    its synapses is then no column, and changes between runs without another kernel.

    Parameters
    ----------
    network : Network
    arithmetic : Arithmetic

    Attributes
    ----------
    cells : list of Cells
    joined : list of Joined
    """

    def __init__(self, network: Network, arithmetic: Arithmetic) -> None:
        super().__init__(network, by_receptor=True)
        self.arithmetic = arithmetic
        numerics, timestep = network.numerics, network.timestep
        self.cells = [Cells(g, arithmetic.cell_code(g.cell, numerics, timestep))
                      for g in self.groups]
        self.joined: list[Joined] = []
        for merged in self.synapses:
            for group in _alone(merged):
                first = group.projections[0]
                target = self.cells[group.target]
                code = arithmetic.synapse_code(first, target.group.cell, numerics, timestep)
                self.joined.append(Joined(group, code, target.code.arrivals[first.receptor]))

    def find(self, projection: str) -> int:
        """Return the number of the synapses that a projection is in."""
        return next(k for k, j in enumerate(self.joined) if projection in j.group.members)


def _alone(group: SynapseGroup) -> list[SynapseGroup]:
    """Return a group as it is, or its projections one by one."""
    if group.projections[0].synapse.kind == "static" or len(group.projections) == 1:
        return [group]
    made = []
    for projection in group.projections:
        one = SynapseGroup(group.source, group.target, group.code)
        one.add(projection)
        made.append(one)
    return made

"""A network on a machine, with everything that follows from the two; reckoned once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuroport.machines import Target
from neuroport.network.description import Network, Population, Projection
from neuroport_spinnaker.chip.dtcm import CoreMemory
from neuroport_spinnaker.chip.ring import ring_places, undelivered
from neuroport_spinnaker.chip.weight_grid import Scale, scales
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.core_memory import private_memory
from neuroport_spinnaker.place.layout import Layout, incoming, layout

__all__ = ["Case", "unit"]


@dataclass(frozen=True)
class Case:
    """A network, a machine and the user's choices; derived figures are computed once."""

    network: Network
    target: Target
    options: Options

    @cached_property
    def populations(self) -> dict[str, Population]:
        """Populations by label."""
        return {p.label: p for p in self.network.populations}

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """Layout of each population."""
        return layout(self.network, self.options, self.target.budget.data_bytes)

    @property
    def cores(self) -> int:
        """Application cores that the network needs, without mapping it."""
        return sum(lay.cores + lay.delay_cores + lay.synapse_cores
                   for lay in self.layouts.values())

    @property
    def fits(self) -> bool:
        """Whether the machine has as many."""
        return self.cores <= self.target.application_cores

    @cached_property
    def scales(self) -> dict[tuple[str, str], Scale]:
        """Weight scale of each (population, receptor)."""
        return scales(self.network, self.options)

    @cached_property
    def drawn_scales(self) -> dict[tuple[str, str], Scale]:
        """Weight scales where the machine draws the synapses, as a plain sPyNNaker script lets it.

        It then makes room for more inputs than the network's own synapses have.
        """
        return scales(self.network, replace(self.options, connectors="machine"))

    @cached_property
    def memory(self) -> dict[str, tuple[CoreMemory, ...]]:
        """Private memory of each kind of core that a population needs, by population."""
        return private_memory(self.network, self.layouts, self.incoming, self.options)

    @cached_property
    def undelivered(self) -> dict[str, NDArray[np.bool_]]:
        """Which synapses deliver nothing, as their delay fills the ring; by projection."""
        return {p.label: undelivered(p, ring_places(self.incoming[p.post],
                                                    self.layouts[p.post].slots))
                for p in self.network.projections}

    @cached_property
    def incoming(self) -> dict[str, list[Projection]]:
        """Projections into each population."""
        return incoming(self.network)


def unit(case: Case, projection: Projection) -> str:
    """Return the unit of a projection's weights on the chip."""
    receptor = case.populations[projection.post].cell.receptor(projection.receptor)
    return "µS" if receptor.conductance else "nA"

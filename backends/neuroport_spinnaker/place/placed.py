"""Which machine a network goes on, and whether its populations must share cores for it.

Reckoned once, when a network is prepared: checks, plans, previews and runs all ask this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroport.findings import Finding, finding
from neuroport.machines import Target
from neuroport.network.description import Network
from neuroport_spinnaker.chip.weight_grid import Scale
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.pack import Packing, pack

FloatArray = NDArray[np.float64]

__all__ = ["Placed", "place_network", "shared_cores"]


@dataclass(frozen=True)
class Placed:
    """A network on a machine.

    Attributes
    ----------
    alone : Case
        The network as the user wrote it, with every population on cores of its own.
    case : Case
        The network as it lies on the machine; `alone` where no populations share cores.
    packing : Packing or None
        Which populations share cores, and where in them the user's are.
    """

    alone: Case
    case: Case
    packing: Packing | None = None

    @property
    def target(self) -> Target:
        """The machine."""
        return self.case.target

    def scale(self, population: str, receptor: str) -> Scale | None:
        """Return the weight scale of a receptor of the user's population; None without inputs."""
        if self.packing is not None:
            population = self.packing.populations[population][0]
        return self.case.scales.get((population, receptor))

    def by_projection(self, values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return one value a synapse under the names of the user's projections."""
        if self.packing is None:
            return dict(values)
        return {
            label: values[where][first : first + size]
            for label, (where, first, size) in self.packing.projections.items() if where in values
        }


def place_network(network: Network, options: Options, targets: Sequence[Target]) -> Placed:
    """Return the smallest machine for a network; populations share cores only where they must.

    Parameters
    ----------
    network : Network
    options : Options
    targets : sequence of Target
        The smallest first.

    Returns
    -------
    Placed
        On the largest machine, and without packing, where the network does not fit on any.
    """
    alone = [Case(network, target, options) for target in targets]
    if alone[0].fits:
        return Placed(alone[0], alone[0])
    packing = pack(alone[0])
    if len(packing.groups) < len(network.populations):
        for one in alone:
            packed = Case(packing.network, one.target, packing.options)
            if packed.fits:
                return Placed(one, packed, packing)
    case = next((one for one in alone if one.fits), alone[-1])
    return Placed(case, case)


def shared_cores(placed: Placed) -> list[Finding]:
    """Say that populations share cores, where they do."""
    packing = placed.packing
    if packing is None:
        return []
    return [finding(
        "NP340", "network",
        measured=f"{len(placed.alone.network.populations)} populations on {placed.case.cores} "
        f"cores instead of {placed.alone.cores}",
        limit=f"{placed.target.application_cores} application cores of target "
        f"'{placed.target.name}'",
        why=f"put together to {len(packing.groups)} populations; each keeps its synapses and its "
        "weight scale",
        fixes=("a larger target, for cores of their own",),
        groups=len(packing.groups),
    )]

"""Which machine a network goes on, and whether its populations must share cores for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuroport.findings import Finding, finding
from neuroport.machines import Target
from neuroport.network.description import Network
from neuroport_spinnaker.checks import Case, check
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.layout import layout
from neuroport_spinnaker.place.pack import Packing, pack

__all__ = ["Fitted", "fit", "check_fitted", "cores"]

# Findings about cores, which a packed network has fewer of and with more cells, and about
# connectors that the machine carries out, which are none of merged populations.
_ABOUT_CORES = frozenset({
    "NP305", "NP306", "NP307", "NP308", "NP316", "NP323", "NP329", "NP330", "NP331",
})


@dataclass(frozen=True)
class Fitted:
    """A machine for a network.

    Attributes
    ----------
    target : Target
    packing : Packing or None
        How populations share cores; None where each has its own.
    """

    target: Target
    packing: Packing | None = None


def cores(network: Network, options: Options) -> int:
    """Return the application cores that a network needs, without mapping it."""
    lays = layout(network, options)
    return sum(lay.cores + lay.delay_cores + lay.synapse_cores for lay in lays.values())


def fit(network: Network, options: Options, targets: Sequence[Target]) -> Fitted:
    """Return the smallest machine for a network; populations share cores only where they must.

    Parameters
    ----------
    network : Network
    options : Options
    targets : sequence of Target
        The smallest first.

    Returns
    -------
    Fitted
        The largest machine, and no packing, where the network does not fit on any.
    """
    needed = cores(network, options)
    if needed <= targets[0].application_cores:
        return Fitted(targets[0])
    packing = pack(network, options)
    if len(packing.groups) < len(network.populations):
        fewer = cores(packing.network, packing.options)
        for target in targets:
            if fewer <= target.application_cores:
                return Fitted(target, packing)
    return Fitted(next((t for t in targets if needed <= t.application_cores), targets[-1]))


def check_fitted(network: Network, options: Options, fitted: Fitted) -> list[Finding]:
    """Return all findings about a network on the machine that was found for it."""
    found = check(Case(network, fitted.target, options))
    packing = fitted.packing
    if packing is None:
        return found
    packed = check(Case(packing.network, fitted.target, packing.options))
    shared = finding(
        "NP340", "network",
        measured=f"{len(network.populations)} populations on "
        f"{cores(packing.network, packing.options)} cores instead of {cores(network, options)}",
        limit=f"{fitted.target.application_cores} application cores of target "
        f"'{fitted.target.name}'",
        why=f"put together to {len(packing.groups)} populations; each keeps its synapses and its "
        "weight scale",
        fixes=("a larger target, for cores of their own",),
        groups=len(packing.groups),
    )
    return [
        *(f for f in packed if f.code in _ABOUT_CORES),
        *(f for f in found if f.code not in _ABOUT_CORES), shared,
    ]

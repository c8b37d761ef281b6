"""Which choices of the numerics a backend honours, and the nearest ones under which it runs."""

from __future__ import annotations

from dataclasses import replace

from neuroport.backend.capabilities import Capabilities, NumericsTable
from neuroport.network.description import Network
from neuroport.numerics import NAMED, Numerics
from neuroport.numerics.relevance import relevant

__all__ = ["listed", "mattering", "numerics_used", "runnable", "switch_to", "unmet"]


def unmet(mine: Numerics, honoured: NumericsTable) -> NumericsTable:
    """Return the choices that are not honoured, with the values that are."""
    return {c: values for c, values in honoured.items() if getattr(mine, c) not in values}


def listed(numerics: NumericsTable) -> str:
    """Return choices and the values that are honoured, in words."""
    return ", ".join(
        f"{c}: {' or '.join(str(v) for v in values)}" for c, values in numerics.items()
    )


def mattering(network: Network, capabilities: Capabilities) -> NumericsTable:
    """Return what a backend honours of the choices that matter to a network."""
    return {c: v for c, v in capabilities.numerics.items() if relevant(c, network)}


def numerics_used(network: Network, capabilities: Capabilities) -> Numerics:
    """Return the numerics that a backend computes a network with.

    Parameters
    ----------
    network : Network
    capabilities : Capabilities
        What the backend declares.

    Returns
    -------
    Numerics
        Those of the network, with the backend's own value of each choice that it does not honour
        and that matters to the network.
    """
    used = network.numerics
    # One choice of the backend's own can make another one matter.
    while own := unmet(used, mattering(replace(network, numerics=used), capabilities)):
        used = used.switch(**{choice: values[0] for choice, values in own.items()})
    return used


def runnable(network: Network, capabilities: Capabilities) -> Numerics:
    """Return the numerics nearest to a network's under which a backend can run all of it.

    Parameters
    ----------
    network : Network
    capabilities : Capabilities
        What the backend declares.

    Returns
    -------
    Numerics
        A named point where one is honoured. Besides the backend's choices they meet those of its
        cells and synapses, and the shortest delay between cells, where a choice can mend that.
    """
    for named in NAMED.values():
        if not unmet(named, mattering(network, capabilities)) and not _own(
            replace(network, numerics=named), capabilities
        ):
            return named
    used = numerics_used(network, capabilities)
    own = _own(replace(network, numerics=used), capabilities)
    return used.switch(**{choice: values[0] for choice, values in own.items()})


def _own(network: Network, capabilities: Capabilities) -> NumericsTable:
    """Return what the network's cells, synapses and delays need, and its numerics do not have."""
    needed: dict[str, tuple[object, ...]] = {}
    for population in network.populations:
        cell = capabilities.cell(population.cell)
        needed |= {} if cell is None else unmet(network.numerics, cell.numerics)
    sources = {p.label for p in network.populations if p.cell.is_source}
    for projection in network.projections:
        synapse = capabilities.synapse(projection.synapse)
        needed |= {} if synapse is None else unmet(network.numerics, synapse.numerics)
        shortest = capabilities.delays.shortest_between_cells
        if network.numerics.delay_rule == "same_step" and projection.size and (
            projection.pre not in sources and int(projection.delay.min()) < shortest
        ):
            needed["delay_rule"] = ("next_step",)
    return {
        choice: tuple(v for v in values if v in capabilities.numerics.get(choice, values))
        for choice, values in needed.items()
        if any(v in capabilities.numerics.get(choice, values) for v in values)
    }


def switch_to(numerics: Numerics) -> str:
    """Return how numerics are asked for, as a way out."""
    return f"--numerics {numerics.text} (numerics= in Python)"

"""The private memory of a network's cores, by population."""

from __future__ import annotations

from collections.abc import Mapping

from neuroport.network.description import Network, PoissonSource, Population, Projection
from neuroport_spinnaker.dtcm import (
    CoreMemory,
    cell_core,
    delay_core,
    poisson_core,
    source_core,
    split_cores,
)
from neuroport_spinnaker.layout import Layout, rule_of
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.static_memory import combined_binary, split_binaries

__all__ = ["private_memory"]

_QUEUE = 256  # sPyNNaker's own incoming_spike_buffer_size


def private_memory(
    network: Network,
    layouts: Mapping[str, Layout],
    into: Mapping[str, list[Projection]],
    options: Options,
) -> dict[str, tuple[CoreMemory, ...]]:
    """Return what the fullest core of each kind needs, by population.

    Parameters
    ----------
    network : Network
    layouts : mapping of str to Layout
    into : mapping of str to list of Projection
        Projections into each population.
    options : Options
    """
    sizes = {p.label: p.size for p in network.populations}
    queue = int(options.configuration.get("Simulation", {}).get(
        "incoming_spike_buffer_size", _QUEUE))
    found: dict[str, tuple[CoreMemory, ...]] = {}
    for p in network.populations:
        lay = layouts[p.label]
        if p.cell.is_source:
            drawn = isinstance(p.spikes, PoissonSource) and options.poisson == "machine"
            mine = [poisson_core(p, lay.per_core, network.timestep) if drawn else source_core()]
        else:
            mine = _of_cells(network, p, into.get(p.label, []), sizes, lay, queue)
        if lay.stages:
            mine.append(delay_core(min(lay.per_core, p.size), lay.stage, lay.stages))
        found[p.label] = tuple(mine)
    return found


def _of_cells(
    network: Network, population: Population, projections: list[Projection],
    sizes: Mapping[str, int], lay: Layout, queue: int,
) -> list[CoreMemory]:
    name, rule = population.cell.name, rule_of(projections)
    if lay.synapse_cores:
        return list(split_cores(
            population, projections, sizes, network.timestep, lay.per_core, lay.slots,
            split_binaries(name, rule), network.currents, queue,
        ))
    return [cell_core(
        population, projections, sizes, network.timestep, lay.per_core, lay.slots,
        combined_binary(name, rule), network.currents, queue,
    )]

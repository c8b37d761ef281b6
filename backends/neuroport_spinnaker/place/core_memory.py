"""The private memory of a network's cores, by population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neuroport.network.description import Network, PoissonSource, Population, Projection
from neuroport_spinnaker.chip.dtcm import (
    BUDGET,
    CoreMemory,
    cell_core,
    delay_core,
    poisson_core,
    source_core,
    split_cores,
)
from neuroport_spinnaker.chip.static_memory import combined_binary, split_binaries
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.layout import Layout, rule_of, slots_of

__all__ = ["core_memory", "most_cells", "private_memory"]

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
    return {
        p.label: core_memory(network, p, layouts[p.label], into.get(p.label, []), options)
        for p in network.populations
    }


def core_memory(
    network: Network,
    population: Population,
    lay: Layout,
    projections: list[Projection],
    options: Options,
    cells: int | None = None,
) -> tuple[CoreMemory, ...]:
    """Return what a core of each kind of one population needs.

    Parameters
    ----------
    network : Network
    population : Population
    lay : Layout
    projections : list of Projection
        Into it.
    options : Options
    cells : int, optional
        Cells of the core, by default those of the fullest.
    """
    n = min(lay.per_core, population.size) if cells is None else cells
    if population.cell.is_source:
        drawn = isinstance(population.spikes, PoissonSource) and options.poisson == "machine"
        mine = [poisson_core(population, n, network.timestep) if drawn else source_core()]
    else:
        mine = _of_cells(network, population, lay, projections, options, n)
    if lay.stages:
        mine.append(delay_core(n, lay.stage, lay.stages))
    return tuple(mine)


def most_cells(
    network: Network,
    population: Population,
    lay: Layout,
    projections: list[Projection],
    options: Options,
    budget: int = BUDGET,
) -> int:
    """Return the most cells of a population with which a core fits; 0 where not even one does.

    Parameters
    ----------
    network : Network
    population : Population
    lay : Layout
        Its present one; no more cells than that has are tried.
    projections : list of Projection
        Into it.
    options : Options
    budget : int
        Bytes of private memory.
    """

    def fits(number: int) -> bool:
        changed = replace(lay, per_core=number, slots=slots_of(population, number), stages=0)
        return all(core.needed <= budget for core in
                   core_memory(network, population, changed, projections, options))

    low, high = 0, min(lay.per_core, population.size)
    while low < high:  # every part grows with the cells
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _of_cells(
    network: Network, population: Population, lay: Layout, projections: list[Projection],
    options: Options, n: int,
) -> list[CoreMemory]:
    sizes = {p.label: p.size for p in network.populations}
    queue = options.spike_queue
    name, rule = population.cell.name, rule_of(projections)
    if lay.synapse_cores:
        return list(split_cores(
            population, projections, sizes, network.timestep, lay.per_core, lay.slots,
            split_binaries(name, rule), network.currents, queue, n,
        ))
    return [cell_core(
        population, projections, sizes, network.timestep, lay.per_core, lay.slots,
        combined_binary(name, rule), network.currents, queue, n,
    )]

"""How populations are cut into cores, and how far a delay reaches: known without mapping."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from neuroport.network.description import Network, Population, Projection
from neuroport_spinnaker.limits import (
    DEFAULT_RATE,
    NEURONS_PER_CORE,
    POISSON_PER_CORE,
    RING_BITS,
    ROW_WORDS,
    SOURCES_PER_CORE,
    SYNAPSES_PER_SECOND,
    bits,
)
from neuroport_spinnaker.options import Options

__all__ = ["Layout", "layout", "row_words", "row_most", "longest_row", "incoming"]


@dataclass(frozen=True)
class Layout:
    """How one population lies on cores.

    Attributes
    ----------
    per_core : int
        Most neurons on a core.
    cores : int
        Cores of the population, delay extensions not counted.
    slots : int
        Time steps that the input ring of a core holds; 0 for sources.
    asked : int or None
        What was set, or None where it is sPyNNaker's own choice.
    for_delay : bool
        Whether fewer neurons share a core so that the ring reaches the longest delay.
    synapse_cores : int
        Further cores that only take in spikes; below 1 ms, for populations with inputs.
    """

    per_core: int
    cores: int
    slots: int
    asked: int | None
    for_delay: bool = False
    synapse_cores: int = 0


def incoming(network: Network) -> dict[str, list[Projection]]:
    """Return the projections into each population."""
    found: dict[str, list[Projection]] = defaultdict(list)
    for projection in network.projections:
        found[projection.post].append(projection)
    return found


def slots_of(population: Population, per_core: int) -> int:
    """Return the time steps that the ring of a core holds."""
    kinds = max(1, len(population.cell.receptors))
    return int(2 ** (RING_BITS - bits(min(population.size, per_core)) - bits(kinds)))


def layout(network: Network, options: Options) -> dict[str, Layout]:
    """Return the layout of each population.

    sPyNNaker 7.4.1 loses synapses of listed connections whose delay needs a second delay stage
    (more than twice the ring). Where that would happen, fewer neurons share a core, which makes
    the ring longer; a user's own number is kept, and judged by the checks.
    """
    into = incoming(network)
    result: dict[str, Layout] = {}
    for population in network.populations:
        asked = options.most(population.label) or population.per_core
        if population.cell.is_source:
            limit = SOURCES_PER_CORE
            if population.cell.name == "SpikeSourcePoisson" and options.poisson == "machine":
                limit = POISSON_PER_CORE
            per_core = min(asked or limit, limit)
            result[population.label] = Layout(
                per_core, -(-population.size // per_core), 0, asked
            )
            continue
        per_core = min(asked or NEURONS_PER_CORE, NEURONS_PER_CORE)
        longest = max((int(p.delay.max(initial=0)) for p in into[population.label]), default=0)
        shorter = False
        if asked is None:
            while per_core > 1 and longest > 2 * slots_of(population, per_core):
                per_core //= 2
                shorter = True
            asked = per_core if shorter else None
        cores = -(-population.size // per_core)
        result[population.label] = Layout(
            per_core, cores, slots_of(population, per_core), asked, shorter,
            cores * _synapse_cores(network, into[population.label], per_core),
        )
    return result


def _synapse_cores(network: Network, into: list[Projection], per_core: int) -> int:
    """Return the cores that take in spikes beside each core of neurons, as 7.4.1 reckons them.

    It reckons with the longest row for all, and with the rate that it expects of any cell.
    """
    if network.timestep >= 1.0:
        return 0
    slow = int(np.ceil(1.0 / network.timestep - 1e-9))
    needed = 0.0
    for p in into:
        if p.size == 0:
            continue
        kind = "stdp" if p.synapse.plastic else "static"
        row = longest_row(p, per_core, int(p.delay.max()))[0]
        needed += row * network.population(p.pre).size * DEFAULT_RATE / (
            SYNAPSES_PER_SECOND[kind] * slow
        )
    return int(np.ceil(needed))


def row_words(plastic: bool, synapses: int) -> int:
    """Return the words that a row of so many synapses takes, without its header."""
    if not plastic:
        return synapses
    # Time stamp and trace fill two words, then a half-word weight and a half-word address each.
    return 2 + -(-synapses // 2) + -(-synapses // 2)


def row_most(plastic: bool) -> int:
    """Return the most synapses that a row can have."""
    return ROW_WORDS if not plastic else ROW_WORDS - 2


def longest_row(projection: Projection, per_core: int, slots: int) -> tuple[int, int, int]:
    """Return (synapses, presynaptic cell, first cell of the core) of the longest row.

    Synapses within and beyond the ring lie in rows of their own.
    """
    if projection.size == 0:
        return 0, 0, 0
    core = projection.post_index // per_core
    late = (projection.delay > slots).astype(np.int64)
    n_cores = int(core.max()) + 1
    stage = np.where(late, (projection.delay - 1) // max(slots, 1), 0)
    key = (projection.pre_index * n_cores + core) * (int(stage.max()) + 1) + stage
    if projection.size < 5_000_000:
        values, counts = np.unique(key, return_counts=True)
        best = int(counts.argmax())
        longest, winner = int(counts[best]), int(values[best])
    else:  # sorting tens of millions of synapses would take longer than all other checks
        counts = np.bincount(key)
        winner = int(counts.argmax())
        longest = int(counts[winner])
    pair = winner // (int(stage.max()) + 1)
    return longest, pair // n_cores, (pair % n_cores) * per_core

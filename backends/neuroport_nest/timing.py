"""Labels and delays: where neuroport's steps lie in NEST's time, said once.

NEST is run ``AHEAD`` steps before neuroport's step 0 (with its cells frozen), since a spike
source cannot fire at time 0. A spike of a cell in neuroport's step k has NEST's time stamp
k + AHEAD + 1: NEST labels a step by its end. A spike with stamp s over NEST's delay n is read by
its target at the end of NEST's step s + n − 1; it acts from the next step on, or, where inputs
act at once (delta synapses), in that very step. So, over neuroport's delay d, NEST needs

    n = d − 1 + (1 if delay_rule is "next_step") + (1 if inputs act at once),

and n is at least 1. The spikes of a source are known beforehand: where a delay is too short,
all of its spikes are sent one step earlier (`early`), over delays that are one step longer.
"""

from __future__ import annotations

import numpy as np

from neuroport.network.description import IntArray, Network, Population, Projection
from neuroport_nest.cells import CELLS

__all__ = ["AHEAD", "SAMPLE_OFFSET", "SPIKE_OFFSET", "early_sources", "nest_delay",
           "pairing_offset"]

AHEAD = 1
SPIKE_OFFSET = -AHEAD - 1  # neuroport's step less NEST's stamp, for a spike of a cell
SAMPLE_OFFSET = -AHEAD  # the same for a sample: the state at the beginning of the step


def _unshifted(network: Network, projection: Projection) -> IntArray:
    later = int(network.numerics.delay_rule == "next_step")
    at_once = int(CELLS[network.population(projection.post).cell.name].at_once)
    return np.asarray(projection.delay - 1 + later + at_once, dtype=np.int64)


def early_sources(network: Network) -> set[str]:
    """Return the labels of the sources whose spikes are sent one step earlier."""
    found = set()
    for p in network.projections:
        if p.size and network.population(p.pre).cell.is_source:
            if _unshifted(network, p).min() < 1:
                found.add(p.pre)
    return found


def nest_delay(network: Network, projection: Projection, early: set[str]) -> IntArray:
    """Return NEST's delay of each synapse in steps; below 1 where NEST cannot keep it."""
    return _unshifted(network, projection) + int(projection.pre in early)


def stamp_offset(population: Population, early: set[str]) -> int:
    """Return NEST's time stamp less neuroport's step, for spikes of a population."""
    return AHEAD if population.label in early else AHEAD + 1


def pairing_offset(network: Network, projection: Projection, early: set[str]) -> int:
    """Return by how many steps NEST's plastic synapses shift post- against presynaptic spikes.

    0 where they pair spikes as the contract says: NEST's dendritic delay is its own delay.
    """
    before = stamp_offset(network.population(projection.pre), early)
    after = stamp_offset(network.population(projection.post), early)
    extra = nest_delay(network, projection, early) - projection.delay
    return int(after - before + extra[0]) if projection.size else 0

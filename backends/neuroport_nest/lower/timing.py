"""Labels and delays: where neuroport's steps lie in NEST's time, said once.

NEST is run ``AHEAD`` steps before neuroport's step 0 (with its cells frozen), since a spike
source cannot fire at time 0. A spike of a cell in neuroport's step k has NEST's time stamp
k + AHEAD + 1: NEST labels a step by its end. A spike with stamp s over NEST's delay n is read by
its target at the end of NEST's step s + n − 1 and acts from the next step on. So, over neuroport's
delay d, NEST needs n = d − 1, or n = d under ``delay_rule="next_step"``, and n is at least 1.

Two kinds of populations are `early`: their spikes have the stamp k + AHEAD, and the delays from
them are one step longer.

* Sources with a delay that would be too short. Their spikes are known beforehand.
* Cells with delta synapses. A jump that is due in step k is in the potential at k·dt and fires the
  cell in step k. NEST adds it at the end of the step before and tests the threshold there, one step
  earlier than the contract's label. (A cell that drifts over the threshold without a jump fires at
  the end of step k in both; its label is then one step late.)

Where NEST adds an input at the end of the step in which it is due (`at_once`), n is one more.
"""

from __future__ import annotations

import numpy as np

from neuroport.findings.honoured import runnable, switch_to
from neuroport.network.description import IntArray, Network, Population, Projection
from neuroport_nest.capabilities import CAPABILITIES
from neuroport_nest.lower.cells import CELLS

__all__ = ["AHEAD", "SAMPLE_OFFSET", "early_populations", "nest_delay", "next_step",
           "pairing_offset", "stamp_offset"]

AHEAD = 1
SAMPLE_OFFSET = -AHEAD  # neuroport's step less NEST's stamp, for a sample: the state at k·dt


def _unshifted(network: Network, projection: Projection) -> IntArray:
    later = int(network.numerics.delay_rule == "next_step")
    at_once = int(CELLS[network.population(projection.post).cell.name].at_once)
    return np.asarray(projection.delay - 1 + later + at_once, dtype=np.int64)


def early_populations(network: Network) -> set[str]:
    """Return the labels of the populations whose spikes NEST has one step earlier."""
    found = {
        p.label for p in network.populations
        if p.cell.name in CELLS and CELLS[p.cell.name].early
    }
    for p in network.projections:
        source = network.population(p.pre).cell.is_source
        if source and p.size and _unshifted(network, p).min() < 1:
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


def next_step(network: Network) -> str:
    """Return the way out of delays that are too short: the numerics under which all of it runs."""
    return switch_to(runnable(network, CAPABILITIES).switch(delay_rule="next_step"))

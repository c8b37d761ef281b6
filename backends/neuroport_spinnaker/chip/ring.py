"""The ring in which a core keeps inputs until their step comes, and who falls out of it.

sPyNNaker 7.4.1 gives a ring the next power of two of places for the longest delay
(``PopulationVertex.max_delay_steps_incoming``), so that a delay of exactly that many steps has
only zeros in the bits that are kept of it. The programs take a zero in a static synapse for a
whole turn (``synapses.c``, `process_fixed_synapses`), and in a plastic one for a spike that comes
too late: it is counted as skipped and not delivered (``synapse_dynamics_stdp_mad_impl.c``,
`process_plastic_synapse`: delivered where the delay is above the spike's age). Measured with the
released programs on the emulated board and on the unicorn processor. The same happens to what is
left of a longer delay after its stages.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Projection
from neuroport_spinnaker.chip.limits import bits

__all__ = ["asked_reach", "longest_delay", "ring_places", "undelivered"]


def longest_delay(projections: Iterable[Projection]) -> int:
    """Return the longest delay of some projections in steps; 0 without synapses."""
    return max((int(p.delay.max(initial=0)) for p in projections), default=0)


def undelivered(projection: Projection, places: int) -> NDArray[np.bool_]:
    """Return for each synapse whether a ring of so many places makes it deliver nothing."""
    if not projection.synapse.plastic or places == 0:
        return np.zeros(projection.size, dtype=np.bool_)
    return np.asarray(projection.delay % places == 0)


def ring_places(projections: Iterable[Projection], most: int) -> int:
    """Return the places of a core's ring, in steps: neuroport asks for twice as many where a
    plastic synapse would deliver nothing else.

    Parameters
    ----------
    projections : iterable of Projection
        Into the population.
    most : int
        The most places that there is room for; a power of two, or 0 for sources.
    """
    projections = list(projections)
    places = _own(projections, most)
    if places < most and any(undelivered(p, places).any() for p in projections):
        return 2 * places
    return places


def asked_reach(projections: Iterable[Projection], most: int) -> int:
    """Return the longest delay (steps) to announce to sPyNNaker for a ring that delivers all.

    Parameters are those of :func:`ring_places`. 0 where its own choice does.
    """
    projections = list(projections)
    own = _own(projections, most)
    return own + 1 if ring_places(projections, most) > own else 0


def _own(projections: list[Projection], most: int) -> int:
    """Return the places that sPyNNaker chooses."""
    return min(1 << bits(longest_delay(projections)), most)

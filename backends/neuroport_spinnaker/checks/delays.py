"""Rows and delays: do the synapses fit where the chip keeps them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.findings import Finding
from neuroport.findings.about import about
from neuroport.network.description import Projection
from neuroport_spinnaker.chip.limits import NEURONS_PER_CORE, ROW_WORDS
from neuroport_spinnaker.chip.ring import asked_reach, longest_delay, undelivered
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.layout import longest_row, row_most, row_words

__all__ = ["delays", "dendrites", "rows"]


def rows(case: Case) -> Iterator[Finding]:
    """Find rows that do not fit; name a number of neurons on a core that does."""
    for projection in case.network.projections:
        if projection.size == 0 or projection.synapse.kind not in ("static", "stdp"):
            continue
        lay = case.layouts[projection.post]
        if lay.slots == 0:
            continue
        plastic = projection.synapse.plastic
        most = row_most(plastic)
        longest, cell, first = longest_row(projection, lay.per_core, lay.slots)
        if longest <= most:
            continue
        fits = max(1, lay.per_core * most // longest)
        # A round number is easier to recognise in a script.
        fits = fits // 10 * 10 if fits >= 20 else fits
        yield about(
            projection, "NP305",
            measured=f"{longest} synapses ({row_words(plastic, longest)} words) from cell {cell} "
            f"of '{projection.pre}' to cells {first} to {first + lay.per_core - 1} of "
            f"'{projection.post}'",
            limit=f"{most} {'plastic' if plastic else 'static'} synapses in {ROW_WORDS} words",
            why="the synapses of one cell onto one core are read in one go",
            fixes=(f"neurons_per_core={{'{projection.post}': {fits}}}",),
            population=projection.post, neurons_per_core=fits,
            longest=longest,
        )


def delays(case: Case) -> Iterator[Finding]:
    """Find delays beyond the ring."""
    for projection in case.network.projections:
        if projection.size and case.layouts[projection.post].slots:
            yield from _reach(case, projection)


def _reach(case: Case, projection: Projection) -> Iterator[Finding]:
    """Say what a delay beyond the ring costs, or that it cannot be kept."""
    lay, source = case.layouts[projection.post], case.layouts[projection.pre]
    cells = min(lay.per_core, case.populations[projection.post].size)
    longest = int(projection.delay.max())
    late = longest > lay.slots
    if late and cells == 1:
        # The core that delays spikes has no room for a stage of that length.
        yield about(
            projection, "NP307", measured=f"{longest} steps",
            limit=f"{lay.slots} steps with one cell on a core",
            why="the ring ends there", fixes=("a chain of relay cells", "a longer time step"),
        )
        return
    if longest > 2 * lay.slots:
        lost = int((projection.delay > 2 * lay.slots).sum())
        yield about(
            projection, "NP308",
            measured=f"{lost} of {projection.size} synapses have delays of more than "
            f"{2 * lay.slots} steps, with {cells} cells on a core",
            limit=f"{2 * lay.slots} steps", why="sPyNNaker 7.4.1 writes them to rows that do "
            "not exist",
            fixes=(f"leave out neurons_per_core for '{projection.post}'",),
            population=projection.post, lost=lost,
        )
        return
    most = longest_delay(case.incoming[projection.post])
    ring, sender = lay.for_delay and longest == most, source.for_delay and late
    if ring or sender:
        label, mine = (projection.post, lay) if ring else (projection.pre, source)
        yield about(
            projection, "NP306",
            measured=f"{longest} steps: {mine.per_core} cells of '{label}' on a core, "
            f"{mine.cores} cores",
            limit=f"64 steps with {NEURONS_PER_CORE} cells on a core, and plastic ones that do "
            "not fill the ring",
            why="cells and delays share the places of the ring; beyond two stages sPyNNaker "
            "7.4.1 loses synapses, a core that sends again has room for so many, and plastic "
            "synapses that fill the ring deliver nothing",
            fixes=("shorter delays", "a longer time step"),
        )


def dendrites(case: Case) -> Iterator[Finding]:
    """Find plastic delays that fill the ring: they deliver nothing, unless it can be longer."""
    dt = case.network.timestep
    for projection in case.network.projections:
        full = projection.delay[case.undelivered[projection.label]]
        lay = case.layouts[projection.post]
        if full.size:
            own = lay.asked is not None and not lay.for_delay
            yield about(
                projection, "NP344",
                measured=f"{full.size} of {projection.size} delays are {_listed(full * dt)} ms",
                limit=f"no multiple of {lay.slots} steps, the places of the ring of "
                f"'{projection.post}'",
                why="the program finds 0 in the bits that are kept of such a delay and takes the "
                "spike for one that comes too late",
                fixes=(
                    *([f"leave out neurons_per_core for '{projection.post}'"] if own else []),
                    "one step more or less",
                ),
                undelivered=full.size, population=projection.post,
            )
            continue
        reach = asked_reach(case.incoming[projection.post], lay.slots)
        if reach and undelivered(projection, reach - 1).any():
            yield about(
                projection, "NP345",
                measured=f"delays of {reach - 1} steps ({(reach - 1) * dt:g} ms), the longest "
                f"into '{projection.post}'",
                limit=f"a ring of {reach - 1} places", why=f"the ring has {2 * (reach - 1)} "
                "places instead, for a longest delay of one step more is announced to sPyNNaker",
            )


def _listed(delays: NDArray[Any]) -> str:
    found = np.unique(delays)
    return ", ".join(f"{d:g}" for d in found[:3]) + (", ..." if found.size > 3 else "")

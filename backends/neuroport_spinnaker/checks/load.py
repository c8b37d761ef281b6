"""Will cores keep up, and are there enough of them?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from neuroport.errors import did_you_mean
from neuroport.findings import Finding, finding
from neuroport.findings.about import about
from neuroport_spinnaker.chip.limits import DEFAULT_RATE
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.load import load_of

__all__ = ["rates", "names", "machine"]


def rates(case: Case) -> Iterator[Finding]:
    """Find cores with more synaptic events than they can process."""
    for population in case.network.populations:
        if population.cell.is_source:
            continue
        load = load_of(case, population.label)
        if load > 1.0:
            lay = case.layouts[population.label]
            fits = max(1, int(lay.per_core / load))
            yield about(
                population, "NP316",
                measured=f"{load:.2g} times the time of a core, with {lay.per_core} cells on it "
                f"and cells that fire at {DEFAULT_RATE:g} Hz",
                limit="1",
                why="13 million static or 1.4 million plastic synaptic events a second are a "
                "core's most",
                fixes=(f"neurons_per_core={{'{population.label}': {fits}}}",
                       "fewer synapses or lower rates"),
                load=load,
            )


def names(case: Case) -> Iterator[Finding]:
    """Find numbers of cells on a core for populations that are not there."""
    chosen = case.options.neurons_per_core
    if isinstance(chosen, int):
        return
    for label in chosen:
        if label not in case.populations:
            yield finding(
                "NP333", "network", measured=f"neurons_per_core for '{label}'",
                limit=f"populations: {', '.join(case.populations)}"[:300],
                why="no population has this label",
                fixes=(did_you_mean(label, case.populations, "the label of a population"),),
            )


def machine(case: Case) -> Iterator[Finding]:
    """Find networks that need more cores than the target has."""
    available = case.target.application_cores
    if not case.fits:
        geometry = case.target.geometry
        per_board = available / geometry.boards
        yield finding(
            "NP323", "network", measured=f"about {case.cores} cores",
            limit=f"{available} application cores of target '{case.target.name}'",
            why="every core of the network must be placed",
            fixes=(f"a target of {math.ceil(case.cores / per_board)} boards or more",
                   "more neurons on a core"),
            cores=case.cores,
        )

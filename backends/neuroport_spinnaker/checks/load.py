"""Will cores keep up, and are there enough of them?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.errors import nearest
from neuroport.findings import Finding, finding
from neuroport.network.description import PoissonSource, SpikeTimes
from neuroport_spinnaker.checks.case import Case, place
from neuroport_spinnaker.chip.limits import DEFAULT_RATE, SYNAPSES_PER_SECOND

__all__ = ["rates", "names", "machine", "load_of"]


def _rate(case: Case, label: str) -> float:
    """Return the mean rate of a population's cells (Hz): known for sources, else expected."""
    population = case.populations[label]
    spikes = population.spikes
    if isinstance(spikes, PoissonSource):
        return float(spikes.rate.mean()) if spikes.rate.size else 0.0
    if isinstance(spikes, SpikeTimes):
        if spikes.time.size < 2:
            return 0.0
        length = float(np.ptp(spikes.time)) + case.network.timestep
        return float(spikes.time.size / population.size / length * 1e3) if length > 50.0 else 0.0
    return DEFAULT_RATE


def load_of(case: Case, label: str) -> float:
    """Return the part of a core's time that its busiest core spends on synaptic events."""
    lay = case.layouts[label]
    slow_down = max(1.0, np.ceil(1.0 / case.network.timestep - 1e-9))
    busy = 0.0
    for projection in case.incoming.get(label, ()):
        if projection.size == 0:
            continue
        per_core = np.bincount(projection.post_index // lay.per_core).max()
        kind = "stdp" if projection.synapse.plastic else "static"
        busy += float(per_core) * _rate(case, projection.pre) / SYNAPSES_PER_SECOND[kind]
    return busy / float(slow_down)


def rates(case: Case) -> Iterator[Finding]:
    """Find cores with more synaptic events than they can process."""
    for population in case.network.populations:
        if population.cell.is_source:
            continue
        load = load_of(case, population.label)
        if load > 1.0:
            lay = case.layouts[population.label]
            fits = max(1, int(lay.per_core / load))
            yield finding(
                "NP316", place(population),
                measured=f"{load:.2g} times the time of a core, with {lay.per_core} cells on it "
                f"and cells that fire at {DEFAULT_RATE:g} Hz",
                limit="1",
                why="13 million static or 1.4 million plastic synaptic events a second are a "
                "core's most",
                fixes=(f"neurons_per_core={{'{population.label}': {fits}}}",
                       "fewer synapses or lower rates"),
                line=population.line, load=load,
            )


def names(case: Case) -> Iterator[Finding]:
    """Find numbers of cells on a core for populations that are not there."""
    chosen = case.options.neurons_per_core
    if isinstance(chosen, int):
        return
    for label in chosen:
        if label not in case.populations:
            near = nearest(label, list(case.populations))
            yield finding(
                "NP333", "network", measured=f"neurons_per_core for '{label}'",
                limit=f"populations: {', '.join(case.populations)}"[:300],
                why="no population has this label",
                fixes=(f"did you mean '{near[0]}'?",) if near else ("the label of a population",),
            )


def machine(case: Case) -> Iterator[Finding]:
    """Find networks that need more cores than the target has."""
    from neuroport_spinnaker.plan.predict import predict

    expected = predict(case.network, case.target, case.options, case)
    if expected.cores > expected.cores_available:
        yield finding(
            "NP323", "network", measured=f"about {expected.cores} cores",
            limit=f"{expected.cores_available} application cores of target '{case.target.name}'",
            why="every core of the network must be placed",
            fixes=(f"a target of {expected.boards} boards or more", "more neurons on a core"),
            cores=expected.cores,
        )

"""How busy a core is with synaptic events."""

from __future__ import annotations

import numpy as np

from neuroport.network.description import PoissonSource, SpikeTimes
from neuroport_spinnaker.chip.limits import DEFAULT_RATE, SYNAPSES_PER_SECOND, slow_down
from neuroport_spinnaker.place.case import Case

__all__ = ["load_of"]


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
    busy = 0.0
    for projection in case.incoming.get(label, ()):
        if projection.size == 0:
            continue
        per_core = np.bincount(projection.post_index // lay.per_core).max()
        kind = "stdp" if projection.synapse.plastic else "static"
        busy += float(per_core) * _rate(case, projection.pre) / SYNAPSES_PER_SECOND[kind]
    return busy / slow_down(case.network.timestep)

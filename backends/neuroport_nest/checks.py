"""Values that NEST computes in another way or refuses, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neuroport.findings import Finding, finding
from neuroport.network.description import Network, Population, Projection
from neuroport_nest.capabilities import CAPABILITIES
from neuroport_nest.lower import synapses
from neuroport_nest.lower.cells import CELLS
from neuroport_nest.lower.timing import early_populations, nest_delay, next_step

__all__ = ["check"]

_TICS = 1000.0  # NEST's ticks in a millisecond


def check(network: Network) -> list[Finding]:
    """Return what cannot be declared; see ``capabilities.toml`` for what can."""
    found = [*_timestep(network)]
    # Projections onto cells that NEST has, and of rules that it has.
    there = {p.label for p in network.populations if CAPABILITIES.cell(p.cell) is not None}
    known = replace(network, projections=tuple(
        p for p in network.projections
        if p.post in there and p.size and CAPABILITIES.synapse(p.synapse) is not None))
    for population in network.populations:
        if population.label in there and not population.cell.is_source:
            found += _population(network, population)
    early = early_populations(known)
    for projection in known.projections:
        found += _projection(known, projection, early)
    return found


def _timestep(network: Network) -> Iterator[Finding]:
    tics = network.timestep * _TICS
    if abs(tics - round(tics)) > 1e-6 or tics < 1:
        yield finding(
            "NP405", "network", measured=f"{network.timestep:g} ms", limit="multiples of 0.001 ms",
            why="NEST would round it", fixes=("a time step of whole microseconds",),
        )


def _population(network: Network, population: Population) -> Iterator[Finding]:
    cell, p = population.cell, population.parameters
    where, line = f"population '{population.label}'", population.line
    known = CELLS[cell.name]
    reset = known.parameters(p, network.timestep).get("V_reset")
    if reset is not None and (reset >= p[known.highest_reset]).any():
        worst = int((reset - p[known.highest_reset]).argmax())
        yield finding(
            "NP404", f"{where}, v_reset", measured=f"v_reset = {p['v_reset'][worst]:g} mV, "
            f"{known.highest_reset} = {p[known.highest_reset][worst]:g} mV",
            limit="v_reset below it", why="NEST refuses such cells", line=line,
            fixes=("a lower v_reset",),
        )
    if known.early and not _fires_by_inputs_only(network, population):
        yield finding(
            "NP110", where, measured=f"{cell.name} as NEST's {known.model}: exact but for spikes "
            "without an input in their step, which are one step late",
            limit=f"time step {network.timestep:g} ms",
            why="NEST integrates this cell in its own way",
            fixes=("compare with half the time step",), line=line,
        )


def _fires_by_inputs_only(network: Network, population: Population) -> bool:
    """Whether cells with delta synapses stay below threshold without their inputs."""
    p = population.parameters
    settled = p["v_rest"] + p["i_offset"] * p["tau_m"] / p["cm"]
    injected = any(label == population.label for c in network.currents for label, _ in c.targets)
    start = population.initial.get("v", p["v_rest"])
    highest = np.maximum(np.maximum(settled, start), p["v_reset"])
    return not injected and bool((highest < p["v_thresh"]).all())


def _projection(
    network: Network, projection: Projection, early: set[str]
) -> Iterator[Finding]:
    where, line = f"projection '{projection.label}'", projection.line
    delay = nest_delay(network, projection, early)
    if delay.min() < 1:
        shortest = int(projection.delay.min())
        yield finding(
            "NP402", where,
            measured=f"{int((delay < 1).sum())} of {delay.size} delays, at least "
            f"{shortest * network.timestep:g} ms ({shortest} step)",
            limit=f"{2 * network.timestep:g} ms under delay_rule 'same_step'",
            why="NEST uses a spike at the earliest one step after the step rule's",
            fixes=(f"{next_step(network)}, here and on Brian2",
                   "longer delays", "half the time step"), line=line,
        )
    if projection.synapse.kind == "stdp":
        for measured, limit, fix in synapses.refusals(network, projection, early):
            yield finding("NP403", where, measured=measured, limit=limit,
                          why=f"NEST's {projection.synapse.timing} synapse is built that way",
                          fixes=(fix, "the Brian2 backend"), line=line)

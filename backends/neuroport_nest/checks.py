"""What NEST cannot do with a network, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, finding
from neuroport.network.cells import CellModel
from neuroport.network.description import Network, Population, Projection
from neuroport.network.signs import sign_problem
from neuroport_nest.lower import synapses
from neuroport_nest.lower.cells import CELLS, NEAREST
from neuroport_nest.lower.timing import early_populations, nest_delay

__all__ = ["check"]

_TICS = 1000.0  # NEST's ticks in a millisecond
_KINDS = ("static", "tsodyks_markram", "stdp")


def check(network: Network) -> list[Finding]:
    """Return all findings about a network."""
    found = [*_timestep(network), *_numerics(network)]
    for population in network.populations:
        found += _population(network, population.label)
    early = early_populations(_known(network))
    for projection in network.projections:
        found += _projection(network, projection, early)
    return found


def _known(network: Network) -> Network:
    """Return the network with only the projections onto cells that NEST has."""
    from dataclasses import replace

    return replace(network, projections=tuple(
        p for p in network.projections
        if network.population(p.post).cell.name in CELLS and p.synapse.kind in _KINDS))


def _timestep(network: Network) -> Iterator[Finding]:
    tics = network.timestep * _TICS
    if abs(tics - round(tics)) > 1e-6 or tics < 1:
        yield finding(
            "NP405", "network", measured=f"{network.timestep:g} ms", limit="multiples of 0.001 ms",
            why="NEST would round it", fixes=("a time step of whole microseconds",),
        )


def _numerics(network: Network) -> Iterator[Finding]:
    numbers = network.numerics
    cells = [p.cell for p in network.populations if not p.cell.is_source]
    wanted: dict[str, object] = {}
    if cells:
        wanted |= {"input_rule": "exact", "threshold_rule": ">=", "integrator": "accurate"}
    if any(c.membrane == "leaky" for c in cells):
        wanted["decay_bits"] = None
    if any(c.name == "IF_curr_delta" for c in cells):
        wanted["delta_input"] = "voltage"
    plastic = [p.synapse for p in network.projections if p.synapse.kind == "stdp"]
    if plastic:
        wanted |= {"plasticity_update": "deferred", "coincidence": "ignored",
                   "plastic_weight_step": None, "trace_bits": None}
    wrong = {k: v for k, v in wanted.items() if getattr(numbers, k) != v}
    if wrong:
        switches = ", ".join(f"'{k}': {v!r}" for k, v in wrong.items())
        yield finding(
            "NP401", "network",
            measured=", ".join(f"{k}: {getattr(numbers, k)}" for k in wrong),
            limit=", ".join(f"{k}: {v}" for k, v in wrong.items()),
            why="these are built into NEST's models",
            fixes=(f"numerics={{'base': '{numbers.name if numbers.name != 'custom' else 'pynn'}'"
                   f", {switches}}}", "the Brian2 backend, which has them"),
        )


def _nearest(cell: CellModel) -> str:
    if cell.name in NEAREST:
        return NEAREST[cell.name]
    kinds = {r.kind for r in cell.receptors}
    alpha = any(k.endswith("alpha") for k in kinds)
    if any(r.conductance for r in cell.receptors):
        return "IF_cond_alpha" if alpha else "IF_cond_exp"
    if "delta" in kinds:
        return "IF_curr_delta"
    return "IF_curr_alpha" if alpha else "IF_curr_exp"


def _population(network: Network, label: str) -> Iterator[Finding]:
    population = network.population(label)
    cell = population.cell
    if cell.is_source:
        return
    where, line = f"population '{label}'", population.line
    if cell.name not in CELLS:
        yield finding(
            "NP202", where, measured=cell.name, limit=f"cells: {', '.join(CELLS)}",
            why="NEST has no model with the same definition"
            if cell.membrane != "equations" else "NEST's models are compiled beforehand",
            fixes=(f"the nearest cell is {_nearest(cell)}", "the Brian2 backend"), line=line,
        )
        return
    known = CELLS[cell.name]
    p = population.parameters
    reset = known.parameters(p, network.timestep).get("V_reset")
    if reset is not None and (reset >= p[known.highest_reset]).any():
        worst = int((reset - p[known.highest_reset]).argmax())
        yield finding(
            "NP404", f"{where}, v_reset", measured=f"v_reset = {p['v_reset'][worst]:g} mV, "
            f"{known.highest_reset} = {p[known.highest_reset][worst]:g} mV",
            limit="v_reset below it", why="NEST refuses such cells", line=line,
            fixes=("a lower v_reset",),
        )
    for state in known.unset:
        values = population.initial.get(state)
        if values is not None and np.any(values):
            yield finding(
                "NP404", f"{where}, initial {state}", measured=f"{values[values != 0][0]:g}",
                limit="0", why=f"NEST's {known.model} does not let it be set",
                fixes=("no initial value", "a spike before the run"), line=line,
            )
    if known.scheme and not (known.early and _fires_by_inputs_only(network, population)):
        yield finding(
            "NP110", where, measured=f"{cell.name} as NEST's {known.model}: {known.scheme}",
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
    if projection.synapse.kind not in _KINDS:
        yield finding(
            "NP202", where, measured=projection.synapse.name,
            limit="StaticSynapse, TsodyksMarkramSynapse, STDPMechanism",
            why="NEST's synapse models are compiled beforehand", fixes=("the Brian2 backend",),
            line=line,
        )
        return
    target = network.population(projection.post)
    if target.cell.name not in CELLS or not projection.size:
        return
    delay = nest_delay(network, projection, early)
    if delay.min() < 1:
        shortest = int(projection.delay.min())
        yield finding(
            "NP402", where,
            measured=f"{int((delay < 1).sum())} of {delay.size} delays, at least "
            f"{shortest * network.timestep:g} ms ({shortest} step)",
            limit=f"{2 * network.timestep:g} ms under delay_rule 'same_step'",
            why="NEST uses a spike at the earliest one step after the step rule's",
            fixes=("numerics={'base': 'pynn', 'delay_rule': 'next_step'}, here and on Brian2",
                   "longer delays", "half the time step"), line=line,
        )
    bounds = projection.parameters if projection.synapse.kind == "stdp" else {}
    problem = sign_problem(target.cell, projection.receptor, projection.weight, bounds)
    if problem is not None:
        yield finding(
            "NP404", f"{where}, weights", measured=problem.measured, limit=problem.limit,
            why="NEST chooses the receptor by the sign of the weight",
            fixes=("the other receptor",), line=line,
        )
    if projection.synapse.kind == "stdp":
        for measured, limit, fix in synapses.refusals(network, projection, early):
            yield finding("NP403", where, measured=measured, limit=limit,
                          why=f"NEST's {projection.synapse.timing or 'plastic'} synapse is built "
                          "that way", fixes=(fix, "the Brian2 backend"), line=line)

"""The judge says error exactly where a network uses what a backend does not declare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuroport
from neuroport.backend.capabilities import (
    CURRENTS,
    SYNAPSES,
    Capabilities,
    CellCapability,
    Delays,
    StdpCapability,
    SynapseCapability,
    Weights,
)
from neuroport.findings import Severity
from neuroport.findings.judge import judge
from neuroport.findings.nearest import nearest_cell
from neuroport.network.cells import CELLS, RECEPTOR_KINDS, CellModel
from neuroport.network.description import (
    CurrentSource,
    Network,
    Population,
    Projection,
    Recording,
    SpikeTimes,
)
from neuroport.network.synapses import TIMING_RULES, WEIGHT_RULES, SynapseModel
from neuroport.numerics import PYNN

CELL_TYPES = ("IF_curr_exp", "IF_cond_exp", "IF_curr_delta", "HH_cond_exp", "Izhikevich")
RULES = [(t, w) for t in TIMING_RULES for w in WEIGHT_RULES]
FULL = Capabilities(
    kind="simulation", deterministic=True,
    cells={n: CellCapability(n, CELLS[n][2]) for n in CELLS},
    synapses={n: SynapseCapability() for n in SYNAPSES},
    stdp={t: StdpCapability(weights=tuple(WEIGHT_RULES)) for t in TIMING_RULES},
    currents=CURRENTS,
)
Feature = tuple[Any, ...]


def universe() -> list[Feature]:
    """Everything that is taken away from a backend, one by one."""
    found: list[Feature] = [("current", k) for k in CURRENTS]
    for cell in CELL_TYPES:
        found += [("cell", cell), ("uniform", cell)]
        found += [(what, cell, v) for v in CELLS[cell][2] if v != "spikes"
                  for what in ("recordable", "state")]
    found += [("synapse", n) for n in SYNAPSES] + [("stdp", *rule) for rule in RULES]
    found += [(what, t) for t in TIMING_RULES for what in ("dendrite", "several")]
    found += [("sign", k) for k in RECEPTOR_KINDS] + [("long",), ("step",), ("immediate",)]
    return found


def without(has: Capabilities, feature: Feature) -> Capabilities:
    """Return what is left without one thing."""
    what, *names = feature
    if what == "current":
        return replace(has, currents=tuple(c for c in has.currents if c != names[0]))
    if what == "cell":
        return replace(has, cells={k: v for k, v in has.cells.items() if k != names[0]})
    if what in ("recordable", "state", "uniform"):
        cell = has.cells.get(names[0])
        if cell is None:
            return has
        if what == "recordable":
            left = tuple(r for r in cell.recordables if r != names[1])
            cell = replace(cell, recordables=left)
        elif what == "state":
            cell = replace(cell, fixed_states={**cell.fixed_states, names[1]: 0.0})
        else:
            cell = replace(cell, uniform=("cm",))
        return replace(has, cells={**has.cells, names[0]: cell})
    if what == "synapse":
        return replace(has, synapses={k: v for k, v in has.synapses.items() if k != names[0]})
    if what in ("stdp", "dendrite", "several"):
        rule = has.stdp[names[0]]
        if what == "stdp":
            rule = replace(rule, weights=tuple(w for w in rule.weights if w != names[1]))
        elif what == "dendrite":
            rule = replace(rule, dendritic_fractions=(1.0,))
        else:
            rule = replace(rule, several_spikes=False)
        return replace(has, stdp={**has.stdp, names[0]: rule})
    if what == "sign":
        return replace(has, weights=Weights(one_sign=(*has.weights.one_sign, names[0])))
    if what == "long":
        return replace(has, delays=Delays(longest=9))
    choice, value = {"step": ("input_rule", "exact"),
                     "immediate": ("plasticity_update", "deferred")}[what]
    return replace(has, numerics={**has.numerics, choice: (value,)})


@st.composite
def networks(draw: Any) -> tuple[Network, set[Feature]]:
    """A network, and what it uses of a backend."""
    used: set[Feature] = set()
    step = draw(st.booleans())
    numerics = PYNN.switch(input_rule="step") if step else PYNN
    twice = draw(st.booleans())
    spikes = SpikeTimes(np.array([0, 0]), np.array([1.0, 1.0 if twice else 3.0]))
    populations = [Population(
        "source", 2, CellModel("SpikeSourceArray", "source", (), (), (), ("spikes",)), {}, {},
        spikes=spikes)]
    for k, name in enumerate(draw(st.lists(st.sampled_from(CELL_TYPES), max_size=2))):
        membrane, receptors, recordable = CELLS[name]
        variables = [v for v in recordable if v != "spikes"]
        recorded = draw(st.lists(st.sampled_from(variables), unique=True))
        initial = {v: np.full(2, draw(st.sampled_from([0.0, -60.0]))) for v in variables}
        mixed = draw(st.booleans())
        used |= {("cell", name), *(("recordable", name, v) for v in recorded)}
        used |= {("state", name, v) for v, values in initial.items() if values[0]}
        used |= {("uniform", name)} if mixed else set()
        used |= {("step",)} if step and any(r.tau for r in receptors) else set()
        populations.append(Population(
            f"cells{k}", 2,
            CellModel(name, membrane, receptors, ("cm",), tuple(variables), recordable),
            {"cm": np.array([1.0, 2.0 if mixed else 1.0])}, initial,
            recordings=tuple(Recording(v, np.arange(2)) for v in recorded)))
    projections = []
    for k, target in enumerate(populations[1:]):
        projection, more = draw(projections_to(f"join{k}", target, twice))
        projections.append(projection)
        used |= more
    kinds = draw(st.lists(st.sampled_from(CURRENTS), max_size=1))
    used |= {("current", kind) for kind in kinds}
    currents = tuple(CurrentSource(kind, {}, (), (0,)) for kind in kinds)
    return Network(1.0, 0, numerics, tuple(populations), tuple(projections), currents), used


@st.composite
def projections_to(
    draw: Any, label: str, target: Population, twice: bool
) -> tuple[Projection, set[Feature]]:
    """A projection from the source, and what it uses."""
    used: set[Feature] = set()
    receptor = draw(st.sampled_from(target.cell.receptors))
    positive = receptor.conductance or receptor.name == "excitatory"
    wrong = draw(st.booleans())
    parameters: dict[str, Any] = {}
    fraction = 1.0
    name = draw(st.sampled_from([*SYNAPSES, "stdp"]))
    if name == "stdp":
        timing, weights = draw(st.sampled_from(RULES))
        synapse = SynapseModel("STDPMechanism", "stdp", timing, weights)
        names = ("A_plus", "A_minus", "tau_plus", "tau_minus", "tau", "eta", "rho", "mu_plus",
                 "mu_minus", "w_max")
        parameters = {n: np.ones(2) for n in names} | {"w_min": np.zeros(2)}
        fraction = draw(st.sampled_from([0.0, 1.0]))
        used |= {("stdp", timing, weights), ("immediate",)}
        used |= {("dendrite", timing)} if fraction != 1.0 else set()
        used |= {("several", timing)} if twice else set()
    else:
        synapse = SynapseModel(
            name, "static" if name == "StaticSynapse" else "tsodyks_markram")
        used.add(("synapse", name))
    long = draw(st.booleans())
    used |= {("long",)} if long else set()
    used |= {("sign", receptor.kind)} if wrong else set()
    sign = 1.0 if positive != wrong else -1.0
    return Projection(
        label, "source", target.label, receptor.name, synapse, np.arange(2), np.arange(2),
        np.full(2, sign), np.full(2, 10 if long else 9), parameters, fraction), used


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.lists(st.sampled_from(universe()), max_size=3, unique=True))
def test_an_error_exactly_where_something_that_is_used_is_lacking(
    made: tuple[Network, set[Feature]], taken: list[Feature]
) -> None:
    network, used = made
    assert judge(network, FULL) == []
    has = FULL
    for feature in taken:
        has = without(has, feature)
    found = judge(network, has)
    assert bool(found) == bool(used & set(taken)), [str(f) for f in found]
    for one in found:
        assert one.severity is Severity.ERROR
        assert one.measured
        assert one.limit
        assert one.why
        assert one.fixes


def test_the_nearest_cell_has_the_same_kinds_of_receptors() -> None:
    sim = neuroport.simulator("brian2")
    asked = sim.Population(1, sim.IF_cond_alpha()).describe_frozen().cell
    has = replace(FULL, cells={n: FULL.cells[n] for n in CELL_TYPES})
    assert nearest_cell(asked, has) == "IF_cond_exp"
    assert nearest_cell(asked, replace(has, cells={}, nearest={})) == ""
    source = sim.Population(1, sim.SpikeSourceGamma()).describe_frozen().cell
    assert nearest_cell(source, FULL).startswith("SpikeSource")


def found_in(backend: str, build: Any, **setup: Any) -> list[Any]:
    sim = neuroport.simulator(backend, **setup)
    build(sim)
    return [f for f in sim.check() if f.severity.blocks]


@pytest.mark.parametrize(
    ("cell", "state"), [("IF_cond_exp", "gsyn_exc"), ("IF_curr_exp", "isyn_inh"),
                        ("IF_curr_alpha", "isyn_exc")])
def test_an_initial_input_that_the_chip_would_drop_is_refused(cell: str, state: str) -> None:
    (one,) = found_in("spinnaker", lambda sim: sim.Population(
        2, getattr(sim, cell)(tau_refrac=1.0), initial_values={state: -0.5}, label="cells"))
    assert one.code == "NP202"
    assert one.where == f"population 'cells', initial {state}"
    assert one.fixes[0] == f"{state}=0"


def test_nor_can_it_be_set_between_two_runs() -> None:
    from neuroport.backend import backend_class
    from neuroport.backend.between_runs import edit_problems
    from neuroport.network.edits import StateEdit

    sim = neuroport.simulator("spinnaker", timestep=1.0, numerics="spinnaker")
    sim.Population(2, sim.IF_cond_exp(tau_refrac=1.0), label="cells")
    network, has = sim.network(), backend_class("spinnaker").capabilities
    (problem,) = edit_problems(
        has, network, "SpiNNaker", 5.0, StateEdit, "cells", ("v", "gsyn_exc"))
    assert problem.what == "gsyn_exc cannot be set on SpiNNaker once the network has run"
    assert not edit_problems(has, network, "SpiNNaker", 5.0, StateEdit, "cells", ("v",))


def test_a_threshold_rule_that_a_cell_does_not_have_is_refused() -> None:
    (one,) = found_in("brian2", lambda sim: sim.Population(1, sim.HH_cond_exp()),
                      numerics={"threshold_rule": ">"})
    assert one.code == "NP201"
    assert "threshold_rule: >" in one.measured


def _joined(sim: Any, synapse: Any, times: tuple[float, ...] = (1.0,), **cell: Any) -> None:
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=list(times)))
    cells = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)


def test_vogels_rule_is_not_run_with_a_weight_dependence_that_is_ignored() -> None:
    (one,) = found_in("brian2", lambda sim: _joined(sim, sim.STDPMechanism(
        timing_dependence=sim.Vogels2011Rule(), weight=0.1,
        weight_dependence=sim.MultiplicativeWeightDependence())))
    assert "MultiplicativeWeightDependence" in one.measured
    assert one.fixes[0] == "the nearest is Vogels2011Rule with AdditiveWeightDependence"


def test_several_spikes_a_step_onto_plastic_synapses_are_found_before_the_run() -> None:
    sim = neuroport.simulator("brian2", timestep=1.0)
    _joined(sim, sim.TsodyksMarkramSynapse(weight=0.1), times=(5.0, 5.0))
    assert not [f for f in sim.check() if f.severity.blocks]  # Brian2 runs them
    has = sim.state.backend.capabilities
    name = "TsodyksMarkramSynapse"
    less = replace(has, synapses={
        **has.synapses, name: replace(has.synapses[name], several_spikes=False)})
    (one,) = [f for f in judge(sim.network(), less) if f.severity.blocks]
    assert "up to 2 spikes" in one.measured


def test_choices_that_change_nothing_in_a_network_are_no_finding() -> None:
    """A source alone has no input, no threshold and no weights."""
    sim = neuroport.simulator("spinnaker", timestep=1.0)
    sim.Population(3, sim.SpikeSourceArray(spike_times=[1.0]))
    assert "NP320" not in {f.code for f in sim.check()}


def test_a_delay_of_nothing_in_a_network_from_elsewhere_is_told_once() -> None:
    from neuroport.backend import load_backend
    from neuroport.backend.prepare import prepare

    sim = neuroport.simulator("brian2", timestep=1.0)
    _joined(sim, sim.StaticSynapse(weight=0.1))
    network = sim.network()
    network = replace(network, projections=tuple(
        replace(p, delay=np.zeros_like(p.delay)) for p in network.projections))
    backend = load_backend("brian2")
    found = prepare(network, backend, judge(network, backend.capabilities)).findings
    assert [f.code for f in found if f.severity.blocks] == ["NP114"]

"""Weights before and after: by formula, by sPyNNaker, and with a rescaling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.checks import Case
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.scales import scales, stored

from neuroport.target import load_target
from neuroport.target.planner import load_planner

pytestmark = pytest.mark.filterwarnings("ignore")


def mixed(spinnaker: Any, sources: int = 200, probability: float = 0.5) -> Any:
    """Two projections into one population, 0.0004 nA and 8 nA."""
    sim = spinnaker(seed=1)
    cells = sim.Population(100, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    for name, weight in (("small", 0.0004), ("large", 8.0)):
        source = sim.Population(sources, sim.SpikeSourcePoisson(rate=20.0), label=f"{name} source")
        sim.Projection(source, cells, sim.FixedProbabilityConnector(probability),
                       sim.StaticSynapse(weight=weight, delay=1.0), label=name)
    return sim.network()


def plastic(spinnaker: Any) -> Any:
    """784 to 400 cells all to all with STDP, and 400 inhibitory cells."""
    sim = spinnaker(dialect="spynnaker", numerics="spinnaker")
    pixels = sim.Population(784, sim.SpikeSourcePoisson(rate=20.0), label="input")
    excitatory = sim.Population(400, sim.IF_curr_exp(tau_refrac=1.0), label="exc")
    inhibitory = sim.Population(400, sim.IF_curr_exp(tau_refrac=1.0), label="inh")
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=0.01, A_minus=0.012),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0, w_max=1.0), weight=0.3, delay=1.0,
    )
    sim.Projection(pixels, excitatory, sim.AllToAllConnector(), rule, label="learn")
    sim.Projection(excitatory, inhibitory, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=10.0, delay=1.0), label="excite")
    sim.Projection(inhibitory, excitatory, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=17.0, delay=1.0), receptor_type="inhibitory",
                   label="inhibit")
    return sim.network()


@pytest.mark.parametrize(("sources", "resolution"), [(200, 0.03125), (300, 0.0625)])
def test_dead_synapses_are_reported_with_the_resolution(
    spinnaker: Any, sources: int, resolution: float
) -> None:
    network = mixed(spinnaker, sources)
    one = next(f for f in load_planner("spinn5").check(network) if f.code == "NP301")
    assert one.severity.blocks
    assert one.data["dead"] == network.projections[0].size > 9000
    assert one.data["resolution"] == resolution
    assert "small" in one.where


def test_the_rescaling_keeps_all_synapses(spinnaker: Any) -> None:
    network = mixed(spinnaker)
    fixed = load_planner("spinn5").fix(network, rescale=("small",))
    assert not [f for f in fixed.left if f.code in ("NP301", "NP302")]
    assert fixed.network.projections[0].weight.min() >= 0.03125
    assert "-    weight = 0.0004" in fixed.difference
    untouched = load_planner("spinn5").fix(network)
    assert [f.code for f in untouched.left].count("NP301") == 1


def test_learning_is_judged_against_the_resolution(spinnaker: Any) -> None:
    network = plastic(spinnaker)
    findings = {f.code: f for f in load_planner("spinn5").check(network)}
    assert findings["NP305"].data["neurons_per_core"] == 250
    assert findings["NP304"].data["lost"] == ["A_plus", "A_minus"]
    assert findings["NP304"].data["resolution"] == 0.03125
    fixed = load_planner("spinn5").fix(network)
    assert fixed.run_options == {"--neurons-per-core": "exc=250"}
    assert fixed.network.population("exc").per_core == 250
    assert "+    at most 250 cells on a core" in fixed.difference
    assert "NP305" not in {f.code for f in fixed.left}


def test_a_stored_weight_is_within_half_a_step(spinnaker: Any) -> None:
    network = mixed(spinnaker)
    scale = scales(network)["cells", "excitatory"]
    weights = np.linspace(0.0, 8.0, 1001)
    assert np.abs(stored(weights, scale) / scale.factor - weights).max() <= scale.resolution / 2
    assert scale.capacity > scale.largest


@pytest.mark.usefixtures("toolchain")
@pytest.mark.slow
def test_spynnaker_chooses_the_same_scale_and_holds_the_same_weights(spinnaker: Any) -> None:
    network = mixed(spinnaker)
    preview = load_planner("spinn5").preview(network)
    formula = load_planner("spinn5").preview(network, ask=False)
    for asked, computed in zip(preview.projections, formula.projections, strict=True):
        assert asked.source == "sPyNNaker"
        np.testing.assert_array_equal(asked.held, computed.held)
    assert preview.projections[0].dead == network.projections[0].size
    plan = load_planner("spinn5").plan(network, 1000.0)
    assert not [f for f in plan.findings if f.code in ("NP325", "NP326")]


@pytest.mark.usefixtures("toolchain")
@pytest.mark.slow
def test_the_plastic_network_is_planned_with_250_neurons_a_core(spinnaker: Any) -> None:
    network = plastic(spinnaker)
    made = load_planner("spinn5", neurons_per_core={"exc": 250}).plan(network, 1000.0)
    row = next(r for r in made.rows() if r["population"] == "exc")
    assert (row["cores"], row["cells a core"], row["longest row"]) == (2, 250, 250)
    assert made.application_cores == made.prediction.cores
    assert not [f for f in made.findings if f.code == "NP325"]


def test_the_case_computes_each_scale_once(spinnaker: Any) -> None:
    case = Case(mixed(spinnaker), load_target("spinn5"), Options())
    assert case.scales is case.scales

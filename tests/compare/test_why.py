"""A planted difference of each kind is found again, on real Brian2 networks."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import neuroport
from neuroport.compare import Result, explain_difference
from neuroport.compare.explain.numerics_choices import GROUPS, Setting, numerics_choices, setting
from neuroport.numerics import PYNN, SPINNAKER
from neuroport.results import collect, join_results


def run(where: Setting, name: str = "reference") -> Result:
    """A network on which every choice leaves a trace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sim = neuroport.simulator("brian2", timestep=where.timestep, seed=where.seed,
                                  numerics=where.numerics, codegen="numpy")
        drive = sim.Population(12, sim.SpikeSourcePoisson(rate=60.0), label="drive")
        cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=0.6, tau_syn_E=1.5), label="cells")
        # Reaches its threshold exactly: -65 mV + 15 mV.
        edge = sim.Population(2, sim.IF_curr_delta(tau_m=1e9, v_rest=-65.0, v_thresh=-50.0),
                              label="edge")
        late = sim.Population(2, sim.IF_curr_exp(), label="late")
        one = sim.OneToOneConnector()
        rule = sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=0.05, A_minus=0.04),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0),
            weight=2.2137, delay=1.0, dendritic_delay_fraction=1.0)
        sim.Projection(drive, cells, sim.AllToAllConnector(), rule, label="plastic")
        kick = sim.Population(2, sim.SpikeSourceArray(spike_times=[[5.0], [9.0]]), label="kick")
        sim.Projection(kick, edge, one, sim.StaticSynapse(weight=15.0, delay=1.0), label="jump")
        sim.Projection(cells, late, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=1.2137, delay=2.0), label="static")
        for population in (cells, edge, late):
            population.record(["spikes", "v"])
        sim.run(150.0)
        found = join_results([collect(sim)], name=name)
        sim.end()
    return found


BASE = Setting(PYNN, 7, 1.0)
PLANTED: dict[str, dict[str, Any]] = {
    "input rule": {"input_rule": "step"},
    "refractory rule": {"refractory_rule": "ceil"},
    "threshold rule": {"threshold_rule": ">"},
    "delta synapses": {"delta_input": "current"},
    "delay convention": {"delay_rule": "next_step"},
    "plasticity convention": {"plasticity_amplitude": "absolute"},
    "weight grid": {"static_weight_step": "ring_buffer"},
    "arithmetic precision": {"decay_bits": 15},
}


def test_every_field_of_the_numerics_is_in_one_group() -> None:
    fields = [field for group in GROUPS.values() for field in group]
    assert sorted(fields) == sorted(k for k in PYNN.as_dict() if k != "name")


def test_an_assignment_gives_the_numerics_it_names() -> None:
    choices = numerics_choices(BASE, SPINNAKER)
    theirs = {name: others[0] for name, (_, others) in choices.items()
              if others[0] and name not in ("threshold rule", "delay convention")}
    assert setting(BASE, theirs).numerics == SPINNAKER


@pytest.fixture(scope="module")
def reference() -> Result:
    return run(BASE)


@pytest.mark.slow
@pytest.mark.parametrize("choice", PLANTED)
def test_a_planted_choice_is_found(choice: str, reference: Result) -> None:
    """The target does not say how it ran, so nothing is given away."""
    planted = run(Setting(PYNN.switch(**PLANTED[choice]), 7, 1.0))
    blind = Result("target", planted.recordings, planted.timestep, planted.structure)
    found = explain_difference(run, reference, blind, max_runs=60)
    assert found.explained, found.summary
    assert [s.choice for s in found.shares] == [choice], found.summary
    name, value = next(iter(PLANTED[choice].items()))
    assert found.shares[0].value == f"{name}={value}"


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "where"), [
    ("seed", Setting(PYNN, 8, 1.0)), ("time step", Setting(PYNN, 7, 0.5)),
])
def test_another_seed_or_time_step_is_found(choice: str, where: Setting, reference: Result) -> None:
    found = explain_difference(run, reference, run(where, "target"), max_runs=60)
    assert found.explained, found.summary
    assert [s.choice for s in found.shares] == [choice], found.summary

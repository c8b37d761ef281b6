"""Networks on Nengo against the reference: the same spikes in the same steps.

Both carry out the same statements; what differs is how they add up several weights that arrive in
one step, in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neuroport

BOTH = ("brian2", "nengo")
Outcome = dict[str, Any]


def outcome(sim: Any, *populations: Any) -> Outcome:
    found: Outcome = {}
    for p in populations:
        segment = p.get_data().segments[-1]
        found[p.label] = [np.rint(t.magnitude / sim.state.dt).astype(int).tolist()
                          for t in segment.spiketrains]
        found |= {f"{p.label}.{s.name}": np.asarray(s.magnitude) for s in segment.analogsignals}
    return found


def agree(one: Outcome, other: Outcome) -> int:
    """Assert that two outcomes are the same but for rounding; return the number of spikes."""
    assert one.keys() == other.keys()
    spikes = 0
    for name, value in one.items():
        if isinstance(value, list):
            assert other[name] == value, name
            spikes += sum(map(len, value))
        else:
            np.testing.assert_allclose(other[name], value, rtol=1e-9, atol=1e-9, err_msg=name)
    return spikes


Rule = Callable[[Any, float], Any]


def network(
    sim: Any, name: str, cell: Any, weight: float, inhibition: float, rule: Rule | None
) -> Any:
    """Return populations of a random recurrent network with delays of 1 to 15 steps."""
    dt = sim.state.dt
    delays = sim.RandomDistribution("uniform", (dt, 15 * dt))
    sources = sim.Population(30, sim.SpikeSourcePoisson(rate=12.0 / dt), label=f"{name} sources")
    exc = sim.Population(16, cell, label=f"{name} exc")
    inh = sim.Population(6, cell, label=f"{name} inh")
    for pre, post, w, receptor in (
        (sources, exc, weight, "excitatory"), (sources, inh, weight, "excitatory"),
        (exc, inh, weight, "excitatory"), (inh, exc, inhibition, "inhibitory"),
    ):
        sim.Projection(pre, post, sim.FixedProbabilityConnector(0.4),
                       sim.StaticSynapse(weight=w, delay=delays), receptor_type=receptor)
    synapse = sim.StaticSynapse(weight=weight, delay=delays) if rule is None else rule(sim, weight)
    learning = sim.Projection(exc, exc, sim.FixedProbabilityConnector(0.5), synapse)
    for p in (exc, inh):
        p.record(["spikes", "v"])
    return (exc, inh), learning


CELLS = {  # cell, its parameters, weight of excitation and inhibition
    "IF_curr_exp": ({"tau_refrac": 1.0}, 0.9, -0.7),
    "IF_curr_alpha": ({"tau_refrac": 1.0}, 0.5, -0.4),
    "IF_curr_delta": ({"tau_refrac": 1.0}, 3.0, -2.0),
    "IF_cond_exp": ({"tau_refrac": 1.0}, 0.02, 0.02),
    "EIF_cond_exp_isfa_ista": ({"tau_refrac": 1.0}, 0.02, 0.02),
    "HH_cond_exp": ({}, 0.02, 0.02),
    "Izhikevich": ({}, 6.0, -4.0),
}


def plastic(timing: str, weights: str, fraction: float, delay: float) -> Rule:
    def rule(sim: Any, weight: float) -> Any:
        times = {"tau_plus": 12.0, "tau_minus": 17.0, "A_plus": 0.06, "A_minus": 0.05}
        bounds = {"w_min": 0.0, "w_max": 2 * weight}
        if timing == "Vogels2011Rule":
            times = {"eta": 0.05, "rho": 20.0}
        elif weights == "GutigWeightDependence":
            bounds |= {"mu_plus": 0.3, "mu_minus": 0.6}
        return sim.STDPMechanism(
            timing_dependence=getattr(sim, timing)(**times),
            weight_dependence=getattr(sim, weights)(**bounds),
            weight=weight, delay=delay, dendritic_delay_fraction=fraction)
    return rule


PYNN = [(cell, None) for cell in CELLS] + [
    ("IF_curr_exp", plastic("SpikePairRule", "AdditiveWeightDependence", 1.0, 2.3)),
    ("IF_curr_exp", plastic("SpikePairRule", "GutigWeightDependence", 0.4, 3.0)),
    ("IF_cond_exp", plastic("SpikePairRule", "MultiplicativeWeightDependence", 0.0, 0.7)),
    ("IF_curr_alpha", plastic("Vogels2011Rule", "AdditiveWeightDependence", 0.5, 2.0)),
]


@pytest.mark.parametrize(("numerics", "timestep", "parts"), [
    pytest.param("pynn", 0.1, PYNN, marks=pytest.mark.slow),
    ("spinnaker", 1.0, [
        ("IF_curr_exp", None), ("IF_curr_delta", None), ("IF_cond_exp", None),
        ("IF_curr_exp", plastic("SpikePairRule", "AdditiveWeightDependence", 1.0, 4.0))]),
    pytest.param({"base": "pynn", "delay_rule": "next_step", "coincidence": "depression",
      "plasticity_update": "deferred", "threshold_rule": ">", "input_rule": "step"}, 0.5, [
        ("IF_curr_exp", plastic("SpikePairRule", "AdditiveWeightDependence", 0.5, 3.0)),
        ("IF_curr_delta", plastic("SpikePairRule", "MultiplicativeWeightDependence", 1.0, 0.5))],
        marks=pytest.mark.slow),
], ids=["pynn", "spinnaker", "other choices"])
def test_every_cell_fires_and_learns_in_the_same_steps(
    numerics: Any, timestep: float, parts: list[tuple[str, Rule | None]]
) -> None:
    def run(backend: str) -> list[Outcome]:
        sim = neuroport.simulator(backend, timestep=timestep, seed=4, numerics=numerics)
        made = []
        for number, (cell, rule) in enumerate(parts):
            parameters, weight, inhibition = CELLS[cell]
            made.append(network(sim, f"{number} {cell}", getattr(sim, cell)(**parameters),
                                weight, inhibition, rule))
        sim.run(700 * timestep)
        found = []
        for populations, learning in made:
            weights = np.asarray(learning.get("weight", format="list", with_address=False))
            found.append(outcome(sim, *populations) | {"weights": weights})
        sim.end()
        return found

    for (cell, rule), one, other in zip(parts, *map(run, BOTH), strict=True):
        assert agree(one, other) > 20, cell
        assert (np.ptp(one["weights"]) > 1e-3) == (rule is not None), cell  # it has learnt


def test_more_spikes_than_the_reference_keeps_can_be_under_way() -> None:
    """The reference refuses a dendritic delay of more than 63 spikes; here there is no limit."""
    def found(delay: float) -> Any:
        sim = neuroport.simulator("nengo", timestep=1.0)
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=np.arange(100.0)))
        cell = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0), label="cell")
        sim.Projection(source, cell, sim.OneToOneConnector(), sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(), weight_dependence=sim.AdditiveWeightDependence(),
            weight=0.01, delay=delay, dendritic_delay_fraction=1.0))
        cell.record("isyn_exc")
        sim.run(200.0)
        signal = outcome(sim, cell)["cell.isyn_exc"]
        sim.end()
        return np.asarray(signal[:, 0])

    short, long = found(1.0), found(90.0)
    assert short[1] == pytest.approx(0.01)
    np.testing.assert_allclose(long[90:], short[1:112])

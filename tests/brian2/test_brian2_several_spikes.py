"""Sources with several spikes in one step, onto synapses that change with each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuroport.testing.pairs import plastic_weight

# No pre- and postsynaptic spike act at the same moment: that is a rule of its own.
PRE = [20.0, 20.0, 20.0, 31.0, 52.0, 52.0, 90.0]
DELAY = 4


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rule", ["pair", "nearest_pair"])
def test_each_spike_counts(make: Any, rule: str, fraction: float) -> None:
    sim = make()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=PRE))
    drive = sim.Population(1, sim.SpikeSourceArray(spike_times=[18.0, 24.0, 39.0, 60.0]))
    cell = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0, tau_syn_E=0.5))
    cell.record("spikes")
    sim.Projection(drive, cell, sim.AllToAllConnector(), sim.StaticSynapse(weight=60.0, delay=1.0))
    p = {"A_plus": 0.02, "A_minus": 0.03, "tau_plus": 15.0, "tau_minus": 25.0,
         "w_min": 0.0, "w_max": 2.0}
    timing = {"pair": sim.SpikePairRule, "nearest_pair": sim.SpikeNearestPairRule}[rule](
        **{name: p[name] for name in ("A_plus", "A_minus", "tau_plus", "tau_minus")})
    plastic = sim.Projection(source, cell, sim.AllToAllConnector(), sim.STDPMechanism(
        timing, sim.AdditiveWeightDependence(w_min=0.0, w_max=2.0), weight=1.0,
        delay=float(DELAY), dendritic_delay_fraction=fraction))
    sim.run(110.0)
    fired = np.rint(cell.get_data().segments[0].spiketrains[0].magnitude).tolist()
    assert len(fired) >= 4
    dendritic = round(DELAY * fraction)
    want = plastic_weight(rule, "additive", p, 1.0, PRE, fired, axonal=DELAY - dendritic,
                          dendritic=dendritic, timestep=1.0, absolute=False)
    found = plastic.get("weight", "list", with_address=False)[0]
    assert found == pytest.approx(want, rel=1e-9)  # one exponential a pair: rounding error only
    assert found != 1.0


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_all_of_them_are_delivered(make: Any, fraction: float) -> None:
    """What is under way in a dendrite is one sum; nothing is learnt without A."""

    def trace(synapse: Any) -> Any:
        sim = make()
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=PRE))
        cell = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
        cell.record("v")
        sim.Projection(source, cell, sim.AllToAllConnector(), synapse(sim))
        sim.run(110.0)
        return cell.get_data().segments[0].analogsignals[0].magnitude

    plastic = trace(lambda s: s.STDPMechanism(
        s.SpikePairRule(A_plus=0.0, A_minus=0.0), s.AdditiveWeightDependence(w_max=2.0),
        weight=0.5, delay=float(DELAY), dendritic_delay_fraction=fraction))
    static = trace(lambda s: s.StaticSynapse(weight=0.5, delay=float(DELAY)))
    np.testing.assert_allclose(plastic, static, rtol=1e-12)


@pytest.mark.parametrize("mechanism", ["STDPMechanism", "TsodyksMarkramSynapse"])
def test_a_fast_poisson_source_runs_on_changing_synapses(make: Any, mechanism: str) -> None:
    """Above 0.1 spikes a step a source may spike several times in one."""
    sim = make()
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=900.0))
    cell = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0))
    rules = ((sim.SpikePairRule(), sim.AdditiveWeightDependence(w_max=1.0))
             if mechanism == "STDPMechanism" else ())
    sim.Projection(source, cell, sim.AllToAllConnector(),
                   getattr(sim, mechanism)(*rules, weight=0.05, delay=2.0))
    source.record("spikes")
    assert not [f for f in sim.check() if f.severity.blocks]
    sim.run(100.0)
    sim.run(100.0)
    trains = [t.magnitude for t in source.get_data().segments[0].spiketrains]
    assert max(np.unique(t, return_counts=True)[1].max() for t in trains) > 1

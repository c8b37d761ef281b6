"""Delays far beyond those of the conformance suite: a spike takes the steps that it is given."""

from __future__ import annotations

import numpy as np
import pytest

import neuroport

# Around the ends of rings of 2**n slots, and a second at 1 ms.
DELAYS = (31, 32, 33, 64, 127, 128, 129, 255, 256, 257, 1000)


@pytest.mark.parametrize("backend", ["brian2", "native", "nest"])
@pytest.mark.parametrize("rule", ["same_step", "next_step"])
def test_spikes_of_sources_and_cells_take_the_steps_of_their_delay(backend, rule):
    sim = neuroport.simulator(backend, timestep=1.0, numerics=f"pynn+delay_rule={rule}")
    fires = {"tau_refrac": 1.0, "tau_syn_E": 1.0, "cm": 0.25, "tau_m": 10.0}
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0]))
    relay, direct, behind = (sim.Population(n, sim.IF_curr_exp(**fires))
                             for n in (1, len(DELAYS), len(DELAYS)))
    sim.Projection(source, relay, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=20.0, delay=2.0))
    for pre, post in ((source, direct), (relay, behind)):
        sim.Projection(pre, post, sim.FromListConnector(
            [(0, k, 20.0, float(d)) for k, d in enumerate(DELAYS)]), sim.StaticSynapse())
    for population in (relay, direct, behind):
        population.record("spikes")
    sim.run(1100.0)

    def first(population):
        trains = population.get_data().segments[0].spiketrains
        return np.array([float(train[0]) for train in trains])

    late = int(rule == "next_step")
    sent = first(relay)[0]
    assert sent == 5 + late
    assert first(direct).tolist() == [3 + d + late for d in DELAYS]
    assert first(behind).tolist() == [sent + d + late for d in DELAYS]
    sim.end()

"""What a source did is recorded: later parameters change the times that follow, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engines import lacking

import neuroport

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("own_home")]
# NEST refuses to change a source with delays of one step in this delay rule, and says so.
ENGINES = {"brian2": {"numerics": "spinnaker"}, "spinnaker-emulated": {"numerics": "spinnaker"},
           "nest": {"numerics": {"base": "pynn", "delay_rule": "next_step"}}}


def _train(population: Any) -> list[float]:
    trains = population.get_data("spikes").segments[-1].spiketrains
    return sorted(float(t) for train in trains for t in train)


@pytest.fixture
def own_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("engine", [
    pytest.param(name, marks=[pytest.mark.slow] if "spinnaker" in name else [])
    for name in ENGINES])
def test_recorded_sources_after_a_change(engine: str) -> None:
    if reason := lacking(engine):
        pytest.skip(reason)
    sim = neuroport.simulator(engine, timestep=1.0, seed=42, **ENGINES[engine])
    noise = sim.Population(20, sim.SpikeSourcePoisson(rate=0.0), label="noise")
    relay = sim.Population(20, sim.IF_curr_exp(  # one spike for each that comes in
        tau_refrac=0.1, tau_syn_E=1.0, tau_m=1.0, cm=0.2), label="relay")
    sim.Projection(noise, relay, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=10.0, delay=1.0))
    array = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 20.0]), label="array")
    for population in (noise, relay, array):
        population.record("spikes")
    sim.run(100.0)
    assert (_train(noise), _train(relay), _train(array)) == ([], [], [10.0, 20.0])
    noise.set(rate=100.0)
    sim.run(500.0)
    loud = _train(noise)
    # 20 sources, 500 ms, 100 Hz: 1000 spikes, and six standard deviations of that
    assert abs(len(loud) - 1000) < 6 * np.sqrt(1000)
    assert min(loud) >= 100.0
    noise.set(rate=10.0)
    array.set(spike_times=[650.0])
    sim.run(500.0)
    assert [t for t in _train(noise) if t < 600.0] == [t for t in loud if t < 600.0]
    later = [t for t in _train(noise) if t >= 600.0]
    assert abs(len(later) - 100) < 6 * np.sqrt(100)
    assert _train(array) == [10.0, 20.0, 650.0]
    # What is recorded is what was sent: a cell fires once for each spike, but for those that come
    # while it is refractory or still above the threshold, or after the end.
    assert 0.9 * len(_train(noise)) <= len(_train(relay)) <= len(_train(noise))
    sim.end()

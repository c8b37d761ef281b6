"""One rule for times between two steps: half a step counts up, whatever the time is of."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuroport
from neuroport.numerics import to_steps

ON = ("brian2", "nest")


@pytest.fixture(params=ON)
def simulator(request: pytest.FixtureRequest, engine: Callable[[str], None]) -> Any:
    engine(request.param)
    # The step that makes every delay possible in NEST, too.
    rules = {"base": "pynn", "delay_rule": "next_step", "plasticity_update": "deferred"}
    made: list[Any] = []

    def factory(timestep: float, **options: Any) -> Any:
        made.append(neuroport.simulator(
            request.param, timestep=timestep, numerics=rules, **options))
        return made[-1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", neuroport.FindingWarning)
        yield factory
    for sim in made:
        sim.end()


@given(st.integers(0, 10**6), st.sampled_from([1.0, 0.5, 0.1, 0.05, 0.025]))
def test_half_a_step_counts_up(step: int, timestep: float) -> None:
    assert to_steps((step + 0.5) * timestep, timestep) == step + 1
    assert to_steps(step * timestep, timestep) == step
    assert to_steps((step + 0.499) * timestep, timestep) == step


@pytest.mark.parametrize("timestep", [1.0, 0.1, 0.5])
def test_spikes_and_delays_between_two_steps_follow_one_rule(
    simulator: Any, timestep: float
) -> None:
    sim = simulator(timestep)
    asked = np.arange(1, 9) + 0.5
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=(asked * timestep).tolist()))
    source.record("spikes")
    a, b = (sim.Population(8, sim.IF_curr_exp(tau_refrac=timestep)) for _ in range(2))
    joined = sim.Projection(a, b, sim.FromListConnector(
        [(i, i, 0.1, float(asked[i] * timestep)) for i in range(8)]))

    def delays() -> Any:
        return np.array(joined.get("delay", "list", with_address=False)) / timestep

    # As NEST has them: what is used, also before the run.
    np.testing.assert_allclose(delays(), asked + 0.5, atol=1e-9)
    sim.run(12 * timestep)
    np.testing.assert_allclose(delays(), asked + 0.5, atol=1e-9)
    train = source.get_data().segments[0].spiketrains[0].magnitude
    np.testing.assert_allclose(train / timestep, asked + 0.5, atol=1e-9)


def test_a_step_current_changes_with_the_spikes_of_its_times(simulator: Any) -> None:
    sim = simulator(0.1)
    times = [0.25, 0.45, 0.65, 0.85]
    cell = sim.Population(
        1, sim.IF_curr_exp(v_thresh=100.0, tau_m=1000.0, cm=1.0, v_rest=0.0, tau_refrac=0.1),
        initial_values={"v": 0.0})
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=times))
    source.record("spikes")
    sim.StepCurrentSource(times=times, amplitudes=[1.0, 2.0, 3.0, 4.0]).inject_into(cell)
    cell.record("v")
    sim.run(1.5)
    v = cell.get_data().segments[0].analogsignals[0].magnitude.flatten()
    # 1 nA raises 1 nF by 0.1 mV a step; the leak takes less than a thousandth of it.
    amplitude = np.diff(v) / 0.1
    changes = np.flatnonzero(np.diff(np.rint(amplitude))) + 1
    train = source.get_data().segments[0].spiketrains[0].magnitude
    np.testing.assert_allclose(train, [0.3, 0.5, 0.7, 0.9], atol=1e-9)
    np.testing.assert_allclose(changes * 0.1, train, atol=1e-9)


def test_spikes_at_a_step_and_a_half_are_in_different_steps(simulator: Any) -> None:
    sim = simulator(1.0)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.5, 2.5]))
    cell = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
    sim.Projection(source, cell, sim.AllToAllConnector(), sim.STDPMechanism(
        sim.SpikePairRule(), sim.AdditiveWeightDependence(w_max=1.0), weight=0.5, delay=2.0))
    source.record("spikes")
    sim.run(10.0)
    assert source.get_data().segments[0].spiketrains[0].magnitude.tolist() == [2.0, 3.0]

"""The grid on which weights are stored."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import neuroport
from neuroport.errors import UnknownNumericsError
from neuroport.network.file import load_network, save_network


def build(weights, numerics="spinnaker", delays=None, w_max=None, receptor="excitatory"):
    sim = neuroport.simulator("brian2", timestep=1.0, numerics=numerics)
    pre = sim.Population(len(weights), sim.SpikeSourceArray(spike_times=[]))
    post = sim.Population(1, sim.IF_curr_exp())
    rows = [(i, 0, w, 1.0 if delays is None else delays[i]) for i, w in enumerate(weights)]
    synapse = sim.StaticSynapse()
    if w_max is not None:
        synapse = sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=w_max),
        )
    projection = sim.Projection(
        pre, post, sim.FromListConnector(rows), synapse, receptor_type=receptor
    )
    return sim, projection


@pytest.mark.parametrize(
    ("weights", "step"),
    [
        ([1.538, 1.538], 2.0**-13),  # largest sum 3.076 -> shift 2
        ([1.0], 2.0**-14),  # a power of two needs one bit more
        ([0.3], 2.0**-15),
        ([20.0] * 10, 2.0**-7),
    ],
)
def test_step_follows_the_largest_sum(weights, step):
    sim, _ = build(weights)
    stored = sim.network().projections[0]
    assert stored.weight_step == step
    assert np.allclose(stored.weight, weights, atol=step / 2)
    assert np.all(np.rint(stored.weight / step) * step == stored.weight)


def test_unequal_delays_take_the_poisson_bound():
    weights = [0.5] * 100
    same, _ = build(weights)
    mixed, _ = build(weights, delays=[1.0, 2.0] * 50)
    assert same.network().projections[0].weight_step == 2.0**-9  # 50
    # 100 cells at 30 Hz: 3 spikes a step; 1.5 + 5·√(3·0.25) = 5.83
    assert mixed.network().projections[0].weight_step == 2.0**-12


def test_plastic_weights_count_with_their_largest_value():
    sim, _ = build([0.0] * 10, w_max=20.0)
    assert sim.network().projections[0].weight_step == 2.0**-7


def test_rounding_is_a_finding_and_what_the_user_wrote_is_kept():
    sim, projection = build([0.3, 20.0, 1e-4])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [f for f in sim.check() if f.code == "NP112"]
    assert len(found) == 1
    assert "1 become 0" in found[0].measured
    assert found[0].severity.value == "warning"
    assert projection.get("weight", "list", with_address=False) == [0.3, 20.0, 1e-4]
    assert not [f for f in build([0.5, 0.25])[0].check() if f.code == "NP112"]


def test_pynn_numerics_have_no_grid():
    sim, _ = build([0.3], numerics="pynn")
    stored = sim.network().projections[0]
    assert stored.weight_step is None
    assert stored.weight.tolist() == [0.3]


def test_single_choice_and_file(tmp_path):
    sim, _ = build([0.3], numerics={"static_weight_step": 0.25})
    stored = sim.network().projections[0]
    assert (stored.weight_step, stored.weight.tolist()) == (0.25, [0.25])
    loaded = load_network(save_network(sim.network(), tmp_path / "x.network"))
    assert loaded.projections[0].weight_step == 0.25


@pytest.mark.parametrize("choice", [0, -1.0, "often", float("inf"), True])
def test_wrong_choices_are_refused(choice):
    with pytest.raises(UnknownNumericsError, match="ring_buffer"):
        neuroport.simulator("brian2", numerics={"static_weight_step": choice})


def test_plastic_inhibition_that_starts_at_zero_inhibits():
    sim = neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0, 20.0]))
    teacher = sim.Population(1, sim.SpikeSourceArray(spike_times=[7.0]))
    post = sim.Population(1, sim.IF_curr_delta())
    drive = sim.StaticSynapse(weight=20.0, delay=1.0)
    sim.Projection(teacher, post, sim.AllToAllConnector(), drive)
    plastic = sim.Projection(
        pre, post, sim.AllToAllConnector(),
        sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=1.0, A_minus=0.0),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=5.0),
            weight=0.0, delay=1.0,
        ),
        receptor_type="inhibitory",
    )
    sim.run(30.0)
    assert plastic.get("weight", "list", with_address=False)[0] < 0

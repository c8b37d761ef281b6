"""Vogels and Abbott's and Brunel's networks as registered models."""

import pytest

import neuroport
from neuroport.errors import InvalidValueError
from neuroport.models import load_model, model_names


def run(name, seed=1, **options):
    model = load_model(name)
    sim = neuroport.simulator("brian2", timestep=model.timestep, seed=seed, codegen="numpy")
    result = model(sim, **options)
    sim.end()
    return result, sim.network()


def test_they_are_registered():
    assert {"vogels-abbott", "brunel"} <= set(model_names())


def test_vogels_abbott_keeps_itself_active_and_irregular():
    result, network = run("vogels-abbott", neurons=4000, duration=300.0)
    # Brette et al. 2007, benchmark 2, and every engine at this size: 5 to 6 Hz; one drawing of
    # the connections differs from the next by 5 %. The first 50 ms fire more.
    for population in result.data.values():
        assert 3.5 < population["rate_hz"] < 8.0
    inputs = network.n_synapses / 4000
    assert inputs == pytest.approx(80, rel=0.02)


def test_brunel_fires_irregularly_with_a_fixed_number_of_inputs():
    result, network = run("brunel", neurons=625, duration=150.0)
    assert 5.0 < result.data["excitatory"]["rate_hz"] < 80.0
    into = next(p for p in network.projections if p.label == "inhibitory to excitatory")
    assert into.size == 500 * round(0.1 * 125)
    assert (into.weight == -3.0).all() and (into.delay == 15).all()


@pytest.mark.parametrize("name", ["vogels-abbott", "brunel"])
def test_wiring_fixes_the_connections_alone(name):
    networks = [run(name, seed, neurons=200, duration=1.0, wiring=wiring)[1]
                for seed, wiring in ((1, 5), (2, 5), (1, 6))]
    same, other = ([(a.pre_index.tolist() == b.pre_index.tolist())
                    for a, b in zip(networks[0].projections, n.projections, strict=True)
                    if "to" in a.label and "input" not in a.label] for n in networks[1:])
    assert all(same) and not any(other)
    starts = [n.population("excitatory").initial["v"].tolist() for n in networks]
    assert starts[0] != starts[1] and starts[0] == starts[2]


@pytest.mark.parametrize("name", ["vogels-abbott", "brunel"])
def test_what_cannot_be_used_is_named_all_at_once(name):
    sim = neuroport.simulator("brian2")
    with pytest.raises(InvalidValueError) as caught:
        load_model(name)(sim, neurons=3, duration=-1.0, tau_m=0.0, wiring=-1)
    assert len(caught.value.problems) == 4

"""Cells and synapses that draw: closed forms of their statistics and of what spikes leave."""

from __future__ import annotations

import numpy as np
import pytest
from pyNN.parameters import ArrayParameter

import neuroport
from neuroport import errors
from neuroport.network.named_equations import STREAM

INTERVAL, SPIKES, SYNAPSES = 12.0, 6, 2000


def make(**options):
    return neuroport.simulator("brian2", **{"timestep": 1.0, "seed": 5, **options})


def released(synapse: str, seed: int = 5, **parameters):
    """Return what each of many synapses releases at each spike, in parts of the weight."""
    sim = make(seed=seed)
    times = 2.0 + INTERVAL * np.arange(SPIKES)
    source = sim.Population(SYNAPSES, sim.SpikeSourceArray(spike_times=times))
    cells = sim.Population(SYNAPSES, sim.IF_curr_delta(v_rest=0.0, v_thresh=1e6, tau_m=1e9),
                           initial_values={"v": 0.0})
    sim.Projection(source, cells, sim.OneToOneConnector(),
                   getattr(sim, synapse)(weight=1.0, delay=1.0, **parameters))
    cells.record("v")
    sim.run(INTERVAL * SPIKES + 5)
    (v,) = cells.get_data().segments[0].analogsignals
    v = np.asarray(v)
    sim.end()
    return np.array([v[int(t) + 6] - v[int(t)] for t in times])


def expected(u_of: float, tau_rec: float, tau_facil: float) -> list[float]:
    """Mean release of a site: it has recovered with a probability, and then releases with u."""
    means, u, there = [], 0.0, 1.0
    for _ in range(SPIKES):
        u = u_of + (1 - u_of) * u * (np.exp(-INTERVAL / tau_facil) if tau_facil else 0.0)
        means.append(u * there)
        there = 1 - (1 - there * (1 - u)) * np.exp(-INTERVAL / tau_rec)
    return means


@pytest.mark.parametrize(("synapse", "parameters", "sites"), [
    ("SimpleStochasticSynapse", {"p": 0.3}, 1),
    ("StochasticTsodyksMarkramSynapse", {"U": 0.4, "tau_rec": 30.0, "tau_facil": 40.0}, 1),
    ("StochasticTsodyksMarkramSynapse", {"U": 0.5, "tau_rec": 20.0, "tau_facil": 0.0}, 1),
    ("MultiQuantalSynapse", {"U": 0.3, "n": 5, "tau_rec": 25.0, "tau_facil": 60.0}, 5),
])
def test_the_mean_release_is_that_of_the_model(synapse, parameters, sites):
    found = released(synapse, **parameters)
    assert set(np.rint(found * sites).ravel()) <= set(range(sites + 1))
    assert found * sites == pytest.approx(np.rint(found * sites), abs=1e-6)
    if synapse == "SimpleStochasticSynapse":
        wanted = np.full(SPIKES, parameters["p"])
    else:
        wanted = np.array(expected(
            parameters["U"], parameters["tau_rec"], parameters["tau_facil"]))
    # Five standard errors of a mean of so many sites, each 0 or 1.
    error = 5 * np.sqrt(wanted * (1 - wanted) / (SYNAPSES * sites))
    assert (np.abs(found.mean(axis=1) - wanted) < error).all()


def test_what_is_drawn_comes_from_the_seed():
    first = np.rint(released("SimpleStochasticSynapse", p=0.5))
    assert np.array_equal(first, np.rint(released("SimpleStochasticSynapse", p=0.5)))
    other = np.rint(released("SimpleStochasticSynapse", p=0.5, seed=6))
    # Two independent series agree in half of the places, within five standard deviations.
    assert abs((first == other).mean() - 0.5) < 5 * 0.5 / np.sqrt(first.size)


def test_a_gif_cell_adapts_as_its_spikes_say():
    taus, currents, shifts = [2.0, 20.0], [0.1, 0.05], [3.0, 1.0]
    sim = make(timestep=0.1)
    cells = sim.Population(3, sim.GIF_cond_exp(
        i_offset=[2.0, 3.0, 4.0], tau_refrac=2.0, tau_eta=ArrayParameter(taus),
        a_eta=ArrayParameter(currents), tau_gamma=ArrayParameter(taus),
        a_gamma=ArrayParameter(shifts)))
    cells.record(["spikes", "v", "i_eta", "v_t"])
    sim.run(200.0)
    data = cells.get_data().segments[0]
    signals = {s.name: np.asarray(s) for s in data.analogsignals}
    steps = np.arange(signals["v"].shape[0])
    for k, train in enumerate(data.spiketrains):
        fired = np.rint(np.asarray(train) / 0.1).astype(int)
        assert fired.size > 3
        # A spike of step s is in the sample at its end, s + 1.
        since = (steps[:, None] - fired[None, :] - 1) * 0.1
        for name, amplitudes, base in (("i_eta", currents, 0.0), ("v_t", shifts, -48.0)):
            wanted = base + sum(a * np.where(since >= 0, np.exp(-np.maximum(since, 0) / tau), 0)
                                for a, tau in zip(amplitudes, taus, strict=True)).sum(axis=1)
            # Runge-Kutta of the fourth order: (0.1/2)^5/120 a step.
            assert signals[name][:, k] == pytest.approx(wanted, abs=1e-5)
        v = signals["v"][:, k]
        for s in fired:
            assert (v[s + 1 : s + 21] == -65.0).all()  # 2 ms at the reset potential


def test_a_gif_cell_fires_at_the_rate_of_its_intensity():
    """Potential and threshold stand still, so intervals are a dead time and an exponential rest."""
    rate, dead = 60.0, 4.0
    sim = make()
    cells = sim.Population(200, sim.GIF_cond_exp(
        v_rest=-48.0, v_reset=-48.0, lambda0=rate, tau_refrac=dead, delta_v=1.0,
        a_gamma=ArrayParameter([0.0]), tau_gamma=ArrayParameter([1.0]),
        a_eta=ArrayParameter([0.0]), tau_eta=ArrayParameter([1.0])), initial_values={"v": -48.0})
    cells.record("spikes")
    sim.run(2000.0)
    trains = cells.get_data().segments[0].spiketrains
    gaps = np.concatenate([np.diff(np.asarray(train)) for train in trains])
    p = 1 - np.exp(-rate * 1e-3)  # in a step; gaps are geometric beyond the dead time
    assert gaps.min() == dead + 1
    mean, spread = dead + 1 / p, np.sqrt(1 - p) / p
    assert abs(gaps.mean() - mean) < 5 * spread / np.sqrt(gaps.size)


def test_gif_parameters_are_arrays_and_can_be_changed():
    sim = make()
    cells = sim.Population(2, sim.GIF_cond_exp(tau_eta=[1.0, 2.0, 4.0]))
    assert [list(a.value) for a in cells.get("tau_eta")] == [[1.0, 2.0, 4.0]] * 2
    cells.set(a_gamma=ArrayParameter([1.0, 0.5, 0.25]), v_reset=-70.0)
    assert list(cells[0:1].get("a_gamma").value) == [1.0, 0.5, 0.25]
    network = sim.network().population(cells.label)
    assert network.parameters["tau_eta_3"].tolist() == [4.0, 4.0]
    assert STREAM in network.parameters
    with pytest.raises(errors.InvalidValueError, match="as many time constants"):
        sim.GIF_cond_exp(tau_eta=[1.0, 2.0])
    with pytest.raises(errors.InvalidValueError, match="as when the cells were made"):
        cells.set(tau_eta=[1.0])


def test_equations_of_ones_own_may_draw():
    sim = make()
    escape = sim.cell_by_equations(
        "Escape", derivatives={"v": "-v/tau + I"}, threshold="uniform(1) < p*dt", reset="v = 0",
        parameters={"tau": 10.0, "p": 0.1}, initial={"v": 0.0})
    cells = sim.Population(100, escape())
    cells.record("spikes")
    half = sim.synapse_by_equations(
        "Half", parameters={"p": 0.5}, decays={}, initial={"sent": 0.0},
        on_presynaptic="sent = int(uniform(1) < p)", delivers="weight*sent")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=list(range(5, 95))))
    targets = sim.Population(50, sim.IF_curr_delta(v_rest=0.0, v_thresh=1e6, tau_m=1e9),
                             initial_values={"v": 0.0})
    sim.Projection(source, targets, sim.AllToAllConnector(), half(weight=1.0, delay=1.0))
    targets.record("v")
    sim.run(100.0)
    assert abs(cells.mean_spike_count() - 10) < 5 * np.sqrt(9 / 100)
    count = np.asarray(targets.get_data().segments[0].analogsignals[0])[-1]
    assert abs(count.mean() - 45) < 5 * np.sqrt(22.5 / 50) and np.ptp(count) > 3


@pytest.mark.parametrize(("change", "words"), [
    ({"derivatives": {"v": "uniform(1)"}}, "random numbers in"),
    ({"threshold": "uniform(0) < 0.1"}, "uniform.1. to uniform.7."),
    ({"threshold": "uniform < 0.1"}, "uniform.1. to uniform.7."),
    ({"name": "GIF_cond_exp"}, "PyNN has a cell type"),
])
def test_random_numbers_belong_to_events(change, words):
    given = {"name": "Mine", "derivatives": {"v": "-v"}, "threshold": "v > 1", "reset": "v = 0",
             "parameters": {}, "initial": {"v": 0.0}, **change}
    with pytest.raises(errors.InvalidValueError, match=words):
        make().cell_by_equations(given.pop("name"), **given)

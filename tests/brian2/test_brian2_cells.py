"""Cells against closed forms and fine integration written here, and the step rule."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, exp
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

LIF = {"cm": 0.25, "tau_m": 15.0, "v_rest": -65.0, "v_reset": -68.0, "v_thresh": 1e3,
       "tau_refrac": 0.0, "i_offset": 0.1}
SPIKES = [3.0, 4.0, 11.0]
DT = 0.5


def response(make: Any, cell: str, variable: str, weights: tuple[float, float],
             parameters: dict[str, float], dt: float = DT, until: float = 30.0,
             **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return (t, v) of one cell with spikes on both receptors; delay 1 ms, inhibition 2 ms."""
    sim = make(timestep=dt, **options)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=SPIKES))
    cells = sim.Population(1, getattr(sim, cell)(**parameters), initial_values={"v": -65.0})
    for receptor, weight, delay in zip(("excitatory", "inhibitory"), weights, (1.0, 2.0),
                                       strict=True):
        sim.Projection(source, cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=weight, delay=delay), receptor_type=receptor)
    cells.record(variable)
    sim.run(until)
    signal = cells.get_data().segments[0].analogsignals[0]
    return signal.times.rescale("ms").magnitude, np.asarray(signal)[:, 0]


def kernel(kind: str, since: float, tau: float) -> float:
    """Return the time course after one input of weight 1."""
    if since < 0:
        return 0.0
    return exp(-since / tau) if kind == "exp" else (since / tau) * exp(1 - since / tau)


@pytest.mark.parametrize("kind", ["exp", "alpha"])
@pytest.mark.parametrize("tau", [2.5, 15.0])  # also equal to tau_m, where the formula cancels
def test_current_based_cells_are_exact(make: Any, kind: str, tau: float) -> None:
    weights = (0.9, -0.7)
    taus = (tau, 4.0)
    t, v = response(make, f"IF_curr_{kind}", "v", weights,
                    {**LIF, "tau_syn_E": taus[0], "tau_syn_I": taus[1]})

    def slope(now: float, y: np.ndarray) -> list[float]:
        current = LIF["i_offset"] + sum(
            w * kernel(kind, now - s - d, x)
            for w, d, x in zip(weights, (1.0, 2.0), taus, strict=True) for s in SPIKES)
        return [(LIF["v_rest"] - y[0]) / LIF["tau_m"] + current / LIF["cm"]]

    want = [-65.0]
    for first, last in pairwise(t):  # arrivals are on the grid: smooth pieces
        # Evaluate just inside the piece, so that an arrival at its end is not seen early.
        solved = solve_ivp(slope, (first, last - 1e-12), [want[-1]], rtol=1e-11, atol=1e-12)
        want.append(solved.y[0, -1])
    # Integrated to 1e-11; sixty pieces and the millivolts' own size leave 1e-8.
    np.testing.assert_allclose(v, want, atol=1e-8)


def test_delta_jumps(make: Any) -> None:
    t, v = response(make, "IF_curr_delta", "v", (2.0, -1.5), LIF)
    rest = LIF["v_rest"] + LIF["i_offset"] * LIF["tau_m"] / LIF["cm"]

    def free(now: float) -> float:
        jumps = sum(w * exp(-(now - s - d) / LIF["tau_m"])
                    for w, d in ((2.0, 1.0), (-1.5, 2.0)) for s in SPIKES if now >= s + d)
        return rest + (-65.0 - rest) * exp(-now / LIF["tau_m"]) + jumps

    np.testing.assert_allclose(v, [free(x) for x in t], atol=1e-10)  # closed form


def error(make: Any, cell: str, parameters: dict[str, float], dt: float, slope: Any,
          start: list[float]) -> float:
    """Return the largest difference of v from fine integration, on a grid of 0.5 ms."""
    _, v = response(make, cell, "v", (0.004, 0.006), parameters, dt=dt)
    want, state = [start[0]], start
    grid = np.arange(0.0, 30.01, 0.5)
    for first, last in pairwise(grid):
        solved = solve_ivp(slope, (first, last - 1e-12), state, rtol=1e-10, atol=1e-12,
                           max_step=0.05)
        state = solved.y[:, -1].tolist()
        want.append(state[0])
    return float(np.abs(v[:: round(0.5 / dt)] - want).max())


def conductance(now: float, weight: float, delay: float, tau: float, kind: str) -> float:
    return sum(weight * kernel(kind, now - s - delay, tau) for s in SPIKES)


@pytest.mark.parametrize("kind", ["exp", "alpha"])
def test_conductance_based_cells_converge_with_the_square_of_the_step(
    make: Any, kind: str
) -> None:
    p = {**LIF, "tau_syn_E": 3.0, "tau_syn_I": 5.0, "e_rev_E": 0.0, "e_rev_I": -70.0}

    def slope(now: float, y: list[float]) -> list[float]:
        drive = (conductance(now, 0.004, 1.0, 3.0, kind) * (0.0 - y[0])
                 + conductance(now, 0.006, 2.0, 5.0, kind) * (-70.0 - y[0]))
        return [(p["v_rest"] - y[0]) / p["tau_m"] + (drive + p["i_offset"]) / p["cm"]]

    coarse, fine = (error(make, f"IF_cond_{kind}", p, dt, slope, [-65.0]) for dt in (0.5, 0.125))
    # Second order: a quarter of the step is a sixteenth of the error; first order would be 4.
    assert coarse / fine > 10
    assert coarse < 0.02


def test_adaptive_exponential_converges_with_the_fourth_power(make: Any) -> None:
    p = {"cm": 0.281, "tau_m": 9.3667, "v_rest": -70.6, "v_thresh": -50.4, "delta_T": 2.0,
         "tau_w": 144.0, "a": 4.0, "b": 0.08, "v_spike": -40.0, "i_offset": 0.2,
         "tau_syn_E": 3.0, "tau_syn_I": 5.0, "e_rev_E": 0.0, "e_rev_I": -80.0}
    leak = p["cm"] / p["tau_m"]

    def slope(now: float, y: list[float]) -> list[float]:
        drive = (conductance(now, 0.004, 1.0, 3.0, "exp") * (0.0 - y[0])
                 + conductance(now, 0.006, 2.0, 5.0, "exp") * (-80.0 - y[0]))
        return [(leak * (p["v_rest"] - y[0])
                 + leak * p["delta_T"] * exp((y[0] - p["v_thresh"]) / p["delta_T"])
                 - y[1] + p["i_offset"] + drive) / p["cm"],
                (p["a"] * 1e-3 * (y[0] - p["v_rest"]) - y[1]) / p["tau_w"]]

    coarse, fine = (error(make, "EIF_cond_exp_isfa_ista", p, dt, slope, [-65.0, 0.0])
                    for dt in (0.5, 0.25))
    # Half the step: a sixteenth of the error. 8 would be third order.
    assert coarse / fine > 11


@pytest.mark.parametrize(
    ("numerics", "rounded"),
    [("round", lambda x: int(x + 0.5)), ("ceil", lambda x: ceil(x - 1e-9))])
def test_refractory_rounding(make: Any, numerics: str, rounded: Any) -> None:
    values = [0.0, 0.1, 0.4, 0.5, 0.6, 1.0, 1.2, 1.5, 2.0]
    sim = make(numerics={"refractory_rule": numerics})
    # A current so strong that a cell fires in every step that it may.
    cells = sim.Population(len(values), sim.IF_curr_exp(tau_refrac=values, i_offset=1e3))
    cells.record("spikes")
    sim.run(20.0)
    for value, train in zip(values, cells.get_data().segments[0].spiketrains, strict=True):
        gaps = np.diff(np.rint(train.magnitude)).astype(int).tolist()
        assert gaps
        assert set(gaps) == {1 + rounded(value)}


@pytest.mark.parametrize(("rule", "fires"), [(">=", True), (">", False)])
def test_threshold_rule(make: Any, rule: str, fires: bool) -> None:
    sim = make(numerics={"threshold_rule": rule})
    # v starts and stays exactly at the threshold.
    cells = sim.Population(1, sim.IF_curr_exp(v_rest=-50.0, v_thresh=-50.0, v_reset=-70.0),
                           initial_values={"v": -50.0})
    cells.record("spikes")
    sim.run(3.0)
    train = cells.get_data().segments[0].spiketrains[0]
    assert (len(train) > 0) == fires
    assert not fires or train.magnitude[0] == 0.0


@pytest.mark.parametrize(
    ("numerics", "later"), [("pynn", 0), ("spinnaker", 0), ({"delay_rule": "next_step"}, 1)],
    ids=["pynn", "spinnaker", "next_step"])
@pytest.mark.parametrize("delay", [1, 2, 7])
def test_step_rule(make: Any, numerics: Any, later: int, delay: int) -> None:
    # A chain: the spike of step k over d steps is used in step k+d, and may fire the cell there.
    sim = make(numerics=numerics)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0, 30.0]))
    chain = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0, cm=0.1, tau_syn_E=1.0))
    synapse = sim.StaticSynapse(weight=200.0, delay=float(delay))
    sim.Projection(source, chain[0:1], sim.OneToOneConnector(), synapse)
    sim.Projection(chain, chain, sim.FromListConnector([(0, 1), (1, 2)], column_names=()), synapse)
    chain.record(["spikes", "isyn_exc"])
    sim.run(60.0)
    segment = chain.get_data().segments[0]
    step = delay + later
    first = [int(t.magnitude[0]) for t in segment.spiketrains]
    assert first == [step, 2 * step, 3 * step]
    arrived = np.asarray(segment.analogsignals[0])[:, 0]
    assert np.flatnonzero(arrived)[0] == step  # the sample of step k is the state at its start


def test_held_current_carries_the_charge_of_the_decaying_one(make: Any) -> None:
    tau, weight = 0.3, 2.0
    _, current = response(make, "IF_curr_exp", "isyn_exc", (weight, -0.1),
                          {**LIF, "tau_syn_E": tau, "tau_refrac": 1.0}, dt=1.0,
                          numerics={"base": "spinnaker", "state_bits": None})
    factor = tau * (1 - exp(-1 / tau))
    assert factor == pytest.approx(0.28930, abs=5e-6)  # the published five digits
    assert current[4] == pytest.approx(weight * factor, rel=1e-12)
    # Held over each step, all of it: the charge of an exponential current is weight * tau.
    assert current.sum() == pytest.approx(len(SPIKES) * weight * tau, rel=1e-9)


def test_izhikevich_is_the_chips_midpoint_step(make: Any) -> None:
    sim = make(numerics="spinnaker")
    cells = sim.Population(1, sim.Izhikevich_curr_exp(
        a=0.02, b=0.2, c=-65.0, d=8.0, i_offset=10.0), initial_values={"v": -70.0, "u": -14.0})
    cells.record(["spikes", "v"])
    sim.run(120.0)
    v, u, h = -70.0, -14.0, 1.0
    samples, spikes = [], []
    for step in range(121):
        samples.append(v)
        drive = 140.0 + 10.0 - u
        half = v + 0.5 * h * (drive + (5.0 + 0.040008544921875 * v) * v)
        beta = 0.5 * h * (0.2 * v - u) * 0.02
        v += h * (drive - beta + (5.0 + 0.040008544921875 * half) * half)
        u += 0.02 * h * (-u - beta + 0.2 * half)
        h = 1.0
        if v >= 30.0:
            spikes.append(step)
            v, u, h = -65.0, u + 8.0, 1.85
    segment = cells.get_data().segments[0]
    assert segment.spiketrains[0].magnitude.tolist() == [float(s) for s in spikes if s < 120]
    assert len(spikes) > 2
    # The same operations in another order of rounding, over 120 steps.
    np.testing.assert_allclose(np.asarray(segment.analogsignals[0])[:, 0], samples, atol=1e-6)


def test_several_spikes_of_a_source_in_one_step_are_all_delivered(make: Any) -> None:
    sim = make()
    source = sim.Population(2, sim.SpikeSourceArray(
        spike_times=[sim.Sequence([2.0, 2.1, 2.2]), sim.Sequence([2.0])]))
    cells = sim.Population(2, sim.IF_curr_exp(tau_syn_E=1.0, v_thresh=0.0))
    sim.Projection(source, cells, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=0.5, delay=3.0))
    cells.record("isyn_exc")
    sim.run(8.0)
    current = np.asarray(cells.get_data().segments[0].analogsignals[0])
    assert current[5].tolist() == [1.5, 0.5]


def test_tsodyks_markram_follows_its_equations(make: Any) -> None:
    times = [5.0, 12.0, 19.0, 26.0, 80.0]
    u0, tau_rec, tau_facil, tau_psc, weight = 0.3, 60.0, 40.0, 3.0, 2.0
    sim = make()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=times))
    cells = sim.Population(1, sim.IF_curr_exp(tau_syn_E=tau_psc, v_thresh=1e3))
    sim.Projection(source, cells, sim.OneToOneConnector(), sim.TsodyksMarkramSynapse(
        weight=weight, delay=2.0, U=u0, tau_rec=tau_rec, tau_facil=tau_facil))
    cells.record("isyn_exc")
    sim.run(90.0)
    current = np.asarray(cells.get_data().segments[0].analogsignals[0])[:, 0]
    # dx/dt = z/tau_rec, dy/dt = -y/tau_psc, dz/dt = y/tau_psc - z/tau_rec, du/dt = -u/tau_facil
    state, now = np.array([1.0, 0.0, 0.0]), 0.0
    u = 0.0
    for at in times:
        solved = solve_ivp(lambda t, s: [s[2] / tau_rec, -s[1] / tau_psc,
                                         s[1] / tau_psc - s[2] / tau_rec],
                           (now, at), state, rtol=1e-11, atol=1e-13)
        state = solved.y[:, -1]
        u *= exp(-(at - now) / tau_facil)
        u += u0 * (1 - u)
        released = u * state[0]
        state = state + np.array([-released, released, 0.0])
        before = current[int(at) + 1] * exp(-1 / tau_psc)
        assert current[int(at) + 2] - before == pytest.approx(weight * released, rel=1e-8)
        now = at


def test_cells_and_synapses_written_as_equations_equal_the_standard_ones(make: Any) -> None:
    def run(own: bool) -> list[list[float]]:
        sim = make(timestep=0.1, seed=3)
        cell = sim.IF_curr_exp
        if own:
            cell = sim.cell_by_equations(
                "Mine", derivatives={"v": "(v_rest - v)/tau_m + I/cm"}, threshold="v >= v_thresh",
                reset="v = v_reset", refractory="tau_refrac",
                parameters={"v_rest": -65.0, "tau_m": 20.0, "cm": 1.0, "v_thresh": -50.0,
                            "v_reset": -65.0, "tau_refrac": 0.1, "tau_syn_E": 5.0,
                            "tau_syn_I": 5.0},
                initial={"v": -65.0},
                receptors={"excitatory": {"kind": "current_exp", "tau": "tau_syn_E"},
                           "inhibitory": {"kind": "current_exp", "tau": "tau_syn_I"}})
        source = sim.Population(20, sim.SpikeSourcePoisson(rate=100.0), label="in")
        cells = sim.Population(4, cell(tau_refrac=2.0), label="cells")
        sim.Projection(source, cells, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=0.2, delay=1.5), label="p")
        cells.record("spikes")
        sim.run(150.0)
        return [t.magnitude.tolist() for t in cells.get_data().segments[0].spiketrains]

    standard, own = run(False), run(True)
    assert sum(map(len, standard)) > 20
    assert own == standard


def test_alpha_peaks_at_its_weight(make: Any) -> None:
    t, current = response(make, "IF_curr_alpha", "isyn_exc", (0.8, -0.1),
                          {**LIF, "tau_syn_E": 2.0}, until=4.0 + 4.0)
    want = [sum(0.8 * kernel("alpha", x - s - 1.0, 2.0) for s in SPIKES) for x in t]
    np.testing.assert_allclose(current, want, atol=1e-12)

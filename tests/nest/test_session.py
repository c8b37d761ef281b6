"""Sessions: resets, changes between runs, several at once, processes that die, Ctrl-C."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from nest_networks import recorded, recurrent, same_steps, simulator

import neuroport
from neuroport.errors import CheckFailedError, RunInterrupted, UnsupportedError
from neuroport.process import EngineEndedError, EngineFailedError


def driven(sim, weight=0.8):
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=100.0), label="source")
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=2.0), label="cells")
    projection = sim.Projection(
        source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight, delay=0.2))
    cells.record(["spikes", "v", "isyn_exc"])
    source.record("spikes")
    return source, cells, projection


def on_both(protocol, **options):
    found = []
    for backend in ("brian2", "nest"):
        sim = simulator(backend, **options)
        found.append(protocol(sim))
        sim.end()
    return found


def test_reset_repeats_the_run():
    sim = simulator("nest")
    _, cells, _ = driven(sim)
    sim.run(50.0)
    first = recorded(cells)
    sim.reset()
    assert sim.get_current_time() == 0.0
    sim.run(50.0)
    assert same_steps(first, recorded(cells), 0.1) > 3
    sim.end()


def test_changes_between_runs_act_as_on_brian2():
    def protocol(sim):
        source, cells, projection = driven(sim)
        sim.run(30.0)
        projection.set(weight=1.1)
        cells.set(tau_m=12.0, v_thresh=-51.0)
        sim.run(20.0)
        cells.initialize(v=-60.0)
        current = sim.DCSource(amplitude=0.5, start=55.0, stop=80.0)
        cells[1:].inject(current)
        sim.run(10.0)
        current.set_parameters(amplitude=1.0)
        source.set(rate=200.0)
        sim.run(30.0)
        return recorded(cells, source)

    one, other = on_both(protocol)
    assert same_steps(one, other, 0.1) > 20
    for name in ("v", "isyn_exc"):
        # Rounding only, see test_step_exact.
        np.testing.assert_allclose(
            other["cells"][1][name], one["cells"][1][name], rtol=0, atol=1e-9)


def test_spikes_of_sources_with_the_shortest_delay_survive_the_end_of_a_run():
    def protocol(sim):
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0, 9.0, 10.0, 20.0]))
        cells = sim.Population(1, sim.IF_curr_exp(v_thresh=0.0), label="cells")
        sim.Projection(source, cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=1.0, delay=1.0))
        cells.record("isyn_exc")
        sim.run(10.0)
        sim.run(20.0)
        return recorded(cells)["cells"][1]["isyn_exc"]

    one, other = on_both(protocol, timestep=1.0)
    np.testing.assert_allclose(other, one, atol=1e-12)
    assert one[1, 0] == 1.0 and one[11, 0] > 1.0


def test_a_source_whose_spikes_are_under_way_cannot_be_changed():
    sim = simulator("nest", 1.0)
    source = sim.Population(1, sim.SpikeSourcePoisson(rate=10.0), label="source")
    cells = sim.Population(1, sim.IF_curr_exp())
    sim.Projection(source, cells, sim.OneToOneConnector(), sim.StaticSynapse(delay=1.0))
    sim.run(10.0)
    with pytest.raises(UnsupportedError, match="under way"):
        source.set(rate=500.0)
    sim.end()


def test_recordings_begin_where_they_were_asked_for_and_keep_their_interval():
    def protocol(sim):
        driven(sim)
        late = sim.Population(2, sim.IF_curr_exp(i_offset=0.5), label="late")
        sometimes = sim.Population(2, sim.IF_curr_exp(i_offset=0.5), label="sometimes")
        sometimes.record("v", sampling_interval=0.7)
        sim.run(7.9)
        late.record("v")
        sim.run(7.2)
        return {p.label: recorded(p)[p.label][1]["v"] for p in (late, sometimes)}

    one, other = on_both(protocol)
    for label in one:
        np.testing.assert_allclose(other[label], one[label], atol=1e-9)
        assert one[label].shape[0] == {"late": 152, "sometimes": 22}[label]


def test_two_simulators_live_side_by_side_and_beside_a_nest_of_the_users():
    one, other = simulator("nest", seed=1), simulator("nest", 0.2, seed=2)
    cells = [driven(sim)[1] for sim in (one, other)]
    one.run(10.0)
    other.run(10.0)
    one.run(10.0)
    assert (one.get_current_time(), other.get_current_time()) == (20.0, 10.0)
    assert recorded(cells[0])["cells"][1]["v"].shape == (201, 3)
    assert recorded(cells[1])["cells"][1]["v"].shape == (51, 3)
    import sys

    assert "nest" not in sys.modules  # its global state stays in the children
    one.end()
    other.end()


def test_recorded_data_stay_readable_after_the_end():
    sim = simulator("nest")
    _, cells, _ = driven(sim)
    sim.run(20.0)
    sim.end()
    v = recorded(cells)["cells"][1]["v"]
    assert v.shape == (201, 3) and np.isfinite(v).all()


def test_a_dead_process_is_named_and_what_was_recorded_is_kept():
    sim = simulator("nest")
    _, cells, _ = driven(sim)
    sim.run(30.0)
    spikes = cells.mean_spike_count()
    session = sim.state.session
    folder = session._process.folder
    os.kill(session._process.number, signal.SIGKILL)
    with pytest.raises(EngineEndedError, match="SIGKILL"):
        sim.run(10.0)
    assert cells.mean_spike_count() == spikes > 0
    assert not folder.exists()
    sim.reset()  # starts a new process
    sim.run(30.0)
    assert cells.mean_spike_count() == spikes
    sim.end()


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals")
def test_ctrl_c_stops_between_two_steps_and_keeps_the_data():
    sim = simulator("nest")
    _, cells, _ = driven(sim)
    sim.prepare()

    def interrupt():
        time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(RunInterrupted):
        sim.run(1e7)
    reached = sim.get_current_time()
    assert 0 < reached < 1e7
    assert recorded(cells)["cells"][1]["v"].shape[0] == round(reached / 0.1) + 1
    sim.end()


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(monkeypatch):
    found = []
    for stop_at in (None, 20.0):
        sim = simulator("nest")
        if stop_at is not None:
            sim.prepare()
        kwargs = dict(excitation=0.6, inhibition=-0.8, currents=True)
        if stop_at is None:
            found.append(recurrent(sim, sim.IF_curr_exp(), durations=(60.0,), **kwargs))
        else:
            state = sim.state

            class Asked:
                def __enter__(self, state=state):
                    return self

                def __exit__(self, *_):
                    return None

                def asked(self, state=state):
                    return 0 < state.step < 600 and not getattr(state, "resumed", False)

            monkeypatch.setattr("neuroport.pynn.state.StopOnInterrupt", Asked)
            monkeypatch.setattr("neuroport_nest.session._PIECE", 1e-4)
            with pytest.raises(RunInterrupted):
                recurrent(sim, sim.IF_curr_exp(), durations=(60.0,), **kwargs)
            assert 0 < sim.get_current_time() < 60.0
            state.resumed = True
            sim.run_until(60.0)
            found.append(recorded(*sim.state.populations[1:3]))
        sim.end()
    assert same_steps(found[0], found[1], 0.1) > 20


def test_all_that_nest_cannot_do_is_refused_at_once():
    sim = neuroport.simulator("nest", timestep=1.0, numerics="spinnaker")
    cells = sim.Population(2, sim.IF_curr_exp(v_reset=-40.0), label="cells",
                           initial_values={"isyn_exc": 1.0})
    other = sim.Population(2, sim.HH_cond_exp(), label="other")
    sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(delay=1.0))
    stdp = sim.STDPMechanism(
        timing_dependence=sim.SpikeNearestPairRule(),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.1), weight=0.2, delay=2.0)
    sim.Projection(cells, cells, sim.AllToAllConnector(), stdp)
    with pytest.raises(CheckFailedError) as caught:
        sim.run(1.0)
    codes = [f.code for f in caught.value.findings if f.severity.blocks]
    assert {"NP401", "NP202", "NP402", "NP403", "NP404"} <= set(codes)
    assert codes.count("NP404") == 2
    for finding in caught.value.findings:
        if finding.severity.blocks:
            assert finding.fixes and finding.why and finding.measured
    hh = next(f for f in caught.value.findings if f.code == "NP202")
    assert "EIF_cond_exp_isfa_ista" in hh.fixes[0]
    assert other.label in hh.where


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delay_rule": "same_step"}, "step off"),
        ({"dendritic_delay_fraction": 0.0}, "dendritic_delay_fraction = 0"),
        ({"w_min": 0.1}, "w_min"),
        ({"A_plus": 0.0}, "A_plus"),
        ({"weight": 2.0}, "beyond w_max"),
        ({"rule": "Vogels2011Rule"}, "vogels"),
        ({"rule": "SpikeNearestPairRule"}, "nearest_pair"),
    ],
)
def test_plasticity_that_nest_computes_otherwise_is_refused_by_name(change, words):
    change = dict(change)
    sim = simulator("nest", 1.0, plasticity_update="deferred",
                    delay_rule=change.pop("delay_rule", "next_step"))
    rule = getattr(sim, change.pop("rule", "SpikePairRule"))
    timing = {k: change.pop(k) for k in list(change) if k == "A_plus"}
    if rule.__name__ == "Vogels2011Rule":
        mechanism = sim.STDPMechanism(
            timing_dependence=rule(), weight=0.5, delay=2.0,
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=1.0))
    else:
        mechanism = sim.STDPMechanism(
            timing_dependence=rule(**{"A_plus": 0.01, "A_minus": 0.01, **timing}),
            weight_dependence=sim.AdditiveWeightDependence(
                w_min=change.pop("w_min", 0.0), w_max=1.0),
            weight=change.pop("weight", 0.5), delay=2.0,
            dendritic_delay_fraction=change.pop("dendritic_delay_fraction", 1.0))
    cells = sim.Population(2, sim.IF_curr_exp())
    sim.Projection(cells, cells, sim.AllToAllConnector(), mechanism)
    refused = [f for f in sim.check() if f.code == "NP403"]
    assert any(words in f.measured for f in refused)


def test_a_time_step_between_nests_ticks_is_refused():
    sim = simulator("nest", 1 / 3)
    sim.Population(1, sim.IF_curr_exp())
    assert "NP405" in [f.code for f in sim.check()]


def test_missing_nest_names_the_command(monkeypatch):
    import neuroport_nest.backend

    from neuroport.errors import BackendMissingError

    monkeypatch.setattr(neuroport_nest.backend, "package_version", lambda name: "")
    with pytest.raises(BackendMissingError, match=r"pip install 'neuroport\[nest\]'"):
        neuroport.simulator("nest")


def test_two_threads_read_the_present_back_as_one_does():
    """Reading looks one step ahead in a copy of the process, which hung with two threads."""
    found = []
    for threads in (1, 2):
        sim = neuroport.simulator("nest", timestep=0.1, seed=3, threads=threads, numerics={
            "base": "pynn", "delay_rule": "next_step", "plasticity_update": "deferred"})
        _, cells, _ = driven(sim)
        stdp = sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=0.01, A_minus=0.012),
            weight_dependence=sim.AdditiveWeightDependence(w_max=2.0), weight=0.8, delay=0.2,
            dendritic_delay_fraction=1.0)
        learns = sim.Projection(sim.state.populations[0], cells, sim.AllToAllConnector(), stdp)
        pieces = []
        for _ in range(3):
            sim.run(10.0)
            pieces.append((recorded(cells)["cells"][1]["isyn_exc"],
                           np.array(learns.get("weight", format="array"))))
        found.append(pieces)
        sim.end()
    for (one, weight), (other, weight_too) in zip(*found, strict=True):
        assert np.isfinite(one).all() and len(np.unique(weight)) > 1
        # Sums over threads come in another order: rounding only.
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-12)
        np.testing.assert_allclose(weight_too, weight, rtol=0, atol=1e-12)


def test_what_fails_in_nest_is_told_in_its_own_words():
    sim = simulator("nest")
    driven(sim)
    sim.run(10.0)
    engine = sim.state.session._process
    with pytest.raises(EngineFailedError, match=r"UnknownSynapseType: .*no_such_model_3") as caught:
        engine.ask("weights", model="no_such_model", number=3)  # in a copy of the process
    assert "Traceback" not in str(caught.value)
    with pytest.raises(EngineFailedError, match=r"BadProperty: .*Capacitance must be"):
        engine.ask("write_cells", population="cells", values={"C_m": -1.0})
    sim.run(10.0)
    sim.end()


@pytest.mark.parametrize(("sent", "delay", "told"), [
    ([2.0, 9.0], 3.0, "1 spikes under way"), ([2.0, 5.0], 3.0, ""), ([9.0], 1.0, ""),
])
def test_spikes_under_way_keep_their_weight_and_a_finding_says_so(sent, delay, told):
    """By the contract they bring the new weight; NEST has read the old one."""
    sim = neuroport.simulator("nest", timestep=1.0)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=sent))
    cells = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
    made = sim.Projection(source, cells, sim.AllToAllConnector(),
                          sim.StaticSynapse(weight=0.1, delay=delay), label="changed")
    sim.run(10.0)
    made.set(weight=0.2)
    sim.run(10.0)
    found = [f for f in sim.findings if f.code == "NP406"]
    assert [f.where for f in found] == ["projection 'changed'"] * bool(told)
    assert all(told in f.measured for f in found)
    sim.end()

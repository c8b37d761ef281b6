"""A state that is saved and restored goes on as if nothing had been; new objects after a run."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuroport
from neuroport import errors
from neuroport.network.file import save_network

CELLS = ("IF_curr_exp", "IF_cond_alpha", "Izhikevich", "GIF_cond_exp", "EIF_cond_exp_isfa_ista")
WEIGHTS = {"IF_curr_exp": 2.0, "IF_cond_alpha": 0.02, "Izhikevich": 5.0, "GIF_cond_exp": 0.2,
           "EIF_cond_exp_isfa_ista": 0.02}


def synapse(sim, kind: str, weight: float, delay: float):
    if kind == "STDP":
        return sim.STDPMechanism(
            sim.SpikePairRule(A_plus=0.1), sim.AdditiveWeightDependence(w_max=2 * weight),
            weight=weight, delay=delay, dendritic_delay_fraction=0.5)
    more = {"MultiQuantalSynapse": {"n": 3}}.get(kind, {})
    return getattr(sim, kind)(weight=weight, delay=delay, **more)


def build(cell: str, kind: str, delay: float, seed: int, backend: str = "brian2", **options):
    """Return a simulator and its populations: driven cells that project to others."""
    sim = neuroport.simulator(backend, timestep=0.5, seed=seed, **options)
    source = sim.Population(8, sim.SpikeSourcePoisson(rate=200.0), label="source")
    first = sim.Population(6, getattr(sim, cell)(), label="first")
    second = sim.Population(4, sim.IF_cond_exp(tau_refrac=3.0), label="second")
    sim.Projection(source, first, sim.FixedProbabilityConnector(0.7),
                   sim.StaticSynapse(weight=WEIGHTS[cell], delay=delay))
    sim.Projection(first, second, sim.AllToAllConnector(), synapse(sim, kind, 0.03, delay),
                   label="studied")
    sim.NoisyCurrentSource(mean=0.3, stdev=0.2).inject_into(second)
    for population in (first, second):
        population.record(["spikes", "v"])
    return sim, (first, second)


def recorded(populations, since: float = 0.0):
    """Return spikes and potentials from a time on, as they were recorded in the last segment."""
    found = []
    for population in populations:
        segment = population.get_data().segments[-1]
        found += [np.asarray(train)[np.asarray(train) >= since - 1e-6]
                  for train in segment.spiketrains]
        (v,) = segment.analogsignals
        found.append(np.asarray(v)[round((since - float(v.t_start)) / 0.5):])
    return found


def same(one, other) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@given(cell=st.sampled_from(CELLS),
       kind=st.sampled_from(["StaticSynapse", "TsodyksMarkramSynapse", "MultiQuantalSynapse",
                             "STDP"]),
       delay=st.sampled_from([0.5, 2.0, 7.5]), first=st.integers(1, 80), seed=st.integers(0, 99))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_run_save_restore_run_is_one_run(tmp_path_factory, cell, kind, delay, first, seed):
    """More of them: the same test with --hypothesis-seed=N and a larger max_examples."""
    begin = first * 0.5
    whole, all_of = build(cell, kind, delay, seed)
    whole.run(begin)
    path = whole.save_state(tmp_path_factory.mktemp("state") / "a.state")
    whole.run(40.0)
    later, rest = build(cell, kind, delay, seed)
    later.restore_state(path)
    assert later.get_current_time() == begin
    later.run(40.0)
    assert same(recorded(all_of, begin), recorded(rest))
    assert sum(len(train) for train in recorded(rest)[:6]) > 0
    names = ["weight", "delay"]
    assert (whole.state.projections[1].get(names) == later.state.projections[1].get(names))


@pytest.mark.parametrize(("cell", "kind"), [
    ("IF_curr_exp", "StaticSynapse"), ("Izhikevich", "TsodyksMarkramSynapse"),
    ("EIF_cond_exp_isfa_ista", "StaticSynapse"),
])
@pytest.mark.parametrize("there", ["brian2", "native"])
def test_a_state_goes_on_on_another_backend(tmp_path, cell, kind, there):
    """Both compute the same statements; NumPy's exponential may differ in its last bit."""
    here = {"brian2": "native", "native": "brian2"}[there]
    whole, all_of = build(cell, kind, 2.0, 3, here)
    whole.run(20.0)
    path = whole.save_state(tmp_path / "a.state")
    whole.run(40.0)
    later, rest = build(cell, kind, 2.0, 3, there)
    later.restore_state(path)
    later.run(40.0)
    pairs = list(zip(recorded(all_of, 20.0), recorded(rest), strict=True))
    for one, other in pairs:
        if one.ndim == 1:
            assert one.tolist() == other.tolist()
        else:
            assert other == pytest.approx(one, abs=1e-9)
    assert sum(one.size for one, _ in pairs if one.ndim == 1) > 0


def test_what_the_native_engine_does_not_hand_out(tmp_path):
    sim, _ = build("IF_curr_exp", "STDP", 2.0, 3, "native")
    sim.run(5.0)
    with pytest.raises(errors.UnsupportedError, match="projection 'studied'"):
        sim.save_state(tmp_path / "a.state")
    with pytest.raises(errors.NetworkChangedError, match="Brian2 takes new objects"):
        sim.Population(1, sim.IF_cond_exp())
    learnt, _ = build("IF_curr_exp", "STDP", 2.0, 3)
    learnt.run(5.0)
    with pytest.raises(errors.UnsupportedError, match="not handed out"):
        sim.restore_state(learnt.save_state(tmp_path / "b.state"))


def test_edits_between_runs_are_part_of_the_state(tmp_path):
    def changed(sim, populations):
        sim.run(10.0)
        populations[0].set(tau_m=12.0)
        populations[1].initialize(v=-58.0)
        sim.state.projections[0].set(weight=2.5)
        sim.run(10.0)

    whole, all_of = build("IF_curr_exp", "StaticSynapse", 2.0, 3)
    changed(whole, all_of)
    path = whole.save_state(tmp_path / "a.state")
    whole.run(30.0)
    later, rest = build("IF_curr_exp", "StaticSynapse", 2.0, 3)
    later.restore_state(path)
    assert (rest[0].get("tau_m") == 12.0).all()
    later.run(30.0)
    assert same(recorded(all_of, 20.0), recorded(rest))
    later.reset()  # back to time 0, with the values as they are now
    later.run(5.0)
    assert later.get_current_time() == 5.0


def test_going_back_to_a_state_as_often_as_one_likes(tmp_path):
    sim, populations = build("IF_curr_exp", "STDP", 2.0, 4)
    sim.run(20.0)
    path = sim.save_state(tmp_path / "a.state")
    branches = []
    for _ in range(2):
        sim.restore_state(path)
        sim.run(20.0)
        branches.append(recorded(populations))
    assert same(*branches)
    assert len(populations[0].get_data().segments) == 3  # before, and one for each branch


@pytest.mark.slow
def test_a_state_goes_on_in_another_process(tmp_path):
    script = textwrap.dedent("""
        import sys
        import neuroport.pynn as sim
        sim.setup(timestep=1.0, rng_seed=7)
        cells = sim.Population(5, sim.IF_curr_exp(i_offset=1.2), label="cells")
        source = sim.Population(5, sim.SpikeSourcePoisson(rate=100.0), label="source")
        sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(0.5, 6.0))
        cells.record("spikes")
        what, path = sys.argv[1:]
        if what == "rest":
            sim.restore_state(path)
        else:
            sim.run(33.0)
            sim.save_state(path)
        sim.run(50.0)
        trains = cells.get_data().segments[-1].spiketrains
        print(sorted((float(t), k) for k, train in enumerate(trains) for t in train if t >= 33.0))
    """).replace("0.5, 6.0", "weight=0.5, delay=6.0")
    (tmp_path / "script.py").write_text(script)

    def run(what: str) -> str:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "script.py", what, "a.state"], cwd=tmp_path,
            capture_output=True, text=True, check=True).stdout

    whole = run("whole")
    assert len(whole) > 100
    assert run("rest") == whole


def test_a_state_of_another_network_is_refused_with_every_difference(tmp_path):
    sim, _ = build("IF_curr_exp", "StaticSynapse", 2.0, 3)
    sim.run(5.0)
    path = sim.save_state(tmp_path / "a.state")
    other, _ = build("GIF_cond_exp", "STDP", 2.0, 4, numerics="pynn+delay_rule=next_step")
    with pytest.raises(errors.InvalidValueError) as refused:
        other.restore_state(path)
    text = str(refused.value)
    assert "5 problems" in text and "seed" in text and "GIF_cond_exp" in text
    assert "--numerics pynn" in text and "STDPMechanism" in text
    with pytest.raises(errors.FileFormatError, match="saved state"):
        other.restore_state(save_network(sim.network(), tmp_path / "a.network"))
    (tmp_path / "b.state").write_bytes(path.read_bytes()[:-200])
    with pytest.raises(errors.FileFormatError):
        other.restore_state(tmp_path / "b.state")


def test_an_engine_that_cannot_says_so_and_what_can(tmp_path):
    sim = neuroport.simulator("nest", timestep=1.0)
    cells = sim.Population(1, sim.IF_cond_exp())
    sim.run(1.0)
    with pytest.raises(errors.UnsupportedError, match=r"projection.save\('weight'"):
        sim.save_state(tmp_path / "a.state")
    with pytest.raises(errors.NetworkChangedError, match="Brian2 takes new objects"):
        sim.Population(1, sim.IF_cond_exp())
    sim.run(1.0)
    assert cells.size == 1
    sim.end()


# -- new objects after a run -----------------------------------------------------------------------


def grown(late: bool):
    """Return what cells do that get a source, a further projection and followers after 20 ms."""
    sim = neuroport.simulator("brian2", timestep=0.5, seed=2)
    source = sim.Population(4, sim.SpikeSourcePoisson(rate=300.0), label="source")
    first = sim.Population(6, sim.IF_cond_exp(), label="first")
    sim.Projection(source, first, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=0.02, delay=1.0), label="old")
    first.record(["spikes", "v"])

    def more():
        times = [25.0, 30.0, 31.0]
        teacher = sim.Population(2, sim.SpikeSourceArray(spike_times=times), label="teacher")
        sim.Projection(teacher, first, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=0.1, delay=3.0), label="new")

    if not late:
        more()
    sim.run(20.0)
    if late:
        assert first.mean_spike_count() >= 0  # data can be read in between
        more()
    sim.run(30.0)
    return sim, first


def test_new_objects_after_a_run_act_from_then_on():
    """Sources that are silent until then are the same whether they were there before or not."""
    at_once, late = grown(False), grown(True)
    assert same(recorded([at_once[1]]), recorded([late[1]]))
    assert late[0].get_current_time() == 50.0


def test_what_was_sent_before_a_projection_does_not_go_through_it():
    sim = neuroport.simulator("brian2", timestep=1.0)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[8.0, 12.0]))
    old, new = (sim.Population(1, sim.IF_curr_delta(v_rest=0.0, v_thresh=1e6, tau_m=1e9),
                               initial_values={"v": 0.0}) for _ in range(2))
    for population in (old, new):
        population.record("v")
    connect = {"connector": sim.AllToAllConnector(),
               "synapse_type": sim.StaticSynapse(weight=1.0, delay=5.0)}
    sim.Projection(source, old, **connect)
    sim.run(10.0)
    made = sim.Projection(source, new, **connect)
    made.set(weight=2.0)  # before it is built
    assert made.get("weight", with_address=False) == [2.0]
    follower = sim.Population(3, sim.IF_curr_exp(i_offset=[0.0, 1.0, 2.0]), label="follower")
    follower.record("v")
    sim.run(10.0)
    v = [np.asarray(p.get_data().segments[0].analogsignals[0])[:, 0] for p in (old, new)]
    assert np.rint(v[0][[12, 13, 17, 20]]).tolist() == [0, 1, 2, 2]
    assert np.rint(v[1][[12, 13, 17, 20]]).tolist() == [0, 0, 2, 2]
    (late,) = follower.get_data().segments[0].analogsignals
    assert float(late.t_start) == 10.0 and late.shape == (11, 3)
    sim.reset()  # now they are there from the beginning
    sim.run(20.0)
    (v,) = new.get_data().segments[-1].analogsignals
    assert np.rint(np.asarray(v)[[13, 17], 0]).tolist() == [2, 4]


def test_spike_times_before_a_source_was_made_are_told():
    sim = neuroport.simulator("brian2", timestep=1.0)
    sim.Population(1, sim.IF_curr_exp()).record("v")
    sim.run(10.0)
    sim.Population(1, sim.SpikeSourceArray(spike_times=[2.0, 20.0]))
    with pytest.warns(neuroport.FindingWarning, match="NP109"):
        sim.run(5.0)

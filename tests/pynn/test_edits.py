"""Changes between runs: the same on every engine, however they are made, and after a reset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neuroport_brian2.backend import Brian2Backend

import neuroport
from neuroport.backend.capabilities import BetweenRuns
from neuroport.errors import BetweenRunsError
from neuroport.network import description
from neuroport.pynn.projections import ProjectionBase
from neuroport.results.versions import package_version

ENGINES = ["brian2", *(["nest"] if package_version("nest-simulator") else [])]


class Net:
    """Sources, cells and two kinds of synapses; what changes is kept by name."""

    def __init__(self, backend: str) -> None:
        self.sim = neuroport.simulator(backend, timestep=0.5, seed=3)
        sim = self.sim
        self.source = sim.Population(6, sim.SpikeSourcePoisson(rate=80.0), label="source")
        self.cells = sim.Population(
            4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=0.6), label="cells")
        delay = 1.5
        self.static = sim.Projection(
            self.source, self.cells, sim.AllToAllConnector(),
            sim.StaticSynapse(weight=0.8, delay=delay))
        self.inner = sim.Projection(
            self.cells, self.cells, sim.AllToAllConnector(allow_self_connections=False),
            sim.StaticSynapse(weight=-0.3, delay=2.0), receptor_type="inhibitory")
        self.current = sim.DCSource(amplitude=0.1, start=5.0, stop=40.0)
        self.current.inject_into(self.cells)
        self.cells.record(["spikes", "v"])
        self.source.record("spikes")

    def change(self, kind: str, x: float) -> None:
        """Make one change; `x` is 0 to 1."""
        match kind:
            case "rate":
                self.source.set(rate=20.0 + 100.0 * x)
            case "parameter":
                self.cells.set(tau_m=10.0 + 10.0 * x)
            case "some parameters":
                self.cells[1:3].set(i_offset=x)
            case "state":
                self.cells.initialize(v=-70.0 + 10.0 * x)
            case "some states":
                self.cells[:2].initialize(v=-70.0 + 10.0 * x)
            case "weights":
                self.static.set(weight=1.5 * x)
            case "one weight":
                self.inner[int(x * 11)].weight = -x
            case "current":
                self.current.set_parameters(amplitude=x - 0.5)

    def found(self) -> list[np.ndarray]:
        """Return everything that can be read."""
        segment = self.cells.get_data().segments[-1]
        sources = self.source.get_data().segments[-1]
        return [
            *(t.magnitude for t in segment.spiketrains), segment.analogsignals[0].magnitude,
            *(t.magnitude for t in sources.spiketrains),
            np.array(self.static.get("weight", format="list")),
            np.array(self.inner.get("weight", format="list")),
        ]


KINDS = ["rate", "parameter", "some parameters", "state", "some states", "weights", "one weight",
         "current"]
change = st.tuples(st.sampled_from(KINDS), st.floats(0.0, 1.0))
scripts = st.lists(st.one_of(change, st.integers(1, 20)), max_size=10)


@pytest.mark.parametrize("backend", ENGINES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=scripts)
def test_after_a_reset_it_runs_as_a_fresh_simulator_with_the_same_changes(
    backend: str, script: list[Any]
) -> None:
    """What was changed between runs is there after a reset, and nothing else is."""
    used, fresh = Net(backend), Net(backend)
    for item in script:
        if isinstance(item, int):
            used.sim.run(float(item))
            used.found()
        else:
            used.change(*item)
            fresh.change(*item)
    if used.sim.get_current_time():
        used.sim.reset()
    for net in (used, fresh):
        net.sim.run(30.0)
    assert used.sim.network().hash == fresh.sim.network().hash
    for a, b in zip(used.found(), fresh.found(), strict=True):
        np.testing.assert_array_equal(a, b)
    used.sim.end()
    fresh.sim.end()


@pytest.mark.skipif("nest" not in ENGINES, reason="NEST is not installed (neuroport[nest])")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=scripts)
def test_changes_between_runs_act_alike_on_two_engines(script: list[Any]) -> None:
    nets = [Net(backend) for backend in ("brian2", "nest")]
    for net in nets:
        for item in [*script, 10]:
            if isinstance(item, int):
                net.sim.run(float(item))
            else:
                net.change(*item)
    one, other = (net.found() for net in nets)
    for a, b in zip(one, other, strict=True):
        # Rounding only: the same propagators, summed in another order.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
    for net in nets:
        net.sim.end()


@pytest.mark.parametrize("backend", ENGINES)
def test_states_of_a_view_leave_the_other_cells_alone(backend: str) -> None:
    found = []
    for change in (False, True):
        sim = neuroport.simulator(backend, timestep=1.0)
        cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0, i_offset=0.6))
        cells.record("v")
        sim.run(20.0)
        if change:
            cells[1:2].initialize(v=-64.0)
        now = cells.get_data().segments[-1].analogsignals[0].magnitude[-1].copy()
        sim.run(20.0)
        found.append((now, cells.get_data().segments[-1].analogsignals[0].magnitude))
        sim.end()
    (before, kept), (after, changed) = found
    np.testing.assert_array_equal(after, [before[0], -64.0, before[2]])
    np.testing.assert_array_equal(kept[:, [0, 2]], changed[:, [0, 2]])
    assert changed[20, 1] == -64.0 and (changed[21:, 1] < kept[21:, 1]).all()


@pytest.mark.parametrize("kind", [*KINDS, "record", "inject"])
def test_a_change_that_is_refused_changes_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capabilities = Brian2Backend.capabilities
    monkeypatch.setattr(
        Brian2Backend, "capabilities",
        replace(capabilities, between_runs=BetweenRuns(*[False] * 7)))
    net, untouched = Net("brian2"), Net("brian2")
    for one in (net, untouched):
        one.sim.run(10.0)
    changes = {"record": lambda: net.cells.record("isyn_exc"),
               "inject": lambda: net.current.inject_into(net.cells[:1])}
    with pytest.raises(BetweenRunsError, match="way out"):
        changes.get(kind, lambda: net.change(kind, 0.9))()
    for one in (net, untouched):
        one.sim.run(10.0)
        one.sim.reset()
        one.sim.run(10.0)
    assert net.sim.state._freeze().hash == untouched.sim.state._freeze().hash
    for a, b in zip(net.found(), untouched.found(), strict=True):
        np.testing.assert_array_equal(a, b)
    net.sim.end()
    untouched.sim.end()


@pytest.mark.parametrize("numerics", ["pynn", "spinnaker"])
def test_annotations_have_the_hash_of_the_network_as_it_is_now(
    numerics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another weight moves the grid of all; and it is reckoned once a change."""
    sim = neuroport.simulator("brian2", timestep=1.0, numerics=numerics)
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[2.0]))
    cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0))
    projections = [
        sim.Projection(source, cells, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=w, delay=1.0)) for w in (0.1, 0.3)]
    cells.record("v")
    sim.run(5.0)
    counted = []
    reckoned = description.content_hash
    monkeypatch.setattr(
        description, "content_hash", lambda *parts: counted.append(1) or reckoned(*parts))

    def annotated() -> str:
        return str(cells.get_data().annotations["network_hash"])

    seen = {annotated()}
    for edit in (
        lambda: projections[0].set(weight=30.0), lambda: cells.set(tau_m=15.0),
        lambda: cells.initialize(v=-60.0), lambda: source.set(spike_times=[7.0]),
    ):
        edit()
        before = len(counted)
        now = annotated()
        assert annotated() == now == sim.network().hash
        assert len(counted) - before == 1
        assert now not in seen
        seen.add(now)
        sim.run(1.0)
    # The network that one would have written so at once.
    described = sim.state._freeze()
    moved = sim.network().projections[1].weight != 0.3
    assert moved.all() == (numerics == "spinnaker")
    assert described.realised_hash == sim.state.network_as_written().realised_hash
    sim.end()


def test_many_writes_of_single_connections_describe_the_network_once(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    sim = neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")
    source = sim.Population(20, sim.SpikeSourceArray(spike_times=[2.0]))
    cells = sim.Population(20, sim.IF_curr_exp(tau_refrac=1.0))
    projection = sim.Projection(source, cells, sim.AllToAllConnector(),
                                sim.StaticSynapse(weight=0.5, delay=1.0))
    sim.run(5.0)
    described = []
    freeze = ProjectionBase.freeze
    monkeypatch.setattr(
        ProjectionBase, "freeze", lambda self: described.append(1) or freeze(self))
    for k in range(300):
        projection[k].weight = 1.0 + k / 1024
    assert not described
    sim.run(5.0)
    assert len(described) == 1
    array = np.full((20, 20), np.nan)  # connections are counted source by source
    made = sim.network().projections[0]
    array[made.pre_index, made.post_index] = sim.state.session.weights(projection.label)
    np.testing.assert_array_equal(array.ravel()[:300], 1.0 + np.arange(300) / 1024)
    sim.end()

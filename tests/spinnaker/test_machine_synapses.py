"""Synapses that the machine draws by itself: run, told of, and read back as they are there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.lower.machine_made import drawn_there
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.pack import pack

import neuroport
from neuroport.errors import UnsupportedError
from neuroport.machines import load_target

pytestmark = pytest.mark.filterwarnings("ignore")


def _network(sim: Any) -> tuple[Any, dict[str, Any]]:
    noise = sim.Population(40, sim.SpikeSourcePoisson(rate=60.0), label="noise")
    cells = sim.Population(40, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    made = {
        label: sim.Projection(pre, cells, connector, sim.StaticSynapse(weight=weight, delay=delay),
                              receptor_type="inhibitory" if weight < 0 else "excitatory",
                              label=label)
        for label, pre, connector, weight, delay in (
            ("some", noise, sim.FixedProbabilityConnector(0.3), 1.5, 2.0),
            ("five", noise, sim.FixedNumberPreConnector(5), 1.25, 1.0),
            ("pairs", noise, sim.OneToOneConnector(), 0.5, 1.0),
            ("down", cells, sim.FixedNumberPostConnector(5), -0.25, 3.0),
        )
    }
    cells.record("spikes")
    return cells, made


def test_only_connectors_that_draw_are_found(spinnaker: Any) -> None:
    sim = spinnaker(connectors="machine", numerics="spinnaker")
    _network(sim)
    found = {f.where for f in sim.check() if f.code == "NP329"}
    assert found == {"projection 'some'", "projection 'five'", "projection 'down'"}
    sim = spinnaker(numerics="spinnaker")
    _network(sim)
    assert not [f for f in sim.check() if f.code == "NP329"]


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_the_machine_s_own_synapses_are_read_back() -> None:
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, seed=7, numerics="spinnaker",
                              connectors="machine")
    cells, made = _network(sim)
    listed = {label: {row[:2] for row in p.get("weight", format="list")}
              for label, p in made.items()}
    sim.run(100.0)
    assert "NP329" in {f.code for f in sim.state.findings}
    assert sum(map(len, cells.get_data().segments[-1].spiketrains)) > 200
    for ended in (False, True):
        if ended:
            sim.end()  # what was read is kept
        for label, weight, delay in (("some", 1.5, 2.0), ("five", 1.25, 1.0), ("down", -0.25, 3.0)):
            rows = made[label].get(["weight", "delay"], format="list")
            assert {row[2:] for row in rows} == {(weight, delay)}, label
            # Drawn again: that all are the same has a chance below 1e-20.
            assert {row[:2] for row in rows} != listed[label], label
            assert len(made[label]) == len(rows), label
            assert [(c.presynaptic_index, c.postsynaptic_index, c.weight, c.delay)
                    for c in made[label]] == rows, label
        rows = made["five"].get("weight", format="list")
        assert np.bincount([post for _, post, _ in rows]).tolist() == [5] * 40
        array = made["some"].get("weight", format="array")
        assert np.isfinite(array).sum() == len(made["some"].get("weight", format="list"))
        assert {row[:2] for row in made["pairs"].get("weight", format="list")} == listed["pairs"]
    with pytest.raises(UnsupportedError, match="connectors='realised'"):
        sim.state.session.weights("some")


def test_populations_that_share_cores_keep_their_own_synapses(spinnaker: Any) -> None:
    """A rule for whole populations must not be carried out on several of them at once."""
    sim = spinnaker(connectors="machine", numerics="spinnaker")
    for k in range(3):
        pre = sim.Population(10, sim.SpikeSourceArray(spike_times=[1.0]), label=f"pre{k}")
        post = sim.Population(10, sim.IF_curr_exp(tau_refrac=1.0), label=f"post{k}")
        sim.Projection(pre, post, sim.FixedProbabilityConnector(0.5),
                       sim.StaticSynapse(weight=1.0, delay=1.0), label=f"join{k}")
    options = Options(connectors="machine")
    packing = pack(Case(sim.network(), load_target("spinn3"), options))
    assert ("pre0", "pre1", "pre2") in packing.groups
    assert [p.label for p in sim.network().projections if drawn_there(p, options)] == [
        "join0", "join1", "join2"]
    assert not [p.label for p in packing.network.projections if drawn_there(p, options)]

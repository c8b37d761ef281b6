"""A user's Nengo network becomes cells and synapses that fire as it does in Nengo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neuroport_nengo.imported import ImportLossWarning, read_network

import neuroport
from neuroport.errors import InvalidValueError, UnsupportedError
from neuroport.models import load_model

SCRIPT = """
import nengo, numpy as np
with nengo.Network(seed=3) as model:
    model.config[nengo.Ensemble].neuron_type = nengo.LIF(tau_rc=0.03, min_voltage=-np.inf)
    wave = nengo.Node(lambda t: np.sin(20*t), label="wave")
    level = nengo.Node([0.5])
    a = nengo.Ensemble(40, 1, label="a")
    with nengo.Network(label="part") as part:
        b = nengo.Ensemble(30, 2, label="b", radius=1.3)
    given = nengo.Ensemble(3, 1, encoders=[[1], [-1], [1]], gain=[1.5, 2.0, 2.5],
                           bias=[2.0, 1.5, 2.5], label="given")
    nengo.Connection(wave, a)
    nengo.Connection(level, b[1], synapse=None)
    nengo.Connection(a, b[0], function=lambda x: x**2, synapse=0.01)
    nengo.Connection(given, given, transform=0.5, synapse=0.02,
                     solver=nengo.solvers.NoSolver(np.array([[1e-3], [-2e-3], [3e-3]])))
    nengo.Connection(a.neurons[:5], b.neurons[10:15], transform=-2e-4, synapse=0.01)
    nengo.Probe(b, synapse=0.02)
"""


def script(folder: Path, text: str = SCRIPT) -> Path:
    path = folder / "network.py"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_network(script(tmp_path_factory.mktemp("nengo")), duration=300.0)


def test_weights_are_encoders_times_decoders(read: Any) -> None:
    assert [e["label"] for e in read.ensembles] == ["a", "given", "b"]
    own = next(c for c in read.connections if c["pre"] == c["post"])
    encoders, gain = np.array([1.0, -1.0, 1.0]), np.array([1.5, 2.0, 2.5])
    np.testing.assert_allclose(
        own["weight"], 0.5 * np.outer(gain * encoders, [1e-3, -2e-3, 3e-3]))
    np.testing.assert_allclose(read.ensembles[1]["bias"], [2.0, 1.5, 2.5])
    neurons = [c for c in read.connections if c["pre"] == 0][1]["weight"]
    to, of = np.nonzero(neurons)
    assert to.tolist() == [10, 11, 12, 13, 14] and of.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_cells_fire_as_often_as_in_nengo(read: Any) -> None:
    sim = neuroport.simulator("brian2", timestep=0.1)
    populations = read.build(sim)
    sim.run(300.0)
    for population, there in zip(populations, read.ensembles, strict=True):
        trains = population.get_data().segments[-1].spiketrains
        mine = np.array([len(t) for t in trains])
        theirs = np.bincount(there["spikes"][:, 1], minlength=there["size"])
        assert theirs.sum() > 30
        # Half a step of 0.1 ms at each interval, which is longer than 2 ms: 2.4 % at most, and two
        # spikes that are late: for the wave's reversal and for the end.
        assert ((mine <= theirs + 1) & (mine >= 0.976 * theirs - 2)).all(), there["label"]
        assert mine.sum() > 0.92 * theirs.sum(), there["label"]
        assert np.corrcoef(mine, theirs)[0, 1] > 0.99
    sim.end()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neuroport_nengo.imported.ImportLossWarning")
def test_what_is_lost_is_listed(read: Any, tmp_path: Path) -> None:
    first, *others = read.losses
    assert "half a step longer" in first and "% fewer spikes" in first
    assert [line.partition(":")[0] for line in others] == ["probe 'probe 0'"]
    # With Nengo's own lower bound of the potential there is one thing more.
    text = SCRIPT.replace(", min_voltage=-np.inf", "")
    sim = neuroport.simulator("brian2", timestep=1.0)
    file = str(script(tmp_path, text))
    with pytest.warns(ImportLossWarning, match="min_voltage"):
        result = load_model("nengo-network").function(
            sim, file=file, network="model", simtime=20.0)
    assert [row[0] for row in result.rows] == ["a", "given", "b"]
    assert "nengo" not in sys.modules


def test_all_that_cannot_be_taken_is_named_at_once(tmp_path: Path) -> None:
    text = """
import nengo
with nengo.Network() as model:
    a = nengo.Ensemble(10, 1, label="a")
    b = nengo.Ensemble(10, 1, label="b", neuron_type=nengo.Sigmoid())
    loop = nengo.Node(lambda t, x: x, size_in=1, label="loop")
    nengo.Connection(a, loop)
    nengo.Connection(a, a, synapse=0.1)
    nengo.Connection(b, a, synapse=0.01, learning_rule_type=nengo.PES())
    nengo.Connection(b, b, synapse=None)
"""
    with pytest.raises(UnsupportedError) as caught:
        read_network(script(tmp_path, text), duration=1.0)
    told = str(caught.value)
    for word in ("Sigmoid", "'loop'", "PES", "10 ms, 100 ms", "synapse None"):
        assert word in told, word


def test_the_script_and_the_name_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="no such file"):
        read_network(tmp_path / "nothing.py")
    path = script(tmp_path, "import nengo\none, two = nengo.Network(), nengo.Network()\n")
    with pytest.raises(UnsupportedError, match="one, two"):
        read_network(path, duration=1.0)

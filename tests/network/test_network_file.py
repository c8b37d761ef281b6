"""The frozen network: text, file and hash."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuroport
from neuroport.errors import FileFormatError
from neuroport.network import Network, load_network, save_network

GOLDEN = """\
network: 5 cells, 3 synapses, timestep 1 ms, seed 7, numerics pynn
hash {hash}
population 'in': 2 x SpikeSourceArray
    spike_times = 3 spikes, 1 .. 5 ms
population 'out': 3 x IF_curr_exp
    cm = 1
    i_offset = 0
    tau_m = 10 .. 30, mean 20, 3 values
    tau_refrac = 1
    tau_syn_E = 5
    tau_syn_I = 5
    v_reset = -65
    v_rest = -65
    v_thresh = -50
    initial isyn_exc = 0
    initial isyn_inh = 0
    initial v = -65
    record spikes of 2 cells
    record v of 3 cells every 2 steps
projection 'p': in -> out (excitatory), 3 synapses by FromListConnector
    StaticSynapse
    weight = 0.1 .. 0.3, mean 0.2, 3 values
    delay = 2 ms
current DCSource(amplitude=0.5, start=0.0, stop=1000000000000.0) into out[1]"""


def build(**changes: Any) -> Any:
    c = {"seed": 7, "timestep": 1.0, "tau_m": [10.0, 20.0, 30.0], "v": -65.0, "times": [1.0, 5.0],
         "weight": 0.1, "delay": 2.0, "target": 2, "amplitude": 0.5, "numerics": "pynn",
         "interval": 2.0, "label": "out", "receptor": "excitatory", "recorded": 2, **changes}
    sim = neuroport.simulator("brian2", timestep=c["timestep"], seed=c["seed"],
                              numerics=c["numerics"])
    source = sim.Population(2, sim.SpikeSourceArray(
        spike_times=[sim.Sequence(c["times"]), sim.Sequence([3.0])]), label="in")
    out = sim.Population(3, sim.IF_curr_exp(tau_m=c["tau_m"], tau_refrac=1.0), label=c["label"],
                         initial_values={"v": c["v"]})
    out[: c["recorded"]].record("spikes")
    out.record("v", sampling_interval=c["interval"])
    sign = 1 if c["receptor"] == "excitatory" else -1
    rows = [(0, 0, sign * c["weight"]), (1, 1, sign * 0.2), (0, c["target"], sign * 0.3)]
    sim.Projection(source, out, sim.FromListConnector(rows, column_names=("weight",)),
                   sim.StaticSynapse(delay=c["delay"]), receptor_type=c["receptor"], label="p")
    sim.DCSource(amplitude=c["amplitude"]).inject_into(out[0:1])
    return sim


def test_text_is_as_agreed() -> None:
    network = build().network()
    assert str(network) == GOLDEN.format(hash=network.hash)


CHANGES = {
    "seed": 8, "timestep": 0.5, "tau_m": [10.0, 20.0, 31.0], "v": -64.0, "times": [1.0, 6.0],
    "weight": 0.11, "delay": 3.0, "target": 1, "amplitude": 0.6, "numerics": "spinnaker",
    "interval": 3.0, "label": "other", "receptor": "inhibitory", "recorded": 1,
}


@pytest.mark.parametrize("name", CHANGES)
def test_hash_changes_with_whatever_decides_a_run(name: str) -> None:
    assert build(**{name: CHANGES[name]}).network().hash != build().network().hash


def test_every_numerics_choice_counts() -> None:
    network = build().network()
    others = {
        "input_rule": "step", "refractory_rule": "ceil", "threshold_rule": ">",
        "delta_input": "current", "delay_rule": "next_step", "integrator": "chip",
        "plasticity_update": "deferred", "plasticity_amplitude": "absolute",
        "dendritic_delay": "all", "coincidence": "depression", "initial_presynaptic_spike": True,
        "static_weight_step": 0.5, "plastic_weight_step": 0.5, "trace_bits": 11, "decay_bits": 15,
        "state_bits": 15,
    }
    assert set(others) == {f.name for f in dataclasses.fields(network.numerics)} - {"name"}
    hashes = {dataclasses.replace(network, numerics=network.numerics.switch(**{k: v})).hash
              for k, v in others.items()}
    assert len(hashes | {network.hash}) == len(others) + 1


def test_hash_does_not_know_lines_or_earlier_simulators() -> None:
    first = build().network()
    second = build().network()  # another line, and PyNN's counters have moved on
    assert first.hash == second.hash
    moved = dataclasses.replace(
        first, populations=tuple(dataclasses.replace(p, line=None) for p in first.populations))
    assert moved.hash == first.hash


def test_unnamed_populations_have_the_same_labels_in_every_simulator() -> None:
    hashes = set()
    for _ in range(2):
        sim = neuroport.simulator("brian2")
        cells = sim.Population(3, sim.IF_curr_exp())
        sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse())
        hashes.add(sim.network().hash)
    assert len(hashes) == 1


def rich() -> Network:
    sim = build()
    poisson = sim.Population(4, sim.SpikeSourcePoisson(rate=20.0), label="poisson")
    own = sim.cell_by_equations(
        "Own", derivatives={"v": "(rest - v)/tau + I"}, threshold="v > 1", reset="v = 0; w += 1",
        parameters={"rest": 0.0, "tau": 10.0}, initial={"v": 0.0, "w": 0.0})
    rule = sim.synapse_by_equations(
        "Rule", parameters={"tau": 20.0}, decays={"trace": "tau"},
        on_presynaptic="trace += 1", on_postsynaptic="weight = weight + 0.1*trace")
    cells = sim.Population(2, own(), label="own")
    sim.Projection(poisson, cells, sim.AllToAllConnector(), rule(weight=0.1, delay=1.0))
    sim.Projection(poisson, cells, sim.AllToAllConnector(), sim.STDPMechanism(
        sim.SpikePairRule(), sim.MultiplicativeWeightDependence(), weight=0.1, delay=1.0))
    sim.StepCurrentSource(times=[1.0, 3.0], amplitudes=[0.1, 0.2]).inject_into(cells)
    return sim.network()  # type: ignore[no-any-return]


def test_file_round_trip(tmp_path: Path) -> None:
    network = rich()
    path = save_network(network, tmp_path / "a.network")
    loaded = load_network(path)
    assert loaded.hash == network.hash
    assert str(loaded) == str(network)
    assert [p.line for p in loaded.populations] == [p.line for p in network.populations]
    for one, other in zip(network.projections, loaded.projections, strict=True):
        assert one.synapse == other.synapse
        np.testing.assert_array_equal(one.weight, other.weight)
    assert [p.cell for p in loaded.populations] == [p.cell for p in network.populations]
    assert os.listdir(tmp_path) == ["a.network"]


def test_the_umask_says_who_can_read_it(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        path = save_network(rich(), tmp_path / "a.network")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    network = build().network()
    path = save_network(network, tmp_path / "a.network")
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for at in rng.integers(0, len(whole), 150).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        path.write_bytes(bytes(damaged))
        try:
            # Some bytes of a zip archive mean nothing (times, versions): then nothing is lost.
            assert load_network(path).hash == network.hash
        except FileFormatError:
            refused += 1
    assert refused > 75
    for content in (b"", b"not a zip", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match="not a readable network file"):
            load_network(path)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "none.network")

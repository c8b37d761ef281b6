"""The child process: its files stay its own, and every failure has a name."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.errors import (
    MachineNotChosenError,
    ToolchainSilentError,
    ToolchainVersionError,
)
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.toolchain.child import Child, NoRoomError
from neuroport_spinnaker.toolchain.parent import PYTHON, Worker, configuration

import neuroport
from neuroport.backend.planning import prepare_for_target
from neuroport.errors import BackendMissingError

pytestmark = pytest.mark.filterwarnings("ignore")


def _delays(spinnaker: Any) -> Any:
    sim = spinnaker()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]), label="source")
    cells = sim.Population(256, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    rows = [(0, k, 1.5, float(d)) for k, d in enumerate((1, 10, 32, 33, 64, 65, 97, 120))]
    sim.Projection(source, cells, sim.FromListConnector(rows), sim.StaticSynapse(), label="list")
    return sim.network()


def test_a_run_without_a_machine_says_what_to_choose(spinnaker: Any) -> None:
    sim = spinnaker()
    sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
    with pytest.raises(MachineNotChosenError, match="spinnaker-emulated"):
        sim.run(1.0)


def test_an_interpreter_without_spynnaker_is_named(
    spinnaker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PYTHON, str(tmp_path / "python"))
    with pytest.raises(BackendMissingError, match=PYTHON):
        prepare_for_target(_delays(spinnaker), "spinn3").planning.plan(100.0)


def test_a_password_is_for_the_child_and_not_for_its_file() -> None:
    options = Options(spalloc="https://user:Qx9-secret@host",
                      configuration={"Java": {"use_java": "False"}})
    assert "secret" not in repr(options)
    text, secrets = configuration({"spalloc_server": options.spalloc}, options)
    assert "spalloc_server = https://host\n" in text
    assert secrets["Machine"] == {"spalloc_server": "https://user:Qx9-secret@host"}
    assert secrets["Java"] == {}


def test_a_silent_toolchain_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o700)
    monkeypatch.setenv(PYTHON, str(sleeper))
    with pytest.raises(ToolchainSilentError, match=r"0\.5 s"):
        Worker({}, Options(start_timeout=0.5))


def test_another_version_of_the_toolchain_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "python"
    other.write_text("""#!/bin/sh\necho '{"error": "version", "version": "6.0.0"}'\n""")
    other.chmod(0o700)
    monkeypatch.setenv(PYTHON, str(other))
    with pytest.raises(ToolchainVersionError, match=r"(?s)6\.0\.0.*7\.4"):
        Worker({}, Options())


@pytest.mark.usefixtures("toolchain")
@pytest.mark.slow
def test_no_synapse_is_lost_to_long_delays_and_the_home_is_left_alone(
    spinnaker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(PYTHON, os.environ.get(PYTHON) or sys.executable)
    network = _delays(spinnaker)
    preview = prepare_for_target(network, "spinn3").planning.preview()
    assert not np.isnan(preview.projections[0].held).any()
    np.testing.assert_array_equal(preview.projections[0].held, 1.5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("toolchain")
@pytest.mark.slow
def test_a_plan_is_a_table_json_and_a_picture(spinnaker: Any, tmp_path: Path) -> None:
    planning = prepare_for_target(_delays(spinnaker), "spinn3").planning
    made = planning.plan(100.0)
    json.dumps(made.as_dict())
    planning.draw(made, tmp_path / "board.png")
    assert (tmp_path / "board.png").read_bytes()[:4] == b"\x89PNG"
    assert "cells a core" in str(made)
    assert made.rows()[1]["cells a core"] == 128
    overhead = made.seconds["neuroport"]
    assert overhead < 0.2 * (made.seconds["start"] + made.seconds["build"] + made.seconds["map"])


@pytest.mark.usefixtures("board")
@pytest.mark.slow
def test_the_ca3_memory_on_the_emulated_board_equals_the_reference() -> None:
    from neuroport_models.ca3_memory import CA3Memory

    import neuroport

    rasters = []
    for backend in ("brian2", "spinnaker-emulated"):
        sim = neuroport.simulator(backend, timestep=1.0, numerics="spinnaker")
        memory = CA3Memory(sim, 5, 10, period=10.0)
        for cue, word in ((0, {0, 1, 8, 9}), (4, {1, 5, 6}), (3, {4, 5, 6})):
            memory.learn(cue, word)
        memory.recall_by_cue(0)
        memory.recall_by_content({6})
        memory.recall_by_content({0, 4})
        memory.learn(3, {1, 3, 4, 8})
        memory.recall_by_cue(3)
        memory.recall_by_content({6})
        assert all(outcome.exact for outcome in memory.run(until=90.0))
        rasters.append({name: memory.raster(name) for name in memory.populations})
        sim.end()
    assert rasters[0] == rasters[1]


def _in_two_runs(sim: Any, first: list[float], second: list[float]) -> list[list[float]]:
    source = sim.Population(60, sim.SpikeSourceArray(spike_times=first), label="source")
    noise = sim.Population(60, sim.SpikeSourcePoisson(rate=40.0), label="noise")
    cells = sim.Population(60, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    for pre, weight in ((source, 6.0), (noise, 4.0)):
        sim.Projection(pre, cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=weight, delay=1.0))
    cells.record("spikes")
    sim.run(50.0)
    source.set(spike_times=second)
    sim.run(50.0)
    trains = cells.get_data().segments[-1].spiketrains
    return [[float(t) for t in train.magnitude] for train in trains]


@pytest.mark.slow
@pytest.mark.parametrize("first", [[], [5.0]], ids=["silent", "one spike"])
def test_spike_times_are_replaced_between_two_runs(board: None, first: list[float]) -> None:
    """A source that was silent in the first run sends in the second, as on Brian2."""
    second = [float(t) for t in range(51, 90, 2)]
    found = [
        _in_two_runs(neuroport.simulator(backend, timestep=1.0, seed=7, numerics="spinnaker"),
                     first, second)
        for backend in ("brian2", "spinnaker-emulated")
    ]
    assert sum(map(len, found[0])) > 500
    assert found[1] == found[0]


@pytest.mark.usefixtures("toolchain")
@pytest.mark.parametrize(("room", "fits"), [(10_000, True), (40, False)])
def test_new_spike_times_that_do_not_fit_are_refused(room: int, fits: bool) -> None:
    """sPyNNaker would leave out what does not fit, without a word."""
    given: list[Any] = []

    class Piece:
        vertex_slice = SimpleNamespace(get_raster_ids=lambda: np.arange(4))
        _send_buffer_size = room
        send_buffer_times = property(lambda self: None, lambda self, value: given.append(value))

    child = object.__new__(Child)
    child.np = np
    child.data = {"timestep": 1.0, "populations": [{"label": "source"}]}
    child.sim = SimpleNamespace(get_current_time=lambda: 50.0)
    child.view = SimpleNamespace(get_max_run_time_steps=lambda: 100)
    child.populations = [
        SimpleNamespace(_vertex=SimpleNamespace(n_atoms=4, machine_vertices=[Piece()]))
    ]
    # One spike of the past, which needs nothing, and four in each of ten steps.
    times = {"index0": np.array([0] + [0, 1, 2, 3] * 10),
             "time0": np.array([5.0] + [60.0 + k for k in range(10) for _ in range(4)])}
    if fits:
        child._send_times(0, times, 50.0)
        assert [len(train) for train in given[0]] == [11, 10, 10, 10]
    else:
        with pytest.raises(NoRoomError, match=r"'source': .* of 40"):
            child._send_times(0, times, 50.0)
        assert given == []


@pytest.mark.slow
def test_recorded_inputs_have_pynn_s_sign_and_the_reference_s_values(board: None) -> None:
    """The chip keeps inhibition as a magnitude; sample by sample, no tolerance."""
    found = []
    for backend in ("brian2", "spinnaker-emulated"):
        sim = neuroport.simulator(backend, timestep=1.0, seed=7, numerics="spinnaker")
        cells = sim.Population(2, sim.IF_curr_exp(tau_syn_E=2.3, tau_syn_I=4.7, tau_refrac=1.0))
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0, 4.0, 20.0]))
        for weight, receptor in ((1.3, "excitatory"), (-0.9, "inhibitory")):
            sim.Projection(source, cells, sim.AllToAllConnector(),
                           sim.StaticSynapse(weight=weight, delay=1.0), receptor_type=receptor)
        cells.record(["isyn_exc", "isyn_inh"])
        sim.run(40.0)
        segment = cells.get_data().segments[-1]
        found.append({name: segment.filter(name=name)[0] for name in ("isyn_exc", "isyn_inh")})
    for name, sign in (("isyn_exc", 1), ("isyn_inh", -1)):
        reference, chip = found[0][name], found[1][name]
        assert (sign * reference.magnitude).max() > 0.5
        # The chip cannot tell the present one, and the signal says so.
        assert (len(reference), len(chip)) == (41, 40)
        assert chip.annotations["missing_last_samples"] == 1
        assert "missing_last_samples" not in reference.annotations
        assert (chip.magnitude == reference.magnitude[:40]).all(), name

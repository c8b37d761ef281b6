"""Sessions: the border between processes, resets, changes between runs, ends and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
from test_as_brian2 import BOTH, agree, outcome

import neuroport
from neuroport.errors import BackendMissingError, InvalidValueError, RunInterrupted
from neuroport.process import EngineEndedError


def driven(sim: Any, n: int = 3) -> Any:
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=100.0), label="source")
    cells = sim.Population(n, sim.IF_curr_exp(tau_refrac=2.0), label="cells")
    projection = sim.Projection(
        source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.8, delay=0.2))
    cells.record(["spikes", "v", "isyn_exc"])
    source.record("spikes")
    return source, cells, projection


def same(one: Any, other: Any) -> None:
    assert {n for n in one if isinstance(one[n], list) and one[n] != other[n]} == set()
    for name in one:
        if not isinstance(one[name], list):
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_nengo_is_never_in_the_users_process() -> None:
    text = (
        "import sys, neuroport, neuroport_nengo.session, neuroport_nengo.lower.program\n"
        "sim = neuroport.simulator('nengo')\n"
        "sim.Population(1, sim.IF_curr_exp(i_offset=1.0)).record('spikes')\n"
        "sim.run(5.0)\n"
        "print([m for m in sys.modules if m.partition('.')[0] == 'nengo'])\n")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", text], capture_output=True,
                          text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_missing_nengo_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuroport_nengo.backend.package_version", lambda name: "")
    with pytest.raises(BackendMissingError, match=r"pip install 'neuroport\[nengo\]'"):
        neuroport.simulator("nengo")
    monkeypatch.setattr("neuroport_nengo.backend.package_version", lambda name: "3.2.0")
    with pytest.raises(BackendMissingError, match=r"3\.2\.0"):
        neuroport.simulator("nengo")


def test_wrong_options_are_named() -> None:
    with pytest.raises(InvalidValueError, match="silence_timeout"):
        neuroport.simulator("nengo", silence_timeout=-1.0)


def test_changes_between_runs_act_as_on_brian2() -> None:
    def protocol(backend: str) -> Any:
        sim = neuroport.simulator(backend, timestep=0.1, seed=1)
        source, cells, projection = driven(sim)
        other = sim.Population(2, sim.IF_curr_exp(), label="other")  # shares the cells' node
        sim.Projection(source, other, sim.AllToAllConnector(),
                       sim.TsodyksMarkramSynapse(weight=2.0, delay=0.3))
        sim.run(30.0)
        projection.set(weight=1.1)
        cells.set(tau_m=12.0, v_thresh=-51.0)
        other.set(tau_syn_E=7.0)
        other.record(["v", "isyn_exc"], sampling_interval=0.7)
        sim.run(20.0)
        cells.initialize(v=-60.0, isyn_exc=0.3)
        current = sim.DCSource(amplitude=0.5, start=55.0, stop=80.0)
        cells[1:].inject(current)
        sim.run(10.0)
        current.set_parameters(amplitude=1.0)
        source.set(rate=200.0)
        sim.run(30.0)
        found = outcome(sim, cells, other, source)
        sim.end()
        return found

    one, other = map(protocol, BOTH)
    assert agree(one, other) > 20


@pytest.mark.slow
def test_a_run_cut_into_pieces_is_the_same_to_the_last_bit() -> None:
    def found(pieces: list[float]) -> Any:
        sim = neuroport.simulator("nengo", timestep=0.1, seed=2)
        source, cells, _ = driven(sim, 20)
        for weight in (0.1, 0.3, 0.7):  # four sums at one receptor
            sim.Projection(source, cells, sim.FixedProbabilityConnector(0.5),
                           sim.TsodyksMarkramSynapse(weight=weight, delay=0.1))
            sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.3),
                           sim.StaticSynapse(weight=weight / 5, delay=0.1))
        for piece in pieces:
            sim.run(piece)
        result = outcome(sim, cells)
        sim.reset()
        sim.run(sum(pieces))
        again = outcome(sim, cells)
        sim.end()
        same(again, result)
        return result

    one, other = found([60.0]), found([0.1, 0.2, 20.0, 39.7])
    assert any(one["cells"])
    same(other, one)


def test_a_process_that_is_killed_is_named_and_what_was_recorded_stays() -> None:
    sim = neuroport.simulator("nengo", timestep=0.1)
    _, cells, _ = driven(sim)
    sim.run(20.0)
    os.kill(sim.state.session._process.number, signal.SIGKILL)
    with pytest.raises(EngineEndedError, match="Nengo"):
        sim.run(20.0)
    assert outcome(sim, cells)["cells.v"].shape[0] >= 200
    sim.reset()
    sim.run(5.0)
    assert outcome(sim, cells)["cells.v"].shape == (51, 3)
    sim.end()


def test_ctrl_c_stops_between_two_steps() -> None:
    sim = neuroport.simulator("nengo", timestep=0.1)
    driven(sim)
    sim.run(1.0)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(RunInterrupted):
        sim.run(1e6)
    assert time.monotonic() - begin < 30.0  # an answer, however busy the machine
    assert 1.0 < sim.get_current_time() < 1e6
    sim.end()

"""Nothing waits for ever: machines that are not there, go away, or a process that dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.errors import (
    BoardVersionError,
    MachineLostError,
    MachineUnreachableError,
    ToolchainError,
)
from neuroport_spinnaker.machine.address import check_server, split_server
from neuroport_spinnaker.session import SpinnakerSession

import neuroport
from neuroport.errors import InvalidValueError
from neuroport.results import load_results

from .conftest import children

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("own_folder")]
SPARE = 20.0  # s for starting Python and sPyNNaker, on a busy machine


def run_on(**machine: Any) -> float:
    """Run one cell for 10 ms; return the wall time (s)."""
    sim = neuroport.simulator("spinnaker", timestep=1.0, **machine)
    sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0)).record("spikes")
    began = time.monotonic()
    with pytest.raises(MachineUnreachableError) as caught:
        sim.run(10.0)
    assert "way out" in str(caught.value)
    seconds = time.monotonic() - began
    sim.end()
    return seconds


@pytest.mark.slow
@pytest.mark.usefixtures("toolchain")
def test_a_machine_that_says_nothing_is_given_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as commands, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as boot:
        commands.bind(("127.0.77.5", 17893))
        boot.bind(("127.0.77.5", 54321))
        # One question of 4 s, and two attempts to boot of 9 s each, less the wait after the last.
        assert run_on(machine="127.0.77.5") < 22.0 + SPARE


@pytest.mark.usefixtures("toolchain")
@pytest.mark.parametrize("address", ["127.0.77.6", "no-such-host.invalid"])
def test_an_address_with_nothing_behind_it_is_refused(address: str) -> None:
    assert run_on(machine=address) < SPARE


@pytest.mark.slow
def test_a_board_of_another_version_is_named(board: None) -> None:
    from neuroport_spinnaker.board import Board

    with Board(chips=4) as there:
        sim = neuroport.simulator("spinnaker", timestep=1.0, machine=there.host, target="spinn5")
        sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0)).record("spikes")
        with pytest.raises(BoardVersionError, match="version 3 has 4 chips"):
            sim.run(10.0)
        sim.end()


def test_a_version_that_no_board_has_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="no board of version 99"):
        neuroport.simulator("spinnaker", timestep=1.0, machine="127.0.0.9", version=99)


@pytest.mark.slow
@pytest.mark.usefixtures("toolchain")
@pytest.mark.parametrize("address", ["127.0.0.1:{}", "spalloc://me@127.0.0.1:{}",
                                     "http://127.0.0.1:{}/"])
def test_a_spalloc_server_that_says_nothing_is_given_up(address: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        # The clients wait for 10 s.
        assert run_on(spalloc=address.format(server.getsockname()[1])) < 10.0 + SPARE


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "spalloc://127.0.0.1:{}",
                                     "https://127.0.0.1:{}/spalloc/"])
def test_a_spalloc_server_that_refuses_is_named_with_its_port(address: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(MachineUnreachableError, match=rf"127\.0\.0\.1 port {port}"):
        check_server(address.format(port))


@pytest.mark.parametrize(("address", "expected"), [
    ("spalloc.example.org", ("spalloc.example.org", 22244)),
    ("spalloc.example.org:100", ("spalloc.example.org", 100)),
    ("spalloc://someone@example.org", ("example.org", 22244)),
    ("https://example.org/spalloc/", ("example.org", 443)),
])
def test_the_port_of_a_server(address: str, expected: tuple[str, int]) -> None:
    assert split_server(address) == expected


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="HOST:PORT"):
        split_server("example.org:many")


PIECE = 200  # steps


def lose(monkeypatch: pytest.MonkeyPatch, how: Callable[[Any], None]) -> tuple[Any, Any, Any]:
    """Run on the emulated board; call `how` in the third piece. Return sim, cells, error."""
    monkeypatch.setattr(SpinnakerSession, "longest_piece", PIECE)
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, seed=7, numerics="spinnaker")
    cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0]), label="source")
    sim.Projection(source, cells, sim.AllToAllConnector(), sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=0.5, A_minus=0.5),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=1.0),
        weight=0.5, delay=1.0), label="learns")
    cells.record(["spikes", "v"])

    def later() -> None:
        while True:
            session = sim.state.session
            if session is not None and session.step >= 2 * PIECE and (
                session._worker.running_since is not None
            ):
                return how(session)
            time.sleep(0.002)

    threading.Thread(target=later, daemon=True).start()
    with pytest.raises((MachineLostError, ToolchainError)) as caught:
        sim.run(100_000.0)
    return sim, cells, caught.value


def complete_pieces_are_there(sim: Any, cells: Any) -> None:
    """Check spikes and voltages up to the last completed piece, and what is refused."""
    step = sim.state.step
    assert step >= 2 * PIECE
    assert step % PIECE == 0
    segment = cells.get_data().segments[-1]
    trains = [train.magnitude for train in segment.spiketrains]
    # A cell with this current fires all the time: also in the last piece, and not after it.
    assert all(step - PIECE < train.max() <= step for train in trains)
    assert len(segment.filter(name="v")[0]) == step + 1
    with pytest.raises(MachineLostError, match="reset"):
        sim.run(10.0)
    with pytest.raises(MachineLostError, match="weights"):
        sim.state.projections[0].get("weight", format="list")


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_board_that_goes_away_in_mid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sim, cells, error = lose(monkeypatch, lambda session: session._board.stop())
    assert isinstance(error, MachineLostError)
    assert "way out" in str(error)
    complete_pieces_are_there(sim, cells)
    sim.reset()  # a new board
    sim.run(50.0)
    assert len(cells.get_data().segments[-1].spiketrains[0]) > 3
    sim.end()


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_board_that_hangs_in_mid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a board without power: nothing refuses, nothing answers."""
    go_on = threading.Event()

    def hang(session: Any) -> None:
        board = session._board
        threading.Thread(target=lambda: board.call(lambda: go_on.wait(200.0)), daemon=True).start()
        # The board thread ends only when asked to stop; let it.
        monkeypatch.setattr(board, "stop", lambda: (go_on.set(), type(board).stop(board)))

    began = time.monotonic()
    sim, cells, error = lose(monkeypatch, hang)
    # sPyNNaker asks ten times, for 2 s each.
    assert time.monotonic() - began < 22.0 + 2 * SPARE
    assert isinstance(error, MachineLostError)
    complete_pieces_are_there(sim, cells)
    sim.end()


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_killed_child_in_mid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sim, cells, error = lose(
        monkeypatch, lambda session: os.kill(session._worker._process.pid, signal.SIGKILL))
    assert isinstance(error, ToolchainError)
    assert "SIGKILL" in str(error)
    assert "way out" in str(error)
    complete_pieces_are_there(sim, cells)
    sim.end()


SCRIPT = """
from neuroport_spinnaker.session import SpinnakerSession
import neuroport.pynn as sim
SpinnakerSession.longest_piece = 2000
sim.setup(timestep=1.0)
cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
cells.record("spikes")
print("under way", flush=True)
sim.run(10_000_000.0)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("board")
@pytest.mark.parametrize("wait", [1.0, 12.0], ids=["while mapping", "while running"])
def test_ctrl_c_keeps_what_the_board_recorded(tmp_path: Path, wait: float) -> None:
    (tmp_path / "long.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-m", "neuroport", "run", "long.py", "-b", "spinnaker-emulated",
         "--output", "out", "--no-plots"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "under way"
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "interrupted at" in error
    assert "Traceback" not in error
    if wait > 10.0:
        stored = load_results(tmp_path / "out")
        assert stored.information["interrupted"] is True
        last = np.concatenate([t.magnitude for t in stored.blocks[0].segments[0].spiketrains]).max()
        reached = float(error.split("interrupted at ")[1].split(" ms")[0])
        # The cells fire every 11 ms.
        assert 0.0 < reached - last < 20.0


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_killed_parent_leaves_neither_child_nor_folder(tmp_path: Path, own_folder: Path) -> None:
    (tmp_path / "long.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-m", "neuroport", "run", "long.py", "-b", "spinnaker-emulated"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "under way"
    end = time.monotonic() + 2 * SPARE
    while not list(own_folder.glob("neuroport-spinnaker-*/dse.sql")):
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(3.0)
    process.kill()
    process.wait()
    end = time.monotonic() + 20.0 + SPARE  # the child has 20 s to give the machine back
    while children(own_folder) or list(own_folder.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.2)

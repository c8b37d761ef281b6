"""Boards that a server has handed out are given back, however a run ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import neuroport

from .conftest import children
from .spalloc_server import SpallocServer

pytestmark = [
    pytest.mark.slow, pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("board", "own_folder"),
]
SPARE = 60.0  # s for Python and sPyNNaker on a busy machine
GRACE = 25.0  # s that a child has to let go, and a little

SCRIPT = """
import sys
import neuroport
how, address = sys.argv[1:3]
sim = neuroport.simulator("spinnaker", timestep=1.0, spalloc=address)
cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
cells.record("spikes")
sim.run(20.0 if how in ("ends", "fails") else 300_000.0)
assert cells.mean_spike_count() > 0
if how == "fails":
    raise ValueError("a mistake after the run")
"""
MODEL = """
import neuroport.pynn as sim
sim.setup(timestep=1.0)
cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
cells.record("spikes")
sim.run({})
"""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """The address of an emulated board."""
    from neuroport_spinnaker.board import Board

    with Board(chips=48) as there:
        yield there.host


def given_back(server: SpallocServer, within: float = GRACE) -> bool:
    return bool(server.jobs) and server.wait(lambda jobs: all(j.destroyed for j in jobs), within)


def nothing_left(folder: Path) -> bool:
    """Whether child and folder of a parent that was killed are soon gone."""
    limit = time.monotonic() + GRACE
    while children(folder) or list(folder.iterdir()):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def under_way(server: SpallocServer, queued: bool = False) -> None:
    asked = "state" if queued else "machine"
    assert server.wait(lambda jobs: any(asked in j.asked for j in jobs), SPARE)
    time.sleep(1.0 if queued else 4.0)  # mapping, loading or running
    assert not any(j.destroyed for j in server.jobs.values())


@pytest.mark.parametrize("how", ["ends", "fails", "interrupted", "terminated", "killed"])
def test_by_a_script_without_an_end(
    how: str, host: str, tmp_path: Path, own_folder: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    with SpallocServer(host) as server:
        process = subprocess.Popen(
            [sys.executable, "script.py", how, server.address], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if how not in ("ends", "fails"):
            under_way(server)
            process.send_signal({"interrupted": signal.SIGINT, "terminated": signal.SIGTERM,
                                 "killed": signal.SIGKILL}[how])
        _, error = process.communicate(timeout=2 * SPARE)
        assert given_back(server), error
        assert len(server.jobs) == 1
        assert nothing_left(own_folder)
        if how == "fails":
            assert "a mistake after the run" in error
        elif how == "ends":
            assert process.returncode == 0, error


@pytest.mark.parametrize("interrupted", [False, True], ids=["to its end", "Ctrl-C"])
def test_by_the_command(interrupted: bool, host: str, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL.format(300_000.0 if interrupted else 20.0))
    with SpallocServer(host) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "neuroport", "run", "model.py", "-b", "spinnaker",
             "--spalloc", server.address, "--no-plots", "-o", "out"], cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if interrupted:
            under_way(server)
            process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=2 * SPARE)
        assert given_back(server), said
        assert process.returncode == (130 if interrupted else 0), said


@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_where_a_machine_is_still_waited_for(
    how: str, host: str, tmp_path: Path, own_folder: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    with SpallocServer(host, queue=1000.0) as server:
        process = subprocess.Popen(
            [sys.executable, "script.py", how, server.address], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        under_way(server, queued=True)
        process.send_signal({"interrupted": signal.SIGINT, "killed": signal.SIGKILL}[how])
        began = time.monotonic()
        assert given_back(server, 10.0)
        process.communicate(timeout=SPARE)
        assert nothing_left(own_folder)
        assert time.monotonic() - began < GRACE


def test_by_reset_and_end_and_the_queue_has_its_own_phase(host: str) -> None:
    queue = 6.0
    with SpallocServer(host, queue) as server:
        sim = neuroport.simulator("spinnaker", timestep=1.0, spalloc=server.address)
        sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0)).record("spikes")
        began = time.monotonic()
        sim.run(20.0)
        wall = time.monotonic() - began
        spent = sim.state.session.account["phases_s"]
        assert queue - 1.0 < spent["waiting for a machine"] < wall
        assert sum(spent.values()) < wall + 0.1  # and is not counted twice
        assert not server.jobs[1].destroyed
        sim.reset()
        assert given_back(server)
        server.queue = 0.0
        sim.run(20.0)
        sim.end()
        assert given_back(server)
        assert len(server.jobs) == 2


def test_where_the_machine_does_not_answer(tmp_path: Path) -> None:
    from neuroport_spinnaker.errors import MachineUnreachableError

    with SpallocServer("127.0.77.9") as server:
        sim = neuroport.simulator("spinnaker", timestep=1.0, spalloc=server.address)
        sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
        with pytest.raises(MachineUnreachableError):
            sim.run(10.0)
        assert given_back(server, 5.0)

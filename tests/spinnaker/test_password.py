"""Who asks a server is told to the server, and to nobody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .spalloc_server import SpallocServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("board", "own_folder")]
PASSWORD = "Xk7-vQz31pW"
MODEL = """
import neuroport.pynn as sim
sim.setup(timestep=1.0)
cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
cells.record("spikes")
sim.run(20.0)
"""


def test_a_run_on_a_machine_of_a_server_with_a_password(tmp_path: Path) -> None:
    from neuroport_spinnaker.board import Board

    (tmp_path / "model.py").write_text(MODEL)
    with Board(chips=48) as board, SpallocServer(board.host) as server:
        done = subprocess.run(
            [sys.executable, "-m", "neuroport", "run", "model.py", "-b", "spinnaker", "--spalloc",
             f"spalloc://someone:{PASSWORD}@{server.address}", "-v", "--no-plots", "-o", "out"],
            cwd=tmp_path, capture_output=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert [job.owner for job in server.jobs.values()] == ["someone"]
    stored = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert server.address.encode() in stored[str(tmp_path / "out" / "run.json")]
    for name, content in {**stored, "output": done.stdout + done.stderr}.items():
        assert PASSWORD.encode() not in content, name
        assert b"someone" not in content, name

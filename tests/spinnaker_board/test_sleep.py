"""The host's sleep of the simulated time: left out unless it is asked for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

SECONDS = 40
SCRIPT = f"""
import pyNN.spiNNaker as sim
sim.setup(1.0)
sim.Population(1, sim.IF_curr_exp())
sim.run({SECONDS * 1000})
sim.end()
"""


@pytest.mark.slow
def test_an_idle_network_does_not_take_its_simulated_time(
    spynnaker_python: str, tmp_path: Path
) -> None:
    board_module = pytest.importorskip(
        "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
    )
    script = tmp_path / "idle.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with board_module.Board() as board:
        start = time.monotonic()
        done = board_module.run_script(board, script, python=spynnaker_python, timeout=200)
        wall = time.monotonic() - start
        assert done.returncode == 0, done.stderr[-2000:]
        assert board.report().virtual_seconds > SECONDS
    assert wall < SECONDS

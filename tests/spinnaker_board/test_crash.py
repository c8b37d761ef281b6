"""A core that crashes under stock sPyNNaker: what a user of a real board would be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]

# A host that loads data whose second region is nowhere, by SCP writes just before the start.
DAMAGED = """
import glob, io, logging
from spinnman.messages.scp.enums import Signal
from spinnman.transceiver.base_transceiver import BaseTransceiver
from spynnaker.pyNN.data import SpynnakerDataView as view

sim.setup(1.0)
sim.Population(40, sim.IF_curr_exp(), label="quiet")
victim = sim.Population(40, sim.IF_curr_exp(i_offset=2.0), label="victim")
send = BaseTransceiver.send_signal
where = []
def damaged(transceiver, app, signal):
    place = next(p for p in view.iterate_placemements() if p.vertex.app_vertex is victim._vertex)
    base = transceiver.read_user(place.x, place.y, place.p, 0)
    if (app, signal) == (view.get_app_id(), Signal.START) and 0x60000000 <= base < 0x67800000:
        where[:] = [place.x, place.y, place.p]
        transceiver.write_memory(
            place.x, place.y, base + 8 + 12 * 2, (0x9BADF00C).to_bytes(4, "little"))
    send(transceiver, app, signal)
BaseTransceiver.send_signal = damaged

said = io.StringIO()
logging.getLogger().addHandler(logging.StreamHandler(said))
try:
    sim.run(20)
    error = ""
except Exception as problem:
    error = f"{type(problem).__name__}: {problem}"
name = "iobuf_for_chip_{}_{}_processor_id_{}.txt".format(*where)
texts = [open(path).read() for path in glob.glob(f"reports/**/{name}", recursive=True)]
answer(error=error, log=said.getvalue(), iobuf=texts, where=where)
"""


@pytest.mark.slow
def test_state_registers_and_iobuf_of_a_crashed_core(run_network: Run) -> None:
    got = run_network(DAMAGED)
    x, y, p = got["where"]
    assert got["error"].startswith("SpiNNManCoresNotInStateException")
    assert f"{x}, {y}, {p} (ph: {p})" in got["error"]
    # sPyNNaker's own words about the core ...
    assert f"{x}:{y}:{p} (ph: {p}) in state RUN_TIME_EXCEPTION:DABT" in got["log"]
    assert f"r0={0x9BADF00C}," in got["log"]
    # ... and what the program said last, in the file that sPyNNaker writes
    (text,) = got["iobuf"]
    assert "(data_specification.c" in text
    # the board's own account
    (crashed,) = got["report"].crashed
    assert (crashed.chip, crashed.core) == ((x, y), p)
    assert (crashed.state, crashed.error_code) == ("RUN_TIME_ERROR", 5)
    assert crashed.registers[0] == 0x9BADF00C
    assert crashed.iobuf
    assert any(
        line.startswith(f"core {x},{y},{p} (IF_curr_exp.aplx) stopped: RUN_TIME_ERROR")
        for line in got["report"].findings()
    )


AFTER = """
sim.setup(1.0)
cells = sim.Population(10, sim.IF_curr_exp(i_offset=2.0))
cells.record("spikes")
sim.run(50)
answer(spikes=sum(map(len, spikes_of(cells))))
sim.end()
"""


@pytest.mark.slow
def test_next_script_after_a_crash_or_a_full_board(
    spynnaker_python: str, tmp_path: Any
) -> None:
    """The same board: a crash, then memory that somebody took, then a network as if nothing was."""
    board_module = pytest.importorskip("neuroport_spinnaker.board", exc_type=ImportError)
    from client_prologue import PROLOGUE
    from neuroport_spinnaker.board.memory_map import Command
    from test_robustness import Client

    scripts = {"damaged": DAMAGED, "after": AFTER}
    for name, body in scripts.items():
        (tmp_path / f"{name}.py").write_text(PROLOGUE + body, encoding="utf-8")
    with board_module.Board(4) as board:

        def run(name: str) -> Any:
            return board_module.run_script(
                board, tmp_path / f"{name}.py", python=spynnaker_python, timeout=300
            )

        other = Client(board.host)
        chips = (0x0000, 0x0001, 0x0100, 0x0101)
        assert run("after").returncode == 0
        run("damaged")
        # nothing but the crash: counters of a core that never paused are not read from memory
        (line,) = board.report().findings()
        assert "RUN_TIME_ERROR" in line
        for chip in chips:
            _, left = other.ask(Command.ALLOCATE, (6, 0, 0), chip=chip)
            most = int.from_bytes(left[4:], "little") - 4000
            taken = other.ask(Command.ALLOCATE, (77 << 8, most, 0), chip=chip)[1]
            assert taken != bytes(4)
        full = run("after")
        assert full.returncode != 0
        assert "The sdram per chip of 3" in full.stderr  # bytes that are left
        assert "PacmanPlaceException" in full.stderr
        other.close()  # and what it took goes with it
        done = run("after")
        assert done.returncode == 0, done.stderr[-2000:]
        assert '"spikes": ' in done.stdout

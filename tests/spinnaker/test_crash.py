"""Cores that crash and chips without memory: the error names the population and the place."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from neuroport_spinnaker.errors import BoardRefusedError, CoreFailedError, MachineMemoryError
from neuroport_spinnaker.toolchain.parent import Worker

import neuroport

pytestmark = [
    pytest.mark.filterwarnings("ignore"), pytest.mark.slow, pytest.mark.usefixtures("board"),
]
START = 3  # the signal on which programs read their data
REGIONS = 8  # bytes before the pointers in the table of a core's data; 12 bytes each
USER0 = 112  # in a core's record: where its table is
NOWHERE = 0x9BADF00C
DATA_ABORT = "DABT"
OTHER = 77  # an application id that the tool-chain does not take


def network(cells: int = 40) -> tuple[Any, Any]:
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="spinnaker")
    sim.Population(cells, sim.IF_curr_exp(tau_refrac=1.0, i_offset=1.0), label="quiet")
    victim = sim.Population(cells, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="victim")
    victim.record("spikes")
    return sim, victim


def test_data_that_lead_nowhere_crash_a_core_which_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from neuroport_spinnaker.board.monitor import Monitor

    signal = Monitor.signal

    def damaged(monitor: Monitor, data: int) -> None:
        """As a data specification whose second region is somewhere else entirely."""
        chip = monitor.by_index[0]
        if data >> 16 & 15 == START and chip.images.get(2) == "IF_curr_exp.aplx":
            table = chip.word(chip.core_block(2) + USER0)
            chip.set_word(table + REGIONS + 12 * 2, NOWHERE)
        signal(monitor, data)

    sim, victim = network()
    with monkeypatch.context() as patched:
        patched.setattr(Monitor, "signal", damaged)
        with pytest.raises(CoreFailedError) as caught:
            sim.run(20.0)
    (core,) = caught.value.cores
    assert (core["x"], core["y"], core["p"]) == (0, 0, 2)
    assert (core["state"], core["code"]) == ("RUN_TIME_EXCEPTION", DATA_ABORT)
    assert core["registers"][0] == NOWHERE  # what it tried to read
    assert (core["first"], core["last"]) == (0, 39)
    # its own words, with their values, and not the numbers that it writes
    assert "[INFO] (neuron.c: 153): \t n_neurons = 40, peak 64, n_synapse_types 2" in core["iobuf"]
    text = str(caught.value)
    assert f"core 0,0,2 (IF_curr_exp) crashed during 'run': population '{core['population']}'" in (
        text)
    assert core["population"] in ("quiet", "victim")
    assert f"r0={NOWHERE:#x}" in text
    assert "way out" in text
    sim.reset()  # a fresh board; nothing of the crash is left
    sim.run(50.0)
    assert all(len(t) for t in victim.get_data().segments[-1].spiketrains)
    sim.end()


def test_a_core_that_crashes_in_mid_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sim, _ = network()
    places: list[tuple[int, int, int]] = []

    def damage() -> None:
        while True:
            session = sim.state.session
            worker = None if session is None else session._worker
            if worker is not None and worker.running_since is not None:
                break
            time.sleep(0.002)
        monitor = session._board._monitor
        x, y, p = places[0]
        undefined = b"\xf0\x00\xf0\xe7" * 0x1000
        session._board.call(lambda: monitor.chips[x, y].write(0x1000, undefined, p))

    ask = Worker.ask

    def noting(worker: Worker, what: str, *rest: Any, **more: Any) -> Any:
        if what == "run" and not places:
            places.append((0, 0, 2))
            threading.Thread(target=damage, daemon=True).start()
        return ask(worker, what, *rest, **more)

    monkeypatch.setattr(Worker, "ask", noting)
    with pytest.raises(CoreFailedError, match=r"(?s)crashed.*UNDEF.*psr=.*way out") as caught:
        sim.run(100_000.0)
    (core,) = caught.value.cores
    assert (core["x"], core["y"], core["p"]) == places[0]
    assert core["population"] in ("quiet", "victim")
    sim.end()


def test_a_chip_that_is_full_while_it_is_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuroport_spinnaker.board.commands import Commands

    allocate = Commands._allocate

    def greedy(commands: Commands, chip: Any, *arguments: int) -> bytes:
        """As another user of the board, who comes when loading begins."""
        chip.sdram_heap.allocate(chip.sdram_heap.largest() - 4000, 0, OTHER)
        return allocate(commands, chip, *arguments)

    sim, victim = network(200)
    with monkeypatch.context() as patched:
        patched.setattr(Commands, "_allocate", greedy)
        with pytest.raises(MachineMemoryError, match=r"\d+ bytes .* chip 0,0.*(?s:.*)target"):
            sim.run(20.0)
    sim.reset()
    sim.run(50.0)
    assert all(len(t) for t in victim.get_data().segments[-1].spiketrains)
    sim.end()


def test_a_program_of_another_release_is_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from neuroport_spinnaker.board import binaries

    known = {k: b for k, b in binaries.known_binaries().items() if b.name != "IF_curr_exp.aplx"}
    sim, victim = network()
    with monkeypatch.context() as patched:
        patched.setattr(binaries, "known_binaries", lambda: known)
        with pytest.raises(BoardRefusedError, match=r"(?s)SHA-256.*1!7\.4\.1.*way out") as caught:
            sim.run(20.0)
    assert caught.value.__cause__ is not None  # what sPyNNaker said
    sim.reset()
    sim.run(50.0)
    assert all(len(t) for t in victim.get_data().segments[-1].spiketrains)
    sim.end()

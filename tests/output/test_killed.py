"""A kill at any point of saving loses nothing that was announced as saved."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from killing import killed_everywhere

import neuroport
from neuroport.errors import FileFormatError
from neuroport.network.file import load_network, save_network
from neuroport.output.writing import write_file
from neuroport.reproduce.journal import Journal
from neuroport.results import collect, load_run, save_results
from neuroport.results.errors import RecordingFormatError

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What two simulators recorded."""
    found = []
    for seed in (1, 2):
        sim = neuroport.simulator("brian2", timestep=1.0, seed=seed)
        cells = sim.Population(4, sim.IF_curr_exp(i_offset=1.0), label="cells")
        cells.record(["spikes", "v"])
        sim.run(60.0)
        found.append(collect(sim))
        sim.end()
    both = neuroport.results.join_results(found, name="two")
    save_results(both, tmp_path_factory.mktemp("first") / "out")  # imports what children need
    return both


def whole_or_not_there(folder: Path, spikes: int) -> bool:
    """Whether results are there; they are then all there."""
    try:
        stored = load_run(folder)
    except (FileFormatError, RecordingFormatError):
        return False
    assert stored.n_spikes == spikes
    return True


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_results(result: Any, tmp_path: Path, step: int) -> None:
    out = tmp_path / "out"

    def work(announce: Any) -> None:
        save_results(result, out)
        announce("saved")

    seen = []
    for _, announced, _ended in killed_everywhere(work, step):
        seen.append(whole_or_not_there(out, result.n_spikes))
        assert seen[-1] or not announced
        assert seen[-1] or not out.exists() or not any(out.iterdir())
        for left in tmp_path.iterdir():
            shutil.rmtree(left)
    assert len(seen) > 50 / step
    assert set(seen) == {True, False}  # it was killed before, and after


def test_results_that_move_one_by_one(
    result: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As into the folder of a mounted disk, which cannot be replaced."""
    out = tmp_path / "out"
    out.mkdir()

    def refuse(*arguments: Any) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("neuroport.output.writing.os.rename", refuse)

    def work(announce: Any) -> None:
        save_results(result.parts[0], out)
        announce("saved")

    seen = []
    for _, announced, _ended in killed_everywhere(work, step=8):
        seen.append(whole_or_not_there(out, result.parts[0].n_spikes))
        assert seen[-1] or not announced
        shutil.rmtree(out)
        out.mkdir()
    assert set(seen) == {True, False}


@pytest.mark.slow
def test_results_at_any_moment(result: Any, tmp_path: Path) -> None:
    """Also where the library that writes the file is in the middle of it."""
    import os

    out = tmp_path / "out"
    draw = random.Random(1)
    began = time.perf_counter()
    save_results(result, out)
    whole = time.perf_counter() - began
    shutil.rmtree(out)
    for _ in range(10):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            save_results(result, out)
            os.write(writing, b"saved")
            os._exit(0)
        os.close(writing)
        time.sleep(draw.uniform(0.0, 1.2 * whole))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        announced = os.read(reading, 10)
        os.close(reading)
        assert whole_or_not_there(out, result.n_spikes) or (not announced and not out.exists())
        for left in tmp_path.iterdir():
            shutil.rmtree(left)


def test_a_report_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("old")

    def work(announce: Any) -> None:
        write_file(page, "new")
        announce("written")

    for _, announced, _ended in killed_everywhere(work):
        assert page.read_text() == "new" if announced else page.read_text() in ("old", "new")
        page.write_text("old")


def test_a_network(result: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.network"
    network = result.parts[0].network

    def work(announce: Any) -> None:
        save_network(network, path)
        announce("written")

    for _, announced, _ended in killed_everywhere(work, step=2):
        assert path.exists() or not announced
        if path.exists():
            assert load_network(path).hash == network.hash
            path.unlink()


def test_a_journal_keeps_every_finished_step(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    def entry(step: str) -> dict[str, Any]:
        return {"backend": "b", "step": step, "spec": "s", "versions": {}, "result": [1.5] * 50}

    def work(announce: Any) -> None:
        journal = Journal(path, "toy", "f")
        for step in ("one", "two", "three"):
            journal.write(entry(step))
            announce(step)

    for _, announced, _ended in killed_everywhere(work):
        found = Journal(path, "toy", "f")
        assert {s for _, s in found.entries} >= set(announced)
        for step in announced:
            assert found.known("b", step, "s", {}) == entry(step)
        found.write(entry("four"))  # it goes on
        assert ("b", "four") in Journal(path, "toy", "f").entries
        path.unlink()


def test_a_line_cut_anywhere_loses_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, "toy", "f")
    for step in ("one", "two"):
        journal.write({"backend": "b", "step": step, "spec": "s", "versions": {}, "text": "ü"})
    whole = path.read_bytes()
    ends = [k + 1 for k, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        kept = sum(end <= cut for end in ends)
        assert len(Journal(path, "toy", "f").entries) == max(0, kept - 1), cut
    assert json.loads(whole.splitlines()[0])["experiment"] == "toy"

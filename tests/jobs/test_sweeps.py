"""Sweeps: which runs they are, that each is submitted once, and their results as one table."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from neuroport.errors import InvalidValueError
from neuroport.jobs.outcome import Outcome
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.attempts import begin_attempt
from neuroport.jobs.store.errors import JobNotFoundError, KeyTakenError
from neuroport.jobs.store.identity import present_identity
from neuroport.jobs.store.store import FOLDER, Store
from neuroport.jobs.supervise import launch
from neuroport.jobs.supervise.collect import write_outcome
from neuroport.jobs.sweeps.members import members_of, read_varied
from neuroport.jobs.sweeps.sweep import get_sweep, submit_sweep, sweeps
from neuroport.jobs.sweeps.table import collected, draw, write_table


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv(FOLDER, str(tmp_path / "jobs"))
    monkeypatch.setenv("NEUROPORT_JOBS_LOCAL", "2")
    monkeypatch.chdir(tmp_path)
    return Store()


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs for which a supervisor would have been started; none is."""
    found: list[str] = []
    monkeypatch.setattr(launch, "launch", lambda store, job: found.append(job.id))
    return found


def test_values_are_read() -> None:
    assert read_varied(["a=1,2.5,x", "--the-gain=0:0.3:0.1", "n=5:1:-2"]) == {
        "a": [1, 2.5, "x"], "the_gain": [0.0, 0.1, 0.2, 0.3], "n": [5, 3, 1]}
    with pytest.raises(InvalidValueError) as error:
        read_varied(["a", "b=", "c=1:2:0", "d=1", "d=2", "e=1,,2", "f=0:1e9:1"])
    assert len(error.value.problems) == 6


def test_all_combinations_and_seeds() -> None:
    spec = RunSpec("script.py", backend="brian2", seed=5)
    found = members_of(spec, {"codegen": ["numpy"], "timestep": [0.1, 1], "x_y": [1, 2]}, seeds=2)
    assert len(found) == 8
    told, one = found[-1]
    assert told == {"codegen": "numpy", "timestep": 1, "x_y": 2, "seed": 6}
    assert (one.seed, one.timestep, one.options, one.arguments) == (
        6, 1.0, {"codegen": "numpy"}, ("--x-y", "2"))
    assert len({one.hash for _, one in found}) == 8


def test_what_cannot_be_varied_is_refused_before_anything_is_submitted() -> None:
    spec = RunSpec("brunel")
    with pytest.raises(InvalidValueError, match="no option"):
        members_of(spec, {"gg": [1, 2]})
    with pytest.raises(InvalidValueError) as error:
        members_of(spec, {"seed": ["x", 2], "timestep": [True]}, seeds=3)
    assert len(error.value.problems) == 3
    with pytest.raises(InvalidValueError, match="too many"):
        members_of(spec, {"a": range(1000), "b": range(1000)})


def test_a_sweep_is_submitted_once_and_goes_on_where_it_was_broken_off(
    store: Store, launched: list[str]
) -> None:
    Path("script.py").write_text("import sys\n")
    spec = RunSpec("script.py")
    made = submit_sweep(spec, {"x": [1, 2, 3]}, key="mine")
    assert [job.member for job in made.members] == [0, 1, 2]
    assert len(launched) == 2  # as many as run at a time
    with store.database.connection as connection:  # as if it had been broken off before the last
        connection.execute("DELETE FROM job WHERE member = 2")
    assert not made.over
    again = submit_sweep(spec, {"x": [1, 2, 3]}, key="mine")
    assert again == made == get_sweep("mine") == get_sweep(made.id[-5:])
    assert len(again.members) == 3
    assert sweeps() == [made]
    with pytest.raises(KeyTakenError):
        submit_sweep(spec, {"x": [1, 2]}, key="mine")
    with pytest.raises(JobNotFoundError):
        get_sweep("nonsense")


def test_the_table_has_every_member(store: Store, launched: list[str], tmp_path: Path) -> None:
    Path("script.py").write_text("import sys\n")
    made = submit_sweep(RunSpec("script.py"), {"x": [1, 2.5], "kind": ["a"]}, seeds=2)
    for job, count in zip(made.members[:3], (10, 20, 30), strict=True):
        lease = store.leases.take(job.id, present_identity())
        assert lease is not None
        n = begin_attempt(store, job.id, present_identity(), lease)
        for state in ("submitting", "collecting"):
            store.change(job.id, state, actor="test")
        write_outcome(store, job.id, n, "done", Outcome("ok", "ok", details={
            "seconds": 1.5, "score": {"right": 1, "asked": 2},
            "spikes": {"cells, e": {"count": count, "cells": 5, "rate": count / 5}}}))
        store.change(job.id, "done", actor="test", code="ok")
        store.leases.free(job.id, lease)
    assert made.states == {"done": 3, "queued": 1}
    rows = collected(made)
    assert [row.get("rate cells, e") for row in rows] == [2.0, 4.0, 6.0, None]
    assert write_table(made, tmp_path / "t.csv") == 4
    with (tmp_path / "t.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [(row["x"], row["kind"], row["seed"], row["state"], row["spikes cells, e"])
            for row in read] == [("1", "a", "1", "done", "10"), ("1", "a", "2", "done", "20"),
                                 ("2.5", "a", "1", "done", "30"), ("2.5", "a", "2", "queued", "")]
    draw(made, tmp_path / "f.png")
    draw(made, tmp_path / "f.pdf", "spikes")
    assert (tmp_path / "f.png").stat().st_size > 1000
    with pytest.raises(InvalidValueError, match=r"\.csv or \.parquet"):
        write_table(made, tmp_path / "t.xlsx")
    parquet = pytest.importorskip("pyarrow.parquet")
    write_table(made, tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert table["x"] == [1.0, 1.0, 2.5, 2.5]
    assert table["spikes"] == [10, 20, 30, None]


@pytest.mark.slow
def test_a_sweep_from_the_command_line(store: Store, tmp_path: Path) -> None:
    Path("script.py").write_text(
        "import sys\nimport neuroport.pynn as sim\nsim.setup(timestep=1.0)\n"
        "drive = float(sys.argv[sys.argv.index('--drive') + 1])\n"
        "cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0, i_offset=drive), label='c')\n"
        "cells.record('spikes')\nsim.run(50.0)\n")

    def neuroport(*words: str) -> dict[str, object]:
        done = subprocess.run([sys.executable, "-m", "neuroport", *words, "--json"],
                              capture_output=True, text=True, timeout=300.0)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    words = ("sweep", "script.py", "--vary", "drive=0,4", "-b", "brian2", "--codegen", "numpy",
             "--key", "mine")
    first = neuroport(*words)
    assert neuroport("sweeps", "wait", "mine")["states"] == {"done": 2}
    assert neuroport(*words)["id"] == first["id"]
    assert neuroport("sweeps", "table", "mine", "-o", "t.csv", "--figure", "f.png")["rows"] == 2
    with (tmp_path / "t.csv").open(newline="") as file:
        counts = [int(row["spikes"]) for row in csv.DictReader(file)]
    assert counts[0] == 0 < counts[1]
    neuroport("sweeps", "rm", "mine")
    assert store.jobs() == []

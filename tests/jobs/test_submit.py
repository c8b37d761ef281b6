"""Jobs from end to end: submitted by one process, fetched by another, whatever dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuroport.jobs import get, submit
from neuroport.jobs.run import run
from neuroport.jobs.snapshot import snapshot, source_hash
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import (
    JobFailedError,
    JobNotOverError,
    KeyTakenError,
    UnknownTargetAddressError,
)
from neuroport.jobs.store.store import FOLDER, Store
from neuroport.jobs.supervise.launch import settle
from neuroport.jobs.supervise.running import run_under_way
from neuroport.jobs.targets.base import load_target_of

SPARE = 120.0  # s on a busy machine
MODEL = """
import time
import neuroport.pynn as sim
from beside import RATE
sim.setup(timestep=1.0)
cells = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0, i_offset=RATE), label="cells")
cells.record("spikes")
for piece in range({pieces}):
    sim.run(10.0)
    time.sleep({pause})
print("said by the model")
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv(FOLDER, str(tmp_path / "jobs"))
    monkeypatch.setenv("NEUROPORT_JOBS_LOCAL", "8")
    monkeypatch.chdir(tmp_path)
    return Store()


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., RunSpec]:
    def write(pieces: int = 3, pause: float = 0.0) -> RunSpec:
        (tmp_path / "beside.py").write_text("RATE = 2.0\n")
        (tmp_path / "model.py").write_text(MODEL.format(pieces=pieces, pause=pause))
        return RunSpec("model.py", backend="brian2", options={"codegen": "numpy"})

    return write


def neuroport(*words: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "neuroport", *words], capture_output=True,
                          text=True, timeout=2 * SPARE)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout


def until(what: Callable[[], bool]) -> None:
    limit = time.monotonic() + SPARE
    while not what():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_targets_are_named_and_misspelt_ones_helped() -> None:
    assert load_target_of("local").address == "local"
    with pytest.raises(UnknownTargetAddressError, match="did you mean 'local'"):
        load_target_of("locall")
    with pytest.raises(UnknownTargetAddressError, match="cannot be read"):
        load_target_of("local:4")
    emulated = load_target_of("emulated")
    assert emulated.prepared(RunSpec("brunel")).backend == "spinnaker-emulated"
    with pytest.raises(UnknownTargetAddressError, match="does not run backend 'nest'"):
        emulated.prepared(RunSpec("brunel", backend="nest"))


def test_a_script_is_kept_with_what_it_imports(tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "package").mkdir(parents=True)
    (here / "package" / "__init__.py").write_text("")
    (here / "package" / "part.py").write_text("X = 1\n")
    (here / "used.py").write_text("import package.part\n")
    (here / "unused.py").write_text("")
    (here / "data.txt").write_text("data")
    (here / "script.py").write_text("import used, numpy\n")
    kept = snapshot(here / "script.py", tmp_path / "kept")
    before = source_hash(kept.parent)
    links = {p.name for p in kept.parent.iterdir() if p.is_symlink()}
    assert links == {"unused.py", "data.txt"}
    (here / "unused.py").write_text("changed")
    assert source_hash(kept.parent) == before
    (here / "package" / "part.py").write_text("X = 2\n")
    assert (kept.parent / "package" / "part.py").read_text() == "X = 1\n"
    snapshot(here / "script.py", tmp_path / "again")
    assert source_hash(tmp_path / "again") != before


def test_a_key_and_its_content(store: Store, script: Callable[..., RunSpec]) -> None:
    spec = script()
    job = submit(spec, key="mine", start=False)
    assert submit(spec, key="mine", start=False) == job == get("mine")
    Path("beside.py").write_text("RATE = 3.0\n")
    with pytest.raises(KeyTakenError):
        submit(spec, key="mine", start=False)
    with pytest.raises(JobNotOverError, match="'queued'"):
        job.wait(0.0)


@pytest.mark.slow
def test_submitted_by_one_process_and_fetched_by_another(
    store: Store, script: Callable[..., RunSpec], tmp_path: Path
) -> None:
    spec = script()
    job = json.loads(neuroport(
        "submit", "model.py", "--to", "local", "-b", "brian2", "--codegen", "numpy", "--json"))
    Path("beside.py").write_text("RATE = 0.0\n")  # too late: what was submitted is run
    assert "done" in neuroport("jobs", "wait", job["id"])
    neuroport("jobs", "result", job["id"][-6:], "--output", "out")
    Path("beside.py").write_text("RATE = 2.0\n")
    direct = run(spec).result
    assert direct is not None
    got = get(job["id"]).result()
    assert np.array_equal(got.spikes("cells").times[0], direct.spikes("cells").times[0])
    assert (tmp_path / "out" / "results.nix").is_file()
    assert neuroport("jobs", "logs", job["id"]) == "said by the model\n"
    told = json.loads(neuroport("jobs", "show", job["id"], "--json", "--html", "page.html"))
    states = [event["new"] for event in told["events"] if event["new"] != event["old"]]
    assert states == ["created", "staged", "queued", "submitting", "starting", "running",
                      "collecting", "done"]
    assert all(event["actor"] and event["at"] for event in told["events"])
    page = (tmp_path / "page.html").read_text()
    assert "data:image/png;base64" in page
    assert job["id"] in page
    assert [one["id"] for one in json.loads(neuroport("jobs", "list", "--json"))["jobs"]] == [
        job["id"]]
    neuroport("jobs", "doctor")
    neuroport("jobs", "doctor", "--rebuild")
    assert get(job["id"]).result().n_spikes == got.n_spikes
    neuroport("jobs", "rm", job["id"])
    assert json.loads(neuroport("jobs", "list", "--json")) == {"jobs": []}


@pytest.mark.slow
@pytest.mark.parametrize("with_the_run", [False, True], ids=["alone", "with its run"])
def test_a_supervisor_that_is_killed(
    with_the_run: bool, store: Store, script: Callable[..., RunSpec]
) -> None:
    job = submit(script(pieces=40, pause=0.1), store=store)
    until(lambda: job.status == "running")
    held = store.leases.holder(job.id)
    assert held is not None
    pid = run_under_way(job.folder)
    assert pid
    os.kill(held[0].pid, signal.SIGKILL)
    if with_the_run:
        os.kill(pid, signal.SIGKILL)
    until(lambda: store.unattended() != [])
    settle(store)
    assert job.wait(SPARE) == "done"
    assert len(job.attempts) == (2 if with_the_run else 1)
    assert any(event.code == "taken over" for event in job.events) != with_the_run
    assert job.result().n_spikes > 0


@pytest.mark.slow
def test_a_job_that_is_cancelled_keeps_what_it_had(
    store: Store, script: Callable[..., RunSpec]
) -> None:
    job = submit(script(pieces=4000, pause=0.1), store=store)
    until(lambda: job.status == "running")
    job.cancel()
    assert job.wait(SPARE) == "cancelled"
    with pytest.raises(JobFailedError, match="what was recorded is in"):
        job.result()
    assert run_under_way(job.folder) is None
    neuroport("jobs", "wait", job.id, code=130)
    neuroport("jobs", "cancel", job.id, code=2)  # over already


@pytest.mark.slow
def test_a_planted_secret_is_nowhere(store: Store, tmp_path: Path) -> None:
    """A password in an address, a model that prints it, raises it and asks for it."""
    canary = "canary-" + "7f3a" * 4
    (tmp_path / "model.py").write_text(
        "import os, sys\n"
        "import neuroport.pynn as sim\n"
        "from neuroport.secrets import with_secrets\n"
        "whole = with_secrets('https://127.0.0.1:9/spalloc/')\n"
        "print(whole, file=sys.stderr)\n"
        "print(whole, 'asked' if '@' in whole else 'unknown')\n"
        "raise ValueError(whole)\n")
    done = subprocess.run(
        [sys.executable, "-c",
         "import sys; from neuroport.jobs import submit\n"
         "from neuroport.jobs.specification import RunSpec\n"
         "job = submit(RunSpec('model.py', backend='spinnaker', options={'spalloc': "
         "sys.stdin.read()}), 'local'); job.wait(120); print(job.id, job.status)"],
        input=f"https://me:{canary}@127.0.0.1:9/spalloc/", capture_output=True, text=True,
        timeout=2 * SPARE)
    job, status = done.stdout.split()
    assert status == "failed"
    assert "asked" in get(job).logs()  # it was there for whoever connects
    said = [done.stdout, done.stderr, *(neuroport("jobs", *words) for words in (
        ("show", job, "--json", "--html", "page.html"), ("logs", job), ("list", "--json")))]
    files = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and not p.is_symlink()]
    assert len(files) > 8
    assert not any(canary.encode() in text for text in files)
    assert not any(canary in text for text in said)

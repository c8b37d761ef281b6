"""Jobs on boards that the real spalloc server hands out; its own log is the witness."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuroport.jobs.outcome import Outcome
from neuroport.jobs.store.attempts import begin_attempt, noted_boards, remotes, set_remote
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.store.folder import write_json
from neuroport.jobs.store.identity import Identity, present_identity
from neuroport.jobs.store.store import FOLDER, Store
from neuroport.jobs.submission import get
from neuroport.jobs.supervise.supervisor import Supervisor
from neuroport.jobs.supervise.work import SupervisedWork
from neuroport.jobs.targets.base import Placed, Target, load_target_of

from .real_spalloc import PYTHON, Bmp, RealServer, real_server, server_python

needs_server = pytest.mark.skipif(
    server_python() is None, reason=f"no spalloc server: make spalloc-server, or {PYTHON}")
PERIOD = 4  # s of a keep-alive, so that a test sees one lapse
SPARE = 90.0  # s on a busy machine


class QuickSupervisor(Supervisor):
    """Holds boards as they are held, and waits where a network would run."""

    seconds = 3.0

    def _run(self, target: Target, work: SupervisedWork, placed: Placed) -> Outcome:
        work.state("running", f"on {placed.options['machine']}")
        limit = time.monotonic() + self.seconds
        while time.monotonic() < limit:
            self._look(work, placed)
            time.sleep(0.05)
        (work.folder / "result").mkdir()
        (work.folder / "result" / "board.txt").write_text(str(placed.options["machine"]))
        write_json(work.folder / "run.json", {"status": "ok", "error": ""})
        return Outcome("ok", "ok")


@pytest.fixture(scope="module")
def bmps() -> Iterator[list[Bmp]]:
    made = [Bmp(f"127.0.78.{k}1") for k in (1, 2)]
    yield made
    for one in made:
        one.close()


@pytest.fixture
def server(bmps: list[Bmp], tmp_path: Path) -> Iterator[RealServer]:
    (tmp_path / "server").mkdir()
    with real_server(tmp_path / "server",
                     [(f"127.0.78.{k}1", f"127.0.78.{k}2") for k in (1, 2)]) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "jobs")


@pytest.fixture
def begin(store: Store, server: RealServer) -> Callable[[], tuple[str, threading.Thread]]:
    """Submit a job and have a supervisor of this process work on it."""

    def submit() -> tuple[str, threading.Thread]:
        job, _ = store.create(
            {"spec": {"model": "stand-in", "backend": "spinnaker"}}, content="c", name="m",
            target=f"spalloc://{server.address}?keepalive={PERIOD}", actor="test")
        thread = threading.Thread(target=QuickSupervisor(store, job.id).work)
        thread.start()
        return job.id, thread

    return submit


def until(what: Callable[[], Any]) -> None:
    limit = time.monotonic() + SPARE
    while not what():
        assert time.monotonic() < limit
        time.sleep(0.05)


def nothing_held(store: Store, server: RealServer, jobs: int) -> bool:
    """Whether we have given back everything, and the server ended nothing itself."""
    return (not any(remotes(store, job.id, held=True) for job in store.jobs())
            and server.count("completed shutdown of job") == jobs
            and server.count("Job timed out") == 0)


@pytest.mark.parametrize(("address", "words"), [
    ("spalloc://", "cannot be read"), ("spalloc:host", "cannot be read"),
    ("spalloc://host/path", "cannot be read"), ("spalloc://host:port", "cannot be read"),
    ("spalloc://host?boards=3", "says 'boards'"), ("spalloc://host?keepalive=0", "2 to 3600"),
    ("spalloc://host?machine=a&tags=b", "give one of them"), ("board://", "cannot be read"),
    ("board://a/b", "cannot be read"), ("board:192.0.2.1", "cannot be read"),
])
def test_addresses_that_cannot_be_read(address: str, words: str) -> None:
    with pytest.raises(UnknownTargetAddressError, match=words):
        load_target_of(address)


def test_who_asks_is_told_to_the_server_and_not_stored() -> None:
    target = load_target_of("spalloc://someone@host:99?tags=a,b")
    assert target.address == "spalloc://host:99?tags=a,b"
    assert target.owner == "someone"  # type: ignore[attr-defined]


@needs_server
@pytest.mark.slow
def test_five_jobs_queue_for_two_boards(
    store: Store, server: RealServer, begin: Callable[[], tuple[str, threading.Thread]]
) -> None:
    begun = [begin() for _ in range(5)]
    until(lambda: sum(store.job(job).state == "waiting" for job, _ in begun) >= 3)
    for job, thread in begun:
        thread.join(SPARE)
        assert store.job(job).state == "done"
    used = {(store.files(job).result / "board.txt").read_text() for job, _ in begun}
    assert used == {"127.0.78.12", "127.0.78.22"}
    until(lambda: nothing_held(store, server, 5))


@needs_server
@pytest.mark.slow
def test_restart_of_the_server_and_its_sudden_death(
    store: Store, server: RealServer, begin: Callable[[], tuple[str, threading.Thread]],
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuickSupervisor, "seconds", 12.0)
    job, thread = begin()
    until(lambda: store.job(job).state == "running")
    server.stop()
    until(lambda: any("does not answer" in event.text for event in store.events(job)))
    server.start()
    thread.join(SPARE)
    assert (store.job(job).state, len(store.attempts(job))) == ("done", 1)
    assert any("answers again" in event.text for event in store.events(job))
    assert server.count("Job timed out") == 0
    monkeypatch.setattr(QuickSupervisor, "seconds", 8.0)
    job, thread = begin()
    until(lambda: store.job(job).state == "running")
    server.stop(signal.SIGKILL)
    server.start(cold=True)
    thread.join(SPARE)
    tries = store.attempts(job)
    assert (store.job(job).state, [one.kind for one in tries]) == ("done", ["allocation", "ok"])


@needs_server
@pytest.mark.slow
def test_a_lapsed_keep_alive_and_an_administrator(
    store: Store, server: RealServer, begin: Callable[[], tuple[str, threading.Thread]],
    monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuroport_spinnaker.targets.classic import ClassicServer, ServerSilentError

    monkeypatch.setattr(QuickSupervisor, "seconds", 8.0)
    job, thread = begin()
    until(lambda: store.job(job).state == "running")
    with monkeypatch.context() as cut:  # the network is gone for longer than the server waits
        def silent(self: ClassicServer, command: str, *args: Any, **keywords: Any) -> None:
            raise ServerSilentError("no route")

        cut.setattr(ClassicServer, "ask", silent)
        until(lambda: server.count("completed shutdown of job 1 ") == 1)
    thread.join(SPARE)
    tries = store.attempts(job)
    assert (store.job(job).state, [one.kind for one in tries]) == ("done", ["allocation", "ok"])
    assert "too long: Job timed out" in tries[0].text
    job, thread = begin()
    until(lambda: store.job(job).state == "running")
    (held,) = remotes(store, job, held=True)
    host, _, port = server.address.partition(":")
    ClassicServer(host, int(port)).destroy(int(held.remote_id), "maintenance at noon")
    thread.join(SPARE)
    record = store.job(job)
    assert (record.state, len(store.attempts(job))) == ("crashed", 1)
    assert "maintenance at noon" in record.text
    assert remotes(store, job, held=True) == []


@needs_server
@pytest.mark.slow
def test_a_sick_board_is_noted_and_another_one_taken(
    store: Store, server: RealServer, bmps: list[Bmp],
    begin: Callable[[], tuple[str, threading.Thread]]
) -> None:
    bmps[0].sick = True
    try:
        job, thread = begin()
        thread.join(2 * SPARE)
    finally:
        bmps[0].sick = False
    tries = store.attempts(job)
    assert (store.job(job).state, [one.kind for one in tries]) == ("done", ["board", "ok"])
    assert "Requests failed on BMP" in tries[0].text
    assert [note["address"] for note in noted_boards(store, server.address, 600.0)] == [
        "127.0.78.12"]
    assert (store.files(job).result / "board.txt").read_text() == "127.0.78.22"
    assert remotes(store, job, held=True) == []


@needs_server
@pytest.mark.slow
@pytest.mark.parametrize("noted", [True, False], ids=["noted", "before it was noted"])
def test_what_a_dead_supervisor_held_is_given_back(
    noted: bool, store: Store, server: RealServer
) -> None:
    target = load_target_of(f"spalloc://{server.address}?keepalive=600")
    job, _ = store.create({"spec": {"model": "stand-in", "backend": "spinnaker"}}, content="c",
                          name="m", target=target.address, actor="test")
    me = present_identity()
    lease = store.leases.take(job.id, Identity(me.host, "an earlier start", me.pid, me.started))
    assert lease is not None
    n = begin_attempt(store, job.id, me, lease)
    store.change(job.id, "submitting", actor="test", lease=lease)
    mark = f"neuroport:{job.id}.{n}"
    set_remote(store, job.id, n, "allocation", mark=mark, server=server.address)
    number = target.server.create(1, f"me {mark}", 600.0)  # type: ignore[attr-defined]
    if noted:
        set_remote(store, job.id, n, "allocation", remote_id=str(number), state="queued")
    assert QuickSupervisor(store, job.id).work()
    assert store.job(job.id).state == "done"
    until(lambda: nothing_held(store, server, 2))
    assert server.count(r"destroy_job\(1,") >= 1


@needs_server
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("board")
def test_the_ca3_memory_from_one_process_to_another(
    bmps: list[Bmp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuroport_spinnaker.board import Board

    monkeypatch.setenv(FOLDER, str(tmp_path / "jobs"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server").mkdir()

    def neuroport(*words: str) -> dict[str, Any]:
        done = subprocess.run([sys.executable, "-m", "neuroport", *words, "--json"],
                              capture_output=True, text=True, timeout=300.0)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    with Board(chips=48) as board, real_server(
            tmp_path / "server", [("127.0.78.11", board.host)]) as server:
        job = neuroport("submit", "ca3-memory", "--to", f"spalloc://{server.address}?keepalive=60",
                        "--numerics", "spinnaker")["id"]
        held = get(job)
        until(lambda: held.status == "running")
        supervisor = held.store.leases.holder(job)
        assert supervisor is not None
        os.kill(supervisor[0].pid, signal.SIGKILL)  # the run goes on, and is taken over
        until(lambda: held.store.unattended() != [])
        assert neuroport("jobs", "wait", job)["state"] == "done"
        assert neuroport("jobs", "result", job, "--output", "out")["output"]
        assert len(held.attempts) == 1
        assert server.count("Job timed out") == 0
        # By the run's end or by the next supervisor, whichever came first; not by a time limit.
        assert server.count(r"destroy_job\(1,") >= 1
        assert server.count("completed shutdown of job 1") == 1
    direct = neuroport("run", "ca3-memory", "-b", "spinnaker-emulated", "--numerics", "spinnaker",
                       "--no-plots", "-o", "direct")
    assert direct["status"] == "ok"
    from neuroport.results.store import load_run

    there, here = load_run(tmp_path / "out"), load_run(tmp_path / "direct")
    for label in here.populations:
        mine, theirs = here.spikes(label), there.spikes(label)
        assert mine is not None and theirs is not None
        assert all(np.array_equal(a, b) for a, b in zip(mine.times, theirs.times, strict=True))

"""The store of jobs: states, keys, leases, and the database made again from the folders."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroport.errors import UserError
from neuroport.jobs.outcome import next_wait
from neuroport.jobs.store import database as databases
from neuroport.jobs.store.attempts import begin_attempt, end_attempt, remotes, set_remote
from neuroport.jobs.store.errors import (
    AlreadyChangedError,
    JobNotFoundError,
    KeyTakenError,
    LeaseLostError,
    StoreError,
)
from neuroport.jobs.store.identity import Identity, new_id, present_identity
from neuroport.jobs.store.rebuild import rebuild, stray_folders
from neuroport.jobs.store.states import ACTIVE, FINAL, NEXT, STATES, job_exit_code
from neuroport.jobs.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "jobs", patience=0.5)


def create(store: Store, **changes: object) -> str:
    job, _ = store.create({"spec": {"model": "m"}}, **{  # type: ignore[arg-type]
        "content": "c", "name": "m", "target": "local", "actor": "me", **changes})
    return job.id


def test_every_state_can_be_left_for_a_final_one_and_is_explained() -> None:
    assert set(NEXT) == set(STATES) == {*ACTIVE, *FINAL, "created", "staged", "lost"}
    for state in STATES:
        seen, waiting = set(), [state]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += NEXT[one]
        assert seen & set(FINAL), state
    assert [job_exit_code(s) for s in ("done", "cancelled", "crashed", "running")] == [0, 130, 3, 4]
    assert [job_exit_code("failed", c) for c in ("wrong", "refused", "error")] == [1, 1, 2]


def test_ids_sort_by_time_and_are_26_letters() -> None:
    ids = []
    for _ in range(3):
        ids.append(new_id())
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {26}


def test_a_change_is_made_once_and_has_time_cause_and_actor(store: Store) -> None:
    job = create(store)
    store.change(job, "submitting", actor="A", text="began")
    with pytest.raises(AlreadyChangedError, match="cannot become 'submitting'"):
        store.change(job, "submitting", actor="B")
    last = store.events(job)[-1]
    assert (last.old, last.new, last.actor, last.text) == ("queued", "submitting", "A", "began")
    assert abs(last.at - time.time()) < 60.0
    assert [e["new"] for e in store.files(job).events()] == [
        "created", "staged", "queued", "submitting"]


@given(st.lists(st.sampled_from(sorted(STATES)), max_size=12))
def test_no_order_of_changes_leaves_the_table(
    store: Store, wanted: list[str]
) -> None:
    job = create(store)
    state = "queued"
    for to in wanted:
        try:
            state = store.change(job, to, actor="me").state
        except AlreadyChangedError:
            assert to not in NEXT[state]
        else:
            assert state == to
    assert store.job(job).final == (state in FINAL)


def test_the_same_key_is_the_same_job_and_another_content_an_error(store: Store) -> None:
    job = create(store, key="mine")
    assert create(store, key="mine") == job
    with pytest.raises(KeyTakenError, match="belongs to another job"):
        create(store, key="mine", content="other")
    assert len(store.jobs()) == 1


def test_a_job_is_found_by_parts_of_its_id(store: Store) -> None:
    job = create(store, key="mine")
    for name in (job, job[:12], job[-5:], job[-5:].lower(), "mine"):
        assert store.job(name).id == job
    with pytest.raises(JobNotFoundError, match="no job 'nonsense'"):
        store.job("nonsense")
    create(store)
    with pytest.raises(JobNotFoundError, match="several"):
        store.job(job[:4])


def test_one_supervisor_at_a_time(store: Store) -> None:
    job, me = create(store), present_identity()
    token = store.leases.take(job, me)
    assert token is not None
    assert store.leases.take(job, me) is None  # alive: itself
    store.change(job, "submitting", actor="me", lease=token)
    store.leases.free(job, token)
    other = store.leases.take(job, me)
    assert other is not None
    for late in (lambda: store.change(job, "running", actor="late", lease=token),
                 lambda: store.leases.beat(job, token),
                 lambda: store.progress(job, 0.5, token)):
        with pytest.raises(LeaseLostError):
            late()
    assert store.job(job).state == "submitting"


def test_a_holder_is_dead_when_its_process_is_not_when_its_number_is(store: Store) -> None:
    me = present_identity()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for dead in (
        Identity(me.host, me.boot, ended.pid, me.started),
        Identity(me.host, me.boot, me.pid, me.started + 100.0),  # the number came back
        Identity(me.host, "another start", me.pid, me.started),
    ):
        job = create(store)
        assert store.leases.take(job, dead) is not None
        assert store.leases.take(job, me) is not None
    elsewhere = Identity("another computer", "x", 1, 1.0)
    job = create(store)
    assert store.leases.take(job, elsewhere) is not None
    assert store.leases.take(job, me) is None  # nothing can be said of it until its time is over
    store.database.write(lambda c: c.execute("UPDATE lease SET until = 0"))
    assert store.leases.take(job, me) is not None


def test_jobs_without_a_living_supervisor_are_found(store: Store) -> None:
    held, free, over = create(store), create(store), create(store)
    store.leases.take(held, present_identity())
    store.want_cancelled(over, actor="me")
    for state in ("cancelling", "cancelled"):
        store.change(over, state, actor="me")
    assert [job.id for job in store.unattended()] == [free]


def test_cancel_retry_and_remove(store: Store) -> None:
    job = create(store)
    assert store.want_cancelled(job, actor="me").cancel_wanted
    with pytest.raises(AlreadyChangedError, match="is not over"):
        store.remove(job)
    for state in ("cancelling", "cancelled"):
        store.change(job, state, actor="me")
    with pytest.raises(AlreadyChangedError, match="over already"):
        store.want_cancelled(job, actor="me")
    again = store.try_again(job, actor="me")
    assert (again.state, again.cancel_wanted) == ("queued", False)
    for state in ("cancelling", "cancelled"):
        store.change(job, state, actor="me")
    store.remove(job)
    assert store.jobs() == []
    assert stray_folders(store) == []


def test_attempts_and_what_servers_hold_come_back_from_the_folders(store: Store) -> None:
    job, me = create(store, key="mine"), present_identity()
    lease = store.leases.take(job, me)
    assert lease is not None
    n = begin_attempt(store, job, me, lease)
    store.change(job, "submitting", actor="me", lease=lease)
    set_remote(store, job, n, "allocation", mark=f"neuroport:{job}", server="host")
    set_remote(store, job, n, "allocation", remote_id="17", state="ready", boards=["192.0.2.1"])
    end_attempt(store, job, n, kind="board", code="sick", text="does not boot", counted=True)
    store.change(job, "retry_wait", actor="me", code="sick", text="does not boot")
    before = (store.job(job), store.attempts(job), remotes(store, job), store.events(job))
    store.leases.free(job, lease)
    store.database.close()
    again, remarks = rebuild(store.folder)
    assert remarks == []
    after = (again.job(job), again.attempts(job), remotes(again, job), again.events(job))
    assert after[1:] == before[1:]
    for name in ("state", "code", "text", "key", "content", "target", "created"):
        assert getattr(after[0], name) == getattr(before[0], name)


def test_a_damaged_database_names_the_way_out(store: Store) -> None:
    job = create(store)
    store.database.close()
    for path in store.folder.glob("jobs.sqlite3*"):
        path.unlink()
    (store.folder / "jobs.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="--rebuild"):
        Store(store.folder, patience=0.1)
    again, _ = rebuild(store.folder)
    assert again.job(job).state == "queued"


def test_network_file_systems_get_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "file_system", lambda folder: "nfs4")
    far = Store(tmp_path / "far")
    (mode,) = far.database.connection.execute("PRAGMA journal_mode").fetchone()
    assert (far.database.journal, mode) == ("TRUNCATE", "truncate")
    create(far)


def test_a_full_disk_is_waited_for_and_then_named(store: Store) -> None:
    left = 2

    def change(connection: sqlite3.Connection) -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise sqlite3.OperationalError("database or disk is full")
        return "written"

    assert store.database.write(change) == "written"
    left = 10**9
    with pytest.raises(StoreError, match="disk is full"):
        store.database.write(change)


def test_the_store_is_its_owners_only(store: Store) -> None:
    job = create(store)
    for path in (store.folder, store.folder / "jobs.sqlite3", store.files(job).path,
                 store.files(job).path / "job.json", store.files(job).path / "events.jsonl"):
        assert os.stat(path).st_mode & 0o077 == 0, path


def test_no_secret_is_stored(store: Store) -> None:
    job = create(store, target="spalloc://host")
    with pytest.raises(UserError):
        store.job("none")
    store.note(job, "cannot reach spalloc://me:hunter2000@host:1", actor="me")
    set_remote(store, job, 1, "allocation", mark="m", server="spalloc://me:hunter2000@host")
    everything = b"".join(p.read_bytes() for p in store.folder.rglob("*") if p.is_file())
    assert b"hunter2000" not in everything


def test_ten_thousand_jobs_are_listed_without_opening_their_folders(store: Store) -> None:
    columns = ("id, content, name, target, created, changed, state, final, max_attempts")
    store.database.write(lambda c: c.executemany(
        f"INSERT INTO job ({columns}) VALUES (?, 'c', 'm', 'local', 0, 0, 'done', 1, 3)",
        [(new_id(),) for _ in range(10_000)]))
    found = store.jobs()
    assert len(found) == 10_000
    assert found[0].id == max(job.id for job in found)
    assert store.unattended() == []


@pytest.mark.parametrize(("kind", "before", "wait"), [
    ("board", [], 0.0), ("allocation", [], 0.0), ("allocation", ["allocation"], 60.0),
    ("server", ["server"] * 3, 300.0), ("worker", [], 0.0), ("worker", ["worker"], None),
    ("model", [], None), ("policy", [], None), ("server", ["server"] * 500, None),
    ("allocation", ["allocation", "board"], 0.0),
])
def test_waits_grow_and_the_models_fault_is_never_tried_again(
    kind: str, before: list[str], wait: float | None
) -> None:
    assert next_wait(kind, before) == wait

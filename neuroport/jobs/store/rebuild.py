"""The database made again from the jobs' folders, and what is wrong between the two."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from neuroport.errors import UserError
from neuroport.jobs.store.attempts import ATTEMPT, artefacts
from neuroport.jobs.store.database import FILE
from neuroport.jobs.store.folder import JobFolder, checked_files, read_json
from neuroport.jobs.store.states import FINAL, STATES
from neuroport.jobs.store.store import TRIES, Store
from neuroport.jobs.store.store import described as described_by

__all__ = ["damaged_results", "rebuild", "stray_folders"]


def rebuild(folder: Path) -> tuple[Store, list[str]]:
    """Make the database again; the old one is kept beside it.

    Parameters
    ----------
    folder : Path
        Of the store. No supervisor may be at work.

    Returns
    -------
    store : Store
    remarks : list of str
        Folders that are no jobs any more, and what could not be told of those that are.
    """
    before = _described_before(folder)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for ending in ("", "-wal", "-shm", "-journal"):
        old = folder / f"{FILE}{ending}"
        if old.exists():
            old.rename(folder / f"{FILE}.{stamp}-{os.getpid()}{ending}")
    store = Store(folder)
    remarks: list[str] = []
    for place in _folders(folder):
        files = JobFolder(place)
        described = files.description or before.get(place.name)
        if described is None or described.get("id") != place.name:
            remarks.append(f"{place.name}: job.json is missing or damaged; the folder is left "
                           "as it is")
            continue
        remarks += _add(store, files, described)
    return store, remarks


def _described_before(folder: Path) -> dict[str, dict[str, Any]]:
    """Have the old database tell what it still knows: what was submitted, and what happened."""
    found: dict[str, dict[str, Any]] = {}
    if (folder / FILE).exists():
        with contextlib.suppress(UserError, sqlite3.Error, ValueError):
            old = Store(folder, patience=1.0)
            for row in old.database.read("SELECT * FROM job"):
                found[row["id"]] = described_by(row)
                old.copy_events(row["id"])
            old.database.close()
    return found


def _folders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir()
                  if p.is_dir() and len(p.name) == 26 and not p.name.startswith("."))


def _add(store: Store, files: JobFolder, described: dict[str, Any]) -> list[str]:
    job = str(described["id"])
    events = sorted({(e.get("seq"), e["at"]): e for e in files.events()}.values(),
                    key=lambda e: (e.get("seq") or 0, e["at"]))
    last = events[-1] if events else {"at": described["created"], "new": "created", "code": "",
                                      "text": ""}
    state, code, text = str(last["new"]), str(last["code"]), str(last["text"])
    remarks = []
    outcome = files.outcome
    if outcome is not None and state not in FINAL and _last_word(outcome, files, events):
        state, code, text = outcome["state"], outcome["code"], outcome["text"]
    if state not in STATES:
        remarks.append(f"{job}: its state '{state}' is not known")
        state, code, text = "lost", "unknown", "its state could not be read"
    if state in ("created", "staged"):
        state, code, text = "lost", "not accepted", "it was being submitted when all stopped"
    wanted = any(e["code"] == "cancel" for e in events[-1:]) and state not in FINAL
    columns = {
        "id": job, "key": described.get("key"), "content": described.get("content", ""),
        "name": described.get("name", ""), "target": described.get("target", ""),
        "parent": described.get("parent"), "member": described.get("member"),
        "created": described["created"], "changed": last["at"], "state": state, "code": code,
        "text": text, "final": int(state in FINAL), "cancel_wanted": int(wanted),
        "max_attempts": described.get("max_attempts", TRIES), "version": len(events),
        "description": json.dumps(described)}
    known = [read_json(files.attempt(n) / ATTEMPT) for n in files.attempts]
    result = checked_files(files.result) if files.result.is_dir() else {}

    def insert(connection: sqlite3.Connection) -> None:
        _insert(connection, "job", columns)
        for event in events:
            if not connection.execute(
                    "SELECT 1 FROM event WHERE seq = ?", (event.get("seq"),)).fetchone():
                _insert(connection, "event", {**event, "job": job})
        for data in known:
            if data is None:
                continue
            if data.get("attempt"):
                _insert(connection, "attempt", {**data["attempt"], "job": job})
            for one in data.get("remotes", ()):
                _insert(connection, "remote", {**one, "job": job, "over": int(one["over"])})
        for path, (size, digest) in result.items():
            _insert(connection, "artefact",
                    {"job": job, "path": path, "size": size, "sha256": digest})

    store.database.write(insert)
    return remarks


def _last_word(
    outcome: dict[str, Any], files: JobFolder, events: list[dict[str, Any]]
) -> bool:
    """Whether a job was over as its outcome says: it was not tried again after that."""
    n = outcome.get("attempt")
    return (outcome.get("state") in FINAL and n == max(files.attempts, default=0)
            and not any(e.get("code") == "retry" and e.get("n") == n for e in events))


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()))


def stray_folders(store: Store) -> list[str]:
    """Return folders that look like jobs and that the database does not know."""
    known = {row["id"] for row in store.database.read("SELECT id FROM job")}
    return [p.name for p in _folders(store.folder) if p.name not in known]


def damaged_results(store: Store) -> list[str]:
    """Return what is not as it was stored: a sentence for each file."""
    found = []
    for job in store.jobs(states=("done",)):
        wanted = artefacts(store, job.id)
        there = checked_files(store.files(job.id).result)
        for path, (size, digest) in wanted.items():
            if path not in there:
                found.append(f"{job.id}: {path} is missing")
            elif there[path] != (size, digest):
                found.append(f"{job.id}: {path} has {there[path][0]} bytes with another content, "
                             f"{size} were stored")
    return found

"""The store of jobs: every change is one transaction that says when, why and who."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from neuroport.errors import Problem
from neuroport.jobs.store.database import Database
from neuroport.jobs.store.errors import (
    AlreadyChangedError,
    JobNotFoundError,
    KeyTakenError,
)
from neuroport.jobs.store.folder import JobFolder
from neuroport.jobs.store.identity import new_id
from neuroport.jobs.store.leases import Leases, believed_alive, must_hold
from neuroport.jobs.store.marks import mark
from neuroport.jobs.store.records import AttemptRecord, EventRecord, JobRecord
from neuroport.jobs.store.states import FINAL, NEXT, STATES
from neuroport.secrets import without_secrets

__all__ = ["FOLDER", "Store", "default_folder", "described"]

FOLDER = "NEUROPORT_JOBS"
"""Environment variable: where jobs are kept."""
TRIES = 3
"""Attempts that a job has, unless it is told otherwise."""


def default_folder() -> Path:
    """Return where jobs are kept: ``NEUROPORT_JOBS``, or the user's place for data."""
    named = os.environ.get(FOLDER)
    return Path(named).expanduser() if named else user_data_path("neuroport") / "jobs"


class Store:
    """All jobs of a user.

    Parameters
    ----------
    folder : path, optional
        See :func:`default_folder`.
    patience : float
        Seconds to wait for a disk that takes nothing, see :class:`Database`.
    create : bool
        Whether to make what is missing.

    Attributes
    ----------
    folder : pathlib.Path
    database : Database
    leases : Leases
        Who works on which job.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, *, patience: float = 10.0,
        create: bool = True,
    ) -> None:
        self.folder = (Path(folder) if folder is not None else default_folder()).absolute()
        self.database = Database(self.folder, patience, create)
        self.leases = Leases(self.database)

    def files(self, job: str) -> JobFolder:
        """Return a job's folder."""
        return JobFolder(self.folder / job)

    def description(self, job: str) -> dict[str, Any]:
        """Return what was submitted: from the folder, or as the database has it."""
        found = self.files(job).description
        if found is None:
            (row,) = self.database.read("SELECT * FROM job WHERE id = ?", job)
            found = described(row)
        return found

    # -- looking -----------------------------------------------------------------------------------

    def job(self, name: str) -> JobRecord:
        """Return a job by its id, the beginning of its id, or its key.

        Raises
        ------
        JobNotFoundError
        """
        found = self.database.read("SELECT * FROM job WHERE id = ? OR key = ?", name, name)
        if not found and len(name) >= 4:
            found = self.database.read(
                "SELECT * FROM job WHERE substr(id, 1, ?) = ? LIMIT 5", len(name), name.upper())
            if not found:  # its end differs most between jobs of one hour
                found = self.database.read(
                    "SELECT * FROM job WHERE substr(id, -?) = ? LIMIT 5", len(name), name.upper())
        if len(found) != 1:
            raise JobNotFoundError(Problem(
                f"there is no job '{name}'" if not found else f"several jobs begin with '{name}'",
                measured=", ".join(row["id"] for row in found),
                fix="`neuroport jobs list` shows all; an id may be shortened to 4 letters of its "
                "beginning or end"))
        return JobRecord.of(found[0])

    def jobs(
        self, *, states: Iterable[str] = (), target: str | None = None, parent: str | None = None,
        limit: int | None = None,
    ) -> list[JobRecord]:
        """Return jobs, the newest first.

        Parameters
        ----------
        states : iterable of str
            None: all.
        target, parent : str, optional
        limit : int, optional
        """
        where, values = ["1"], list[object]()
        if wanted := list(states):
            where.append(f"state IN ({', '.join('?' * len(wanted))})")
            values += wanted
        for column, value in (("target", target), ("parent", parent)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        rows = self.database.read(
            f"SELECT * FROM job WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
            *values, -1 if limit is None else limit)
        return [JobRecord.of(row) for row in rows]

    def events(self, job: str, after: int = 0) -> list[EventRecord]:
        """Return what happened to a job, in order."""
        return [EventRecord.of(row) for row in self.database.read(
            "SELECT * FROM event WHERE job = ? AND seq > ? ORDER BY seq", job, after)]

    def attempts(self, job: str) -> list[AttemptRecord]:
        """Return a job's tries, the first first."""
        return [AttemptRecord.of(row) for row in self.database.read(
            "SELECT * FROM attempt WHERE job = ? ORDER BY n", job)]

    # -- a job's life ------------------------------------------------------------------------------

    def create(
        self, description: Mapping[str, Any], *, content: str, name: str, target: str, actor: str,
        key: str | None = None, source: Path | None = None, parent: str | None = None,
        member: int | None = None, max_attempts: int = TRIES,
    ) -> tuple[JobRecord, bool]:
        """Take a job, once for its key.

        Parameters
        ----------
        description : mapping
            What is to be run, for ``job.json``; no secrets.
        content : str
            A hash of it.
        name, target, actor : str
        key : str, optional
            The same key with the same content gives the same job, also after a crash in here.
        source : Path, optional
            Folder to keep with it.
        parent, member
            Of a sweep.
        max_attempts : int
            How often the machine may fail it.

        Returns
        -------
        job : JobRecord
        new : bool

        Raises
        ------
        KeyTakenError
            If a job of another content has the key.
        """
        told = without_secrets(dict(description))

        def insert(connection: sqlite3.Connection) -> JobRecord:
            if key is not None and (row := connection.execute(
                    "SELECT * FROM job WHERE key = ?", (key,)).fetchone()):
                return JobRecord.of(row)
            now, number = time.time(), new_id()
            connection.execute(
                "INSERT INTO job (id, key, content, name, target, parent, member, created, changed,"
                " max_attempts, description, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "'created')", (number, key, content, name, target, parent, member, now, now,
                               max_attempts, json.dumps(told, default=str)))
            _add_event(connection, number, now, actor, "", "created", "", "submitted")
            return JobRecord.of(_row(connection, number))

        job = self.database.write(insert)
        if job.content != content:
            raise KeyTakenError(Problem(
                f"the key '{key}' belongs to another job", measured=f"job {job.id}, {job.name}",
                limit="one key, one content", fix="choose another key, or leave it out"))
        if job.state not in ("created", "staged"):
            return job, False
        mark("create: reserved")
        (row,) = self.database.read("SELECT * FROM job WHERE id = ?", job.id)
        self.files(job.id).make(described(row), source)
        mark("create: written")
        for before, to in (("created", "staged"), ("staged", "queued")):
            try:
                self.change(job.id, to, actor=actor, expected=(before,))
            except AlreadyChangedError:  # whoever else submits the same has done it
                continue
            mark(f"create: {to}")
        return self.job(job.id), True

    def change(
        self, job: str, to: str, *, actor: str, code: str = "", text: str = "",
        lease: int | None = None, expected: Sequence[str] | None = None, **columns: Any,
    ) -> JobRecord:
        """Change a job's state, where it is still one from which that is possible.

        Parameters
        ----------
        job, to, actor : str
        code, text : str
            Why.
        lease : int, optional
            What :meth:`Leases.take` returned; then nobody else may hold it now.
        expected : sequence of str, optional
            States that it must be in.
        **columns
            Of the job, changed with it.

        Raises
        ------
        AlreadyChangedError, LeaseLostError, JobNotFoundError
        """
        text = str(without_secrets(text))

        def carry_out(connection: sqlite3.Connection) -> JobRecord:
            row = _row(connection, job)
            if lease is not None:
                must_hold(connection, job, lease)
            old = str(row["state"])
            if to not in NEXT[old] or (expected is not None and old not in expected):
                raise AlreadyChangedError(Problem(
                    f"job {job} cannot become '{to}'", measured=f"it is '{old}': {STATES[old]}",
                    limit=f"from '{old}': {', '.join(NEXT[old]) or 'nothing'}"))
            now = time.time()
            values = {**columns, "state": to, "code": code, "text": text, "changed": now,
                      "final": int(to in FINAL), "version": row["version"] + 1}
            connection.execute(
                f"UPDATE job SET {', '.join(f'{name} = ?' for name in values)} "
                "WHERE id = ? AND version = ?", (*values.values(), job, row["version"]))
            _add_event(connection, job, now, actor, old, to, code, text)
            return JobRecord.of(_row(connection, job))

        changed = self.database.write(carry_out)
        self.copy_events(job)
        return changed

    def note(
        self, job: str, text: str, *, actor: str, code: str = "", lease: int | None = None
    ) -> None:
        """Note something that happened and changed no state."""
        text = str(without_secrets(text))

        def carry_out(connection: sqlite3.Connection) -> None:
            state = str(_row(connection, job)["state"])
            if lease is not None:
                must_hold(connection, job, lease)
            _add_event(connection, job, time.time(), actor, state, state, code, text)

        self.database.write(carry_out)
        self.copy_events(job)

    def progress(self, job: str, share: float, lease: int) -> None:
        """Note how far a run has come (0 to 1); no event."""
        def carry_out(connection: sqlite3.Connection) -> None:
            must_hold(connection, job, lease)
            connection.execute("UPDATE job SET progress = ? WHERE id = ?", (share, job))

        self.database.write(carry_out)

    def copy_events(self, job: str) -> None:
        """Copy to the folder what the database knows and the folder does not."""
        folder = self.files(job)
        known = max((event.get("seq", 0) for event in folder.events()), default=0)
        folder.add_events([event.as_dict() for event in self.events(job, known)])

    def want_cancelled(self, job: str, *, actor: str) -> JobRecord:
        """Ask for a job to be ended; its supervisor does it.

        Raises
        ------
        AlreadyChangedError
            If it is over.
        """
        def carry_out(connection: sqlite3.Connection) -> JobRecord:
            row = _row(connection, job)
            if row["final"]:
                raise AlreadyChangedError(Problem(
                    f"job {job} is over already", measured=f"it is '{row['state']}'"))
            connection.execute("UPDATE job SET cancel_wanted = 1 WHERE id = ?", (job,))
            state = str(row["state"])
            _add_event(connection, job, time.time(), actor, state, state, "cancel",
                       "to be cancelled")
            return JobRecord.of(_row(connection, job))

        found = self.database.write(carry_out)
        self.copy_events(job)
        if found.state in ("created", "staged", "lost"):  # nobody works on it, nothing is held
            return self.change(job, "cancelled", actor=actor, code="cancelled",
                               text="cancelled before it began" if found.state != "lost"
                               else "given up")
        return found

    def try_again(self, job: str, *, actor: str, tries: int = TRIES) -> JobRecord:
        """Queue a job once more: one that is over without success, blocked, lost or waiting."""
        before = self.job(job)
        counted = sum(attempt.counted for attempt in self.attempts(job))
        return self.change(
            job, "queued", actor=actor, code="retry", text="to be tried again",
            expected=("failed", "cancelled", "crashed", "lost", "blocked", "retry_wait"),
            cancel_wanted=0, not_before=0.0, progress=None,
            max_attempts=max(before.max_attempts, counted + tries))

    def remove(self, job: str) -> None:
        """Forget a job that is over, with everything that it has left.

        Raises
        ------
        AlreadyChangedError
            If it is not over.
        """
        found = self.job(job)
        if not found.final:
            raise AlreadyChangedError(Problem(
                f"job {job} is not over", measured=f"it is '{found.state}'",
                fix=f"neuroport jobs cancel {job}"))
        self.files(job).remove()
        mark("remove: folder gone")

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM job WHERE id = ? AND final = 1", (job,))

        self.database.write(delete)

    def unattended(self) -> list[JobRecord]:
        """Return the jobs that need a supervisor and have none that is alive."""
        rows = self.database.read(
            "SELECT job.*, lease.host, lease.boot, lease.pid, lease.started, lease.until, "
            "lease.token FROM job LEFT JOIN lease ON lease.job = job.id WHERE final = 0 AND "
            "state NOT IN ('created', 'staged', 'lost')")
        columns = JobRecord.__dataclass_fields__
        return [JobRecord(**{name: row[name] for name in columns}) for row in rows
                if row["token"] is None or not believed_alive(row)]

    def attended(self, parent: str) -> int:
        """Return how many members of a sweep have a supervisor that is alive."""
        rows = self.database.read(
            "SELECT lease.* FROM job JOIN lease ON lease.job = job.id WHERE parent = ?", parent)
        return sum(believed_alive(row) for row in rows)


def described(row: sqlite3.Row) -> dict[str, Any]:
    """Return what ``job.json`` holds, from the database."""
    names = ("id", "key", "content", "name", "target", "parent", "member", "created",
             "max_attempts")
    return {**json.loads(row["description"]), **{name: row[name] for name in names}}


def _row(connection: sqlite3.Connection, job: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM job WHERE id = ?", (job,)).fetchone()
    if row is None:
        raise JobNotFoundError(Problem(f"there is no job '{job}' any more"))
    return row


def _add_event(
    connection: sqlite3.Connection, job: str, now: float, actor: str, old: str, new: str,
    code: str, text: str,
) -> None:
    connection.execute(
        "INSERT INTO event (job, n, at, actor, old, new, code, text) VALUES (?, (SELECT "
        "coalesce(max(n), 0) FROM attempt WHERE job = ?), ?, ?, ?, ?, ?, ?)",
        (job, job, now, actor, old, new, code, text))

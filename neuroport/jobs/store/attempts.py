"""Attempts, and what servers hold for them: in the database, and copied to the folder."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from neuroport.jobs.store.folder import write_json
from neuroport.jobs.store.identity import Identity
from neuroport.jobs.store.marks import mark
from neuroport.jobs.store.records import RemoteRecord
from neuroport.jobs.store.store import Store
from neuroport.secrets import without_secrets

__all__ = [
    "artefacts", "begin_attempt", "end_attempt", "note_board", "noted_boards", "remote",
    "remotes", "set_artefacts", "set_remote",
]

ATTEMPT = "attempt.json"


def begin_attempt(store: Store, job: str, who: Identity, lease: int) -> int:
    """Open the next attempt of a job and return its number."""
    def carry_out(connection: sqlite3.Connection) -> int:
        (last,) = connection.execute(
            "SELECT coalesce(max(n), 0) FROM attempt WHERE job = ?", (job,)).fetchone()
        connection.execute(
            "INSERT INTO attempt (job, n, host, pid, started) VALUES (?, ?, ?, ?, ?)",
            (job, last + 1, who.host, who.pid, time.time()))
        return int(last) + 1

    store.leases.beat(job, lease)
    n = store.database.write(carry_out)
    store.files(job).attempt(n).mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(store, job, n)
    return n


def end_attempt(
    store: Store, job: str, n: int, *, kind: str, code: str, text: str, counted: bool
) -> None:
    """Close an attempt; one that is closed stays as it is."""
    store.database.write(lambda connection: connection.execute(
        "UPDATE attempt SET ended = ?, kind = ?, code = ?, text = ?, counted = ? "
        "WHERE job = ? AND n = ? AND ended IS NULL",
        (time.time(), kind, code, without_secrets(text), int(counted), job, n)))
    _copy(store, job, n)


def set_remote(
    store: Store, job: str, n: int, kind: str, *, lease: int | None = None, **columns: Any
) -> None:
    """Note what a server holds for an attempt.

    Parameters
    ----------
    store, job, n, kind
        See :class:`neuroport.jobs.store.records.RemoteRecord`.
    lease : int, optional
    **columns
        Those of the record that are known now; `boards` as a list. The first time, before the
        server is asked, ``mark`` and ``server``.
    """
    values: dict[str, Any] = {**columns, "seen": time.time()}
    if "boards" in values:
        values["boards"] = json.dumps(values["boards"])
    values = without_secrets(values)
    if lease is not None:
        store.leases.beat(job, lease)

    def carry_out(connection: sqlite3.Connection) -> None:
        names = ", ".join(values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        defaults = {"mark": "", "server": ""} | values
        names = ", ".join(defaults)
        connection.execute(
            f"INSERT INTO remote (job, n, kind, {names}) VALUES (?, ?, ?, "
            f"{', '.join('?' * len(defaults))}) ON CONFLICT (job, n, kind) DO UPDATE SET {changes}",
            (job, n, kind, *defaults.values()))

    store.database.write(carry_out)
    _copy(store, job, n)
    mark("remote: noted")


def remote(store: Store, job: str, n: int, kind: str) -> RemoteRecord | None:
    """Return what a server holds for an attempt, if anything was noted."""
    rows = store.database.read(
        "SELECT * FROM remote WHERE job = ? AND n = ? AND kind = ?", job, n, kind)
    return RemoteRecord.of(rows[0]) if rows else None


def remotes(store: Store, job: str, held: bool = False) -> list[RemoteRecord]:
    """Return all that servers hold, or have held, for a job."""
    rows = store.database.read("SELECT * FROM remote WHERE job = ? ORDER BY n, kind", job)
    found = [RemoteRecord.of(row) for row in rows]
    return [one for one in found if not one.over] if held else found


def note_board(store: Store, job: str, server: str, address: str, what: str) -> None:
    """Note that a board looked sick."""
    store.database.write(lambda connection: connection.execute(
        "INSERT INTO board_note VALUES (?, ?, ?, ?, ?)",
        (server, address, time.time(), job, str(without_secrets(what)))))


def noted_boards(store: Store, server: str, within: float) -> list[Mapping[str, Any]]:
    """Return the notes of sick boards of a server, not older than some seconds."""
    return [dict(row) for row in store.database.read(
        "SELECT * FROM board_note WHERE server = ? AND at > ? ORDER BY at",
        server, time.time() - within)]


def set_artefacts(store: Store, job: str, files: Mapping[str, tuple[int, str]]) -> None:
    """Note the files of a job's result: path -> size and SHA-256."""
    def carry_out(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM artefact WHERE job = ?", (job,))
        connection.executemany(
            "INSERT INTO artefact VALUES (?, ?, ?, ?)",
            [(job, path, size, digest) for path, (size, digest) in files.items()])

    store.database.write(carry_out)


def artefacts(store: Store, job: str) -> dict[str, tuple[int, str]]:
    """Return the files of a job's result."""
    return {row["path"]: (row["size"], row["sha256"]) for row in store.database.read(
        "SELECT * FROM artefact WHERE job = ? ORDER BY path", job)}


def _copy(store: Store, job: str, n: int) -> None:
    """Copy what is known of an attempt to its folder, for a store that is made again."""
    folder = store.files(job).attempt(n)
    if not folder.is_dir():
        return
    attempt: Sequence[Any] = [a for a in store.attempts(job) if a.n == n]
    write_json(folder / ATTEMPT, {
        "attempt": attempt[0].as_dict() if attempt else None,
        "remotes": [one.as_dict() for one in remotes(store, job) if one.n == n]})

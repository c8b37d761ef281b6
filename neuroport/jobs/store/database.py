"""The database of jobs: SQLite, opened so that a crash at any point loses nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from neuroport.errors import Problem
from neuroport.jobs.store.errors import StoreError
from neuroport.jobs.store.marks import mark

__all__ = ["Database", "NETWORK", "SCHEMA_VERSION", "file_system"]

FILE = "jobs.sqlite3"
SCHEMA_VERSION = 1
_BUSY = 10.0  # s to wait for another process that writes
# Write-ahead logs need memory that all processes share, which these do not have.
NETWORK = ("nfs", "nfs4", "lustre", "gpfs", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ceph",
           "beegfs", "glusterfs", "9p", "sshfs", "afpfs", "webdav", "davfs")

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE job (
  id TEXT PRIMARY KEY, key TEXT UNIQUE, content TEXT NOT NULL, name TEXT NOT NULL,
  target TEXT NOT NULL, parent TEXT, member INTEGER, created REAL NOT NULL,
  changed REAL NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL DEFAULT '', progress REAL, final INTEGER NOT NULL DEFAULT 0,
  cancel_wanted INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0,
  description TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE INDEX job_state ON job (final, state, not_before);
CREATE INDEX job_parent ON job (parent, member);
CREATE TABLE lease (
  job TEXT PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE, host TEXT NOT NULL,
  boot TEXT NOT NULL, pid INTEGER NOT NULL, started REAL NOT NULL, token INTEGER NOT NULL,
  beat REAL NOT NULL, until REAL NOT NULL) STRICT;
CREATE TABLE attempt (
  job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE, n INTEGER NOT NULL,
  host TEXT NOT NULL, pid INTEGER NOT NULL, started REAL NOT NULL, ended REAL,
  kind TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '',
  counted INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (job, n)) STRICT;
CREATE TABLE remote (
  job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE, n INTEGER NOT NULL,
  kind TEXT NOT NULL, mark TEXT NOT NULL, server TEXT NOT NULL, remote_id TEXT NOT NULL
  DEFAULT '', url TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'intended',
  boards TEXT NOT NULL DEFAULT '[]', seen REAL NOT NULL, over INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job, n, kind)) STRICT;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  n INTEGER NOT NULL, at REAL NOT NULL, actor TEXT NOT NULL, old TEXT NOT NULL,
  new TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX event_job ON event (job, seq);
CREATE TABLE artefact (
  job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE, path TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job, path)) STRICT;
CREATE TABLE board_note (
  server TEXT NOT NULL, address TEXT NOT NULL, at REAL NOT NULL, job TEXT NOT NULL,
  what TEXT NOT NULL) STRICT;
"""

Value = TypeVar("Value")
# Connections of the process of which this one is a copy: to close them here would harm it.
_of_others: list[sqlite3.Connection] = []


def file_system(folder: Path) -> str:
    """Return the kind of file system that a folder is on; empty where it cannot be told."""
    best, kind = -1, ""
    place = str(folder.resolve())
    with contextlib.suppress(OSError, psutil.Error):
        for part in psutil.disk_partitions(all=True):
            root = part.mountpoint.rstrip("/")
            if (place == root or place.startswith(f"{root}/")) and len(root) > best:
                best, kind = len(root), part.fstype.lower()
    return kind


def on_network(folder: Path) -> bool:
    """Whether a folder is on a file system of several computers."""
    kind = file_system(folder)
    return kind in NETWORK or (kind.startswith("fuse.") and kind.partition(".")[2] in NETWORK)


class Database:
    """One database file; each thread has a connection of its own.

    Parameters
    ----------
    folder : path
        Holds the file, readable by its owner only.
    patience : float
        Seconds that a write waits for a full disk, a folder that cannot be written, or another
        process, before it is an error. A supervisor has much of it: it holds what must not be
        lost.
    create : bool
        Whether to make the database where there is none.

    Raises
    ------
    StoreError
        If it cannot be opened, is damaged, or of a newer version.
    """

    def __init__(self, folder: Path, patience: float = _BUSY, create: bool = True) -> None:
        self.folder = folder
        self.path = folder / FILE
        self.patience = patience
        self._local = threading.local()
        self._network = on_network(folder if folder.exists() else folder.parent)
        if create:
            self._guarded(self._prepare)

    @property
    def journal(self) -> str:
        """How writes are made safe: ``WAL``, or ``TRUNCATE`` on network file systems."""
        return "TRUNCATE" if self._network else "WAL"

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.path.exists():
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = self.connection
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(Problem(
                f"{self.path} is of a newer version", measured=str(version),
                limit=f"this neuroport reads {SCHEMA_VERSION}", fix="use the newer neuroport"))
        if version == 0:
            connection.execute("BEGIN IMMEDIATE")
            try:
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";"):
                        if statement.strip():
                            connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection; a process that was forked gets one of its own."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is None or held[0] != os.getpid():
            if held is not None:
                _of_others.append(held[1])
            made = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None)
            made.row_factory = sqlite3.Row
            made.execute(f"PRAGMA journal_mode = {self.journal}")
            made.execute("PRAGMA synchronous = FULL")
            made.execute("PRAGMA foreign_keys = ON")
            self._local.held = held = (os.getpid(), made)
        return held[1]

    def close(self) -> None:
        """Close this thread's connection."""
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            held[1].close()
        self._local.held = None

    def write(self, change: Callable[[sqlite3.Connection], Value]) -> Value:
        """Carry out a change as one transaction, and wait where the disk does not take it.

        Parameters
        ----------
        change : callable
            Gets the connection; may be called again.
        """
        def once() -> Value:
            with self._transaction() as connection:
                return change(connection)

        return self._guarded(once)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            mark("database: begun")
            yield connection
            mark("database: before commit")
            connection.execute("COMMIT")
            mark("database: committed")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def read(self, question: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of a question."""
        return self._guarded(lambda: self.connection.execute(question, values).fetchall())

    def _guarded(self, function: Callable[[], Value]) -> Value:
        began, wait = time.monotonic(), 0.05
        while True:
            try:
                return function()
            except (sqlite3.OperationalError, OSError) as error:
                if isinstance(error, StoreError):
                    raise
                if time.monotonic() - began + wait > self.patience or _hopeless(error):
                    raise self._error(error) from error
                time.sleep(wait)
                wait = min(2 * wait, 30.0)
            except sqlite3.DatabaseError as error:
                raise self._error(error) from error

    def _error(self, error: BaseException) -> StoreError:
        text = str(error)
        if "malformed" in text or "not a database" in text:
            return StoreError(Problem(
                f"{self.path} is damaged", measured=text,
                fix="`neuroport jobs doctor --rebuild` makes it again from the jobs' folders"))
        return StoreError(Problem(
            f"the store of jobs in {self.folder} cannot be used", measured=text,
            fix="free some space, or see that you may write there; NEUROPORT_JOBS names another "
            "folder"))


def _hopeless(error: BaseException) -> bool:
    """Whether waiting does not help: the question itself is wrong."""
    text = str(error)
    return isinstance(error, sqlite3.OperationalError) and (
        "syntax" in text or "no such" in text or "has no column" in text)

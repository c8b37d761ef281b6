"""Who works on a job: one supervisor at a time, known by more than its number."""

from __future__ import annotations

import secrets
import sqlite3
import time

from neuroport.errors import Problem
from neuroport.jobs.store.database import Database
from neuroport.jobs.store.errors import LeaseLostError
from neuroport.jobs.store.identity import Identity

__all__ = ["Leases", "believed_alive", "must_hold"]

LEASE = 60.0
"""Seconds for which a supervisor of another computer is believed to be alive."""


class Leases:
    """The leases of a database's jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, job: str, who: Identity) -> int | None:
        """Take a job for a supervisor; None where another one has it.

        A process of this computer has it as long as it lives, however long it says nothing: it may
        be stopped, or the computer may have slept. One of another computer has it until its time
        is over. Everything that a supervisor changes asks for the number that is returned, so that
        one that was given up for dead changes nothing any more.
        """
        def carry_out(connection: sqlite3.Connection) -> int | None:
            row = connection.execute("SELECT * FROM lease WHERE job = ?", (job,)).fetchone()
            if row is not None and believed_alive(row):
                return None
            token, now = secrets.randbits(62), time.time()
            connection.execute(
                "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (job, who.host, who.boot, who.pid, who.started, token, now, now + LEASE))
            return token

        return self._database.write(carry_out)

    def beat(self, job: str, lease: int) -> None:
        """Say that the supervisor is alive.

        Raises
        ------
        LeaseLostError
        """
        def carry_out(connection: sqlite3.Connection) -> None:
            must_hold(connection, job, lease)
            now = time.time()
            connection.execute("UPDATE lease SET beat = ?, until = ? WHERE job = ?",
                               (now, now + LEASE, job))

        self._database.write(carry_out)

    def free(self, job: str, lease: int) -> None:
        """Give a job back."""
        self._database.write(lambda connection: connection.execute(
            "DELETE FROM lease WHERE job = ? AND token = ?", (job, lease)))

    def holder(self, job: str) -> tuple[Identity, bool] | None:
        """Return who has a job, and whether it is believed to be alive."""
        rows = self._database.read("SELECT * FROM lease WHERE job = ?", job)
        return (_identity(rows[0]), believed_alive(rows[0])) if rows else None


def must_hold(connection: sqlite3.Connection, job: str, lease: int) -> None:
    """Refuse a change by a supervisor that has lost its job to another one."""
    row = connection.execute("SELECT token FROM lease WHERE job = ?", (job,)).fetchone()
    if row is None or row["token"] != lease:
        raise LeaseLostError(Problem(f"another supervisor has job {job} now"))


def _identity(row: sqlite3.Row) -> Identity:
    return Identity(row["host"], row["boot"], row["pid"], row["started"])


def believed_alive(row: sqlite3.Row) -> bool:
    """Whether the holder of a lease is believed to be alive."""
    alive = _identity(row).alive
    return row["until"] > time.time() if alive is None else alive

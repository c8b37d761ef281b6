"""What the store knows of a job, as frozen data."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from neuroport.jobs.store.states import job_exit_code

__all__ = ["AttemptRecord", "EventRecord", "JobRecord", "RemoteRecord"]


def _plain(record: Any) -> dict[str, Any]:
    """Return the fields of a record, all of which are plain: thousands are listed at once."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it is now.

    Attributes
    ----------
    id : str
        26 letters; they sort by time.
    key : str or None
        What the submitter calls it; the same key gives the same job.
    content : str
        SHA-256 of what is to be run and where.
    name, target : str
    parent : str or None
    member : int or None
        Which member of a sweep it is.
    created, changed : float
        Seconds since 1970.
    state, code, text : str
        The state, and why: a short code and a sentence.
    progress : float or None
        0 to 1, of the simulated time.
    final, cancel_wanted : bool
    not_before : float
        When a job that waits is tried again; seconds since 1970.
    max_attempts : int
    version : int
        Counts the changes.
    """

    id: str
    key: str | None
    content: str
    name: str
    target: str
    parent: str | None
    member: int | None
    created: float
    changed: float
    state: str
    code: str
    text: str
    progress: float | None
    final: bool
    cancel_wanted: bool
    not_before: float
    max_attempts: int
    version: int

    @classmethod
    def of(cls, row: sqlite3.Row) -> JobRecord:
        """Read a row."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "final": bool(values["final"]),
                      "cancel_wanted": bool(values["cancel_wanted"])})

    @property
    def exit_code(self) -> int:
        """See :func:`neuroport.jobs.store.states.job_exit_code`."""
        return job_exit_code(self.state, self.code)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**_plain(self), "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try of a job.

    Attributes
    ----------
    n : int
        From 1.
    host : str
    pid : int
        Of its supervisor.
    started : float
    ended : float or None
    kind, code, text : str
        How it ended, see :class:`neuroport.jobs.outcome.Outcome`.
    counted : bool
        Whether it is one of the job's `max_attempts`.
    """

    job: str
    n: int
    host: str
    pid: int
    started: float
    ended: float | None
    kind: str
    code: str
    text: str
    counted: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> AttemptRecord:
        """Read a row."""
        return cls(**{**dict(row), "counted": bool(row["counted"])})

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return _plain(self)


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """Something that a server holds for a job: an allocation of boards, a job in a queue.

    Attributes
    ----------
    kind : str
        ``allocation``, ``queue`` and so on.
    mark : str
        What was to be told to the server, so that it is found again; known before it was asked.
    server, remote_id, url : str
        The id is empty until the server has given one.
    state : str
        As the server calls it, or ``intended``.
    boards : str
        JSON: addresses.
    seen : float
    over : bool
        Whether nothing is held there any more.
    """

    job: str
    n: int
    kind: str
    mark: str
    server: str
    remote_id: str
    url: str
    state: str
    boards: str
    seen: float
    over: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> RemoteRecord:
        """Read a row."""
        return cls(**{**dict(row), "over": bool(row["over"])})

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return _plain(self)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A change, with its time, cause and actor."""

    seq: int
    job: str
    n: int
    at: float
    actor: str
    old: str
    new: str
    code: str
    text: str

    @classmethod
    def of(cls, row: sqlite3.Row) -> EventRecord:
        """Read a row."""
        return cls(**dict(row))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return _plain(self)

"""Submit a run, and come back to it from any process: ``submit``, ``get``, ``Job``."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from neuroport.errors import Problem
from neuroport.jobs.snapshot import snapshot, source_hash
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import JobFailedError, JobNotOverError
from neuroport.jobs.store.marks import mark
from neuroport.jobs.store.records import AttemptRecord, EventRecord, JobRecord
from neuroport.jobs.store.store import TRIES, Store
from neuroport.jobs.supervise.launch import launch, settle
from neuroport.jobs.targets.base import load_target_of

if TYPE_CHECKING:
    from neuroport.results.result import Result

__all__ = ["Job", "get", "submit"]

_SLOWEST = 1.0  # s between two looks at a job that is waited for


@dataclass(frozen=True)
class Job:
    """A submitted run.

    Attributes
    ----------
    id : str
    store : Store
        Where it is kept.
    """

    id: str
    store: Store = field(repr=False, compare=False)

    @property
    def record(self) -> JobRecord:
        """The job as it is now."""
        return self.store.job(self.id)

    @property
    def status(self) -> str:
        """Its state, see `neuroport.jobs.store.states.STATES`."""
        return self.record.state

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.store.files(self.id).path

    @property
    def events(self) -> list[EventRecord]:
        """What happened to it: when, why, by whom."""
        return self.store.events(self.id)

    @property
    def attempts(self) -> list[AttemptRecord]:
        """Its tries."""
        return self.store.attempts(self.id)

    def wait(self, timeout: float | None = None) -> str:
        """Wait until the job is over, and return its state; Ctrl-C here does not cancel it.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Raises
        ------
        JobNotOverError
            If it is not over then.
        """
        limit = None if timeout is None else time.monotonic() + timeout
        pause, looked = 0.05, time.monotonic()
        while not (record := self.record).final and record.state != "lost":
            left = _SLOWEST if limit is None else limit - time.monotonic()
            if left <= 0:
                raise JobNotOverError(Problem(
                    f"job {self.id} is not over", measured=f"after {timeout:g} s it is "
                    f"'{record.state}'", fix="wait longer; it goes on in any case"))
            if time.monotonic() - looked > 10.0:  # a supervisor may have died
                looked = time.monotonic()
                settle(self.store)
            time.sleep(min(pause, left))
            pause = min(1.3 * pause, _SLOWEST)
        return record.state

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the job and return what was recorded.

        Raises
        ------
        JobFailedError
            If it did not succeed; `.folder` may hold what was recorded until then.
        JobNotOverError
            If it is not over within `timeout` (s).
        """
        from neuroport.results.store import load_run

        self.wait(timeout)
        record = self.record
        place = self.store.files(self.id).result
        if record.state != "done":
            error = JobFailedError(Problem(
                f"job {self.id} {record.state}", measured=record.text or record.code,
                fix=f"what was recorded is in {place}" if place.is_dir()
                else f"neuroport jobs logs {self.id}; neuroport jobs retry {self.id}"))
            error.state, error.code = record.state, record.code
            raise error
        return load_run(place, name=record.name)

    def save(self, directory: str | os.PathLike[str]) -> Path:
        """Copy the stored results of a job that is over to a new directory.

        Raises
        ------
        JobFailedError
            If nothing was stored.
        OutputError
            If the directory cannot be written.
        """
        from neuroport.output.writing import write_folder

        place, record = self.store.files(self.id).result, self.record
        if not place.is_dir():
            raise JobFailedError(Problem(
                f"job {self.id} has no results", measured=f"{record.state}: {record.text}"))
        return write_folder(
            directory, lambda folder: _copy(place, folder))

    def cancel(self) -> None:
        """Ask for the job to be ended; it is cancelled when its machines are given back.

        Raises
        ------
        AlreadyChangedError
            If it is over.
        """
        self.store.want_cancelled(self.id, actor=_actor())
        settle(self.store, young=0.0)

    def retry(self) -> None:
        """Queue the job once more.

        Raises
        ------
        AlreadyChangedError
            If it is under way, or done.
        """
        self.store.try_again(self.id, actor=_actor())
        settle(self.store, young=0.0)

    def logs(self, attempt: int | None = None) -> str:
        """Return what the model and its engine printed, of the last attempt or another."""
        tries = self.store.files(self.id).attempts
        chosen = attempt if attempt is not None else max(tries, default=0)
        try:
            path = self.store.files(self.id).attempt(chosen) / "log"
            return path.read_text("utf-8", errors="replace")
        except OSError:
            return ""


def _copy(place: Path, folder: Path) -> None:
    shutil.copytree(place, folder, dirs_exist_ok=True)


def _actor() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"


def submit(
    spec: RunSpec,
    target: str = "local",
    key: str | None = None,
    *,
    name: str | None = None,
    store: Store | None = None,
    parent: str | None = None,
    member: int | None = None,
    max_attempts: int = TRIES,
    start: bool = True,
) -> Job:
    """Submit a run; it goes on whatever becomes of this process.

    Parameters
    ----------
    spec : RunSpec
        What is to be run. A script is kept as it is now, with the modules beside it that it
        imports.
    target : str
        Where: ``local``, ``emulated``, ``board://ADDRESS``, ``spalloc://HOST``; see
        docs/jobs.md. A user and a password in it are not stored.
    key : str, optional
        The same key with the same content gives the same job, also after a crash in here.
    name : str, optional
        For lists; the model's name if left out.
    store : Store, optional
        The user's if left out.
    parent, member
        Of a sweep.
    max_attempts : int
        How often the machine may fail it.
    start : bool
        Whether a supervisor is started at once; else with the next look at the store.

    Returns
    -------
    Job

    Raises
    ------
    UnknownTargetAddressError, KeyTakenError, ScriptError, StoreError

    Examples
    --------
    >>> from neuroport.jobs import submit
    >>> from neuroport.jobs.specification import RunSpec
    >>> job = submit(RunSpec("brunel", duration=100.0), "local")      # doctest: +SKIP
    >>> job.wait(), job.result().n_spikes                             # doctest: +SKIP
    ('done', 4711)
    """
    place = load_target_of(target)
    spec = place.prepared(spec)
    kept = store or Store()
    with tempfile.TemporaryDirectory(prefix="neuroport-submit-") as temporary:
        source = None
        hashes = [spec.hash, place.address]
        if spec.is_script:
            source = Path(temporary) / "source"
            script = Path(spec.model)
            snapshot(script, source)
            spec = spec.replace(model=str(script.resolve()))
            hashes = [spec.hash, place.address, source_hash(source)]
        description = {"spec": spec.as_dict(), "cwd": os.getcwd(),
                       "versions": _versions(spec)}
        content = sha256(json.dumps(hashes).encode()).hexdigest()
        mark("submit: described")
        record, new = kept.create(
            description, content=content, name=name or spec.name, target=place.address, key=key,
            actor=_actor(), source=source, parent=parent, member=member,
            max_attempts=max_attempts)
    mark("submit: created")
    if start and new:
        launch(kept, record)
    elif start:
        settle(kept)
    return Job(record.id, kept)


def _versions(spec: RunSpec) -> dict[str, str]:
    from neuroport.results.versions import package_version

    return {"neuroport": package_version("neuroport") or ""}


def get(name: str, store: Store | None = None) -> Job:
    """Return a job by its id, a part of it, or its key.

    Raises
    ------
    JobNotFoundError
    """
    kept = store or Store()
    return Job(kept.job(name).id, kept)

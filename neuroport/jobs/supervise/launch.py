"""Supervisors are started, detached from the shell, wherever a job has none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial

from neuroport.errors import UserError
from neuroport.jobs.store.folder import read_json
from neuroport.jobs.store.records import JobRecord
from neuroport.jobs.store.store import FOLDER, Store
from neuroport.jobs.targets.base import load_target_of
from neuroport.secrets import known_secrets

__all__ = ["launch", "settle"]

LOG = "supervisor.log"
_YOUNG = 15.0  # s in which a job's supervisor may still be starting


def launch(store: Store, job: JobRecord) -> None:
    """Have a supervisor started for a job, where its target says."""
    load_target_of(job.target).launch(partial(start_here, store, job), job.id, store.folder)


def start_here(store: Store, job: JobRecord) -> None:
    """Start a supervisor on this computer; it belongs to no shell and to no other process.

    Users and passwords of addresses go through a pipe: they are in no command line, environment
    or file.
    """
    folder = store.files(job.id).path
    known = known_secrets([job.target, store.description(job.id)["spec"]])
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        started = subprocess.Popen(
            [sys.executable, "-m", "neuroport.jobs.supervise", job.id],
            stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder, start_new_session=True,
            env={**os.environ, FOLDER: str(store.folder)}, umask=0o077)
    finally:
        os.close(log)
    started.communicate(json.dumps(known).encode())  # it ends when its copy has the job


def settle(store: Store, *, young: float = _YOUNG) -> list[JobRecord]:
    """Start supervisors for jobs whose own are dead; return those jobs.

    Parameters
    ----------
    store : Store
    young : float
        Jobs that changed less than so many seconds ago are left alone: theirs may be starting.
    """
    found = []
    free: dict[str, int] = {}  # sweep -> members that may be begun
    for job in sorted(store.unattended(), key=lambda job: (job.parent or "", job.member or 0)):
        age = time.time() - job.changed
        if 0 <= age < young and job.parent is None and store.leases.holder(job.id) is None:
            continue
        if job.parent is not None:
            if job.parent not in free:
                free[job.parent] = at_once(store, job.parent) - store.attended(job.parent)
            if free[job.parent] <= 0 and not job.cancel_wanted:
                continue
            free[job.parent] -= 1
        try:
            launch(store, job)
        except (UserError, OSError) as error:
            store.note(job.id, f"no supervisor could be started: {error}", code="not started",
                       actor="settle")
            continue
        found.append(job)
    return found


def at_once(store: Store, sweep: str) -> int:
    """Return how many members of a sweep are worked on at a time."""
    told = read_json(store.folder / "sweeps" / sweep / "sweep.json") or {}
    return max(1, int(told.get("at_once", 1)))

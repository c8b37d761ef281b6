"""Are the jobs as they were stored? What ``neuroport jobs doctor`` does."""

from __future__ import annotations

from typing import Any

from neuroport.errors import Problem
from neuroport.jobs.outcome import Outcome
from neuroport.jobs.store.database import file_system
from neuroport.jobs.store.errors import StoreError
from neuroport.jobs.store.folder import JOB, OUTCOME, JobFolder, read_json, write_json
from neuroport.jobs.store.rebuild import damaged_results, rebuild, stray_folders
from neuroport.jobs.store.records import AttemptRecord
from neuroport.jobs.store.store import Store, default_folder
from neuroport.jobs.supervise.collect import write_outcome
from neuroport.jobs.supervise.launch import settle

__all__ = ["examine", "rebuilt"]


def examine(store: Store | None = None) -> dict[str, Any]:
    """Look at every job, and mend what can be mended without a decision.

    Returns
    -------
    dict
        ``folder``, ``jobs``, ``journal``, ``file_system``, ``remarks`` and whether anything is
        ``wrong``.

    Raises
    ------
    StoreError
        If the database cannot be read.
    """
    kept = store or Store()
    remarks: list[str] = []
    wrong = [f"{name}: a folder that the database does not know; --rebuild takes it up"
             for name in stray_folders(kept)]
    wrong += [f"{line}; the result is damaged" for line in damaged_results(kept)]
    everything = kept.jobs()
    for job in everything:
        files = kept.files(job.id)
        if not files.path.is_dir() and job.state != "created":
            wrong.append(f"{job.id}: its folder is gone")
            continue
        if job.state != "created" and files.description is None:
            write_json(files.path / JOB, kept.description(job.id))
            remarks.append(f"{job.id}: job.json was damaged; made again from the database")
        kept.copy_events(job.id)
        tries = kept.attempts(job.id)
        if job.state in ("done", "failed") and tries and files.outcome is None:
            last = tries[-1]
            write_outcome(kept, job.id, last.n, job.state, _outcome_of(files, last))
            remarks.append(f"{job.id}: outcome.json was damaged; made again")
        if job.state in ("created", "staged"):
            wrong.append(f"{job.id}: was being submitted; submit it again with its key, or "
                         "cancel it")
        elif job.state in ("lost", "blocked"):
            wrong.append(f"{job.id}: {job.state}: {job.text}; neuroport jobs retry {job.id[-6:]}")
    for job in settle(kept):
        remarks.append(f"{job.id}: nobody worked on it; a supervisor was started")
    return {"folder": str(kept.folder), "jobs": len(everything),
            "journal": kept.database.journal, "file_system": file_system(kept.folder),
            "remarks": wrong + remarks, "wrong": bool(wrong)}


def _outcome_of(files: JobFolder, last: AttemptRecord) -> Outcome:
    """Return how an attempt ended: as its folder says, or as the database does."""
    try:
        return Outcome.from_dict(read_json(files.attempt(last.n) / OUTCOME) or {})
    except (KeyError, TypeError):
        return Outcome("ok" if last.kind == "ok" else "model", last.code, last.text)


def rebuilt() -> dict[str, Any]:
    """Make the database again from the folders, and examine it.

    Raises
    ------
    StoreError
        If a supervisor is at work.
    """
    folder = default_folder().absolute()
    busy: list[str] = []
    try:
        store = Store(folder)
        busy = [job.id for job in store.jobs() if not job.final
                and (held := store.leases.holder(job.id)) is not None and held[1]]
        store.database.close()
    except StoreError:
        pass  # that is why it is made again
    if busy:
        raise StoreError(Problem(
            "supervisors are at work", measured=", ".join(busy),
            fix="wait for these jobs, or cancel them"))
    store, remarks = rebuild(folder)
    told = examine(store)
    return {**told, "remarks": remarks + told["remarks"], "wrong": told["wrong"] or bool(remarks)}

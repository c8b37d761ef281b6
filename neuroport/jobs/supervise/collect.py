"""What an attempt left becomes what the job left: by renames that can be done again."""

from __future__ import annotations

import time

from neuroport.jobs.outcome import Outcome
from neuroport.jobs.store.attempts import artefacts, set_artefacts
from neuroport.jobs.store.folder import OUTCOME, checked_files, sync_folder, write_json
from neuroport.jobs.store.marks import mark
from neuroport.jobs.store.store import Store

__all__ = ["collect", "write_outcome"]


def collect(store: Store, job: str, n: int, state: str, outcome: Outcome) -> None:
    """Put an attempt's result in the job's place, check it, and write down how the job ended.

    Parameters
    ----------
    store : Store
    job : str
    n : int
        The attempt.
    state : str
        The job's final state.
    outcome : Outcome
    """
    files = store.files(job)
    made = files.attempt(n) / "result"
    before = files.outcome
    if made.is_dir():
        if files.result.exists():  # of an earlier attempt, which was tried again
            earlier = files.attempt(int((before or {}).get("attempt", 0))) / "earlier-result"
            earlier.parent.mkdir(parents=True, exist_ok=True)
            files.result.rename(earlier.with_name(f"{earlier.name}-{time.time():.0f}"))
        mark("collect: before rename")
        made.rename(files.result)
        sync_folder(files.path)
        mark("collect: renamed")
    found = checked_files(files.result) if files.result.is_dir() else {}
    set_artefacts(store, job, found)
    mark("collect: artefacts noted")
    write_outcome(store, job, n, state, outcome)
    mark("collect: outcome written")


def write_outcome(store: Store, job: str, n: int, state: str, outcome: Outcome) -> None:
    """Write down in a job's folder how it ended, and what its result consists of."""
    write_json(store.files(job).path / OUTCOME, {
        "job": job, "state": state, "attempt": n, "code": outcome.code, "text": outcome.text,
        "details": outcome.details, "at": time.time(),
        "files": {path: {"size": size, "sha256": digest}
                  for path, (size, digest) in artefacts(store, job).items()}})

"""A sweep is a view of its members: jobs with states, attempts and results of their own.

What is kept of the sweep itself is one file that never changes, ``sweeps/ID/sweep.json``; whatever
dies while it is submitted, the same sweep submitted under the same key goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from neuroport.errors import Problem
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import JobNotFoundError, JobNotOverError, KeyTakenError
from neuroport.jobs.store.folder import read_json, write_json
from neuroport.jobs.store.identity import new_id
from neuroport.jobs.store.records import JobRecord
from neuroport.jobs.store.states import FINAL
from neuroport.jobs.store.store import TRIES, Store
from neuroport.jobs.submission import Job, submit
from neuroport.jobs.supervise.launch import settle
from neuroport.jobs.sweeps.members import members_of
from neuroport.jobs.targets.base import load_target_of

__all__ = ["Sweep", "get_sweep", "submit_sweep", "sweeps"]

FILE = "sweep.json"
_SLOWEST = 2.0  # s between two looks


@dataclass(frozen=True)
class Sweep:
    """A submitted sweep.

    Attributes
    ----------
    id : str
    store : Store
    """

    id: str
    store: Store = field(repr=False, compare=False)

    @property
    def description(self) -> dict[str, Any]:
        """What was submitted: name, target, and what distinguishes the members."""
        return read_json(_folder(self.store, self.id) / FILE) or {}

    @property
    def members(self) -> list[JobRecord]:
        """The members as they are now, in the sweep's order."""
        return sorted(self.store.jobs(parent=self.id), key=lambda job: job.member or 0)

    @property
    def states(self) -> dict[str, int]:
        """How many members are in which state."""
        return dict(Counter(job.state for job in self.members))

    @property
    def over(self) -> bool:
        """Whether all members are over."""
        found = self.members
        return len(found) == len(self.description.get("members", ())) and all(
            job.state in (*FINAL, "lost") for job in found)

    def wait(self, timeout: float | None = None) -> dict[str, int]:
        """Wait until all members are over; return how many are in which state.

        Raises
        ------
        JobNotOverError
            If they are not within `timeout` (s).
        """
        limit = None if timeout is None else time.monotonic() + timeout
        looked = time.monotonic()
        while not self.over:
            if limit is not None and time.monotonic() >= limit:
                raise JobNotOverError(Problem(
                    f"sweep {self.id} is not over", measured=", ".join(
                        f"{count} {state}" for state, count in self.states.items())))
            if time.monotonic() - looked > 5.0:
                looked = time.monotonic()
                settle(self.store)
            time.sleep(_SLOWEST if limit is None
                       else max(0.0, min(_SLOWEST, limit - time.monotonic())))
        return self.states

    def cancel(self) -> None:
        """Ask for all members to be ended that are not over."""
        for job in self.members:
            if not job.final:
                Job(job.id, self.store).cancel()

    def retry(self) -> int:
        """Queue those members once more that are over without success; return how many."""
        failed = [job for job in self.members if job.state in ("failed", "cancelled", "crashed",
                                                               "lost", "blocked")]
        for job in failed:
            self.store.try_again(job.id, actor="sweep")
        settle(self.store, young=0.0)
        return len(failed)

    def remove(self) -> None:
        """Forget the sweep and its members, with their results.

        Raises
        ------
        AlreadyChangedError
            If a member is not over.
        """
        for job in self.members:
            self.store.remove(job.id)
        folder = _folder(self.store, self.id)
        (folder / FILE).unlink(missing_ok=True)
        folder.rmdir()

    def results(self) -> dict[int, Any]:
        """Return the results of the members that are done, by their number."""
        return {job.member or 0: Job(job.id, self.store).result(0.0) for job in self.members
                if job.state == "done"}


def _folder(store: Store, sweep: str) -> Path:
    return store.folder / "sweeps" / sweep


def submit_sweep(
    spec: RunSpec,
    varied: Mapping[str, Sequence[Any]],
    target: str = "local",
    key: str | None = None,
    *,
    seeds: int = 1,
    name: str | None = None,
    store: Store | None = None,
    max_attempts: int = TRIES,
) -> Sweep:
    """Submit a run with many values.

    Parameters
    ----------
    spec : RunSpec
        What all members share.
    varied : mapping of str to sequence
        Name -> values; all combinations are run. A name is one of the run's (seed, timestep,
        duration, backend, numerics), of the backend's options, or of the model's.
    target : str
    key : str, optional
        The same key with the same content gives the same sweep, and goes on submitting it where
        that was broken off.
    seeds : int
        How many runs with different seeds of each combination.
    name : str, optional
    store : Store, optional
    max_attempts : int
        Of each member.

    Raises
    ------
    InvalidValueError, KeyTakenError, UnknownTargetAddressError

    Examples
    --------
    >>> from neuroport.jobs.specification import RunSpec
    >>> made = submit_sweep(RunSpec("brunel"), {"g": [4.0, 5.0]}, seeds=10)  # doctest: +SKIP
    >>> made.wait()                                                          # doctest: +SKIP
    {'done': 20}
    """
    kept = store or Store()
    place = load_target_of(target)
    spec = place.prepared(spec)
    members = members_of(spec, varied, seeds)
    content = sha256(json.dumps([place.address, [one.hash for _, one in members]],
                                ).encode()).hexdigest()
    number = new_id() if key is None else f"S{sha256(key.encode()).hexdigest()[:25].upper()}"
    folder = _folder(kept, number)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = read_json(folder / FILE)
    if before is not None and before["content"] != content:
        raise KeyTakenError(Problem(
            f"the key '{key}' belongs to another sweep", measured=f"sweep {number}",
            limit="one key, one content", fix="choose another key, or leave it out"))
    if before is None:
        write_json(folder / FILE, {
            "id": number, "key": key, "content": content, "name": name or spec.name,
            "target": place.address, "created": time.time(), "at_once": place.at_once(),
            "members": [told for told, _ in members]})
    for k, (told, one) in enumerate(members):
        label = ", ".join(f"{name}={value}" for name, value in told.items())
        submit(one, target, f"{number}/{k}", name=f"{name or spec.name} {label}".strip(),
               store=kept, parent=number, member=k, max_attempts=max_attempts, start=False)
    settle(kept, young=0.0)
    return Sweep(number, kept)


def sweeps(store: Store | None = None) -> list[Sweep]:
    """Return all sweeps, the newest first."""
    kept = store or Store()
    places = (kept.folder / "sweeps").glob(f"*/{FILE}")
    found = [(data["created"], path.parent.name) for path in places
             if (data := read_json(path)) is not None and "created" in data]
    return [Sweep(number, kept) for _, number in sorted(found, reverse=True)]


def get_sweep(name: str, store: Store | None = None) -> Sweep:
    """Return a sweep by its id, 4 or more letters of its beginning or end, or its key.

    Raises
    ------
    JobNotFoundError
    """
    kept = store or Store()
    found = [one for one in sweeps(kept) if name in (one.id, one.description.get("key"))
             or (len(name) >= 4 and (one.id.startswith(name.upper())
                                     or one.id.endswith(name.upper())))]
    if len(found) != 1:
        raise JobNotFoundError(Problem(
            f"there is no sweep '{name}'" if not found else f"several sweeps are '{name}'",
            fix="`neuroport sweeps` lists them"))
    return found[0]



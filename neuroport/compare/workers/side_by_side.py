"""Several runs at once, each in a process of its own; machines are booked one after the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from neuroport.backend import backend_class
from neuroport.compare.workers.job import Job, Outcome
from neuroport.compare.workers.parent import Worker
from neuroport.errors import UserError

__all__ = ["Blind", "Watch", "side_by_side"]


class Watch(Protocol):
    """Told what happens, from several threads; the command line draws it."""

    def begin(self, name: str) -> None:
        """A run has begun."""
        ...

    def at(self, name: str, now: float, target: float) -> None:
        """A run has reached this simulated time (ms) of that."""
        ...

    def end(self, outcome: Outcome) -> None:
        """A run is over."""
        ...

    def explaining(self, run: int, most: int, what: str) -> None:
        """The explainer runs the reference with something switched."""
        ...


class Blind:
    """Watches nothing."""

    def begin(self, name: str) -> None: ...

    def at(self, name: str, now: float, target: float) -> None: ...

    def end(self, outcome: Outcome) -> None: ...

    def explaining(self, run: int, most: int, what: str) -> None: ...


def side_by_side(
    workers: Sequence[Worker], jobs: Sequence[Job], further_seeds: int, timeout: float,
    watch: Watch,
) -> tuple[list[Outcome], list[Outcome]]:
    """Run all jobs at once, the reference's further seeds after its own.

    Machines are for one run at a time: a job on hardware waits until the one before has given its
    machine back. Waiting does not count as time of its run.

    Parameters
    ----------
    workers : sequence of Worker
        One a job.
    jobs : sequence of Job
        The reference first.
    further_seeds : int
        How many more runs of the reference, each with a seed of its own, whatever the script says.
    timeout : float
        Wall time (s) that one run may take.
    watch : Watch

    Returns
    -------
    outcomes : list of Outcome
        One a job.
    seeds : list of Outcome
        Of the further seeds; fewer where the reference failed.
    """
    outcomes: list[Outcome | None] = [None] * len(jobs)
    seeds: list[Outcome] = []
    machine = threading.Lock()
    booked: list[AbstractContextManager[Any]] = [
        machine if _on_hardware(job) else nullcontext() for job in jobs]

    def one(number: int, job: Job) -> Outcome:
        worker = workers[number]
        with booked[number]:
            watch.begin(job.name)
            outcome = worker.run(job, timeout, lambda now, end: watch.at(job.name, now, end))
        watch.end(outcome)
        return outcome

    def serve(number: int) -> None:
        job = jobs[number]
        outcomes[number] = one(number, job)
        if number:
            return
        for k in range(1, further_seeds + 1):
            if outcomes[0] is None or outcomes[0].failed:
                return
            seeds.append(one(0, job.further(k)))

    threads = [threading.Thread(target=serve, args=(k,), daemon=True) for k in range(len(jobs))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    except BaseException:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(10.0)
        raise
    done = [o if o is not None else Outcome(job, "error", None, "the worker could not be asked")
            for o, job in zip(outcomes, jobs, strict=True)]
    return done, seeds


def _on_hardware(job: Job) -> bool:
    try:
        return bool(backend_class(job.spec.backend or "").capabilities.kind == "hardware")
    except UserError:  # the run itself says it, with everything else that is wrong
        return False

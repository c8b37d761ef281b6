"""Carries a job through its states, and takes up what a dead supervisor has left."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from neuroport.errors import UserError
from neuroport.jobs.outcome import Outcome, next_wait
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.attempts import begin_attempt, end_attempt, remotes
from neuroport.jobs.store.errors import LeaseLostError
from neuroport.jobs.store.folder import OUTCOME, read_json, write_json
from neuroport.jobs.store.identity import present_identity
from neuroport.jobs.store.marks import mark
from neuroport.jobs.store.records import JobRecord
from neuroport.jobs.store.states import UNDER_WAY
from neuroport.jobs.store.store import Store
from neuroport.jobs.supervise.collect import collect, write_outcome
from neuroport.jobs.supervise.running import (
    RunProcess,
    engine_outcome,
    outcome_of_run,
    run_under_way,
    stop_run,
    wait_for_run,
)
from neuroport.jobs.supervise.sleeping import SleepWatch
from neuroport.jobs.supervise.work import CancelledError, SupervisedWork
from neuroport.jobs.targets.base import AttemptFailedError, Placed, Target, load_target_of
from neuroport.process import EngineError

__all__ = ["Supervisor"]

BEAT = 10.0  # s between two signs of life
_MENDED = 30.0  # s until what needs the user is tried again; twice as long each time
_RARELY = 3600.0  # s between two tries at most


class Supervisor:
    """Works on one job until it is over.

    Parameters
    ----------
    store : Store
    job : str
        Its id.
    begun : callable
        Called when it has taken the job.
    """

    def __init__(
        self, store: Store, job: str, begun: Callable[[], None] = lambda: None
    ) -> None:
        self.store, self.id, self._begun = store, job, begun
        self.me = present_identity()
        self.actor = f"supervisor, {self.me}"
        self.lease = 0
        self._over = threading.Event()
        self._lost = False

    def work(self) -> bool:
        """Work on the job; return whether it was this supervisor's."""
        lease = self.store.leases.take(self.id, self.me)
        if lease is None:
            return False
        self.lease = lease
        self._begun()
        mark("supervisor: lease taken")
        with self._beating(), contextlib.suppress(LeaseLostError):
            try:
                self._through()
            finally:
                self.store.leases.free(self.id, lease)
        return True

    @contextmanager
    def _beating(self) -> Iterator[None]:
        thread = threading.Thread(target=self._beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(BEAT)

    def _beat(self) -> None:
        sleep = SleepWatch()
        while not self._over.wait(BEAT):
            try:
                self.store.leases.beat(self.id, self.lease)
                if slept := sleep.slept():
                    self.store.note(self.id, f"this computer slept {slept:.0f} s", code="slept",
                                    actor=self.actor, lease=self.lease)
            except LeaseLostError:
                self._lost = True
                return
            except UserError:
                continue  # a full disk; what matters waits for it elsewhere
        self.store.database.close()

    # -- the way through the states ----------------------------------------------------------------

    def _through(self) -> None:
        job = self.store.job(self.id)
        try:
            target = load_target_of(job.target)
            description = self.store.description(self.id)
            spec = RunSpec.from_dict(description["spec"])
        except (UserError, KeyError, TypeError, ValueError) as error:
            self._change("lost" if job.state != "lost" else "crashed", "unreadable",
                         f"what was submitted cannot be read: {error}")
            return
        while True:
            job = self.store.job(self.id)
            if job.final or job.state == "lost":
                return
            if job.state in UNDER_WAY:
                self._take_up(job, target, spec)
            elif job.cancel_wanted:
                self._change("cancelling", "cancelled", "cancelled while it waited")
                self._change("cancelled", "cancelled", "cancelled while it waited")
            elif job.state == "queued":
                self._attempt(target, spec)
            else:
                self._wait(job)

    def _change(self, to: str, code: str = "", text: str = "", **columns: Any) -> JobRecord:
        changed = self.store.change(self.id, to, actor=self.actor, lease=self.lease, code=code,
                                    text=text, **columns)
        mark(f"state: {to}")
        return changed

    def _wait(self, job: JobRecord) -> None:
        """Wait until it is time to try again, or somebody says so."""
        # By a clock that nobody sets; the other one says how long the computer was off.
        patience, gone = max(0.0, job.not_before - job.changed), time.time() - job.changed
        limit = time.monotonic() + max(0.0, patience - max(0.0, gone))
        while time.monotonic() < limit:
            time.sleep(min(0.5, max(0.0, limit - time.monotonic())))
            now = self.store.job(self.id)
            if now.version != job.version or now.cancel_wanted:
                return
        self._change("queued", "again", "tried again")

    def _attempt(self, target: Target, spec: RunSpec) -> None:
        n = begin_attempt(self.store, self.id, self.me, self.lease)
        mark("attempt: begun")
        work = self._work_of(n, spec)
        work.state("submitting")
        mark("state: submitting")
        self._carry_out(target, work, partial(self._run, target, work), resumed=False)

    def _work_of(self, n: int, spec: RunSpec) -> SupervisedWork:
        return SupervisedWork(self.store, self.id, n, self.lease, spec, self.actor)

    def _carry_out(
        self, target: Target, work: SupervisedWork, run: Callable[[Placed], Outcome], resumed: bool
    ) -> None:
        try:
            outcome = target.attempt(work, run, resumed)
        except LeaseLostError:
            raise
        except CancelledError:
            outcome = Outcome("cancelled", "cancelled", "cancelled")
        except AttemptFailedError as error:
            outcome = error.outcome
        except UserError as error:
            names = tuple(one.__name__ for one in type(error).__mro__)
            outcome = Outcome(target.kind_of(str(error), names), names[0], str(error))
        except Exception as error:  # ours, or a target's: the job must not vanish with it
            outcome = Outcome("worker", type(error).__name__, f"{type(error).__name__}: {error}")
        self._settle(work.n, outcome)

    # -- running -----------------------------------------------------------------------------------

    def _run(self, target: Target, work: SupervisedWork, placed: Placed) -> Outcome:
        work.state("starting")
        mark("state: starting")
        described = self.store.description(self.id)
        spec = _run_here(work.spec.replace(options={**work.spec.options, **placed.options}),
                         self.store.files(self.id).path)
        cwd = Path(described.get("cwd") or self.store.files(self.id).path)
        process: RunProcess | None = None
        try:
            process = RunProcess(
                work.folder / "log", placed,
                cwd if cwd.is_dir() else self.store.files(self.id).path,
                work.progressing(), work.tell)
            mark("run: process started")
            process.run(spec, work.folder, self.store.files(self.id).path, work.n,
                        partial(self._look, work, placed))
        except EngineError as error:
            return engine_outcome(error, work.folder, target)
        except (CancelledError, AttemptFailedError) as why:
            if process is None:
                raise
            stop_run(process.number, lambda: not process.alive
                     or (work.folder / "run.json").exists())
            found = outcome_of_run(work.folder, target)
            if isinstance(why, AttemptFailedError):
                return found if found is not None and found.kind == "ok" else why.outcome
            return found or Outcome("cancelled", "cancelled", "cancelled")
        finally:
            if process is not None:
                process.close(5.0)
        return outcome_of_run(work.folder, target) or Outcome(
            "worker", "nothing left", "the run left no word of how it ended")

    def _look(self, work: SupervisedWork, placed: Placed) -> None:
        """Look whether a run is to go on."""
        if self._lost:
            raise LeaseLostError("another supervisor has this job now")
        if time.monotonic() - self._looked > 0.5:
            self._looked = time.monotonic()
            work.look()
            lost = placed.lost() if placed.lost is not None else None
            if lost is not None:
                raise AttemptFailedError(lost.kind, lost.code, lost.text, lost.boards)

    _looked = 0.0

    # -- what a dead supervisor left ---------------------------------------------------------------

    def _take_up(self, job: JobRecord, target: Target, spec: RunSpec) -> None:
        tries = self.store.attempts(self.id)
        if not tries and job.state == "cancelling":
            self._change("cancelled", "cancelled", "cancelled while it waited")
            return
        if not tries:
            self._change("retry_wait", "supervisor", "its supervisor died", not_before=0.0)
            return
        n = tries[-1].n
        work = self._work_of(n, spec)
        known = self._known(n, target)
        under_way = run_under_way(self.store.files(self.id).path)
        if known is None and under_way is not None:
            work.tell("its supervisor died; the run goes on, and was taken over", "taken over")
            self._carry_out(target, work, partial(self._join, target, work), resumed=True)
            return
        found = self._recovered(target, work)  # also where the run is over: its boards are held
        known = known or found
        if job.cancel_wanted and known is None:
            known = Outcome("cancelled", "cancelled", "cancelled")
        self._settle(n, known or Outcome(
            "worker", "supervisor", "its supervisor died, and the run with it"))

    def _known(self, n: int, target: Target) -> Outcome | None:
        """Return how an attempt ended, where it had."""
        place = self.store.files(self.id).attempt(n)
        told = read_json(place / OUTCOME)
        if told is not None:
            with contextlib.suppress(KeyError, TypeError):
                return Outcome.from_dict(told)
        return outcome_of_run(place, target)

    def _recovered(self, target: Target, work: SupervisedWork) -> Outcome | None:
        """See that servers hold nothing any more; return an outcome that was found there."""
        found: Outcome | None = None
        for held in remotes(self.store, self.id, held=True):
            at = self._work_of(held.n, work.spec)
            at.cancel_ignored = True
            outcome = target.recover(at, held)
            if held.n == work.n:
                found = found or outcome
            mark("remote: recovered")
        return found

    def _join(self, target: Target, work: SupervisedWork, placed: Placed) -> Outcome:
        """Wait for a run that has outlived its supervisor."""
        folder = self.store.files(self.id).path
        try:
            wait_for_run(folder, partial(self._look, work, placed))
        except (CancelledError, AttemptFailedError) as why:
            stop_run(run_under_way(folder) or 0, lambda: run_under_way(folder) is None)
            found = outcome_of_run(work.folder, target)
            if isinstance(why, AttemptFailedError):
                return found if found is not None and found.kind == "ok" else why.outcome
            return found or Outcome("cancelled", "cancelled", "cancelled")
        return outcome_of_run(work.folder, target) or Outcome(
            "worker", "died", "the process that ran the network died")

    # -- what follows ------------------------------------------------------------------------------

    def _settle(self, n: int, outcome: Outcome) -> None:
        """Write down how an attempt ended, and do what follows; may be done again at any point."""
        files, text = self.store.files(self.id), outcome.text or outcome.code
        if read_json(files.attempt(n) / OUTCOME) is None:
            files.attempt(n).mkdir(parents=True, exist_ok=True, mode=0o700)
            write_json(files.attempt(n) / OUTCOME, outcome.as_dict())
        mark("attempt: outcome written")
        end_attempt(self.store, self.id, n, kind=outcome.kind, code=outcome.code, text=text,
                    counted=outcome.counted)
        mark("attempt: ended")
        job = self.store.job(self.id)
        if outcome.kind in ("ok", "model"):
            to = "done" if outcome.kind == "ok" else "failed"
            if job.state != "collecting":
                self._change("collecting")
            collect(self.store, self.id, n, to, outcome)
            self._change(to, outcome.code, text if to == "failed" else "", progress=(
                1.0 if to == "done" else None))
        elif outcome.kind == "cancelled" or job.cancel_wanted or job.state == "cancelling":
            # Also what would be tried again: the user wants it to end.
            if job.state != "cancelling":
                self._change("cancelling", "cancelled", text)
            collect(self.store, self.id, n, "cancelled", outcome)
            self._change("cancelled", "cancelled", text)
        else:
            self._try_again(outcome, text)

    def _try_again(self, outcome: Outcome, text: str) -> None:
        job = self.store.job(self.id)
        tries = self.store.attempts(self.id)
        if outcome.kind == "user":
            before = [one.kind for one in reversed(tries)]
            row = next((k for k, kind in enumerate(before) if kind != "user"), len(before))
            wait = min(_MENDED * 2 ** (row - 1), _RARELY)
            self._change("blocked", outcome.code, text, not_before=time.time() + wait)
            return
        wait = next_wait(outcome.kind, [one.kind for one in tries[:-1] if one.ended])
        counted = sum(one.counted for one in tries)
        if outcome.kind == "worker" and outcome.code == "supervisor":
            wait = 0.0  # its death says nothing of the run; the number of attempts is the limit
        if wait is None or (outcome.counted and counted >= job.max_attempts):
            if outcome.retried:
                text = f"{text} (after {counted} attempt{'s' if counted != 1 else ''})"
            write_outcome(self.store, self.id, tries[-1].n, "crashed", outcome)
            mark("outcome written")
            self._change("crashed", outcome.code, text)
            return
        self._change("retry_wait", outcome.code, text, not_before=time.time() + wait)


def _run_here(spec: RunSpec, folder: Path) -> RunSpec:
    """Return the run of the script as it was submitted."""
    kept = folder / "source" / os.path.basename(spec.model)
    return spec.replace(model=str(kept)) if spec.is_script and kept.exists() else spec

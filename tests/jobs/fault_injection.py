"""Faults put into the life of jobs: kills, full disks, stopped and doubled supervisors, clocks.

``python tests/jobs/fault_injection.py --faults 10000 --seed 1`` prints what was found; CI runs a
few hundred. Supervisors are real, in processes of their own; the network that they run and the
server that holds something for it are stand-ins which keep a ledger, so that can be told what was
run, how often, and what was given back.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import neuroport.jobs.outcome as outcomes
import neuroport.jobs.supervise.running as running
import neuroport.jobs.supervise.supervisor as supervisors
from neuroport.errors import UserError
from neuroport.jobs.health import examine
from neuroport.jobs.outcome import Outcome
from neuroport.jobs.store.attempts import artefacts
from neuroport.jobs.store.folder import checked_files, write_json
from neuroport.jobs.store.marks import break_at, mark
from neuroport.jobs.store.rebuild import rebuild
from neuroport.jobs.store.store import Store
from neuroport.jobs.targets.base import AttemptFailedError, Placed, Target, Work
from neuroport.process import EngineEndedError

SPEC = {"model": "stand-in"}
TRIES = 40  # attempts of a job: kills are not to use them up
LIVES = 25  # supervisors that a job gets at most
ENDS = {"ok": "done", "wrong": "failed", "error": "failed", "board": "done", "always": "crashed",
        "server": "done", "policy": "crashed", "user": "done", "cancel": "cancelled"}
"""What the stand-in does -> the state in which the job must end."""


class World:
    """The outside: what was run, and what a server holds. It sees through no fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "held").mkdir(parents=True)

    def add(self, line: str) -> None:
        descriptor = os.open(self.folder / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)

    @property
    def lines(self) -> list[str]:
        try:
            return (self.folder / "ledger").read_text().splitlines()
        except OSError:
            return []

    def count(self, word: str) -> int:
        return sum(line.startswith(word) for line in self.lines)

    def create(self, name: str) -> str:
        number = f"{time.monotonic_ns()}-{os.getpid()}"
        (self.folder / "held" / number).write_text(name)
        return number

    def destroy(self, name: str) -> None:
        for path in (self.folder / "held").iterdir():
            with contextlib.suppress(OSError):
                if path.read_text() == name:
                    path.unlink()

    @property
    def held(self) -> int:
        return len(list((self.folder / "held").iterdir()))


class StandIn(Target):
    """A target whose server holds something while the network runs."""

    world: World
    behaviour: str

    @contextmanager
    def place(self, work: Work, resumed: bool) -> Iterator[Placed]:
        name = f"{work.mark} {work.n}"
        if not resumed:
            work.hold("allocation", mark=name, server="stand-in")
            mark("target: intended")
            self._refuse(work)
            number = self.world.create(name)
            mark("target: created")
            work.hold("allocation", remote_id=number, state="ready")
        try:
            yield Placed()
        finally:
            self.world.destroy(name)
            mark("target: destroyed")
            work.hold("allocation", state="destroyed", over=1)

    def _refuse(self, work: Work) -> None:
        what, before = self.behaviour, self.world.count("refused")
        if what == "server" and before < 2:
            self.world.add("refused")
            raise AttemptFailedError("server", "refused", "no connection")
        if what == "policy":
            raise AttemptFailedError("policy", "destroyed", "ended by an administrator")
        if what == "user" and before < 1:
            self.world.add("refused")
            raise AttemptFailedError("user", "token", "the token has expired")
        if what == "always" or (what == "board" and before < 1):
            self.world.add("refused")
            raise AttemptFailedError("board", "sick", "the board does not boot", ("board 1",))

    def recover(self, work: Work, held: Any) -> Outcome | None:
        self.world.destroy(held.mark)
        mark("target: recovered")
        work.hold(held.kind, state="destroyed", over=1)
        return None


class StandInRun:
    """Takes the place of the process in which a network runs; outlives its supervisor."""

    world: World
    behaviour: str
    seconds: float

    def __init__(self, log: Path, placed: Placed, folder: Path, beat: Any, tell: Any) -> None:
        self._beat = beat
        self.number = 0
        self._status: int | None = None

    def run(self, spec: Any, attempt: Path, folder: Path, n: int, waiting: Any) -> None:
        self.number = os.fork()
        if not self.number:
            try:
                break_at(None)
                self._child(attempt, folder, n)
            finally:
                os._exit(1)
        mark("run: under way")
        self._beat(1.0, 2.0)
        while self.alive:
            waiting()
            time.sleep(0.002)
        if self._status:
            raise EngineEndedError("the run died")

    def _child(self, attempt: Path, folder: Path, n: int) -> None:
        os.setsid()
        held = os.open(folder / running.RUNNING, os.O_RDWR | os.O_CREAT)
        fcntl.flock(held, fcntl.LOCK_EX)
        if (folder / "attempts" / str(n + 1)).exists():
            os._exit(0)
        os.pwrite(held, json.dumps({"pid": os.getpid()}).encode(), 0)
        alone = os.open(self.world.folder / "alone", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.world.add("overlap")
        self.world.add(f"begin {n}")
        time.sleep(self.seconds if self.behaviour != "cancel" else 30.0)
        status = self.behaviour if self.behaviour in ("wrong", "error") else "ok"
        beside = attempt / ".result"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        (beside / "spikes.txt").write_text(f"the result of attempt {n}")
        beside.rename(attempt / "result")
        write_json(attempt / running.RUN, {"status": status, "error": "", "result": True})
        self.world.add(f"end {n}")
        os._exit(0)

    @property
    def alive(self) -> bool:
        if self._status is None and self.number:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.number, os.WNOHANG)
                if pid:
                    self._status = status
        return self._status is None

    def close(self, grace: float) -> None:
        if self.number and self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.number, signal.SIGKILL)
            os.waitpid(self.number, 0)


@dataclass
class Life:
    """What happens to one supervisor."""

    kill: int = 0  # at which mark; 0: not
    fail: tuple[int, int, int] = (0, 0, 0)  # from which mark, how often, which error
    stop: int = 0  # SIGSTOP at which mark, and a second supervisor meanwhile
    twin: bool = False  # two supervisors at once
    jump: float = 0.0  # s by which the clock is set
    truncate: str = ""  # a file that is cut off before it begins
    kill_run: bool = False  # with the run

    @property
    def faults(self) -> int:
        return sum((self.kill > 0, self.fail[1] > 0, self.stop > 0, self.twin, self.jump != 0,
                    bool(self.truncate), self.kill_run))


@dataclass
class Case:
    """One job, what its target does, and the faults of its supervisors."""

    seed: int
    behaviour: str
    submit_kill: int
    lives: list[Life] = field(default_factory=list)
    rebuilt: bool = False
    seconds: float = 0.0

    @property
    def faults(self) -> int:
        return sum(life.faults for life in self.lives) + (self.submit_kill > 0) + self.rebuilt


FILES = ("job.json", "events.jsonl", "attempts/1/attempt.json", "attempts/1/run.json",
         "attempts/1/outcome.json", "outcome.json")


def case(seed: int) -> Case:
    """Return the case of a seed."""
    chance = random.Random(seed)
    made = Case(seed, chance.choice(list(ENDS)), chance.choice((0, 0, chance.randint(1, 14))),
                rebuilt=chance.random() < 0.15, seconds=chance.choice((0.0, 0.01, 0.05)))
    for _ in range(chance.randint(1, 4)):
        life, kind = Life(), chance.random()
        if kind < 0.55:
            life.kill = chance.randint(1, 60)
            life.kill_run = chance.random() < 0.3
        elif kind < 0.7:
            life.fail = (chance.randint(1, 60), chance.randint(1, 4),
                         chance.choice((errno.ENOSPC, errno.EROFS, errno.EIO)))
        elif kind < 0.78:
            life.stop = chance.randint(1, 50)
        elif kind < 0.88:
            life.twin = True
        if chance.random() < 0.15:
            life.jump = chance.choice((-7200.0, -30.0, 45.0, 90.0, 86400.0))
        if chance.random() < 0.15:
            life.truncate = chance.choice(FILES)
        made.lives.append(life)
    return made


def _faulty(life: Life) -> Callable[[str], None]:
    """Return what happens at each mark of a supervisor."""
    reached = 0
    left = life.fail[1]

    def tell(name: str) -> None:
        nonlocal reached, left
        reached += 1
        if reached == life.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if reached == life.stop:
            os.kill(os.getpid(), signal.SIGSTOP)
        # What may fail is what writes; there the product must wait for the disk.
        if left > 0 and reached >= life.fail[0] and name.startswith("database: b"):
            left -= 1
            if life.fail[2] == errno.ENOSPC:
                raise sqlite3.OperationalError("database or disk is full")
            raise OSError(life.fail[2], os.strerror(life.fail[2]))

    return tell


def _in_a_process(do: Callable[[], None], errors: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell may have it ignored
        do()
        os._exit(0)
    except BaseException:
        with errors.open("a") as stream:
            traceback.print_exc(file=stream)
    finally:
        os._exit(1)


def _supervise(folder: Path, job: str, life: Life) -> None:
    if life.jump:
        real = time.time
        time.time = lambda: real() + life.jump
    break_at(_faulty(life))
    supervisors.Supervisor(Store(folder, patience=20.0), job).work()


def _cancel(folder: Path, job: str, after: float) -> None:
    time.sleep(after)
    with contextlib.suppress(UserError):
        Store(folder).want_cancelled(job, actor="test")


def _wait(pid: int, seconds: float = 30.0) -> bool:
    """Wait for a process; kill it where it takes too long."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _stopped(pid: int, seconds: float = 10.0) -> bool:
    """Wait until a process has been stopped, or has ended."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return os.WIFSTOPPED(status)
        time.sleep(0.002)
    return False


def _truncate(path: Path, chance: random.Random) -> None:
    with contextlib.suppress(OSError):
        os.truncate(path, chance.randint(0, path.stat().st_size))


def _kill_run(folder: Path) -> None:
    pid = running.run_under_way(folder)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def carry_out(wanted: Case, root: Path) -> list[str]:
    """Carry out a case and return everything that is wrong."""
    chance = random.Random(wanted.seed + 1)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    world, errors, folder = World(root / "world"), root / "errors", root / "jobs"
    StandIn.world = StandInRun.world = world
    StandIn.behaviour = StandInRun.behaviour = wanted.behaviour
    StandInRun.seconds = wanted.seconds

    def submit() -> None:
        Store(folder).create({"spec": SPEC}, content="stand-in", name="stand-in", target="local",
                             actor="test", key="key", max_attempts=3 if wanted.behaviour == "always"
                             else TRIES)

    def submit_and_die() -> None:
        break_at(_faulty(Life(kill=wanted.submit_kill)))
        submit()

    if wanted.submit_kill:
        _wait(_in_a_process(submit_and_die, errors))
    _wait(_in_a_process(submit, errors))
    store = Store(folder)
    jobs = store.jobs()
    wrong = [] if len(jobs) == 1 else [f"{len(jobs)} jobs for one key"]
    if wrong:
        return [*wrong, *_words(errors)]
    job, files = jobs[0].id, store.files(jobs[0].id)
    lives = [*wanted.lives, *[Life()] * (LIVES - len(wanted.lives))]
    for number, life in enumerate(lives):
        if life.truncate:
            _truncate(files.path / life.truncate, chance)
        if wanted.behaviour == "cancel" and number == 0:
            cancels = _in_a_process(lambda: _cancel(folder, job, 0.2 * chance.random()), errors)
        pid = _in_a_process(lambda life=life: _supervise(folder, job, life), errors)  # type: ignore[misc]
        if life.twin:
            other = _in_a_process(lambda: _supervise(folder, job, Life()), errors)
            _wait(other)
        if life.stop and _stopped(pid):
            other = _in_a_process(lambda: _supervise(folder, job, Life()), errors)
            _wait(other, 5.0)
            os.kill(pid, signal.SIGCONT)
        with contextlib.suppress(ChildProcessError):
            if not _wait(pid):
                wrong.append(f"supervisor {number} hung in state '{store.job(job).state}'; "
                             f"{[(e.new, e.code, e.text) for e in store.events(job)]}; "
                             f"{world.lines}")
        if life.kill_run:
            _kill_run(files.path)
        if wanted.behaviour == "cancel" and number == 0:
            _wait(cancels)
        if store.job(job).final and number >= len(wanted.lives) - 1:
            break
    if wanted.rebuilt:
        before = store.job(job)
        store.database.close()
        store, remarks = rebuild(folder)
        wrong += remarks
        after = store.job(job)
        if (after.state, after.code) != (before.state, before.code):
            wrong.append(f"rebuilt as '{after.state}' ({after.code}), was '{before.state}' "
                         f"({before.code})")
    if any(life.truncate for life in wanted.lives) and store.job(job).final:
        examine(store)  # what was cut off after the end is mended
    wrong += _judged(wanted, store, job, world)
    store.database.close()
    return wrong + (_words(errors) if wrong else [])


def _judged(wanted: Case, store: Store, job: str, world: World) -> list[str]:
    wrong = []
    record, files = store.job(job), store.files(job)
    expected = ENDS[wanted.behaviour]
    if record.state != expected and not (
            # The run may have been over before the wish to end it was heard.
            wanted.behaviour == "cancel" and record.state == "done"):
        wrong.append(f"ended as '{record.state}' ({record.code}: {record.text}), not '{expected}'")
    if world.held:
        wrong.append(f"{world.held} allocations were not given back")
    if "overlap" in world.lines:
        wrong.append("two runs of one job at a time")
    finals = [e for e in store.events(job) if e.new != e.old and e.new in ENDS.values()]
    # Events that were cut off in the folder do not come back when the database is gone, too.
    cut = wanted.rebuilt and any(life.truncate == "events.jsonl" for life in wanted.lives)
    if len(finals) != 1 and not wrong and not cut:
        wrong.append(f"final {len(finals)} times")
    if expected in ("done", "failed"):
        there = checked_files(files.result)
        if list(there) != ["spikes.txt"]:
            wrong.append(f"the result is {sorted(there)}")
        if there != artefacts(store, job):
            wrong.append("the result is not what was noted")
        told = files.outcome
        if told is None or told["state"] != expected:
            wrong.append("outcome.json does not say how it ended")
        elif (files.result / "spikes.txt").read_text() != (
                f"the result of attempt {told['attempt']}"):
            wrong.append("the result is that of another attempt")
    return wrong


def _words(errors: Path) -> list[str]:
    return [errors.read_text()[:3000]] if errors.exists() else []


@contextmanager
def stand_ins() -> Iterator[None]:
    """Put stand-ins where a network would run, and let nothing be waited for."""
    before = (supervisors.load_target_of, supervisors.RunProcess, supervisors._MENDED,
              running._LOOK, dict(outcomes.WAITS))
    supervisors.load_target_of = StandIn  # type: ignore[assignment]
    supervisors.RunProcess = StandInRun  # type: ignore[assignment,misc]
    supervisors._MENDED = running._LOOK = 0.01
    for kind, waits in outcomes.WAITS.items():
        outcomes.WAITS[kind] = (0.0,) * len(waits)
    try:
        yield
    finally:
        (supervisors.load_target_of, supervisors.RunProcess,  # type: ignore[misc]
         supervisors._MENDED, running._LOOK, waits_before) = before
        outcomes.WAITS.update(waits_before)


def inject(faults: int, seed: int, folder: Path, tell: Callable[[str], None]) -> tuple[int, int]:
    """Inject so many faults; return how many were, and in how many cases something was wrong."""
    done, bad, number, kinds = 0, 0, 0, Counter[str]()
    with stand_ins():
        while done < faults:
            wanted = case(seed * 1_000_003 + number)
            number += 1
            wrong = carry_out(wanted, folder / "case")
            done += wanted.faults
            kinds[wanted.behaviour] += 1
            if wrong:
                bad += 1
                tell(f"case {wanted}:\n  " + "\n  ".join(wrong))
            elif number % 500 == 0:
                tell(f"{done} faults in {number} jobs, {bad} wrong")
    tell(f"{done} faults in {number} jobs ({dict(kinds)}), {bad} wrong")
    return done, bad


def main() -> int:
    """Inject faults as the command line says."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--faults", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--case", type=int, help="only this case")
    said = words.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        if said.case is not None:
            with stand_ins():
                print("\n".join(carry_out(case(said.case), Path(place) / "case")) or "right")
            return 0
        return int(inject(said.faults, said.seed, Path(place), lambda t: print(t, flush=True))[1]
                   > 0)


if __name__ == "__main__":
    sys.exit(main())

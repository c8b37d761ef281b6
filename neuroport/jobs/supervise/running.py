"""The supervisor's side of the process in which a network runs: started, heard, taken over."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neuroport.errors import UserError
from neuroport.jobs.outcome import Outcome
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.folder import read_json
from neuroport.jobs.supervise.child import RUN, RUNNING
from neuroport.jobs.targets.base import Placed, Target
from neuroport.process import EngineEndedError, EngineError, EngineProcess
from neuroport.secrets import known_secrets

__all__ = ["RunProcess", "outcome_of_run", "run_under_way", "stop_run", "wait_for_run"]

Beat = Callable[[float, float], None]
_START = 180.0  # s that an interpreter has to start on a busy machine
_FOR_EVER = 1e9  # s: a run may say nothing for days, and goes on where its supervisor dies
_POLITE = 30.0  # s that a run has to keep what it has recorded
_LOOK = 0.5  # s


class RunProcess(EngineProcess):
    """A process that runs one network, in the user's surroundings.

    Parameters
    ----------
    log : Path
        Of what the model prints.
    placed : Placed
    folder : Path
        In which the run works.
    beat : callable
        Called with the simulated time reached and the target (ms).
    tell : callable
        Called with a remark for the user.
    """

    def __init__(
        self, log: Path, placed: Placed, folder: Path, beat: Beat, tell: Callable[[str], None]
    ) -> None:
        self._beat, self._tell = beat, tell
        here = os.getcwd()
        os.chdir(folder)  # what the process inherits
        try:
            super().__init__(
                "worker", Path(__file__).with_name("child.py"), "Runner", start_timeout=_START,
                grace=_FOR_EVER, isolated=False,
                environment={"PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"},
                prefix="neuroport-job-", log=log, keep=placed.keep)
        finally:
            os.chdir(here)

    def run(
        self, spec: RunSpec, attempt: Path, folder: Path, n: int, waiting: Callable[[], None],
        plots: bool = True,
    ) -> None:
        """Run a network; what came of it is in the attempt's folder.

        Raises
        ------
        EngineError
            If the process failed or died.
        """
        data = spec.as_dict()
        self.ask("run", timeout=_FOR_EVER, waiting=waiting, spec=data, attempt=str(attempt),
                 folder=str(folder), n=n, secrets=known_secrets(data), plots=plots)

    def ended(self) -> str:
        """Return how it has ended, with its last words."""
        how = self._how()
        return f"{how}; last words: {self.log(5)}" if self.log(1) else how

    def _heard(self, note: str, details: Mapping[str, Any]) -> None:
        if note == "at":
            self._beat(details["now"], details["target"])
        elif note == "saving":
            self._tell(f"the result cannot be stored yet: {details['text']}; tried again in "
                       f"{details['again_in']:g} s")

    def _ended(self, method: str) -> Exception:
        return EngineEndedError(f"the process that ran the network ended: {self.ended()}")


def outcome_of_run(attempt: Path, target: Target) -> Outcome | None:
    """Return what came of a run; None where it left nothing."""
    told = read_json(attempt / RUN)
    if told is None or "status" not in told:
        return None
    status, text = str(told["status"]), str(told.get("error", ""))
    details = {k: v for k, v in told.items() if k not in ("error", "names")}
    if status == "ok":
        return Outcome("ok", "ok", text, details=details)
    if status in ("outdated", "not stored"):
        return Outcome("worker", status, text or "another attempt had begun", details=details)
    if status == "interrupted":
        return Outcome("cancelled", "interrupted", text, details=details)
    if status == "error":
        names = tuple(told.get("names", ()))
        kind = target.kind_of(text, names)
        return Outcome(kind, names[0] if names and kind != "model" else status, text,
                       details=details)
    return Outcome("model", status, text or "a model's answers were wrong", details=details)


def run_under_way(folder: Path) -> int | None:
    """Return the number of the process that runs a job's network now, 0 where it is not known."""
    try:
        descriptor = os.open(folder / RUNNING, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        told = read_json(folder / RUNNING) or {}
        return int(told.get("pid", 0))
    finally:
        os.close(descriptor)


def stop_run(pid: int, gone: Callable[[], bool]) -> None:
    """End a run: as Ctrl-C does, so that it keeps what it has recorded; then harder."""
    for number, seconds in ((signal.SIGINT, _POLITE), (signal.SIGTERM, 10.0),
                            (signal.SIGKILL, 5.0)):
        if pid > 1:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if gone():
                return
            time.sleep(0.1)


def wait_for_run(folder: Path, look: Callable[[], None]) -> None:
    """Wait for a run that another supervisor has started, and which has outlived it."""
    while run_under_way(folder) is not None:
        look()
        time.sleep(_LOOK)


def engine_outcome(error: EngineError, attempt: Path, target: Target) -> Outcome:
    """Return what a process that failed means; a run that was over before is over."""
    found = outcome_of_run(attempt, target)
    if found is not None:
        return found
    text = error.problems[0].what if isinstance(error, UserError) else str(error)
    return Outcome("worker", "died", text)

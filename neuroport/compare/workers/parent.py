"""The parent's side of a worker: a process that runs models, whatever happens to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from neuroport.compare.workers.job import Job, Outcome, Status
from neuroport.process import EngineEndedError, EngineError, EngineProcess, EngineSilentError
from neuroport.results.files import load_npz
from neuroport.secrets import known_secrets, without_secrets

__all__ = ["Worker"]

Beat = Callable[[float, float], None]
"""Called with the simulated time reached and the target (ms)."""

_START = 120.0  # s that an interpreter has to start on a busy machine


class Worker(EngineProcess):
    """A process that runs models one after the other, in the user's surroundings.

    Use it in a ``with`` block: at its end the process, and whatever it started, are gone.
    """

    def __init__(self) -> None:
        self._count = 0
        self._stopped = threading.Event()
        self._beat: Beat | None = None
        super().__init__(
            "worker", Path(__file__).with_name("child.py"), "Runner", start_timeout=_START,
            isolated=False, environment={"PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"},
            prefix="neuroport-compare-",
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def run(self, job: Job, timeout: float, beat: Beat | None = None) -> Outcome:
        """Run a model; whatever happens is in the outcome.

        Parameters
        ----------
        job : Job
        timeout : float
            Wall time (s) after which the process is stopped.
        beat : callable, optional
            Called now and then with the simulated time reached and the target (ms).

        Returns
        -------
        Outcome
        """
        began = time.monotonic()

        def outcome(status: Status, reason: str) -> Outcome:
            return Outcome(job, status, None, reason, (), time.monotonic() - began)

        self._count += 1
        self._beat = beat
        file = self.folder / f"result-{self._count}.npz"
        try:
            done = self.ask(
                "run", timeout=timeout, within=timeout, job=job.as_dict(), file=str(file),
                secrets=known_secrets(job.as_dict()))
        except EngineSilentError:
            return outcome("timed out", f"not done after {timeout:g} s; a longer --timeout gives "
                           f"it more. Its last words: {self.log(3) or 'none'}")
        except EngineError as error:
            if self._stopped.is_set():
                return outcome("stopped", "stopped")
            if isinstance(error, EngineEndedError):
                return outcome("died", self._died())
            return outcome("error", str(error))
        result = None
        if done["file"]:
            result = load_npz(file)
            file.unlink()
        return Outcome(job, cast(Status, done["status"]), result, done["reason"],
                       tuple(done["messages"]), time.monotonic() - began)

    def stop(self) -> None:
        """Break off a run; for another thread than the one that waits in `run`."""
        self._stopped.set()
        self.interrupt()

    def log(self, lines: int = 40) -> str:
        """The last lines that the worker, its model and its engine printed."""
        # Of a Python traceback only its last line says something to a user.
        kept = [line for line in super().log(1000).splitlines()
                if line.strip() and not line.startswith(("Traceback ", "  "))]
        return str(without_secrets("\n".join(kept[-lines:])))

    def _heard(self, note: str, details: Mapping[str, Any]) -> None:
        if self._beat is not None and note == "at":
            self._beat(details["now"], details["target"])

    def _silent(self, method: str, seconds: float) -> Exception:
        self.interrupt()  # a model does not look whether anybody still listens
        return super()._silent(method, seconds)

    def _died(self) -> str:
        how = self._how()
        how = f"was ended by {how[7:]}" if how.startswith("signal ") else (
            f"ended itself with {how.replace('status', 'code')}")
        words = self.log(6)
        return f"its process {how}." + (f" Last lines of its log:\n{words}" if words else
                                        " It left nothing in its log.")

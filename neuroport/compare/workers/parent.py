"""The parent's side of a worker: starts it, asks it, and never waits for ever."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from neuroport.compare.workers.job import Job, Outcome, Status
from neuroport.compare.workers.processes import descendants
from neuroport.results.files import load_npz
from neuroport.secrets import known_secrets, without_secrets

__all__ = ["Worker"]

Beat = Callable[[float, float], None]
"""Called with the simulated time reached and the target (ms)."""

_GRACE = 5.0  # s that a worker has to let its engine and machine go
_START = 120.0  # s that an interpreter has to start on a busy machine


class Worker:
    """A process that runs models one after the other.

    Use it in a ``with`` block: at its end the process, and whatever it started, are gone.

    Parameters
    ----------
    name : str
        Used in the name of its folder.
    """

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="neuroport-compare-"))
        self.log_file = self.folder / "log.txt"
        self.name = name
        self._count = 0
        self._buffer = b""
        self._stopped = threading.Event()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "neuroport.compare.workers.child", str(self.log_file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log_file.open("ab"),
            env=environment,
            start_new_session=True,  # Ctrl-C is the parent's to hand on
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    # -- asking --------------------------------------------------------------------------------

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
        file = self.folder / f"result-{self._count}.npz"
        try:
            self._send({"job": job.as_dict(), "file": str(file),
                        "secrets": known_secrets(job.as_dict())})
            while True:
                left = timeout - (time.monotonic() - began)
                reply = self._reply(left)
                if reply is None:
                    self.kill()
                    return outcome(
                        "timed out", f"not done after {timeout:g} s; a longer --timeout gives it "
                        f"more. Its last words: {self.log(3) or 'none'}")
                if "done" in reply:
                    break
                if beat is not None and "now" in reply:
                    beat(reply["now"], reply["target"])
        except _DeadError:
            if self._stopped.is_set():
                return outcome("stopped", "stopped")
            return outcome("died", self._died())
        done = reply["done"]
        result = None
        if done["file"]:
            result = load_npz(file)
            file.unlink()
        return Outcome(job, cast(Status, done["status"]), result, done["reason"],
                       tuple(done["messages"]), time.monotonic() - began)

    def _died(self) -> str:
        code = self._process.wait(timeout=_GRACE)
        how = (f"was ended by {signal.Signals(-code).name}" if code < 0
               else f"ended itself with exit code {code}")
        words = self.log(6)
        return f"its process {how}." + (f" Last lines of its log:\n{words}" if words else
                                        " It left nothing in its log.")

    def log(self, lines: int) -> str:
        """The last lines that the worker, its model and its engine printed."""
        try:
            text = self.log_file.read_text("utf-8", errors="replace")
        except OSError:
            return ""
        # Of a Python traceback only its last line says something to a user.
        kept = [line for line in text.splitlines()
                if line.strip() and not line.startswith(("Traceback ", "  "))]
        return str(without_secrets("\n".join(kept[-lines:])))

    def _send(self, what: dict[str, Any]) -> None:
        try:
            if self._process.stdin is None:
                raise _DeadError
            self._process.stdin.write((json.dumps(what) + "\n").encode())
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise _DeadError from None

    def _reply(self, timeout: float) -> dict[str, Any] | None:
        """The next reply; None if none came in time."""
        end = time.monotonic() + timeout
        stream = self._process.stdout
        if stream is None:
            raise _DeadError
        while b"\n" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0:
                return None
            ready, _, _ = select.select([stream.fileno()], [], [], min(left, 0.5))
            if ready:
                piece = os.read(stream.fileno(), 65536)
                if not piece:
                    raise _DeadError
                self._buffer += piece
            elif self._process.poll() is not None:
                raise _DeadError
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    # -- ending --------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask the process to end; for another thread than the one that waits in `run`."""
        self._stopped.set()
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process, gently at first, and everything that it started."""
        children = descendants(self._process.pid)
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                self._process.send_signal(signal.SIGTERM)
            end = time.monotonic() + _GRACE
            while self.alive and time.monotonic() < end:
                children |= descendants(self._process.pid)
                time.sleep(0.05)
        if self.alive:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_GRACE)
        for child in children:  # an engine in a process group of its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.alive and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # it ends when there is nothing more to read
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0 if self._stopped.is_set() else _GRACE)
        self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _DeadError(Exception):
    """The process is gone."""

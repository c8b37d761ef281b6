"""The process in which a job's network runs; it goes on where its supervisor dies.

Loaded by ``neuroport/process/serve.py``. What a run leaves is in the attempt's folder before anyone
is told of it, so that whoever looks later finds it.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

__all__ = ["Runner"]

RUN, RUNNING = "run.json", "running.lock"
_EVERY = 0.5  # s between two reports of progress
_LOOK = 0.2  # s
_DISK = (1.0, 5.0, 15.0, 60.0)  # s between tries to store a result
_MOST = 50_000_000  # characters of a log


class Clean(io.TextIOBase):
    """What a model prints, without secrets and not without end."""

    def __init__(self, to: TextIO, clean: Callable[[str], str]) -> None:
        self._to, self._clean, self._left = to, clean, _MOST

    def write(self, text: str) -> int:
        """Write text."""
        if self._left > 0:
            self._left -= len(text)
            self._to.write(self._clean(text) if self._left > 0 else "\n(the log ends here)\n")
        return len(text)

    def flush(self) -> None:
        """Write out what waits."""
        self._to.flush()

    def fileno(self) -> int:
        """Return the file's number."""
        return self._to.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The file's encoding."""
        return self._to.encoding


class Runner:
    """Runs a job's network.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        Told ``at``: the simulated time reached, and the target (ms); ``saving`` while a full disk
        is waited for.
    """

    def __init__(self, link: Any) -> None:
        self._link = link
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(
        self, spec: dict[str, Any], attempt: str, folder: str, n: int, secrets: dict[str, str],
        plots: bool,
    ) -> dict[str, Any]:
        """Run a network and store what it leaves.

        Parameters
        ----------
        spec : dict
            A `neuroport.jobs.specification.RunSpec`.
        attempt, folder : str
            The attempt's folder and the job's.
        n : int
            The attempt's number.
        secrets : dict
            What `neuroport.secrets.known_secrets` returned.
        plots : bool

        Returns
        -------
        dict
            What ``run.json`` holds.
        """
        from neuroport.jobs.store.folder import write_json
        from neuroport.secrets import learn_secrets, without_secrets

        learn_secrets(secrets)
        sys.stdout = Clean(sys.stdout, without_secrets)
        sys.stderr = Clean(sys.stderr, without_secrets)
        held = os.open(Path(folder) / RUNNING, os.O_RDWR | os.O_CREAT, 0o600)
        while not _locked(held):  # an attempt that was given up is still ending
            time.sleep(_LOOK)
        if (Path(folder) / "attempts" / str(n + 1)).exists():
            return {"status": "outdated"}  # this one was itself given up meanwhile
        os.truncate(held, 0)
        os.pwrite(held, json.dumps({"pid": os.getpid(), "attempt": n}).encode(), 0)
        told = self._run(spec, Path(attempt), plots)
        write_json(Path(attempt) / RUN, told)
        os.close(held)
        return told

    def _run(self, data: dict[str, Any], attempt: Path, plots: bool) -> dict[str, Any]:
        from neuroport.errors import UserError
        from neuroport.jobs.run import run
        from neuroport.jobs.specification import RunSpec
        from neuroport.secrets import without_secrets

        spec, last = RunSpec.from_dict(data), 0.0

        def progress(now: float, target: float) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY:
                last = time.monotonic()
                self._link.tell("at", now=now, target=target)

        report = run(spec, progress)
        error = report.error
        told: dict[str, Any] = {
            "status": report.status, "exit_code": report.exit_code,
            "error": "" if error is None else str(without_secrets(str(error).strip())),
            "names": [] if error is None else [
                one.__name__ for one in type(error).__mro__ if one is not object],
            "messages": list(report.messages), "seconds": report.seconds,
            "phases_s": {name: round(s, 3) for name, s in report.phases.items()},
            "findings": [finding.as_dict() for finding in report.findings],
            "score": None if report.answers is None else report.answers.score,
            "result": False, "spikes": {},
        }
        if report.result is not None:
            told["spikes"] = {
                label: {"count": spikes.count, "cells": spikes.size, "rate": spikes.count * 1e3
                        / max(1, spikes.size) / max(1e-9, spikes.stop - spikes.start)}
                for label in report.result.populations
                if (spikes := report.result.spikes(label)) is not None}
        if report.status == "refused" and not told["error"]:
            told["error"] = "; ".join(str(f) for f in report.findings if f.severity.blocks)
        if report.result is not None:
            try:
                told["messages"] += self._save(report, attempt / "result", plots)
                told["result"] = True
            except UserError as problem:
                told["messages"].append(f"the result was not kept: {problem}")
                if report.status in ("ok", "wrong"):
                    told |= {"status": "not stored", "error": str(problem)}
        return told

    def _save(self, report: Any, place: Path, plots: bool) -> list[str]:
        """Store a result, however long the disk is full, and return what else went wrong."""
        from neuroport.errors import UserError
        from neuroport.jobs.saving import draw, save

        tries = 0
        while True:
            try:
                save(report, place, command=report.spec.command, elsewhere=False)
                break
            except UserError as problem:
                if self._link.stop.is_set() or tries > 1000:
                    raise
                wait = _DISK[min(tries, len(_DISK) - 1)]
                self._link.tell("saving", text=str(problem).splitlines()[0], again_in=wait)
                time.sleep(wait)
                tries += 1
        if plots:
            try:
                for _ in draw(report, place):
                    pass
            except UserError as problem:
                return [f"not all figures were drawn: {problem}"]
        return []


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""The worker process: runs models as it is told and writes their results to files.

Loaded by ``neuroport/process/serve.py``; everything that models and engines print goes into the
log.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

__all__ = ["Runner"]

_EVERY = 0.1  # s between two reports of progress


class Runner:
    """Runs one model after the other.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        Told ``at``: the simulated time reached, and the target (ms).
    """

    def __init__(self, link: Any) -> None:
        self._link = link
        sys.path.insert(0, os.getcwd())  # a script may import its neighbours

    def run(self, job: dict[str, Any], file: str, secrets: dict[str, str]) -> dict[str, Any]:
        """Run a model.

        Parameters
        ----------
        job : dict
            A `neuroport.compare.workers.job.Job`.
        file : str
            Where to put the result.
        secrets : dict
            What `neuroport.secrets.known_secrets` returned.

        Returns
        -------
        dict
            ``status``, ``messages``, ``reason`` and, where there is a result, ``file``.
        """
        from neuroport.compare.workers.job import Job
        from neuroport.errors import UserError
        from neuroport.findings.grouping import grouped
        from neuroport.jobs.run import run
        from neuroport.jobs.saving import save
        from neuroport.results.files import save_npz
        from neuroport.secrets import learn_secrets

        learn_secrets(secrets)
        asked = Job.from_dict(job)
        last = 0.0

        def progress(now: float, target: float) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY:
                last = time.monotonic()
                self._link.tell("at", now=now, target=target)

        report = run(asked.spec, progress)
        if report.status == "interrupted":
            raise KeyboardInterrupt
        answer: dict[str, Any] = {"status": report.status, "messages": list(report.messages),
                                  "reason": "", "file": None}
        if report.error is not None:
            answer["reason"] = _words(report.error)
        elif report.status == "refused":
            answer["reason"] = "; ".join(
                map(str, grouped(f for f in report.findings if f.severity.blocks)))
        if report.status in ("ok", "wrong") and report.result is not None:
            save_npz(replace(report.result, name=asked.name), file)
            answer["file"] = file
            if asked.output:
                try:
                    save(report, Path(asked.output), command=asked.spec.command)
                except UserError as error:
                    answer["messages"].append(f"the run is not kept where it was to be: {error}")
        return answer


def _words(error: BaseException) -> str:
    """An error's words, without the call stack of whatever raised it."""
    from neuroport.secrets import without_secrets

    return without_secrets(str(error).strip()) or type(error).__name__

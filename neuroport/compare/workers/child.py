"""The worker process: runs models as it is told and writes their results to files.

Requests come as lines of JSON on standard input; replies go, as lines of JSON, to what was
standard output when the process began. Everything that models and engines print goes into the
log. Started by :class:`neuroport.compare.workers.Worker` as ``python -m
neuroport.compare.workers.child LOG``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO, Any

__all__ = ["main"]

_EVERY = 0.1  # s between two reports of progress


def main(log: str) -> None:
    """Serve requests until standard input ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a script that asks a question gets no answer
    # The parent's user pressed Ctrl-C, or gave up waiting: end as if it had been pressed here, so
    # that engines and machines are let go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _say(channel, ready=True)
    for line in requests:
        asked = json.loads(line)
        try:
            _say(channel, done=_serve(asked, channel))
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def _say(channel: IO[str], **what: Any) -> None:
    try:
        channel.write(json.dumps(what) + "\n")
        channel.flush()
    except BrokenPipeError:  # the parent is gone
        raise SystemExit(1) from None


def _serve(asked: dict[str, Any], channel: IO[str]) -> dict[str, Any]:
    from neuroport.compare.workers.job import Job
    from neuroport.errors import UserError
    from neuroport.jobs.run import run
    from neuroport.jobs.saving import save
    from neuroport.results.files import save_npz
    from neuroport.results.stored import result_of, score_of
    from neuroport.secrets import learn_secrets

    learn_secrets(asked["secrets"])
    job = Job.from_dict(asked["job"])
    last = 0.0

    def progress(now: float, target: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            _say(channel, now=now, target=target)

    report = run(job.spec, progress)
    if report.status == "interrupted":
        raise KeyboardInterrupt
    answer: dict[str, Any] = {"status": report.status, "messages": report.messages,
                              "reason": "", "file": None}
    if report.error is not None:
        answer["reason"] = _words(report.error)
    elif report.status == "refused":
        answer["reason"] = "; ".join(str(f) for f in report.findings if f.severity.blocks)
    if report.status in ("ok", "wrong"):
        score = None if report.result is None else score_of(report.result.score)
        result = result_of(report.results, name=job.name, score=score, command=job.spec.command)
        save_npz(result, asked["file"])
        answer["file"] = asked["file"]
        if job.output:
            try:
                save(report, Path(job.output), command=job.spec.command, plots=False)
            except UserError as error:
                answer["messages"] = [*report.messages, f"the run was not kept: {error}"]
    return answer


def _words(error: BaseException) -> str:
    """An error's words, without the call stack of whatever raised it."""
    from neuroport.secrets import without_secrets

    return without_secrets(str(error).strip()) or type(error).__name__


if __name__ == "__main__":
    main(sys.argv[1])

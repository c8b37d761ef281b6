"""A job's page as HTML: what it was, what happened when, what came of it."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader

from neuroport.jobs.store.attempts import remotes
from neuroport.jobs.store.folder import read_json
from neuroport.output.writing import write_file

if TYPE_CHECKING:
    from neuroport.jobs.submission import Job

__all__ = ["write_page"]


def write_page(job: Job, path: Path) -> None:
    """Write a page that needs no other file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    record, files = job.record, job.store.files(job.id)
    outcome = files.outcome or {}
    details = outcome.get("details") or {}
    events = job.events
    bars: list[tuple[str, float]] = []  # state, seconds
    for event, after in zip(events, [*events[1:], None]):
        until = after.at if after is not None else (event.at if record.final else time.time())
        if event.new != event.old or not bars:
            bars.append((event.new, until - event.at))
        else:
            bars[-1] = (bars[-1][0], bars[-1][1] + until - event.at)
    total = sum(seconds for _, seconds in bars) or 1.0
    figures = []
    if files.result.is_dir():
        figures = [(one.name, base64.b64encode(one.read_bytes()).decode())
                   for one in sorted(files.result.rglob("*.png"))]
    environment = Environment(
        loader=PackageLoader("neuroport.jobs", "templates"), autoescape=True)
    environment.filters["clock"] = lambda at: time.strftime(
        "%Y-%m-%d %H:%M:%S", time.localtime(at))
    text = environment.get_template("job.html.j2").render(
        job=record, events=events, attempts=job.attempts, bars=bars, total=total,
        remotes=remotes(job.store, job.id), figures=figures, details=details,
        findings=_findings(files.result), stored=outcome.get("files", {}),
        spec=json.dumps(job.store.description(job.id).get("spec"), indent=1))
    write_file(path, text)


def _findings(result: Path) -> list[dict[str, object]]:
    path = next(iter(sorted(result.rglob("findings.json"))), None)
    if path is None:
        return []
    told = read_json(path)
    if told is not None:
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []

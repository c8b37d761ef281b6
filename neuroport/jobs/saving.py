"""Keep what a run left, with its figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from neuroport.jobs.report import Report
from neuroport.results.result import Result
from neuroport.results.store import save_results
from neuroport.results.writing import default_directory

__all__ = ["save"]


def save(
    report: Report,
    directory: str | os.PathLike[str] | None = None,
    *,
    command: str = "",
    plots: bool = True,
) -> Path | None:
    """Store everything that a run left, with its figures.

    Parameters
    ----------
    report : Report
    directory : path, optional
        Default: ``neuroport-output/<model>-<hash>-<time>``.
    command : str
        The command line, for the manifest.
    plots : bool
        Whether to draw what was recorded.

    Returns
    -------
    pathlib.Path or None
        None where nothing was recorded.

    Raises
    ------
    OutputError
        If it could not be written.
    """
    if report.result is None:
        return None
    first = report.simulators[0]
    target = (
        Path(directory)
        if directory is not None
        else default_directory(report.spec.name, first.information.get("network_hash", ""))
    )
    information = {
        "model": report.spec.model,
        "specification": report.spec.as_dict(),
        "command": command,
        "status": report.status,
        "warnings": report.messages,
        "score": None if report.answers is None else report.answers.score,
        "phases_s": {name: round(s, 3) for name, s in report.phases.items()},
    }
    return save_results(report.result, target, information=information,
                        extra=partial(_draw, report) if plots else None)


def _draw(report: Report, result: Result, folder: Path) -> None:
    blocks = result.blocks
    marks: Sequence[Any] = ()
    title = report.spec.name
    if report.answers is not None:
        marks = report.answers.marks
        title = report.answers.title or title
        order = [p.label for p in report.answers.populations]
        if order:
            by_name = {b.name: b for b in blocks}
            blocks = [by_name[name] for name in order if name in by_name]
    spikes = any(len(b.segments[-1].spiketrains) for b in blocks)
    traces = any(s.name == "v" for b in blocks for s in b.segments[-1].analogsignals)
    if not (spikes or traces):
        return
    from neuroport.plotting import raster, save_figure, voltages

    if spikes:
        save_figure(raster(blocks, marks=marks, title=title), folder / "raster.png")
    if traces:
        save_figure(voltages(blocks, title=title), folder / "voltages.png")

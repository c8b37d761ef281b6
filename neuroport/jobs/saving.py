"""Keep what a run left, with its figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroport.jobs.report import Report

if TYPE_CHECKING:
    from neuroport.results.store import Results

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
    from neuroport.results.store import default_directory, save_results, write_safely

    if not report.results:
        return None
    first = report.results[0]
    target = (
        Path(directory)
        if directory is not None
        else default_directory(report.spec.name, first.information.get("network_hash", ""))
    )
    information = {
        "model": report.spec.model,
        "command": command,
        "status": report.status,
        "warnings": report.messages,
        "score": None if report.result is None else report.result.score,
        "phases_s": {name: round(s, 3) for name, s in report.phases.items()},
    }

    def store(results: Results, place: Path) -> None:
        save_results(
            results, place, information=information,
            extra=(lambda folder: _draw(report, results, folder)) if plots else None,
        )

    if len(report.results) == 1:
        store(first, target)
    else:
        def fill(folder: Path) -> None:
            for k, results in enumerate(report.results, 1):
                store(results, folder / f"simulator-{k}")

        write_safely(target, fill)
    return target


def _draw(report: Report, results: Results, folder: Path) -> None:
    blocks = results.blocks
    marks: Sequence[Any] = ()
    title = report.spec.name
    if report.result is not None:
        marks = report.result.marks
        title = report.result.title or title
        order = [p.label for p in report.result.populations]
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

"""Keep what a run left: first the data, whole and on the disk, then figures of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from neuroport.jobs.report import Report
from neuroport.output.elsewhere import write_or_keep
from neuroport.output.naming import default_directory
from neuroport.output.writing import write_file
from neuroport.process.interrupt import keeps_data, may_be_broken_off
from neuroport.results.result import Result
from neuroport.results.store import part_of, save_results

__all__ = ["draw", "save"]


@keeps_data
def save(
    report: Report,
    directory: str | os.PathLike[str] | None = None,
    *,
    command: str = "",
    elsewhere: bool = True,
) -> Path | None:
    """Store everything that a run left.

    Parameters
    ----------
    report : Report
    directory : path, optional
        Default: ``neuroport-output/<model>-<hash>-<time>``.
    command : str
        The command line, for the manifest.
    elsewhere : bool
        Whether to keep it in another place where this one fails.

    Returns
    -------
    pathlib.Path or None
        None where nothing was recorded.

    Raises
    ------
    SavedElsewhereError
        If it could not be written there, and is in another place.
    OutputError
        If it could not be written anywhere.
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
    write = partial(save_results, report.result, information=information)
    return write_or_keep(target, write) if elsewhere else write(target)


@may_be_broken_off
def draw(report: Report, folder: Path) -> Iterator[Path]:
    """Draw what was recorded into the folder where it is stored, and yield each figure's file.

    Parameters
    ----------
    report : Report
    folder : pathlib.Path
        From :func:`save`.

    Raises
    ------
    OutputError
        If a figure could not be written.
    KeyboardInterrupt
        Of Ctrl-C; figures that have been yielded are there.
    """
    if report.result is None:
        return
    parts = report.result.parts
    for number, result in enumerate(parts or (report.result,), 1):
        yield from _figures(report, result, part_of(folder, number) if parts else folder)


def _figures(report: Report, result: Result, folder: Path) -> Iterator[Path]:
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
        figure = raster(blocks, marks=marks, title=title)
        yield write_file(folder / "raster.png", partial(save_figure, figure))
    if traces:
        figure = voltages(blocks, title=title)
        yield write_file(folder / "voltages.png", partial(save_figure, figure))


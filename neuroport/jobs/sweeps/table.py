"""The results of a sweep as one table, and as a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.errors import BackendMissingError, InvalidValueError, NotReadyError, Problem
from neuroport.jobs.store.folder import read_json
from neuroport.jobs.sweeps.sweep import Sweep
from neuroport.output.errors import OutputError

__all__ = ["collected", "columns_of", "draw", "write_table"]

_FIRST = ("member", "job", "state", "code")
INSTALL = "pip install 'neuroport[sweeps]'"


def collected(sweep: Sweep) -> list[dict[str, Any]]:
    """Return a row for each member, in the sweep's order; also of those without a result.

    Returns
    -------
    list of dict
        ``member, job, state, code``, what was varied, and of a run that is over ``seconds``,
        ``spikes``, ``right`` and ``asked`` (a model's score), and for each recorded population
        ``spikes LABEL`` and ``rate LABEL`` (spikes per second and cell).
    """
    told = sweep.description.get("members", [])
    rows = []
    for job in sweep.members:
        number = job.member or 0
        row: dict[str, Any] = {"member": number, "job": job.id, "state": job.state,
                               "code": job.code}
        row |= told[number] if number < len(told) else {}
        outcome = read_json(sweep.store.files(job.id).path / "outcome.json") or {}
        details = outcome.get("details") or {}
        if job.final and details:
            row["seconds"] = details.get("seconds")
            counts = details.get("spikes") or {}
            row["spikes"] = sum(one["count"] for one in counts.values())
            score = details.get("score") or {}
            if score.get("asked"):
                row |= {"right": score["right"], "asked": score["asked"]}
            for label, one in counts.items():
                row[f"spikes {label}"] = one["count"]
                row[f"rate {label}"] = one["rate"]
        rows.append(row)
    return rows


def columns_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of all columns, in the order in which they first appear."""
    return list(dict.fromkeys([*_FIRST, *(name for row in rows for name in row)]))


def write_table(sweep: Sweep, path: Path) -> int:
    """Write the table as CSV or Parquet, by the file's ending; return the number of rows.

    Raises
    ------
    InvalidValueError
        For another ending.
    BackendMissingError
        If Parquet is asked for and pyarrow is not installed.
    OutputError
        If it cannot be written.
    """
    rows = collected(sweep)
    names = columns_of(rows)
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise InvalidValueError(Problem(f"a table cannot be written as '{path.name}'",
                                        limit=".csv or .parquet"))
    beside = path.with_name(f".{path.name}.new")
    try:
        if ending == ".csv":
            text = io.StringIO()
            writer = csv.DictWriter(text, names)
            writer.writeheader()
            writer.writerows(rows)
            beside.write_text(text.getvalue(), encoding="utf-8", newline="")
        else:
            try:
                import pyarrow
                from pyarrow import parquet
            except ImportError:
                raise BackendMissingError(
                    Problem("Parquet needs pyarrow", fix=f"{INSTALL}, or write .csv")) from None
            parquet.write_table(
                pyarrow.table({name: _column([row.get(name) for row in rows]) for name in names}),
                beside)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(Problem(f"the table could not be written to {path}",
                                  measured=error.strerror or str(error))) from None
    return len(rows)


def _column(values: list[Any]) -> list[Any]:
    """Return values of one kind: as they are where they are numbers, else as texts."""
    there = [value for value in values if value is not None]
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in there):
        if any(isinstance(v, float) for v in there):
            return [None if v is None else float(v) for v in values]
        return values
    return [None if v is None else str(v) for v in values]


def draw(sweep: Sweep, path: Path, measure: str | None = None) -> None:
    """Draw a measure against the first number that was varied: mean and spread over the rest.

    Parameters
    ----------
    sweep : Sweep
    path : Path
        The ending says the format.
    measure : str, optional
        A column of the table; default: the score, else the rates of all populations.

    Raises
    ------
    NotReadyError
        If there is nothing to draw.
    """
    rows = [row for row in collected(sweep) if row["state"] in ("done", "failed")]
    told = sweep.description.get("members", [{}])
    varied = [name for name, value in told[0].items()
              if isinstance(value, (int, float)) and name != "seed"] or ["member"]
    shown = [measure] if measure else (
        ["right"] if any("right" in row for row in rows)
        else [name for name in columns_of(rows) if name.startswith("rate ")])
    lines = {name: [(row[varied[0]], row[name]) for row in rows if row.get(name) is not None]
             for name in shown}
    lines = {name: points for name, points in lines.items() if points}
    if not lines:
        raise NotReadyError(Problem(
            f"sweep {sweep.id} has nothing to draw", measured=", ".join(shown) or "no rates",
            limit=f"columns: {', '.join(columns_of(rows))}"))
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from neuroport.plotting import save_figure

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, points in lines.items():
        places = sorted({x for x, _ in points})
        groups = [np.array([y for at, y in points if at == x], dtype=float) for x in places]
        axes.errorbar(places, [g.mean() for g in groups], [g.std() for g in groups], marker="o",
                      capsize=3, label=name)
    axes.set_xlabel(varied[0])
    axes.set_ylabel("spikes per second and cell" if shown[0].startswith("rate ") else shown[0])
    axes.set_title(str(sweep.description.get("name", "")))
    axes.legend(frameon=False)
    save_figure(figure, path)

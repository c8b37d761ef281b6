"""The report: claimed, obtained and verdict for every claim, with figures, cost and hashes."""

from __future__ import annotations

import base64
import io
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from neuroport.jobs.backend_choice import folder_name
from neuroport.output.errors import output_error
from neuroport.output.writing import write_file
from neuroport.reproduce.claims import Claim, Verdict, met
from neuroport.reproduce.experiment import StepImpossibleError
from neuroport.reproduce.runner import Reproduction, Row

__all__ = ["head", "obtained", "shown", "write_report"]


def shown(value: Any) -> str:
    """Return a claimed or obtained value as people write it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, dict):
        numbers = all(str(k).isdigit() for k in value)
        return ", ".join(f"{k}{':' if numbers else ''} {shown(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    return str(value)


def obtained(row: Row, backend: str) -> str:
    """Return what a backend gave for a claim as people write it, or why it gave nothing."""
    if backend in row.impossible:
        return "not possible there: " + " ".join(row.impossible[backend].split())
    claim, value = row.claim, row.obtained[backend]
    if isinstance(claim.value, dict) and isinstance(value, dict):
        value = {k: value.get(k) for k in claim.value}
    return shown(value)


def _tolerance(claim: Claim) -> str:
    if claim.kind != "near":
        word = "at least" if claim.kind == "at_least" else "at most"
        return f"{word}; {claim.why}"
    if isinstance(claim.tolerance, dict):
        size = ", ".join(f"{k} ±{v:g}" for k, v in claim.tolerance.items()) + ", the rest exact"
    else:
        size = f"±{claim.tolerance:g}" if claim.tolerance else "exact"
    return f"{size}; {claim.why}"


def _command(done: Reproduction) -> str:
    words = ["neuroport", "reproduce", done.experiment.name]
    for backend in done.backends:
        words += ["--backend", backend]
    return shlex.join(words)


_PLURAL = {"agrees": "agree", "fails": "fail"}


def head(done: Reproduction) -> list[str]:
    """Return what came of each backend, what it refused and what was found there."""
    lines = []
    for b in done.backends:
        counts = ", ".join(f"{n} {what if n == 1 else _PLURAL.get(what, what)}"
                           for what, n in done.count(b).items())
        lines.append(f"{b} ({done.machines[b] or 'nothing run'}): {counts}; "
                     f"{done.cost[b]['wall']:.1f} s")
        lines += [f"{b} cannot do '{step}': {' '.join(why.split())}"
                  for step, why in done.impossible[b].items()]
        lines += [f"{b}, '{step}': {text}"
                  for step, texts in done.findings[b].items() for text in texts]
    return lines


def _cost(done: Reproduction) -> list[list[str]]:
    rows = []
    for b in done.backends:
        c = done.cost[b]
        rows.append(
            [b, f"{c['wall']:.1f} s", f"{c['engine_time']:.1f} s", f"{c['simulations']:.0f}",
             f"{c['simulated']:.0f} ms", f"{c['cells']:,.0f}", f"{c['synapses']:,.0f}"]
        )
    return rows


_COST_HEAD = ["backend", "wall time", "of it in the engine", "simulations", "simulated time",
              "cells", "synapses"]


def write_report(done: Reproduction, folder: Path | None = None) -> dict[str, Path]:
    """Write ``table.json``, ``report.md``, ``report.html`` and the figures.

    Parameters
    ----------
    done : Reproduction
    folder : pathlib.Path, optional
        Default: that of its journal.

    Returns
    -------
    dict of str to pathlib.Path
        ``json``, ``markdown`` and ``html``.

    Raises
    ------
    OutputError
        If one of them could not be written.
    """
    folder = folder or done.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, folder) from error
    drawings: list[dict[str, str]] = []
    for backend in done.backends:
        for drawing in done.experiment.figures(done.results[backend]):
            stream = io.BytesIO()
            try:
                figure = drawing.draw()
            except StepImpossibleError:  # the table says why
                continue
            figure.savefig(stream, format="png", dpi=130)
            name = drawing.name
            if len(done.backends) > 1:
                name += f"-{folder_name(backend)}"
            write_file(folder / f"{name}.png", stream.getvalue())
            drawings.append({"name": name, "caption": drawing.caption,
                             "data": base64.b64encode(stream.getvalue()).decode()})
    paths = {
        "json": folder / "table.json",
        "markdown": folder / "report.md",
        "html": folder / "report.html",
    }
    write_file(paths["json"], json.dumps(done.table(), indent=1) + "\n")
    page = _page(done, drawings)
    for kind, name in (("markdown", "report.md.j2"), ("html", "report.html.j2")):
        write_file(paths[kind], _environment().get_template(name).render(page))
    return paths


def _page(done: Reproduction, drawings: list[dict[str, str]]) -> dict[str, Any]:
    """What both templates show."""
    rows = [
        {
            "claim": row.claim,
            "claimed": shown(row.claim.value) + (f" {row.claim.unit}" if row.claim.unit else ""),
            "obtained": [obtained(row, b) for b in done.backends],
            "verdicts": [{"css": v.name.lower(), "text": _verdict_text(row.claim, v)}
                         for v in row.verdicts.values()],
            "tolerance": _tolerance(row.claim),
        }
        for row in done.rows
    ]
    return {
        "done": done, "paper": done.experiment.paper, "backends": list(done.backends),
        "rows": rows,
        "groups": list(dict.fromkeys(row.claim.group for row in done.rows)),
        "head": head(done), "cost_head": _COST_HEAD, "cost": _cost(done),
        "command": _command(done), "drawings": drawings,
    }


def _verdict_text(claim: Claim, verdict: Verdict) -> str:
    if verdict is Verdict.EXPLAINED:
        return f"{verdict.value}: {claim.known_deviation}"
    word: str = verdict.value
    return word if met(claim, verdict) else word.upper()


def _row(values: Sequence[str]) -> str:
    """Return a row of a table in Markdown."""
    return "| " + " | ".join(v.replace("|", "\\|").replace("\n", " ") for v in values) + " |"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("neuroport.reproduce", "templates"),
        autoescape=lambda name: str(name).endswith(".html.j2"), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters["cells"] = _row
    return environment

"""The HTML report: one file, no network, light and dark."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from neuroport.compare.explain.switching import Explanation
from neuroport.compare.ladder.verdict import Comparison
from neuroport.compare.report.figures import draw_figures
from neuroport.compare.report.json_twin import json_report
from neuroport.output.writing import write_file

if TYPE_CHECKING:
    from neuroport.compare.backend_comparison import BackendComparison

__all__ = ["html_of_backends", "html_report", "write_html"]

_SYMBOLS = {"identical": "=", "equivalent": "≈", "different": "≠", "not comparable": "–"}


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "not defined"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def _percent(part: float) -> str:
    """A part of one in per cent; what is small but not nothing does not become 0 %."""
    if 0 < abs(part) < 0.01:
        return f"{100 * part:.1g} %" if abs(part) >= 1e-4 else "below 0.01 %"
    return f"{100 * part:.0f} %"


def _limit(measurement: dict[str, Any]) -> str:
    if measurement["limit"] is None:
        return "shown, not judged" if measurement["verdict"] is None else ""
    sense = measurement["sense"]
    joint = "" if sense.endswith("±") else " "
    return f"{sense}{joint}{_number(measurement['limit'])}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("neuroport.compare.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = _number
    environment.filters["percent"] = _percent
    environment.filters["limit"] = _limit
    environment.filters["symbol"] = _SYMBOLS.__getitem__
    return environment


def _item(comparison: Comparison, explanation: Explanation | None, unexplained: str = "",
          number: int = 0) -> dict[str, Any]:
    """What the template shows of one comparison."""
    prefix = f"c{number}-" if number else ""
    return {
        "data": json_report(comparison, explanation),
        "pictures": [{"title": p.title, "svg": Markup(p.svg), "caption": p.caption,
                      "width": f"{100 * p.width:.0f}%"}
                     for p in draw_figures(comparison, prefix)],
        "unexplained": unexplained, "anchor": f"comparison-{number}", "title": _title(comparison)}


def _title(comparison: Comparison) -> str:
    return f"{comparison.target.name} against {comparison.reference.name}"


def html_report(comparison: Comparison, explanation: Explanation | None = None, *,
                command: str = "", title: str = "") -> str:
    """The comparison as one self-contained HTML page.

    Parameters
    ----------
    comparison : Comparison
    explanation : Explanation, optional
        From `explain`; shown after the verdicts.
    command : str
        The command that makes the comparison again.
    title : str
        Heading; the names of the two results if left out.

    Returns
    -------
    str
        HTML without references to anything outside the page.
    """
    item = _item(comparison, explanation)
    title = title or _title(comparison)
    return _environment().get_template("report.html.j2").render(
        items=[item], overview=None, command=command, title=title,
        heading=f"{title}: {comparison.verdict}",
        commands=[item["data"]["reference"], item["data"]["target"]])


def html_of_backends(found: BackendComparison) -> str:
    """All comparisons of one model on one page, the table of verdicts first.

    Parameters
    ----------
    found : BackendComparison

    Returns
    -------
    str
        HTML without references to anything outside the page.
    """
    items = [_item(c, found.explanations.get(c.target.name),
                   found.unexplained.get(c.target.name, ""), k)
             for k, c in enumerate(found.comparisons, 1)]
    rows: list[dict[str, Any]] = []
    seconds = {o.job.name: f"{o.seconds:.1f} s" for o in found.outcomes}
    for comparison, item in zip(found.comparisons, items, strict=True):
        name = comparison.target.name
        rows.append({
            "name": name, "anchor": item["anchor"], "verdict": str(comparison.verdict),
            "verdicts": [str(r.verdict) for r in comparison.rungs], "status": "", "reason": "",
            "seconds": seconds.get(name, "stored")})
    rows += [{"name": o.job.name, "anchor": "", "verdict": "", "verdicts": [],
              "status": o.status, "reason": o.reason, "seconds": seconds[o.job.name]}
             for o in found.failed]
    overview = {
        "verdict": str(found.verdict), "summary": found.summary,
        "reference": found.outcomes[0].job.name, "rungs": [f"L{k}" for k in range(6)],
        "rows": rows, "notes": list(found.notes)}
    commands = [{"name": o.job.name, "command": o.job.spec.command} for o in found.outcomes]
    return _environment().get_template("report.html.j2").render(
        items=items, overview=overview, command=found.command,
        title=f"{found.model} on {len(found.outcomes)} "
        f"backend{'s' if len(found.outcomes) != 1 else ''}",
        heading=f"{found.model}: {found.verdict}", commands=commands)


def write_html(comparison: Comparison | BackendComparison, path: str | Path,
               explanation: Explanation | None = None, *, command: str = "",
               title: str = "") -> Path:
    """Write a page to a file; parameters as in `html_report`."""
    text = (html_report(comparison, explanation, command=command, title=title)
            if isinstance(comparison, Comparison) else html_of_backends(comparison))
    return write_file(path, text)

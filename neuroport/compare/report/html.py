"""The HTML report: one file, no network, light and dark."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from neuroport.compare.explain import Explanation
from neuroport.compare.report.figures import draw_figures
from neuroport.compare.report.json_twin import json_report
from neuroport.compare.verdict import Comparison

__all__ = ["html_report", "write_html"]

_SYMBOLS = {"identical": "=", "equivalent": "≈", "different": "≠", "not comparable": "–"}


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "not defined"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def _limit(measurement: dict[str, Any]) -> str:
    if measurement["limit"] is None:
        return "shown, not judged" if measurement["verdict"] is None else ""
    sense = measurement["sense"]
    joint = "" if sense.endswith("±") else " "
    return f"{sense}{joint}{_number(measurement['limit'])}"


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
    environment = Environment(
        loader=PackageLoader("neuroport.compare.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = _number
    environment.filters["limit"] = _limit
    environment.filters["symbol"] = _SYMBOLS.__getitem__
    pictures = [{"title": p.title, "svg": Markup(p.svg), "caption": p.caption,
                 "width": f"{100 * p.width:.0f}%"}
                for p in draw_figures(comparison)]
    return environment.get_template("report.html.j2").render(
        data=json_report(comparison, explanation, command=command), pictures=pictures,
        title=title or f"{comparison.target.name} against {comparison.reference.name}")


def write_html(comparison: Comparison, path: str | Path, explanation: Explanation | None = None,
               *, command: str = "", title: str = "") -> Path:
    """Write `html_report` to a file; parameters as there."""
    path = Path(path)
    path.write_text(html_report(comparison, explanation, command=command, title=title),
                    encoding="utf-8")
    return path

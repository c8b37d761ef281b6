"""The report: claimed, obtained and verdict for every claim, with figures, cost and hashes."""

from __future__ import annotations

import base64
import html
import io
import json
import os
import shlex
from pathlib import Path
from typing import Any

from neuroport.jobs.backend_choice import folder_name
from neuroport.reproduce.claims import Claim, Verdict, met
from neuroport.reproduce.experiment import Drawing, StepImpossibleError
from neuroport.reproduce.runner import Reproduction, Row

__all__ = ["obtained", "shown", "write_report"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem;
         border-bottom: 1px solid #ccc; }
td small { color: #555; display: block; }
.agrees { color: #00603c; } .fails, .missing { color: #a01010; font-weight: bold; }
.explained { color: #7a4a00; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; height: auto; }
figcaption { color: #444; font-size: 0.9rem; }
code { background: #f2f2f2; padding: 0.1rem 0.3rem; word-break: break-all; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #16181b; } a { color: #8ab8ff; }
  th, td { border-color: #444; } td small, figcaption { color: #b0b0b0; }
  .agrees { color: #6fd3a4; } .fails, .missing { color: #ff8f8f; } .explained { color: #f0bd74; }
  code { background: #2a2d31; } figure img { background: #fff; border-radius: 4px; }
}
"""


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


def _head(done: Reproduction) -> list[str]:
    lines = []
    for b in done.backends:
        counts = ", ".join(f"{n} {what}" for what, n in done.count(b).items())
        lines.append(f"{b} ({done.machines[b] or 'nothing run'}): {counts}")
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


def write_report(done: Reproduction) -> dict[str, Path]:
    """Write ``table.json``, ``report.md``, ``report.html`` and the figures.

    Returns
    -------
    dict of str to pathlib.Path
        ``json``, ``markdown`` and ``html``.
    """
    done.folder.mkdir(parents=True, exist_ok=True)
    drawings: list[tuple[str, Drawing, bytes]] = []
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
            (done.folder / f"{name}.png").write_bytes(stream.getvalue())
            drawings.append((name, drawing, stream.getvalue()))
    paths = {
        "json": done.folder / "table.json",
        "markdown": done.folder / "report.md",
        "html": done.folder / "report.html",
    }
    _write(paths["json"], json.dumps(done.table(), indent=1) + "\n")
    _write(paths["markdown"], _markdown(done, drawings))
    _write(paths["html"], _html(done, drawings))
    return paths


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _groups(done: Reproduction) -> list[str]:
    return list(dict.fromkeys(row.claim.group for row in done.rows))


def _markdown(done: Reproduction, drawings: list[tuple[str, Drawing, bytes]]) -> str:
    paper = done.experiment.paper

    def cells(values: list[str]) -> str:
        return "| " + " | ".join(v.replace("|", "\\|").replace("\n", " ") for v in values) + " |"

    out = [f"# Reproduction: {paper.title}", "", f"{paper.reference} <{paper.url}>", "",
           f"The paper's results come from: {paper.machine}. "
           f"Values in the claims: {paper.licence}.", ""]
    out += [f"- {line}" for line in _head(done)]
    for group in _groups(done):
        out += ["", f"## {group}", ""]
        out += [cells(["claim", "claimed", *done.backends, "verdict", "tolerance and why",
                       "source"]),
                cells(["---"] * (5 + len(done.backends)))]
        for row in done.rows:
            if row.claim.group != group:
                continue
            unit = f" {row.claim.unit}" if row.claim.unit else ""
            out.append(cells([
                row.claim.what + (" *(ours, not in the paper)*" if row.claim.ours else ""),
                shown(row.claim.value) + unit,
                *[obtained(row, b) for b in done.backends],
                "; ".join(_verdict_text(row.claim, v) for v in row.verdicts.values()),
                _tolerance(row.claim), row.claim.source,
            ]))
    if drawings:
        out += ["", "## Figures", ""]
        for name, drawing, _ in drawings:
            out += [f"![{drawing.caption}]({name}.png)", "", drawing.caption, ""]
    out += ["", "## Cost", "", cells(_COST_HEAD), cells(["---"] * len(_COST_HEAD))]
    out += [cells(row) for row in _cost(done)]
    out += ["", "Cells and synapses are counted over all simulations.", "", "## Networks", ""]
    for b in done.backends:
        out += [f"- {b}, {step}: `{value}`" for step, value in done.hashes[b].items() if value]
    out += ["", "Each is the SHA-256 over the content hashes of the networks of that step.", "",
            "## How to repeat", "", "```", _command(done), "```", ""]
    for b in done.backends:
        out.append(f"{b}: " + ", ".join(f"{k} {v}" for k, v in sorted(done.versions[b].items())))
        out.append("")
    out.append(f"Claims, protocol and models: `{done.experiment.fingerprint}`")
    return "\n".join(out) + "\n"


def _verdict_text(claim: Claim, verdict: Verdict) -> str:
    if verdict is Verdict.EXPLAINED:
        return f"{verdict.value}: {claim.known_deviation}"
    word: str = verdict.value
    return word if met(claim, verdict) else word.upper()


def _html(done: Reproduction, drawings: list[tuple[str, Drawing, bytes]]) -> str:
    paper = done.experiment.paper
    e = html.escape
    css = {Verdict.AGREES: "agrees", Verdict.FAILS: "fails", Verdict.MISSING: "missing",
           Verdict.EXPLAINED: "explained", Verdict.IMPOSSIBLE: "explained"}

    def table(head: list[str], rows: list[list[str]]) -> list[str]:
        return [
            '<div class="scroll"><table><thead><tr>',
            *[f'<th scope="col">{e(h)}</th>' for h in head], "</tr></thead><tbody>",
            *["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows],
            "</tbody></table></div>",
        ]

    out = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Reproduction: {e(paper.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Reproduction: {e(paper.title)}</h1>",
        f'<p>{e(paper.reference)} <a href="{e(paper.url)}">{e(paper.url)}</a></p>',
        f"<p>The paper's results come from: {e(paper.machine)}. "
        f"Values in the claims: {e(paper.licence)}.</p><ul>",
        *[f"<li>{e(line)}</li>" for line in _head(done)], "</ul>",
        "<p>Small print: the source of a claim, its tolerance and why. Where there is none, it is "
        "that of the row above.</p>",
    ]
    for group in _groups(done):
        out.append(f"<h2>{e(group)}</h2>")
        rows = []
        above = ("", "")
        for row in done.rows:
            if row.claim.group != group:
                continue
            ours = "<small>ours, not in the paper</small>" if row.claim.ours else ""
            unit = f" {row.claim.unit}" if row.claim.unit else ""
            small = (row.claim.source, _tolerance(row.claim))
            source, tolerance = (
                "" if now == before else f"<small>{e(now)}</small>"
                for now, before in zip(small, above, strict=True)
            )
            above = small
            rows.append([
                f"{e(row.claim.what)}{ours}{source}",
                e(shown(row.claim.value) + unit) + tolerance,
                *[e(obtained(row, b)) for b in done.backends],
                "<br>".join(
                    f'<span class="{css[v]}">{e(_verdict_text(row.claim, v))}</span>'
                    for v in row.verdicts.values()
                ),
            ])
        out += table(["claim", "claimed", *done.backends, "verdict"], rows)
    if drawings:
        out.append("<h2>Figures</h2>")
        for _, drawing, data in drawings:
            image = base64.b64encode(data).decode()
            out.append(
                f'<figure><img alt="{e(drawing.caption)}" src="data:image/png;base64,{image}">'
                f"<figcaption>{e(drawing.caption)}</figcaption></figure>"
            )
    out.append("<h2>Cost</h2>")
    out += table(_COST_HEAD, [[e(c) for c in row] for row in _cost(done)])
    out.append("<p>Cells and synapses are counted over all simulations.</p><h2>Networks</h2><ul>")
    for b in done.backends:
        out += [f"<li>{e(b)}, {e(s)}: <code>{v}</code></li>"
                for s, v in done.hashes[b].items() if v]
    out += ["</ul><p>Each is the SHA-256 over the content hashes of the networks of that step.</p>",
            f"<h2>How to repeat</h2><p><code>{e(_command(done))}</code></p>"]
    for b in done.backends:
        found = ", ".join(f"{k} {v}" for k, v in sorted(done.versions[b].items()))
        out.append(f"<p>{e(b)}: {e(found)}</p>")
    out.append(f"<p>Claims, protocol and models: <code>{done.experiment.fingerprint}</code></p>")
    out.append("</body></html>")
    return "\n".join(out) + "\n"

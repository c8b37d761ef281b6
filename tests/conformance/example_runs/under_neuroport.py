"""The same examples under ``neuroport run``, on engines that are no board, and their table."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from example_runs.scripts import Script
from example_runs.table import cell

Record = dict[str, Any]

_DEVICES = re.compile(r"external_devices|spinn_front_end_common|spinnman|SpikeInjector")
_ROW = re.compile(r"^\| `([^`]+)` \| (ran|failed|not tried|not finished) \|", re.MULTILINE)


def run(script: Script, checkout: Path, backend: str, limit: float) -> Record:
    """Run one script with ``neuroport run SCRIPT -b BACKEND`` in a copy of the checkout.

    Parameters
    ----------
    script : Script
        What to run.
    checkout : Path
        Where it lies.
    backend : str
        Name of a backend of neuroport.
    limit : float
        Seconds of wall time.

    Returns
    -------
    dict
        The record, ready for JSON.
    """
    text = (checkout / script.name).read_text(encoding="utf-8", errors="replace")
    record: Record = {"script": script.name, "backend": backend, "wall": 0.0, "spikes": None,
                      "devices": bool(_DEVICES.search(text)), "numerics": None}
    if script.needs.impossible:
        return {**record, "result": "not tried", "reason": f"needs {script.needs.impossible}"}
    with tempfile.TemporaryDirectory(prefix="neuroport-example-") as folder:
        copy = Path(folder) / "work"
        shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git"))
        path = copy / script.name
        (path.parent / "Results" / time.strftime("%Y%m%d")).mkdir(parents=True, exist_ok=True)
        words = [("neuroport" if word == "spiNNaker" else word) for word in script.needs.arguments]
        began = time.monotonic()
        done = _finish(
            [sys.executable, "-m", "neuroport", "run", path.name, "-b", backend, "--json",
             "--no-plots", "--output", str(Path(folder) / "output"), *words],
            path.parent, limit)
        record["wall"] = time.monotonic() - began
    if done is None:
        return {**record, "result": "not finished",
                "reason": f"limit of {limit:.0f} s of wall time"}
    told = _told(done)
    runs = told.get("runs") or []
    record["spikes"] = sum(r["spikes"] for r in runs)
    record["numerics"] = sorted({r["numerics"]["name"] for r in runs})
    result = {"ok": "ran", "wrong": "ran", "refused": "refused"}.get(told.get("status"), "failed")
    return {**record, "result": result, "reason": "" if result == "ran" else _reason(told)}


def _finish(command: Sequence[str], folder: Path, limit: float) -> str | None:
    """Return what a command prints; None where it had to be ended."""
    process = subprocess.Popen(
        command, cwd=folder, env=dict(os.environ, MPLBACKEND="Agg"), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None


def _told(text: str) -> dict[str, Any]:
    """Return the report at the end of what was printed; a script may print before it."""
    for start in (m.start() for m in re.finditer(r"^\{", text, re.MULTILINE)):
        try:
            found: dict[str, Any] = json.loads(text[start:])
        except ValueError:
            continue
        return found
    return {}


def _reason(told: dict[str, Any]) -> str:
    error = told.get("error")
    if error and told.get("status") != "refused":
        problems = error.get("problems") or [{"what": error.get("message", "")}]
        return str(problems[0].get("what", "")).splitlines()[0]
    blocking = [f for f in told.get("findings", ()) if f["severity"] == "error"]
    texts = dict.fromkeys(f"{f['code']} {f['title']}: {f['measured']}" for f in blocking)
    return "; ".join(list(texts)[:2]) + ("; ..." if len(texts) > 2 else "")


def place(file: Path, part: str, records: Sequence[Record], backends: Sequence[str]) -> str:
    """Put the table into a document, with the column of the board from the tables that it has.

    Parameters
    ----------
    file : Path
        With lines ``<!-- PART -->`` and ``<!-- end of PART -->``.
    part : str
    records : sequence of dict
    backends : sequence of str
        In the order of the columns.

    Returns
    -------
    str
        How many scripts ran where, as it stands above the table.
    """
    old = file.read_text(encoding="utf-8")
    theirs = part.removesuffix(" under neuroport")  # the table of the runs on the board
    board = dict(_ROW.findall(old.partition(f"<!-- {theirs} -->")[2].partition(
        f"<!-- end of {theirs} -->")[0]))
    by_script: dict[str, dict[str, Record]] = {}
    for record in records:
        by_script.setdefault(record["script"], {})[record["backend"]] = record
    lines = [f"| script | {' | '.join(backends)} | as it is on the board | why not |",
             "|---" * (len(backends) + 3) + "|"]
    for name, found in sorted(by_script.items()):
        results = [found[b]["result"] if b in found else "" for b in backends]
        why: dict[str, list[str]] = {}
        for b in backends:
            if b in found and found[b]["reason"]:
                why.setdefault(found[b]["reason"], []).append(b)
        remark = "; ".join(
            text if len(where) == len(backends) else f"{', '.join(where)}: {text}"
            for text, where in why.items())
        devices = " (external devices)" if any(r["devices"] for r in found.values()) else ""
        lines.append(f"| `{name}`{devices} | {' | '.join(results)} | {board.get(name, '')} | "
                     f"{cell(remark)} |")
    counted = [found for found in by_script.values()
               if not any(r["devices"] or r["result"] == "not tried" for r in found.values())]
    shares = [(b, sum(f[b]["result"] == "ran" for f in counted if b in f)) for b in backends]
    some = sum(any(r["result"] == "ran" for r in f.values()) for f in counted)
    text = (f"{len(by_script)} scripts; {len(counted)} of them use no external device and need no "
            "other simulator: "
            + ", ".join(f"{n} ran on {b}" for b, n in shares)
            + f", {some} ({100 * some / max(1, len(counted)):.0f} %) on one of them")
    before, after = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    head, rest = old.split(before, 1)
    tail = rest.split(after, 1)[1]
    file.write_text(f"{head}{before}\n{text}.\n\n" + "\n".join(lines) + f"\n\n{after}{tail}",
                    encoding="utf-8")
    return text

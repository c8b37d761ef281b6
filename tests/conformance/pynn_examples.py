"""Run the examples of PyNNExamples, or PyNN's own, on emulated SpiNNaker boards.

    git clone --branch 7.4.1 https://github.com/SpiNNakerManchester/PyNNExamples
    python tests/conformance/pynn_examples.py PyNNExamples --json runs.json --resume runs.json

Each script runs unmodified, in a process, a home and a copy of the checkout of its own, on a board
of its own (48 chips, without extra monitor cores), with matplotlib drawing into nothing.  The
host's sleep of the simulated time is left out where a script has no live input or output; a
script that has is paced 1:1.  A wrapper around the reading functions of sPyNNaker counts what the
script reads back.  With ``--markdown`` the table of docs/pynn-examples.md is made from the
records.

    python tests/conformance/pynn_examples.py PyNNExamples --backends brian2,nest --json runs.json

runs them under ``neuroport run`` on these backends instead.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from example_runs import running, scripts, table, under_neuroport


def load(path: Path | None) -> dict[str, Any]:
    """Records of an earlier, perhaps interrupted call, by script."""
    if path is None or not path.exists():
        return {}
    return {record["script"]: record for record in json.loads(path.read_text())}


def save(path: Path | None, records: dict[str, Any]) -> None:
    """Replace the journal in one step, so that it is complete whenever the run is cut off."""
    if path is None:
        return
    new = path.with_suffix(path.suffix + ".new")
    new.write_text(json.dumps(list(records.values()), indent=1) + "\n")
    os.replace(new, path)


def on_backends(arguments: argparse.Namespace, every: list[scripts.Script]) -> int:
    """Run scripts under ``neuroport run``; exit with 1 if some were not run."""
    backends = arguments.backends.split(",")
    known = [] if arguments.resume is None or not arguments.resume.exists() else (
        json.loads(arguments.resume.read_text()))
    records = {f"{r['script']} {r['backend']}": r for r in known}
    found = [script for script in every if re.search(arguments.only, script.name)]
    wanted = [(script, backend) for script in found for backend in backends]
    for script, backend in wanted:
        key = f"{script.name} {backend}"
        if key in records or arguments.dry:
            continue
        print(f"{time.strftime('%H:%M:%S')} {key}", end=" ", flush=True)
        records[key] = record = under_neuroport.run(
            script, arguments.checkout, backend, arguments.limit)
        save(arguments.json, records)
        print(f"{record['result']} {record['wall']:.0f} s {record['reason']}", flush=True)
    if arguments.markdown is not None:
        part = arguments.part or (
            "PyNN under neuroport" if (arguments.checkout / "pyNN").is_dir()
            else "PyNNExamples under neuroport"
        )
        print(under_neuroport.place(
            arguments.markdown, part, list(records.values()), backends))
    return int(any(f"{s.name} {b}" not in records for s, b in wanted))


def main() -> int:
    """Run what is wanted; exit with 1 if a script failed that is not known to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--backends", help="run under neuroport on these, e.g. brian2,nest")
    parser.add_argument("--only", default="", help="scripts whose name fits this pattern")
    parser.add_argument("--json", type=Path, help="journal, replaced after every script")
    parser.add_argument("--resume", type=Path, help="records that need not be made again")
    parser.add_argument("--markdown", type=Path, help="file that gets the table")
    parser.add_argument("--part", help="which table of that file; else PyNNExamples or PyNN")
    parser.add_argument("--limit", type=float, default=600, help="seconds of wall time for each")
    parser.add_argument("--dry", action="store_true", help="run nothing, only make the table")
    arguments = parser.parse_args()
    every = scripts.find(arguments.checkout)
    if not every:
        print(f"{arguments.checkout} holds no examples: is it a checkout of PyNNExamples or PyNN?")
        return 2
    if arguments.backends:
        return on_backends(arguments, every)
    known = load(arguments.resume)
    records = dict(known)
    found = [script for script in every if re.search(arguments.only, script.name)]
    for script in found:
        if script.name in known or arguments.dry:
            continue
        print(f"{time.strftime('%H:%M:%S')} {script.name}", end=" ", flush=True)
        records[script.name] = record = running.run(script, arguments.checkout, arguments.limit)
        save(arguments.json, records)
        print(f"{record['result']} {record['wall']:.0f} s {record['reason']}", flush=True)
    here = [records[script.name] for script in every if script.name in records]
    if arguments.markdown is not None:
        part = arguments.part or (
            "PyNN" if (arguments.checkout / "pyNN").is_dir() else "PyNNExamples"
        )
        unexplained = table.place(arguments.markdown, part, here)
    else:
        text, unexplained = table.table(here)
        print(text)
    print(table.counts(here))
    missing = [script.name for script in found if script.name not in records]
    for name in unexplained:
        print(f"no known reason: {name}", file=sys.stderr)
    for name in missing:
        print(f"not run: {name}", file=sys.stderr)
    return 1 if unexplained or missing else 0


if __name__ == "__main__":
    raise SystemExit(main())

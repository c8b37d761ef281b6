"""The table of docs/pynn-examples.md from the records of the runs."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from example_runs import judging, reasons

Record = dict[str, Any]

# Counters of the programs in words.
_COUNTERS = {
    "late_spikes": "late spikes",
    "late_packets": "late packets",
    "skipped_synapses": "skipped synapses",
    "ring_buffer_saturations": "ring-buffer saturations",
    "plastic_weight_saturations": "plastic weight saturations",
    "input_buffer_overflows": "input buffer overflows",
    "background_overloads": "background overloads",
    "callback_queue_overloads": "queue overloads",
    "timer_overruns": "timer overruns",
    "transfer_overruns": "transfers of inputs that ran over the time step",
    "skipped_time_steps": "skipped time steps",
}


def table(records: list[Record]) -> tuple[str, list[str]]:
    """Markdown of the table, and the scripts that failed without a known reason."""
    lines = [
        "| script | result | virtual s | board CPU s | what came out |",
        "|---|---|---|---|---|",
    ]
    unexplained = []
    for record in sorted(records, key=lambda r: r["script"]):
        result, remark, known = verdict(record)
        if not known:
            unexplained.append(record["script"])
        figures = f"{record['virtual']:.2f} | {record['engine_cpu']:.1f}"
        lines.append(f"| `{record['script']}` | {result} | {figures} | {cell(remark)} |")
    return "\n".join(lines) + "\n", unexplained


def verdict(record: Record) -> tuple[str, str, bool]:
    """Result, remark, and whether a failure has a known reason."""
    if record["result"] == "not tried":
        return "not tried", record["reason"], True
    seen = [*judging.judge(record), *findings(record)]
    if record["result"] == "ran" and not record["thread_errors"]:
        return "ran", "; ".join([*how(record), *seen, *reasons.explanations(record)]), True
    reason = reasons.failure(record)
    if reason:
        return "failed", "; ".join([reason, *seen]), True
    text = record["reason"] or f"exit code {record['returncode']}"
    if record["result"] == "not finished":
        text = f"limit of {record['limit']:.0f} s of wall time; {text}".rstrip("; ")
        return "not finished", "; ".join([text, *how(record), *seen]), False
    if record["thread_errors"]:
        text += " (in a thread of the script)"
    return "failed", text, False


def how(record: Record) -> list[str]:
    """How the run differs from the usual one."""
    parts = []
    if record["boards"] > 1:
        parts.append(f"{record['boards']} boards")
    if record["pace"]:
        behind = record["engine_cpu"] > record["virtual"]
        parts.append("paced 1:1, but the board fell behind" if behind else "paced 1:1")
    lines = [line for line in record.get("configuration", ()) if not line.startswith("[")]
    if lines:
        parts.append(f"cfg: `{', '.join(lines)}`")
    if record["display"]:
        parts.append("in a virtual display, where nobody clicked; its window was closed")
    return parts


def findings(record: Record) -> list[str]:
    """What the programs counted about themselves, and anything else that went wrong."""
    parts = []
    for finding in record["findings"]:
        name, _, number = finding.partition(": ")
        if name in _COUNTERS and number.isdigit():
            parts.append(f"**{int(number):,} {_COUNTERS[name]}**")
        else:
            parts.append(f"**{finding}**")
    return parts[:8]


def cell(text: str) -> str:
    """Text that cannot break the table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def counts(records: list[Record]) -> str:
    """One line: how many scripts had which result."""
    numbers = Counter(verdict(record)[0] for record in records)
    parts = [f"{number} {result}" for result, number in numbers.most_common()]
    return f"{len(records)} scripts: {', '.join(parts)}"


def place(file: Path, name: str, records: list[Record]) -> list[str]:
    """Put the table between the two comments ``<!-- NAME -->`` and ``<!-- end of NAME -->``.

    Returns
    -------
    list of str
        The scripts that failed without a known reason.

    Raises
    ------
    ValueError
        If the file has no such comments.
    """
    text, unexplained = table(records)
    before, after = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    old = file.read_text(encoding="utf-8")
    if before not in old or after not in old:
        raise ValueError(f"{file} has no place for the table: no line {before.strip()}")
    head, rest = old.split(before, 1)
    tail = rest.split(after, 1)[1]
    new = f"{head}{before}\n{counts(records)}.\n\n{text}\n{after}{tail}"
    file.write_text(new, encoding="utf-8")
    return unexplained

"""The JSON twin of a report: everything the page says, for programs.

Its schema is ``schema.json`` beside this file. Numbers that are not defined are null.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.compare.explain import Explanation
from neuroport.compare.result import Result
from neuroport.compare.verdict import Comparison

__all__ = ["json_report", "json_schema", "plain", "software_versions", "write_json"]

#: Raised when a field changes its meaning; adding one keeps it.
FORMAT_VERSION = 1


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold; not-a-number and infinity become None."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return str(value)


def software_versions() -> dict[str, str]:
    """Versions of the libraries that computed the metrics."""
    found = {}
    for name in ("numpy", "scipy", "neo", "elephant", "pyspike", "neuroport"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def _about(result: Result) -> dict[str, Any]:
    return {
        "name": result.name, "timestep_ms": result.timestep, "command": result.command,
        "populations": {
            label: {
                "size": spikes.size if spikes else None,
                "recorded_neurons": len(spikes.index) if spikes else None,
                "spikes": spikes.count if spikes else None,
                "signals": sorted(result.signals(label)),
            } for label, spikes in ((p, result.spikes(p)) for p in result.populations)},
        "findings": list(result.findings), "provenance": plain(dict(result.provenance)),
    }


def json_report(comparison: Comparison, explanation: Explanation | None = None, *,
                command: str = "") -> dict[str, Any]:
    """The comparison as plain data.

    Parameters
    ----------
    comparison : Comparison
    explanation : Explanation, optional
    command : str
        The command that makes the comparison again.

    Returns
    -------
    dict
        Valid against `json_schema`.
    """
    failing = comparison.first_failing
    return {
        "format": "neuroport-comparison", "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"), "command": command,
        "verdict": str(comparison.verdict), "summary": comparison.summary,
        "first_failing_rung": failing.rung if failing else None,
        "reference": _about(comparison.reference), "target": _about(comparison.target),
        "target_runs": comparison.target_runs,
        "calibration_seeds": comparison.calibration_seeds,
        "wall_time_s": comparison.wall_time,
        "rungs": [{
            "rung": r.rung, "title": r.title, "verdict": str(r.verdict), "summary": r.summary,
            "threshold": r.threshold, "undecided": r.undecided, "remarks": list(r.remarks),
            "measurements": [plain(asdict(m)) for m in r.measurements],
            "sampling": [plain(asdict(s)) for s in r.sampling],
        } for r in comparison.rungs],
        "explanation": None if explanation is None else plain(asdict(explanation)),
        "settings": plain(comparison.settings), "software": software_versions(),
    }


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the report."""
    text = resources.files("neuroport.compare.report").joinpath("schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_json(comparison: Comparison, path: str | Path, explanation: Explanation | None = None,
               *, command: str = "") -> Path:
    """Write the JSON twin; parameters as in `json_report`."""
    path = Path(path)
    data = json_report(comparison, explanation, command=command)
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
                    encoding="utf-8")
    return path

"""The JSON twin of a report: everything the page says, for programs.

Its schema is ``schema.json`` beside this file. Numbers that are not defined are null.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroport.compare.explain.switching import Explanation
from neuroport.compare.ladder.verdict import Comparison
from neuroport.output.writing import write_file
from neuroport.results.result import Result, finding_text
from neuroport.results.versions import package_version

if TYPE_CHECKING:
    from neuroport.compare.backend_comparison import BackendComparison

__all__ = [
    "json_of_backends", "json_report", "json_schema", "plain", "software_versions", "write_json",
]

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
    names = ("numpy", "scipy", "neo", "elephant", "pyspike", "neuroport")
    return {name: package_version(name) or "not installed as a package" for name in names}


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
        "findings": [finding_text(f) for f in result.findings],
        "provenance": plain(dict(result.provenance)),
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


def json_of_backends(found: BackendComparison) -> dict[str, Any]:
    """All comparisons of one model as plain data.

    Parameters
    ----------
    found : BackendComparison

    Returns
    -------
    dict
        Valid against ``json_schema(backends=True)``.
    """
    return {
        "format": "neuroport-backend-comparison", "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"), "command": found.command,
        "model": found.model, "verdict": str(found.verdict), "summary": found.summary,
        "reference": found.outcomes[0].job.name,
        "backends": [{
            "name": o.job.name, "backend": o.job.spec.backend, "numerics": o.job.spec.numerics,
            "status": o.status, "reason": o.reason, "seconds": o.seconds,
            "messages": list(o.messages), "command": o.job.spec.command,
        } for o in found.outcomes],
        "comparisons": [json_report(c, found.explanations.get(c.target.name),
                                    command=found.command) for c in found.comparisons],
        "unexplained": dict(found.unexplained), "notes": list(found.notes),
        "calibration_seeds": found.calibration.seeds if found.calibration else 0,
        "wall_time_s": found.seconds,
    }


def json_schema(backends: bool = False) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the report.

    Parameters
    ----------
    backends : bool
        That of `json_of_backends`, which holds reports on single comparisons.
    """
    folder = resources.files("neuroport.compare.report")
    schema: dict[str, Any] = json.loads(folder.joinpath("schema.json").read_text("utf-8"))
    if not backends:
        return schema
    whole: dict[str, Any] = json.loads(
        folder.joinpath("backends_schema.json").read_text("utf-8"))
    definitions = schema.pop("$defs")
    schema.pop("$schema")
    whole["$defs"] = {**definitions, "comparison": schema}
    return whole


def write_json(comparison: Comparison | BackendComparison, path: str | Path,
               explanation: Explanation | None = None, *, command: str = "") -> Path:
    """Write the JSON twin; parameters as in `json_report`."""
    data = (json_report(comparison, explanation, command=command)
            if isinstance(comparison, Comparison) else json_of_backends(comparison))
    return write_file(
        path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

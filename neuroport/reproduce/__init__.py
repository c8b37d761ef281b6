"""Reproduce papers: claims as data, a protocol that runs them, and a table made by running.

``neuroport reproduce NAME`` does it from the command line; :func:`run` from Python. An experiment
is a package with ``claims.toml`` and a protocol, registered in the entry-point group
``neuroport.experiments``; see ``docs/experiments.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroport.reproduce.claims import Claim, ClaimsError, Paper, Verdict, judge, load_claims
    from neuroport.reproduce.experiment import (
        Context,
        Drawing,
        Experiment,
        Step,
        StepImpossibleError,
        StepResults,
        UnknownExperimentError,
        experiment_names,
        load_experiment,
    )
    from neuroport.reproduce.journal import Journal, JournalError
    from neuroport.reproduce.report import write_report
    from neuroport.reproduce.runner import Reproduction, Row, run

__all__ = [
    "Claim",
    "ClaimsError",
    "Context",
    "Drawing",
    "Experiment",
    "Journal",
    "JournalError",
    "Paper",
    "Reproduction",
    "Row",
    "Step",
    "StepImpossibleError",
    "StepResults",
    "UnknownExperimentError",
    "Verdict",
    "experiment_names",
    "judge",
    "load_claims",
    "load_experiment",
    "run",
    "write_report",
]

# Looked up when first used: the command is looked at with every `neuroport --help`.
_HOMES = {
    "Claim": "claims", "ClaimsError": "claims", "Context": "experiment", "Drawing": "experiment",
    "Experiment": "experiment", "Journal": "journal", "JournalError": "journal", "Paper": "claims",
    "Reproduction": "runner", "Row": "runner", "Step": "experiment",
    "StepImpossibleError": "experiment", "StepResults": "experiment",
    "UnknownExperimentError": "experiment", "Verdict": "claims", "experiment_names": "experiment",
    "judge": "claims", "load_claims": "claims", "load_experiment": "experiment", "run": "runner",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

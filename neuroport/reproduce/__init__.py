"""Reproduce papers: claims as data, a protocol that runs them, and a table made by running.

``neuroport reproduce NAME`` does it from the command line; :func:`run` from Python. An experiment
is a package with ``claims.toml`` and a protocol, registered in the entry-point group
``neuroport.experiments``; see ``docs/experiments.md``.
"""

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

"""Do two results of one spiking model agree, and if not, at which level?

`compare` judges two `Result` objects on a ladder of six rungs; `calibrate` measures how much the
reference differs from itself; `explain` finds which numerics choices carry a difference;
`false_verdict_rate` measures how often the verdict is wrong; `write_html`, `write_json` and
`write_junit` report. See ``docs/compare.md``.

The package itself can be called: ``neuroport.compare(model, backends=[...])`` is
`compare_backends`, and ``neuroport.compare(reference, target)`` with two results is `compare`.
"""

import sys
import types
from typing import Any

from neuroport.compare.backend_comparison import BackendComparison
from neuroport.compare.calibration.error_rate import FalseVerdictRate, false_verdict_rate
from neuroport.compare.calibration.spread import Calibration, calibrate
from neuroport.compare.engines import compare_backends, load_any
from neuroport.compare.errors import (
    BackendFailedError,
    ComparisonError,
    ExplanationError,
    InvalidCalibrationError,
    InvalidResultError,
    RecordingFormatError,
    ResultsDisagreeError,
    UnsafeFileError,
)
from neuroport.compare.explain.distances import (
    spike_step_distance,
    spike_time_distance,
    trace_distance,
)
from neuroport.compare.explain.engines import agreement_distance, explain_difference
from neuroport.compare.explain.shares import Share
from neuroport.compare.explain.switching import Explanation, explain
from neuroport.compare.ladder.ladder import compare
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Comparison, Measurement, RungVerdict, Sampling, Verdict
from neuroport.compare.report import (
    html_of_backends,
    html_report,
    json_of_backends,
    json_report,
    json_schema,
    junit_of_backends,
    junit_report,
    write_html,
    write_json,
    write_junit,
)
from neuroport.compare.workers import Outcome
from neuroport.jobs.backend_choice import BackendChoice, backend_choices
from neuroport.results.arrays import from_events, from_rows, from_spike_times, make_block
from neuroport.results.files import load, load_csv, load_json, load_neo, load_npz, save_npz
from neuroport.results.naming import match_populations
from neuroport.results.result import (
    ProjectionStructure,
    Result,
    Score,
    Structure,
    join_results,
)
from neuroport.results.store import load_run

__all__ = [
    "BackendChoice",
    "BackendComparison",
    "BackendFailedError",
    "Calibration",
    "Comparison",
    "ComparisonError",
    "Explanation",
    "ExplanationError",
    "FalseVerdictRate",
    "InvalidCalibrationError",
    "InvalidResultError",
    "Measurement",
    "Outcome",
    "ProjectionStructure",
    "RecordingFormatError",
    "Result",
    "ResultsDisagreeError",
    "RungVerdict",
    "Sampling",
    "SamplingLimits",
    "Score",
    "Share",
    "Structure",
    "Thresholds",
    "UnsafeFileError",
    "Verdict",
    "agreement_distance",
    "backend_choices",
    "calibrate",
    "compare",
    "compare_backends",
    "explain",
    "explain_difference",
    "false_verdict_rate",
    "from_events",
    "from_rows",
    "from_spike_times",
    "html_of_backends",
    "html_report",
    "join_results",
    "json_of_backends",
    "json_report",
    "json_schema",
    "junit_of_backends",
    "junit_report",
    "load",
    "load_any",
    "load_csv",
    "load_json",
    "load_neo",
    "load_npz",
    "load_run",
    "match_populations",
    "make_block",
    "save_npz",
    "spike_step_distance",
    "spike_time_distance",
    "trace_distance",
    "write_html",
    "write_json",
    "write_junit",
]


class _CallableModule(types.ModuleType):
    """This package; calling it compares."""

    def __call__(self, model: Any, *others: Any, **options: Any) -> Any:
        """Compare a model on several backends, or two results.

        Parameters
        ----------
        model : str, path, Model, function or Result
            What to run; or the reference's result.
        *others
            The backends as in `compare_backends`; or the target's result.
        **options
            Those of `compare_backends`; of `compare` for two results.

        Returns
        -------
        BackendComparison or Comparison
        """
        if isinstance(model, Result):
            return compare(model, *others, **options)
        return compare_backends(model, *others, **options)


sys.modules[__name__].__class__ = _CallableModule

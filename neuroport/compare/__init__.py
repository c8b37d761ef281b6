"""Do two results of one spiking model agree, and if not, at which level?

`compare` judges two `Result` objects on a ladder of six rungs; `calibrate` measures how much the
reference differs from itself; `explain` finds which numerics choices carry a difference;
`false_verdict_rate` measures how often the verdict is wrong; `write_html`, `write_json` and
`write_junit` report. See ``docs/compare.md``.
"""

from neuroport.compare.build import from_events, from_rows, from_spike_times, make_block
from neuroport.compare.calibration import Calibration, calibrate
from neuroport.compare.error_rate import FalseVerdictRate, false_verdict_rate
from neuroport.compare.errors import (
    ComparisonError,
    ExplanationError,
    InvalidCalibrationError,
    InvalidResultError,
    RecordingFormatError,
    ResultsDisagreeError,
    UnsafeFileError,
)
from neuroport.compare.explain import (
    Explanation,
    Share,
    explain,
    spike_step_distance,
    spike_time_distance,
    trace_distance,
)
from neuroport.compare.ladder import compare
from neuroport.compare.load import load, load_csv, load_json, load_neo, load_npz, save_npz
from neuroport.compare.report import (
    html_report,
    json_report,
    json_schema,
    junit_report,
    write_html,
    write_json,
    write_junit,
)
from neuroport.compare.result import ProjectionStructure, Result, Score, Structure
from neuroport.compare.thresholds import SamplingLimits, Thresholds
from neuroport.compare.verdict import Comparison, Measurement, RungVerdict, Sampling, Verdict

__all__ = [
    "Calibration",
    "Comparison",
    "ComparisonError",
    "Explanation",
    "ExplanationError",
    "FalseVerdictRate",
    "InvalidCalibrationError",
    "InvalidResultError",
    "Measurement",
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
    "calibrate",
    "compare",
    "explain",
    "false_verdict_rate",
    "from_events",
    "from_rows",
    "from_spike_times",
    "html_report",
    "json_report",
    "json_schema",
    "junit_report",
    "load",
    "load_csv",
    "load_json",
    "load_neo",
    "load_npz",
    "make_block",
    "save_npz",
    "spike_step_distance",
    "spike_time_distance",
    "trace_distance",
    "write_html",
    "write_json",
    "write_junit",
]

"""Named errors of the comparison library.

Every message says where the problem is, what was measured, what the limit was and a way out.
"""

from __future__ import annotations

from neuroport.results.errors import (
    ComparisonError,
    InvalidResultError,
    RecordingFormatError,
    UnsafeFileError,
)

__all__ = [
    "BackendFailedError",
    "ComparisonError",
    "ExplanationError",
    "InvalidCalibrationError",
    "InvalidResultError",
    "RecordingFormatError",
    "ResultsDisagreeError",
    "UnsafeFileError",
]


class InvalidCalibrationError(ComparisonError):
    """Too few or unsuitable reference runs to measure the seed-to-seed spread."""


class ExplanationError(ComparisonError):
    """The difference explainer was asked for something it cannot do."""


class ResultsDisagreeError(RuntimeError):
    """Raised by `Comparison.require` when two results do not agree well enough."""


class BackendFailedError(RuntimeError):
    """Raised by `BackendComparison.require` when a backend gave no result to compare."""

"""Named errors of the comparison library.

Every message says where the problem is, what was measured, what the limit was and a way out.
"""

from __future__ import annotations

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


def _message(where: str, measured: str, limit: str, way_out: str) -> str:
    return f"{where}: {measured}. Expected: {limit}. What to do: {way_out}."


class ComparisonError(ValueError):
    """Base class of the errors that this library raises on purpose.

    Parameters
    ----------
    where : str
        The object concerned, for instance ``"population 'excitatory' of 'nest'"``.
    measured : str
        What was found.
    limit : str
        What was expected.
    way_out : str
        What the user can do.
    """

    def __init__(self, where: str, measured: str, limit: str, way_out: str) -> None:
        super().__init__(_message(where, measured, limit, way_out))
        self.where = where
        self.measured = measured
        self.limit = limit
        self.way_out = way_out


class InvalidResultError(ComparisonError):
    """A `Result` whose parts contradict each other."""


class RecordingFormatError(ComparisonError):
    """A file of recordings that cannot be understood."""


class UnsafeFileError(ComparisonError):
    """A file whose format can run code when it is opened (pickle)."""


class InvalidCalibrationError(ComparisonError):
    """Too few or unsuitable reference runs to measure the seed-to-seed spread."""


class ExplanationError(ComparisonError):
    """The difference explainer was asked for something it cannot do."""


class ResultsDisagreeError(RuntimeError):
    """Raised by `Comparison.require` when two results do not agree well enough."""


class BackendFailedError(RuntimeError):
    """Raised by `BackendComparison.require` when a backend gave no result to compare."""

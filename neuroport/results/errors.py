"""Named errors of results and of what compares them.

Every message says where the problem is, what was measured, what the limit was and a way out.
"""

from __future__ import annotations

from neuroport.secrets import without_secrets

__all__ = ["ComparisonError", "InvalidResultError", "RecordingFormatError", "UnsafeFileError"]


def _message(where: str, measured: str, limit: str, way_out: str) -> str:
    text = f"{where}: {measured}. Expected: {limit}. What to do: {way_out}."
    return str(without_secrets(text))


class ComparisonError(ValueError):
    """Base class of the errors of results and of comparisons.

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


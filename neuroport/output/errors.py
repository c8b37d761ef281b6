"""Named errors of files and folders that results and reports go to."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from neuroport.errors import Problem, UserError

__all__ = ["OutputError", "SavedElsewhereError", "output_error"]


class OutputError(UserError, OSError):
    """Results that could not be written: a full disk, a folder that may not be written to."""


class SavedElsewhereError(OutputError):
    """What could not be written where it was to go, and is kept in another place.

    Attributes
    ----------
    path : pathlib.Path
        Where it is.
    """

    def __init__(self, problems: Problem | Sequence[Problem], path: Path) -> None:
        super().__init__(problems)
        self.path = path


def output_error(error: BaseException, place: Path, option: str = "--output DIR") -> OutputError:
    """Return the named error of a failed attempt to write.

    Parameters
    ----------
    error : BaseException
        What the system, or HDF5, said.
    place : pathlib.Path
        What was to be written.
    option : str
        What chooses another place, for the way out.
    """
    number = getattr(error, "errno", None)
    # HDF5 reports the system's error as text only.
    match = re.search(r"errno = (\d+)", str(error))
    if match:
        number = int(match.group(1))
    fixes = {
        errno.ENOSPC: f"free some space, or choose another place with {option}",
        errno.EDQUOT: f"free some of your quota, or choose another place with {option}",
        errno.EFBIG: "raise the limit on file sizes (ulimit -f), or record less",
        errno.EACCES: f"choose a place that you may write to with {option}",
        errno.EPERM: f"choose a place that you may write to with {option}",
        errno.EROFS: f"choose a place that can be written to with {option}",
    }
    reason = os.strerror(number) if number else (str(error).splitlines() or [""])[0][:200]
    return OutputError(
        Problem(f"{place} could not be written", measured=reason or type(error).__name__,
                limit="nothing was left there: results are stored whole or not at all",
                fix=fixes.get(number or 0, f"choose another place with {option}")))

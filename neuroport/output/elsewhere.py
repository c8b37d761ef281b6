"""Another place for what could not be written where it was to go, after hours of simulation."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from platformdirs import user_data_path

from neuroport.errors import Problem
from neuroport.output.errors import OutputError, SavedElsewhereError

__all__ = ["keep_elsewhere", "other_places", "write_or_keep"]


def other_places(name: str) -> Iterator[Path]:
    """Yield paths called `name` that are not taken: here, in the user's data, in temporary files.

    Parameters
    ----------
    name : str
        A file's or folder's name.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    for parent in (
        Path.cwd() / "neuroport-output", user_data_path("neuroport") / "kept",
        Path(tempfile.gettempdir()) / f"neuroport-kept-{user}",
    ):
        path, k = parent / name, 2
        while path.exists():
            path, k = parent / f"{Path(name).stem}-{k}{Path(name).suffix}", k + 1
        yield path


def write_or_keep(place: str | os.PathLike[str], write: Callable[[Path], Path]) -> Path:
    """Write something to its place, or, where that fails, to another one.

    Parameters
    ----------
    place : path
    write : callable
        Gets the path to write to, may be called several times, and returns the path.

    Returns
    -------
    pathlib.Path
        `place`.

    Raises
    ------
    SavedElsewhereError
        If it is in another place now; the error says where.
    OutputError
        If it could not be written anywhere.
    """
    place = Path(place)
    try:
        return write(place)
    except OutputError as error:
        raise keep_elsewhere(place.name or "results", write, error) from error


def keep_elsewhere(
    name: str, write: Callable[[Path], Path], failed: OutputError
) -> SavedElsewhereError:
    """Write something to another place than its own.

    Parameters
    ----------
    name : str
        Of the file or folder.
    write : callable
        As for :func:`write_or_keep`.
    failed : OutputError
        Of the attempt to write it where it was to go.

    Returns
    -------
    SavedElsewhereError
        Says why and where.

    Raises
    ------
    OutputError
        `failed`, if it could not be written anywhere.
    """
    for path in other_places(name):
        here = path.parent.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = write(path)
        except OSError:
            if not here:
                with contextlib.suppress(OSError):
                    path.parent.rmdir()
            continue
        problem = failed.problems[0]
        return SavedElsewhereError(
            Problem(problem.what, measured=problem.measured,
                    limit=f"it is kept in {kept} instead",
                    fix="take it from there, or move it"), kept)
    raise failed

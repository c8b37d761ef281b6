"""Look at the place for results before anything runs: hours may depend on it."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from neuroport.errors import Problem
from neuroport.output.errors import OutputError, output_error

__all__ = ["check_file", "check_folder", "check_room"]


def check_folder(folder: str | os.PathLike[str], option: str = "--output DIR") -> Path:
    """Refuse a folder that results could not go to.

    Parameters
    ----------
    folder : path
        It, and the folders above it, need not be there yet.
    option : str
        What chooses another place, for the way out.

    Raises
    ------
    OutputError
        If it is a file, is not empty, or may not be written to.
    """
    path = Path(folder)
    try:
        if path.exists() and not path.is_dir():
            raise OutputError(Problem(
                f"{path} is a file", limit="a folder that does not exist yet, or is empty",
                fix=f"choose another place with {option}"))
        if path.is_dir() and any(path.iterdir()):
            raise OutputError(Problem(
                f"{path} is not empty", limit="a folder that does not exist yet, or is empty",
                fix=f"choose another place with {option}; nothing is overwritten"))
        _try(path if path.is_dir() else _there(path))
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise output_error(error, path, option) from None
    return path


def check_file(file: str | os.PathLike[str], option: str) -> Path:
    """Refuse a file that could not be written; one that is there would be replaced.

    Parameters
    ----------
    file : path
        In a folder that is there.
    option : str
        What chooses another one, for the way out.

    Raises
    ------
    OutputError
        If it is a folder, or may not be written to.
    """
    path = Path(file)
    try:
        if path.is_dir():
            raise OutputError(Problem(f"{path} is a folder", limit="a file",
                                      fix=f"name a file with {option}"))
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, os.strerror(13))
        if not path.exists() or path.is_file():
            _try(Path(os.path.realpath(path)).parent)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise output_error(error, path, option) from None
    return path


def check_room(
    place: str | os.PathLike[str], needed: float, option: str = "--output DIR"
) -> None:
    """Refuse a place on a disk with too little room.

    Parameters
    ----------
    place : path
        Need not be there yet.
    needed : float
        Bytes, an estimate.
    option : str
        What chooses another place, for the way out.

    Raises
    ------
    OutputError
    """
    try:
        free = shutil.disk_usage(_there(Path(place))).free
    except OSError:  # whoever writes will see
        return
    if needed > free:
        raise OutputError(Problem(
            f"there is not enough room for the results in {place}",
            measured=f"about {_size(needed)} would be written",
            limit=f"{_size(free)} are free there",
            fix=f"free some space, choose another place with {option}, or record less: fewer "
            "cells, or a longer sampling_interval"))


def _size(number: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1e3:,.0f} kB"


def _there(path: Path) -> Path:
    """Return the nearest folder above a path that is there."""
    above = path.absolute().parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise NotADirectoryError(20, f"{above} is a file")
    return above


def _try(folder: Path) -> None:
    """Make and remove something: permissions alone do not tell (other users' disks, root)."""
    probe = folder / f".neuroport-{secrets.token_hex(4)}"
    probe.mkdir()
    probe.rmdir()

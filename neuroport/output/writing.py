"""Files and folders that appear whole or not at all, and are on the disk when they are there.

They have the permissions that the user's umask says: a group may be meant to read them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from neuroport.errors import UserError
from neuroport.output.checking import check_folder
from neuroport.output.errors import output_error

__all__ = ["write_file", "write_folder"]

# HDF5 raises RuntimeError for some failed writes, and KeyError where a half-written group is
# looked up again; inside write_folder both mean that a file could not be written.
_WRITE_ERRORS = (OSError, RuntimeError, KeyError)


def write_folder(
    directory: str | os.PathLike[str], fill: Callable[[Path], None], *, last: str = "",
    option: str = "--output DIR",
) -> Path:
    """Make a folder whose files are written by `fill`, whole or not at all.

    Parameters
    ----------
    directory : path
        Must not exist, or be empty.
    fill : callable
        Gets the path of a temporary folder beside `directory` and writes into it.
    last : str
        The file without which the others are nothing. It comes last where they have to be moved
        one by one, into a folder that cannot be replaced (a disk's own, or one in a folder that
        may not be written to).
    option : str
        What chooses another place, for the way out of errors.

    Raises
    ------
    OutputError
        If the place is taken, may not be written to, or the disk is full.
    """
    target = check_folder(directory, option)
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = _beside(target)
        fill(partial)
        for path in (*partial.rglob("*"), partial):
            _to_disk(path)  # a full disk may show only now
        _appear(partial, target, last)
        _to_disk(target.absolute().parent)
    except UserError:
        raise
    except _WRITE_ERRORS as error:
        raise output_error(error, target, option) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _beside(target: Path) -> Path:
    """Make the temporary folder; inside `target` where it cannot be beside it."""
    name = f".{target.name}-{secrets.token_hex(4)}.partial"
    partial = target.parent / name
    try:
        partial.mkdir()
    except OSError:
        if not target.is_dir():
            raise
        partial = target / name
        partial.mkdir()
    return partial


def _appear(partial: Path, target: Path, last: str) -> None:
    if target.is_dir():
        shutil.copymode(target, partial)
    if partial.parent != target:
        try:
            os.rename(partial, target)
            return
        except OSError:
            if not target.is_dir() or any(target.iterdir()):
                raise
            # A mounted disk, for instance: it stays, and what is inside moves.
    for path in sorted(partial.iterdir(), key=lambda path: (path.name == last, path.name)):
        shutil.move(path, target / path.name)
    _to_disk(target)


def write_file(
    path: str | os.PathLike[str], data: str | bytes | Callable[[Path], object], *,
    option: str = "another path",
) -> Path:
    """Write a file, whole or not at all; one that is there is replaced.

    Parameters
    ----------
    path : path
        A device or a pipe is written to as it is.
    data : str, bytes or callable
        What is written; a callable gets the path of a temporary file with the same ending.
    option : str
        What chooses another place, for the way out of errors.

    Raises
    ------
    OutputError
    """
    path = Path(path)
    partial: Path | None = None
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            _write(path, data)
            return path
        target = Path(os.path.realpath(path))  # a link stays one
        partial = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
        _write(partial, data)
        _to_disk(partial)
        os.replace(partial, target)
        _to_disk(target.parent)
    except UserError:
        raise
    except OSError as error:
        raise output_error(error, path, option) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
    return path


def _write(path: Path, data: str | bytes | Callable[[Path], object]) -> None:
    if callable(data):
        data(path)
    else:
        path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)


def _to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    folder = path.is_dir()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError) if folder else contextlib.nullcontext():
            os.fsync(descriptor)  # some systems cannot do it with a folder
    finally:
        os.close(descriptor)

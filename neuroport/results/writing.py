"""Directories that appear whole or not at all, and say why where they cannot be written."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from neuroport.errors import Problem, UserError
from neuroport.results.errors import OutputError

__all__ = ["default_directory", "write_safely"]


def default_directory(name: str, network_hash: str, parent: str | os.PathLike[str] = ".") -> Path:
    """Return ``neuroport-output/<name>-<hash>-<time>`` below `parent`, not taken yet."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    base = Path(parent) / "neuroport-output" / f"{plain}-{network_hash[:8] or 'none'}-{stamp}"
    path, k = base, 2
    while path.exists():
        path, k = base.with_name(f"{base.name}-{k}"), k + 1
    return path


def _output_error(error: BaseException, where: Path) -> OutputError:
    number = getattr(error, "errno", None)
    # HDF5 reports the system's error as text only.
    match = re.search(r"errno = (\d+)", str(error))
    if match:
        number = int(match.group(1))
    fixes = {
        errno.ENOSPC: "free some space, or choose another place with --output DIR",
        errno.EDQUOT: "free some of your quota, or choose another place with --output DIR",
        errno.EFBIG: "raise the limit on file sizes (ulimit -f), or record less",
        errno.EACCES: "choose a folder that you may write to with --output DIR",
        errno.EPERM: "choose a folder that you may write to with --output DIR",
        errno.EROFS: "choose a folder that can be written to with --output DIR",
    }
    reason = os.strerror(number) if number else str(error).splitlines()[0][:200]
    return OutputError(
        Problem(
            f"the results could not be written to {where}",
            measured=reason,
            limit="nothing was left there: results are stored whole or not at all",
            fix=fixes.get(number or 0, "choose another place with --output DIR"),
        ),
    )


# HDF5 raises RuntimeError for some failed writes, and KeyError where a half-written group is
# looked up again; inside write_safely both mean that the file could not be written.
_WRITE_ERRORS = (OSError, RuntimeError, KeyError)


def write_safely(directory: str | os.PathLike[str], fill: Callable[[Path], None]) -> Path:
    """Make a directory whose files are written by `fill`, whole or not at all.

    Parameters
    ----------
    directory : path
        Must not exist, or be empty. Readable by its owner only.
    fill : callable
        Gets the path of a temporary directory beside `directory` and writes into it.

    Raises
    ------
    OutputError
        If the place is taken, may not be written to, or the disk is full.
    """
    target = Path(directory)
    if target.exists() and not target.is_dir():
        raise OutputError(
            Problem(f"{target} is a file", limit="a folder that does not exist yet, or is empty",
                    fix="choose another place with --output DIR")
        )
    try:
        taken = target.is_dir() and any(target.iterdir())
        if taken:
            raise OutputError(
                Problem(f"{target} is not empty",
                        limit="a folder that does not exist yet, or is empty",
                        fix="choose another place with --output DIR; nothing is overwritten")
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))  # 0700
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise _output_error(error, target) from None
    try:
        fill(partial)
        for path in partial.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if path.is_file():
                with path.open("rb") as stream:
                    os.fsync(stream.fileno())  # a full disk may show only now
        if target.is_dir():
            target.rmdir()
        partial.rename(target)
    except UserError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    except _WRITE_ERRORS as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise _output_error(error, target) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target

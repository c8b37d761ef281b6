"""Locks of this computer that end with the process that holds them, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from neuroport.jobs.targets.base import Work

__all__ = ["one_of", "shared_folder", "user_folder"]

_LOOK = 1.0  # s between two tries


def shared_folder() -> Path:
    """Return a folder of locks for all users of this computer."""
    path = Path(tempfile.gettempdir()) / "neuroport-locks"
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o1777)
    return path


def user_folder() -> Path:
    """Return a folder of locks for this user on this computer."""
    path = Path(tempfile.gettempdir()) / f"neuroport-locks-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def one_of(work: Work, folder: Path, name: str, limit: int, what: str) -> Iterator[int]:
    """Hold one of several equal places, and wait for one where all are taken.

    Parameters
    ----------
    work : Work
        Is told that it waits.
    folder : Path
    name : str
        Of what is held.
    limit : int
        How many there are.
    what : str
        For the user: what is waited for.

    Yields
    ------
    int
        The open file; a process that inherits it holds the place, too.
    """
    word = sha256(name.encode()).hexdigest()[:24]
    while (held := _try(folder, word, limit)) is None:
        work.state("waiting", what)
        work.pause(_LOOK)
    try:
        os.truncate(held, 0)
        os.pwrite(held, f"job {work.job}\n".encode(), 0)
        yield held
    finally:
        os.close(held)


def _try(folder: Path, word: str, limit: int) -> int | None:
    for number in range(limit):
        path = folder / f"{word}.{number}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        with contextlib.suppress(OSError):  # another user's file
            path.chmod(0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            os.close(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
    return None

"""Find the user's own line: the place in a script where an object was made.

Findings and errors name this line instead of a line inside neuroport or PyNN.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import entry_points

from neuroport.secrets import without_secrets

__all__ = ["SourceLine", "user_line", "at_line"]

# Packages whose frames are never "the user's line", besides those that register a backend. Model
# packages are user code.
_NOT_THE_USERS = ("neuroport", "pyNN", "lazyarray", "brian2", "numpy", "functools", "contextlib",
                  "runpy")
# Frames outside these belong to the command line, never to a user's script.
_OUTERMOST = ("neuroport.cli", "neuroport.jobs")

_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a script.

    Attributes
    ----------
    file : str
        Path of the file, relative to the working folder where that is shorter.
    line : int
        Line number, from 1.
    text : str
        The line itself, without surrounding blanks.
    """

    file: str
    line: int
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", without_secrets(self.text))

    def __str__(self) -> str:
        shown = f"{self.file}:{self.line}"
        return f"{shown}: {self.text}" if self.text else shown


_known: ContextVar[SourceLine | None] = ContextVar("known_line", default=None)


@contextmanager
def at_line(line: SourceLine | None) -> Iterator[None]:
    """Let :func:`user_line` return this line, for work put off until after the object was made."""
    token = _known.set(line)
    try:
        yield
    finally:
        _known.reset(token)


@lru_cache(maxsize=4096)
def _shown_path(path: str) -> str:
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return relative if len(relative) < len(path) else path


@lru_cache(maxsize=4096)
def _is_own(module: str, path: str) -> bool:
    root = module.partition(".")[0]
    in_library = path.startswith(_STANDARD_LIBRARY) and "site-packages" not in path
    return root in _NOT_THE_USERS or root in _backends() or path.startswith("<frozen") or in_library


@cache
def _backends() -> frozenset[str]:
    """The packages of all registered backends."""
    return frozenset(point.module.partition(".")[0]
                     for point in entry_points(group="neuroport.backends"))


def user_line() -> SourceLine | None:
    """Return the innermost line of the call stack that belongs to the user.

    Returns
    -------
    SourceLine or None
        None when every frame belongs to neuroport or its dependencies.
    """
    known = _known.get()
    if known is not None:
        return known
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        path = frame.f_code.co_filename
        if str(module).startswith(_OUTERMOST):
            return None
        if not _is_own(str(module), path):
            text = linecache.getline(path, frame.f_lineno).strip()
            return SourceLine(_shown_path(path), frame.f_lineno, text)
        frame = frame.f_back  # type: ignore[assignment]
    return None

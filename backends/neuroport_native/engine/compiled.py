"""Kernels made machine code, once a process, and kept on disk by content."""

from __future__ import annotations

import time
from collections.abc import Mapping

from numba import njit, types

from neuroport_native.engine import cache, functions
from neuroport_native.lower.kernel import Kernel

__all__ = ["Compiled", "compiled", "is_made"]

_OPTIONS = {"error_model": "numpy"}


class Compiled:
    """A kernel that can be called at an address.

    Attributes
    ----------
    address : int
    call : callable
        ``call(table, step)``.
    seconds : float
        What compiling took; 0.0 where it came from disk.
    """

    def __init__(self, source: str, further: Mapping[str, str]) -> None:
        key = cache.key(source, *further.values())
        # Machine code from disk asks for the module that its names are from.
        names = {"__name__": functions.__name__, **functions.NAMESPACE}
        for text in further.values():
            exec(text, names)
        for name in further:
            names[name] = njit(**_OPTIONS)(cache.named(names[name], key))
        exec(compile(source, "<kernel>", "exec"), names)
        # Each function with loops over cells is told that its arrays do not overlap.
        for name in ("update", "spikes", "work"):
            if name in names:
                names[name] = njit(pipeline_class=functions.Apart, **_OPTIONS)(
                    cache.named(names[name], key))
        began = time.perf_counter()
        self._function, found = cache.compile_through(
            names["kernel"], types.void(types.int64, types.int64), _OPTIONS, key)
        self.address: int = self._function.address
        self.call = self._function.ctypes  # lets other threads of Python run meanwhile
        self.seconds = 0.0 if found else time.perf_counter() - began


_made: dict[tuple[str, ...], Compiled] = {}


def compiled(kernel: Kernel, further: Mapping[str, str]) -> Compiled:
    """Return a kernel compiled, from this process or from disk where it has been before.

    Parameters
    ----------
    kernel : Kernel
    further : mapping of str to str
        The arithmetic's functions.
    """
    key = (kernel.source, *further.values())
    if key not in _made:
        _made[key] = Compiled(kernel.source, further)
    return _made[key]


def is_made(kernel: Kernel, further: Mapping[str, str]) -> bool:
    """Return whether this process has compiled a kernel already."""
    return (kernel.source, *further.values()) in _made

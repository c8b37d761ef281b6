"""Threads that wait for each other in compiled code."""

from __future__ import annotations

import ctypes
import sys

import numpy as np

from neuroport_native.arithmetic import Arithmetic
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.table import Item
from neuroport_native.lower.fixed import barrier_kernel

__all__ = ["Barrier"]


def _resting() -> int:
    """Return the address of what lets other threads run."""
    library = ctypes.CDLL("kernel32" if sys.platform == "win32" else None)
    function = library.SwitchToThread if sys.platform == "win32" else library.sched_yield
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


class Barrier:
    """A place in a step where all threads wait for each other.

    Parameters
    ----------
    threads : int
    every : int
        Steps from one time to the next.
    arithmetic : Arithmetic
    """

    def __init__(self, threads: int, every: int, arithmetic: Arithmetic) -> None:
        self._here = np.zeros(1, dtype=np.int64)
        self._due = [np.zeros(1, dtype=np.int64) for _ in range(threads)]
        kernel = barrier_kernel()
        address = compiled(kernel, arithmetic.functions).address
        self.items = [
            Item(kernel, address, {
                "every": every, "threads": threads, "here": self._here.ctypes.data,
                "resting": _resting(), "due": due})
            for due in self._due]
        """One for each thread."""

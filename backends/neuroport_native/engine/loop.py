"""The loop over time steps: one kernel that calls all others, in pieces short enough to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from neuroport.backend.engine import Progress, StopAsked
from neuroport_native.arithmetic import Arithmetic
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.table import Item
from neuroport_native.lower.fixed import loop_kernel

__all__ = ["Loop"]

_PIECE = 0.05  # seconds between two looks at what the user wants
_PROGRESS_EVERY = 0.2  # seconds


class Loop:
    """Runs the items of each thread, step by step.

    Parameters
    ----------
    programs : sequence of sequence of Item
        For each thread, what it does in a step, in order.
    arithmetic : Arithmetic
    """

    def __init__(self, programs: Sequence[Sequence[Item]], arithmetic: Arithmetic) -> None:
        kernel = loop_kernel()
        made = compiled(kernel, arithmetic.functions)
        self._call = made.call
        self._kept = programs
        self._loops = []
        for items in programs:
            words = np.array([w for i in items for w in (i.address, i.table)] or [0],
                             dtype=np.int64)
            self._loops.append(Item(kernel, made.address, {
                "items": len(items), "last": 0, "program": words}))
        self._others = (
            ThreadPoolExecutor(len(programs) - 1, thread_name_prefix="neuroport-native")
            if len(programs) > 1 else None)
        self._pace = 1e-4  # seconds a step takes, roughly

    def run(
        self, first: int, steps: int, room: Callable[[int], int], stop_asked: StopAsked,
        progress: Progress, timestep: float,
    ) -> int:
        """Run some steps, and return how many were done.

        Parameters
        ----------
        first, steps : int
        room : callable
            ``room(step) -> steps`` for which there is room to record.
        stop_asked, progress : callable
        timestep : float
            ms.
        """
        step, last = first, first + steps
        following = time.monotonic() + _PROGRESS_EVERY
        while step < last:
            piece = min(last - step, room(step), max(1, int(_PIECE / self._pace)))
            if piece <= 0:
                break
            began = time.perf_counter()
            self._piece(step, step + piece)
            took = time.perf_counter() - began
            self._pace = max(1e-9, 0.5 * (self._pace + took / piece))
            step += piece
            if stop_asked():
                break
            if time.monotonic() >= following:
                following = time.monotonic() + _PROGRESS_EVERY
                progress(step * timestep)
        return step - first

    def _piece(self, first: int, last: int) -> None:
        for item in self._loops:
            item.put("last", last)
        if self._others is None:
            self._call(self._loops[0].table, first)
            return
        waiting = [self._others.submit(self._call, item.table, first) for item in self._loops[1:]]
        self._call(self._loops[0].table, first)
        for done in waiting:
            done.result()

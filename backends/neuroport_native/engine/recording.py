"""What is recorded, in blocks of memory that are emptied when they are full."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.backend.recorded import Samples, Spikes
from neuroport.network.description import IntArray, Recording
from neuroport.statements.names import inside
from neuroport_native.arithmetic import Arithmetic
from neuroport_native.engine.cells import CellPart, Cells
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.table import Item
from neuroport_native.lower.fixed import record_kernel, sample_kernel

__all__ = ["SampleBlock", "SpikeBlock"]

_SPIKES = 1 << 22  # places of a block of spikes, at least one step of all its cells
_SAMPLES = 1 << 20  # numbers of a block of samples, at least one sample of all its cells


class SpikeBlock:
    """The spikes of one part of a population."""

    def __init__(self, part: CellPart, arithmetic: Arithmetic) -> None:
        self._part, self.thread = part, part.thread
        self._used = np.zeros(1, dtype=np.int64)
        self._kept = np.empty(max(_SPIKES, part.size), dtype=np.int64)
        kernel = record_kernel()
        self.item = Item(kernel, compiled(kernel, arithmetic.functions).address, {
            "slots": part.slots, "n": part.size, "ring": part.ring, "count": part.count,
            "used": self._used, "kept": self._kept})

    def room(self, step: int) -> int:
        """Return the steps that surely fit."""
        return int((self._kept.size - self._used[0]) // max(1, self._part.size))

    def drain(self, first: int) -> Spikes:
        """Return what is there, and forget it; `first` is the population's first cell."""
        kept = self._kept[:self._used[0]].copy()
        self._used[0] = 0
        return Spikes(self._part.population, kept >> 32, (kept & 0xFFFFFFFF) - first)


class SampleBlock:
    """The samples of one variable of a population."""

    def __init__(self, cells: Cells, label: str, recording: Recording, arithmetic: Arithmetic
                 ) -> None:
        self._cells, self._label, self._recording = cells, label, recording
        self._arithmetic = arithmetic
        self._variable = inside(recording.variable)
        values = cells.values[self._variable]
        index: IntArray = recording.index + cells.group.members[label].first
        n = index.size
        rows = max(1, _SAMPLES // max(1, n))
        self._used = np.zeros(1, dtype=np.int64)
        self._steps = np.empty(rows, dtype=np.int64)
        self._kept = np.empty(rows * n, dtype=values.dtype)
        kernel = sample_kernel(str(values.dtype))
        self.item = Item(kernel, compiled(kernel, arithmetic.functions).address, {
            "interval": recording.interval, "n": n, "index": index.astype(np.int64),
            "variable": values, "used": self._used, "steps": self._steps, "kept": self._kept})

    def room(self, step: int) -> int:
        """Return the steps that surely fit, from a step on."""
        free = int(self._steps.size - self._used[0])
        every = self._recording.interval
        following = -step % every  # steps until the next sample
        return following + free * every

    def drain(self) -> Iterator[Samples]:
        """Yield what is there, and forget it."""
        n, rows = self._recording.index.size, int(self._used[0])
        if rows:
            values = self._arithmetic.show(
                self._cells.code, self._variable, self._kept[:rows * n].copy())
            yield Samples(self._label, self._recording.variable, self._steps[:rows].copy(),
                          self._recording.index, values.reshape(rows, n))
        self._used[0] = 0

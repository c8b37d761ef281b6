"""Lists of spikes: what synapses look at, of cells that are computed and of sources."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroport.network.description import IntArray
from neuroport_native.engine.cells import CellPart
from neuroport_native.engine.table import addresses

__all__ = ["SourcePart", "SpikeLists"]


class SourcePart:
    """The spikes of a source in the steps to come, and in those that are remembered.

    Parameters
    ----------
    first : int
        Its first cell among all sources.
    remembered : int
        Steps.
    """

    def __init__(self, first: int, remembered: int) -> None:
        self._first, self._remembered = first, remembered
        self.base = 0
        self._step = np.empty(0, dtype=np.int64)
        self.ring = np.empty(0, dtype=np.int32)
        self.begin = self.count = np.zeros(1, dtype=np.int64)

    def give(self, first: int, last: int, step: IntArray, cell: IntArray) -> None:
        """Take the spikes of steps `first` up to but not including `last`."""
        kept = (self._step >= first - self._remembered) & (self._step < first)
        self._step = np.concatenate([self._step[kept], step])
        self.ring = np.concatenate(
            [self.ring[kept], (cell + self._first).astype(np.int32)])
        self.base = first - self._remembered
        cuts = np.searchsorted(self._step, np.arange(self.base, last + 1))
        self.begin = cuts[:-1].astype(np.int64)
        self.count = np.diff(cuts).astype(np.int64)

    def recall(self, now: int, step: IntArray, cell: IntArray) -> None:
        """Take the spikes of steps before the present, of a run that went on elsewhere."""
        late = (step >= now - self._remembered) & (step < now)
        self._step = np.asarray(step[late], dtype=np.int64)
        self.ring = (np.asarray(cell[late], dtype=np.int64) + self._first).astype(np.int32)

    @property
    def slots(self) -> int:
        """Steps that are known."""
        return int(self.count.size)


class SpikeLists:
    """The lists that one kernel goes through, in the order of the cells.

    Parameters
    ----------
    parts : list of CellPart or SourcePart
    """

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    @classmethod
    def of_cells(cls, parts: list[CellPart]) -> SpikeLists:
        """Return the lists of computed cells."""
        return cls(list(parts))

    def entries(self) -> dict[str, Any]:
        """Return what stands of them in a kernel's table."""
        first = self.parts[0] if self.parts else None
        return {
            "parts": len(self.parts),
            "slots": first.slots if first else 1,
            "base": first.base if isinstance(first, SourcePart) else 0,
            "begin": addresses([p.begin for p in self.parts]),
            "many": addresses([p.count for p in self.parts]),
            "lists": addresses([p.ring for p in self.parts]),
        }

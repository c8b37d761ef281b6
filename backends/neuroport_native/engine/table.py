"""Tables of kernels: numbers as they are, arrays as address and size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport_native.lower.kernel import NUMBER, Kernel

__all__ = ["Item", "addresses"]

_NOTHING = np.zeros(1)


class Item:
    """A kernel and the table that it works on.

    Parameters
    ----------
    kernel : Kernel
    address : int
        Of its machine code.
    values : mapping
        Entry -> number or array. Arrays are kept alive by the item, and must be contiguous.
    """

    def __init__(self, kernel: Kernel, address: int, values: Mapping[str, Any]) -> None:
        self.kernel, self.address = kernel, address
        self._values: dict[str, Any] = {}
        self._place: dict[str, int] = {}
        place = 0
        for entry in kernel.entries:
            self._place[entry.name] = place
            place += 1 if entry.kind == NUMBER else 2
        self.words = np.zeros(place + 1, dtype=np.int64)
        for entry in kernel.entries:
            self.put(entry.name, values[entry.name])

    def put(self, name: str, value: Any) -> None:
        """Write one entry."""
        entry = next(e for e in self.kernel.entries if e.name == name)
        place = self._place[name]
        self._values[name] = value
        if entry.kind == NUMBER:
            self.words[place] = value
            return
        if value.dtype != entry.kind or not value.flags.c_contiguous:
            raise TypeError(f"{name}: {entry.kind} is wanted, not {value.dtype}")
        # An empty array has no address that may be read.
        self.words[place] = value.ctypes.data if value.size else _NOTHING.ctypes.data
        self.words[place + 1] = value.size

    @property
    def table(self) -> int:
        """The table's address."""
        return int(self.words.ctypes.data)


def addresses(arrays: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Return the addresses of arrays."""
    return np.array([a.ctypes.data for a in arrays] or [0], dtype=np.int64)

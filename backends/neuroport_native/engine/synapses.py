"""Synapses in memory, in the order in which spikes meet them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import FloatArray, IntArray, Network, Projection
from neuroport_native.engine.cells import CellPart, Cells
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.order import grouped
from neuroport_native.engine.spikes import SpikeLists
from neuroport_native.engine.table import Item
from neuroport_native.lower.groups import Joined, NativeProgram
from neuroport_native.lower.kernel import Kernel
from neuroport_native.lower.synapses import SynapseLayout, post_kernel, pre_kernel, take_kernel

__all__ = ["Synapses"]


class Synapses:
    """The synapses of a group whose targets belong to one thread.

    Parameters
    ----------
    groups : NativeProgram
    joined : Joined
    targets : Cells
    first, last : int
        Target cells of the thread, counted in their group.
    thread : int
    """

    def __init__(
        self, groups: NativeProgram, joined: Joined, targets: Cells, first: int, last: int,
        thread: int,
    ) -> None:
        self._groups, self._targets = groups, targets
        self.group, self._code, self._arrival = joined.group, joined.code, joined.arrival
        self._arithmetic = groups.arithmetic
        self._timestep = groups.network.timestep
        self._first, self._last, self.thread = first, last, thread
        self.items: dict[str, Item] = {}
        self._make()

    # -- in memory ---------------------------------------------------------------------------------

    def _make(self) -> None:
        groups, group, code = self._groups, self.group, self._code
        pre, post = groups.indices(group)
        waits = {side: np.concatenate([path.wait(p) for p in group.projections])
                 for side, path in (("pre", code.pre), ("post", code.post)) if path is not None}
        lag = (np.zeros(pre.size, dtype=np.int64) if code.lag is None
               else np.concatenate([code.lag(p) for p in group.projections]))
        self._mine: IntArray | slice = slice(None)
        if self._first > 0 or self._last < self._targets.group.size:
            self._mine = np.flatnonzero((post >= self._first) & (post < self._last))
            pre, post, lag = pre[self._mine], post[self._mine], lag[self._mine]
            waits = {side: w[self._mine] for side, w in waits.items()}
        members = [groups.place[p.pre][1] for p in group.projections]
        self._row_base = min(m.first for m in members)
        n_rows = max(m.first + m.size for m in members) - self._row_base
        self.waits, rank = _ranks(waits["pre"])
        order, self._rows = grouped(
            (pre - self._row_base) * self.waits.size + rank, n_rows * self.waits.size)
        # Where each synapse of the network's order stands here.
        self.order = order if isinstance(self._mine, slice) else self._mine[order]
        self._target = np.ascontiguousarray(post[order], dtype=np.int32)
        self.delayed = bool(lag.any())
        self._lag = lag[order].astype(np.int32) if self.delayed else np.zeros(0, dtype=np.int32)
        self.post_waits: IntArray = np.zeros(0, dtype=np.int64)
        if "post" in waits:
            # Rows for all cells that may spike, also for those without synapses.
            after = [groups.place[p.post][1] for p in group.projections]
            self._post_base = max(self._first, min(m.first for m in after))
            reach = min(self._last, max(m.first + m.size for m in after)) - self._post_base
            self.post_waits, rank = _ranks(waits["post"][order])
            index, self._post_rows = grouped(
                (self._target - self._post_base) * self.post_waits.size + rank,
                reach * self.post_waits.size)
            self._index = index.astype(np.int32)
        self._fill(groups.network)
        if self.delayed:
            self._ring_first = int(self._target.min(initial=self._first))
            self._ring_size = int(self._target.max(initial=self._ring_first)) + 1 - self._ring_first
            self._ring_slots = int(self._lag.max(initial=0)) + 1
            self._ring = np.zeros(self._ring_slots * self._ring_size, dtype=self._arithmetic.state)

    def _values(self, network: Network) -> dict[str, FloatArray]:
        """Return what follows from the network, in this order."""
        parts = []
        for label in self.group.members:
            p = network.projection(label)
            parts.append(self._code.values(p, network.population(p.post).parameters))
        return {name: np.concatenate([part[name] for part in parts])[self.order]
                for name in parts[0]}

    def _fill(self, network: Network) -> None:
        values = self._values(network)
        code = self._code
        differing = tuple(c for c in code.constants if not _same(values[c]))
        self.layout = SynapseLayout(
            code, self._arrival, self._targets.code, differing, self.delayed)
        columns = self.layout.columns
        self._data = np.empty((self._target.size, len(columns)), dtype=self._arithmetic.synapse)
        for number, name in enumerate(columns):
            self._data[:, number] = values[name]
        self._numbers = self._one(values)

    def _one(self, values: dict[str, FloatArray]) -> NDArray[Any]:
        return np.array([values[c][0] if values[c].size else 0 for c in self.layout.numbers],
                        dtype=self._arithmetic.synapse)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return int(self._target.size)

    @property
    def longest_wait(self) -> int:
        """Most steps that a spike waits before it is looked at."""
        return int(max(self.waits.max(initial=0), self.post_waits.max(initial=0)))

    @property
    def shortest_wait(self) -> int:
        """Fewest steps that a presynaptic spike waits."""
        return int(self.waits.min())

    # -- kernels -----------------------------------------------------------------------------------

    def kernels(self) -> dict[str, Kernel]:
        """Return the kernels that these synapses need, by name."""
        made = {
            "post": post_kernel(self.layout, self._arithmetic, self._timestep),
            "pre": pre_kernel(self.layout, self._arithmetic, self._timestep),
            "take": take_kernel(self.layout, self._arithmetic, self._timestep),
        }
        return {name: kernel for name, kernel in made.items() if kernel is not None}

    def build(self, spikes: SpikeLists, own: list[CellPart]) -> None:
        """Make the items.

        Parameters
        ----------
        spikes : SpikeLists
            Of the presynaptic populations.
        own : list of CellPart
            The target cells of this thread.
        """
        self._spikes, self._own = spikes, own
        cells = {f"at_{name}": values for name, values in self._targets.values.items()}
        common = {"data": self._data.reshape(-1), "numbers": self._numbers}
        values: dict[str, dict[str, Any]] = {
            "pre": {**spikes.entries(), "row_base": self._row_base, "n_waits": self.waits.size,
                    "waits": self.waits, "rows": self._rows, "target": self._target, **common,
                    **cells}}
        if self.post_waits.size or "post" in self.kernels():
            values["post"] = {
                **SpikeLists.of_cells(own).entries(), "row_base": self._post_base,
                "n_waits": self.post_waits.size, "waits": self.post_waits,
                "rows": self._post_rows, "index": self._index, **common}
        if self.delayed:
            ring = {"ring": self._ring, "ring_slots": self._ring_slots,
                    "ring_size": self._ring_size, "ring_first": self._ring_first}
            values["pre"] |= {**ring, "lag": self._lag}
            values["take"] = {**ring, **cells}
        self.items = {
            name: Item(kernel, compiled(kernel, self._arithmetic.functions).address,
                       {e.name: values[name][e.name] for e in kernel.entries})
            for name, kernel in self.kernels().items()}

    # -- reading and writing -----------------------------------------------------------------------

    def _here(self, label: str) -> tuple[Any, IntArray]:
        """Return the rows here of a projection's synapses, and their numbers in it."""
        member = self.group.members[label]
        if len(self.group.members) == 1:
            return slice(None), self.order
        here = np.flatnonzero(
            (self.order >= member.first) & (self.order < member.first + member.size))
        return here, self.order[here] - member.first

    def rows_of(self, label: str) -> tuple[Any, IntArray]:
        """Return the rows here of a projection's synapses, and their numbers in it."""
        return self._here(label)

    def states(self) -> list[tuple[str, NDArray[Any]]]:
        """Return the variables that change, and their columns, for reading and writing in place."""
        columns = self.layout.columns
        return [(name, self._data[:, columns.index(name)]) for name in self._code.states]

    def write(self, network: Network, label: str, variables: set[str]) -> bool:
        """Write variables of a projection with what a network says.

        Returns
        -------
        bool
            Whether other kernels were needed.
        """
        p = network.projection(label)
        fresh = self._code.values(p, network.population(p.post).parameters)
        here, there = self._here(label)
        rebuilt = False
        for name in variables & set(fresh):
            if name in self.layout.numbers and not _same(fresh[name]):
                self._widen(name)
                rebuilt = True
        for name in variables & set(fresh):
            if name in self.layout.columns:
                self._data[here, self.layout.columns.index(name)] = fresh[name][there]
            elif name in self.layout.numbers and fresh[name].size:
                self._numbers[self.layout.numbers.index(name)] = fresh[name][0]
        if rebuilt:
            self.build(self._spikes, self._own)
        return rebuilt

    def _widen(self, name: str) -> None:
        """Make a column of what was one number."""
        old, data, numbers = self.layout, self._data, self._numbers
        differing = tuple(c for c in old.code.constants if c in old.arrays or c == name)
        self.layout = SynapseLayout(old.code, old.arrival, old.target, differing, old.delayed)
        self._data = np.empty((data.shape[0], len(self.layout.columns)), dtype=data.dtype)
        for number, column in enumerate(self.layout.columns):
            self._data[:, number] = (
                numbers[old.numbers.index(name)] if column == name
                else data[:, old.columns.index(column)])
        self._numbers = np.array([numbers[old.numbers.index(c)] for c in self.layout.numbers],
                                 dtype=numbers.dtype)

    def read_weights(self, projection: Projection, into: FloatArray) -> None:
        """Write the present weights of a projection into an array in the network's order."""
        here, there = self._here(projection.label)
        code = self._code
        stored = self._data[here, self.layout.columns.index("s_w")]
        into[there] = self._arithmetic.show_weight(code, projection, stored)
        if code.signed:
            if "s_sign" in self.layout.numbers:
                into[there] *= self._numbers[self.layout.numbers.index("s_sign")]
            else:
                into[there] *= self._data[here, self.layout.columns.index("s_sign")]


def _same(values: FloatArray) -> bool:
    return not values.size or bool((values == values[0]).all())


def _ranks(waits: IntArray) -> tuple[IntArray, IntArray | int]:
    """Return the distinct waits, at least one, and which of them each synapse has."""
    if not waits.size or (waits == waits[0]).all():
        return np.array([waits[0] if waits.size else 0], dtype=np.int64), 0
    longest = int(waits.max()) + 1
    there = np.zeros(longest, dtype=bool)
    there[waits] = True
    rank = np.cumsum(there) - 1
    return np.flatnonzero(there).astype(np.int64), rank[waits]

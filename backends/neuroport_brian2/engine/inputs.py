"""What comes from outside into a Brian2 network: spikes of sources and injected currents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import CurrentSource, FloatArray, IntArray
from neuroport.realise.currents import current_samples
from neuroport.statements.program import shortest_interval
from neuroport_brian2.engine import brian2
from neuroport_brian2.engine.objects import Objects, array

__all__ = ["InjectedCurrents", "SourceSpikes"]


class SourceSpikes:
    """Hands the spikes of sources to the synapses, step by step.

    Brian2's own generator looks each step up in a list of all spikes to come, and takes one spike
    of a source in a step. Here a source stands in the list once for each of its spikes.

    Parameters
    ----------
    objects : Objects
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._first = 0
        self._last_step = np.full(objects.program.n_sources, -1, dtype=np.int64)
        self._cells = np.empty(0, dtype=np.int32)
        self._cuts: list[int] = []  # where each step begins
        self._repeated = False  # whether a source has had several spikes in one step
        self._turn = _Turn()
        self._now = objects.clock.variables["timestep"].get_value()
        for pathway in objects.from_sources:
            pathway.push_spikes = partial(self._push, pathway.queue)
            if not objects.one_by_one:
                pathway.run = partial(self._run, pathway)

    def give(
        self, first: int, last: int, spikes: Callable[[str], tuple[IntArray, IntArray]]
    ) -> None:
        """Take the spikes of steps `first` up to but not including `last`.

        Parameters
        ----------
        first, last : int
        spikes : callable
            Returns (step, cell) of a population's spikes in these steps.
        """
        program = self._objects.program
        if not program.n_sources:
            return
        steps, cells = [], []
        for label, member in program.sources.items():
            step, cell = spikes(label)
            steps.append(step)
            cells.append(cell + member.first)
        step, cell = np.concatenate(steps), np.concatenate(cells)
        order = np.lexsort((cell, step))
        step, cell = step[order], cell[order]
        self._check_intervals(step, cell)
        self._repeated |= bool(((np.diff(step) == 0) & (np.diff(cell) == 0)).any())
        self._first = first
        self._cells = cell.astype(np.int32)
        self._cuts = np.searchsorted(step, np.arange(first, last + 1)).tolist()

    def _push(self, queue: Any) -> None:
        k = int(self._now[0]) - self._first
        begin, end = self._cuts[k], self._cuts[k + 1]
        if end > begin:
            queue.push(self._cells[begin:end])

    def _run(self, pathway: Any) -> None:
        """Run a pathway whose code takes all synapses at once: each only once in a turn."""
        push, code = pathway.code_objects
        push()
        due = np.array(pathway.queue.peek()) if self._repeated else np.empty(0, dtype=np.int32)
        turn = _turns(due)
        if not turn.any():
            code()
            return
        names = code.namespace
        queue, names["_queue"] = names["_queue"], self._turn
        try:
            for number in range(int(turn.max()) + 1):
                self._turn.due = due[turn == number]
                code()
        finally:
            names["_queue"] = queue
        queue.advance()

    def _check_intervals(self, step: IntArray, cell: IntArray) -> None:
        """Refuse spike times set later that come closer than the synapses were built for."""
        program, dt = self._objects.program, self._objects.timestep
        earlier = np.flatnonzero(self._last_step >= 0)
        every_step = np.concatenate([self._last_step[earlier], step])
        every_cell = np.concatenate([earlier, cell])
        for group in program.synapses:
            if group.source >= 0 or not any(p.name == "deliver" for p in group.code.pathways):
                continue
            mine = np.isin(every_cell, program.indices(group)[0])
            found = shortest_interval(every_step[mine], every_cell[mine])
            if found < group.shortest_interval:
                raise UnsupportedError(
                    Problem(
                        "spike times were set that come closer than before the first run",
                        measured=f"{found * dt:g} ms",
                        limit=f"{group.shortest_interval * dt:g} ms for plastic synapses "
                        "with a dendritic delay",
                        fix="give all spike times before the first run",
                    ),
                    where=f"projection '{group.projections[0].label}'",
                    line=group.projections[0].line,
                )
        self._last_step[cell] = step


class _Turn:
    """Stands for Brian2's queue of synapses while some of them are dealt with."""

    due: NDArray[np.int32]

    def peek(self) -> NDArray[np.int32]:
        return self.due

    def advance(self) -> None:
        """Leave the queue as it is."""


def _turns(due: NDArray[np.int32]) -> IntArray:
    """Return for each number in a list how often it stands before."""
    order = np.argsort(due, kind="stable")
    place = np.arange(due.size)
    fresh = np.ones(due.size, dtype=bool)
    fresh[1:] = np.diff(due[order]) != 0
    turn = np.empty(due.size, dtype=np.int64)
    turn[order] = place - np.maximum.accumulate(np.where(fresh, place, 0))
    return turn


class InjectedCurrents:
    """Adds the currents of a run to the cells, step by step.

    Parameters
    ----------
    objects : Objects
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._operation: Any = None
        self._first = 0
        self._samples: FloatArray = np.empty((0, 0))
        self._into: list[tuple[int, FloatArray, IntArray]] = []
        self._arrays: list[FloatArray] = []
        self._now = objects.clock.variables["timestep"].get_value()

    def give(self, first: int, last: int, currents: Iterable[CurrentSource]) -> bool:
        """Take the currents of steps `first` up to but not including `last`.

        Returns
        -------
        bool
            Whether they are the first ones, so that an operation was added.
        """
        objects = self._objects
        network = objects.program.network
        self._first, self._into = first, []
        arrays: dict[int, FloatArray] = {}
        rows = []
        for source in currents:
            rows.append(current_samples(source, first, last, network.timestep, network.seed))
            for label, index in source.targets:
                number, member = objects.program.place[label]
                into = arrays.setdefault(number, array(objects.cells[number], "x_i_inj"))
                self._into.append((len(rows) - 1, into, index + member.first))
        self._arrays, self._samples = list(arrays.values()), np.array(rows)
        if not rows or self._operation is not None:
            return False
        self._operation = brian2.NetworkOperation(
            self._inject, clock=objects.clock, when="start", order=-1)
        objects.net.add(self._operation)
        return True

    def _inject(self) -> None:
        step = int(self._now[0]) - self._first
        for values in self._arrays:
            values[:] = 0.0
        for row, values, cells in self._into:
            values[cells] += self._samples[row, step]

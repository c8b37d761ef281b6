"""What comes from outside into a Brian2 network: spikes of sources and injected currents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import CurrentSource, FloatArray, IntArray
from neuroport.realise.currents import current_samples
from neuroport_brian2.engine import brian2
from neuroport_brian2.engine.objects import Objects, array
from neuroport_brian2.lower.program import shortest_interval

__all__ = ["InjectedCurrents", "SourceSpikes"]


class SourceSpikes:
    """Puts the spikes of sources into Brian2's lists of spiking cells, step by step.

    Brian2's own generator looks each step up in a list of all spikes to come.

    Parameters
    ----------
    objects : Objects
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._first = 0
        self._last_step = np.full(objects.program.n_sources, -1, dtype=np.int64)
        self._given: list[tuple[IntArray, list[int]]] = []  # of each source: cells, cuts by step
        self._spaces: list[Any] = []
        self._now = objects.clock.variables["timestep"].get_value()
        if objects.sources:
            objects.net.add(brian2.NetworkOperation(
                self._send, clock=objects.clock, when="thresholds", order=0))

    def give(
        self, first: int, last: int, spikes: Callable[[str], tuple[IntArray, IntArray]]
    ) -> bool:
        """Take the spikes of steps `first` up to but not including `last`.

        Parameters
        ----------
        first, last : int
        spikes : callable
            Returns (step, cell) of a population's spikes in these steps.

        Returns
        -------
        bool
            Whether groups of sources were added for it.
        """
        program = self._objects.program
        if not program.n_sources:
            return False
        steps, cells = [], []
        for label, member in program.sources.items():
            step, cell = spikes(label)
            steps.append(step)
            cells.append(cell + member.first)
        step, cell = np.concatenate(steps), np.concatenate(cells)
        order = np.lexsort((cell, step))
        step, cell = step[order], cell[order]
        self._check_intervals(step, cell)
        # The n-th spike of a source in one step is for the n-th group.
        fresh = np.ones(step.size, dtype=bool)
        fresh[1:] = (step[1:] != step[:-1]) | (cell[1:] != cell[:-1])
        rank = np.arange(step.size) - np.maximum.accumulate(
            np.where(fresh, np.arange(step.size), 0))
        before = len(self._objects.sources)
        while len(self._objects.sources) <= int(rank.max(initial=0)):
            self._objects.add_source()
        self._first = first
        self._given = []
        self._spaces = [array(s, "_spikespace") for s in self._objects.sources]
        for number in range(len(self._objects.sources)):
            mine = rank == number
            cuts = np.searchsorted(step[mine], np.arange(first, last + 1))
            self._given.append((cell[mine], cuts.tolist()))
        return len(self._objects.sources) > before

    def _send(self) -> None:
        k = int(self._now[0]) - self._first
        for (cells, cuts), space in zip(self._given, self._spaces, strict=True):
            begin, end = cuts[k], cuts[k + 1]
            space[: end - begin] = cells[begin:end]
            space[-1] = end - begin

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

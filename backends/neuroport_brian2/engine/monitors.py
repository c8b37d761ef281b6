"""Brian2's monitors: emptied after every run, and made anew where recordings change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.network.description import IntArray, Recording
from neuroport.statements.names import inside
from neuroport_brian2.engine import brian2
from neuroport_brian2.engine.objects import Objects

__all__ = ["Monitors"]

_Signal = tuple[Any, tuple[str, ...], IntArray]  # monitor, variables, cells of the population


class Monitors:
    """What records the cells of a network.

    Parameters
    ----------
    objects : Objects

    Attributes
    ----------
    every : dict of str to int
        Name of a monitor -> time steps between its samples, where it is not every step.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._spikes: dict[int, Any] = {}  # of a whole group of cells
        self._signals: dict[str, list[_Signal]] = {}
        self.every: dict[str, int] = {}

    def record(self, label: str, recordings: Iterable[Recording]) -> None:
        """Record a population from now on, and nothing else of it."""
        objects = self._objects
        number, member = objects.program.place[label]
        if number < 0:
            return  # the spikes of sources are known
        cells = objects.cells[number]
        for monitor, _, _ in self._signals.pop(label, []):
            objects.net.remove(monitor)
        together: dict[tuple[bytes, int], list[Recording]] = {}
        for recording in recordings:
            if recording.variable != "spikes":
                key = (recording.index.tobytes(), recording.interval)
                together.setdefault(key, []).append(recording)
            elif number not in self._spikes:
                self._spikes[number] = brian2.SpikeMonitor(cells, codeobj_class=objects.code)
                objects.net.add(self._spikes[number])
        for same in together.values():
            monitor = brian2.StateMonitor(
                cells, [inside(r.variable) for r in same], record=same[0].index + member.first,
                when="start", codeobj_class=objects.code, clock=objects.clock,
            )
            self.every[monitor.name] = same[0].interval
            objects.net.add(monitor)
            self._signals.setdefault(label, []).append(
                (monitor, tuple(r.variable for r in same), same[0].index))

    def drain(self) -> Iterator[Piece]:
        """Yield what has been recorded since the last time, and forget it."""
        for number, monitor in self._spikes.items():
            cell = np.array(monitor.i[:], dtype=np.int64)
            step = self._steps(monitor)
            _empty(monitor)
            for label, member in self._objects.program.groups[number].members.items():
                yield Spikes("", step, cell).part(label, member.first, member.size)
        for label, signals in self._signals.items():
            for monitor, variables, index in signals:
                step = self._steps(monitor)
                for variable in variables:
                    values = np.array(getattr(monitor, inside(variable) + "_").T, dtype=float)
                    yield Samples(label, variable, step, index,
                                  values.reshape(step.size, index.size))
                _empty(monitor)

    def _steps(self, monitor: Any) -> IntArray:
        return np.rint(np.asarray(monitor.t_[:]) * 1e3 / self._objects.timestep).astype(np.int64)


def _empty(monitor: Any) -> None:
    monitor.variables["N"].set_value(0)
    monitor.resize(0)

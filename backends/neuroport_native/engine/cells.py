"""Cells in memory: values of a whole group side by side, and the parts of it that are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import FloatArray
from neuroport.statements.names import inside
from neuroport_native.arithmetic import Arithmetic, Numbers
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.table import Item
from neuroport_native.lower.cells import CellLayout, after_kernel, update_kernel
from neuroport_native.lower.code import INJECTED
from neuroport_native.lower.groups import Cells as Group
from neuroport_native.lower.kernel import Kernel

__all__ = ["CellPart", "Cells"]


@dataclass
class CellPart:
    """Cells of one population that one thread computes, and the lists of their last spikes.

    Attributes
    ----------
    population : str
    thread : int
    first, size : int
        Cells, counted in the group.
    slots : int
        Steps that are remembered.
    ring : ndarray of int32, shape (slots * size,)
        Spikes of each remembered step, counted in the group.
    begin, count : ndarray of int64, shape (slots,)
        Where each step's spikes begin in `ring`, and how many there are.
    """

    population: str
    thread: int
    first: int
    size: int
    slots: int
    items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ring = np.empty(self.slots * self.size, dtype=np.int32)
        self.begin = np.arange(self.slots, dtype=np.int64) * self.size
        self.count = np.zeros(self.slots, dtype=np.int64)


class Cells:
    """The cells of a group.

    Parameters
    ----------
    lowered : Group
        Its cells and their code.
    arithmetic : Arithmetic
    timestep : float
        ms.
    arriving : set of str
        Constants that synapses use, which are arrays for that.
    """

    def __init__(
        self, lowered: Group, arithmetic: Arithmetic, timestep: float, arriving: set[str]
    ) -> None:
        self.group, self.code = lowered.group, lowered.code
        self._arithmetic, self._timestep, self._arriving = arithmetic, timestep, arriving
        kind = arithmetic.state
        n = self.group.size
        self.values: dict[str, NDArray[np.generic]] = {
            **{name: np.zeros(n, dtype=kind) for name in (*self.code.states, *self.code.constants,
                                                          INJECTED)},
            **{name: np.zeros(n, dtype=np.int64)
               for name in (*self.code.counts, *self.code.whole_constants)},
        }
        self.injected = False
        self._complete_later = True
        self.parts: list[CellPart] = []
        for population in self.group.populations:
            self._fill(population.label, population.parameters)
            self.write_states(population.label, population.initial)
        for variable, value in self.code.initial.items():
            self.values[variable][:] = value
        self._arrays: tuple[str, ...] = ()

    # -- values ----------------------------------------------------------------------------------

    def _fill(self, label: str, parameters: Mapping[str, FloatArray]) -> None:
        place = self.group.members[label].slice
        for name, values in self.code.coefficients(dict(parameters)).items():
            if name in self.values:
                self.values[name][place] = values

    def write_parameters(self, label: str, parameters: Mapping[str, FloatArray]) -> None:
        """Write everything that follows from the parameters of a population."""
        self._fill(label, parameters)
        self._complete_later = True
        self.refresh()

    def write_states(self, label: str, states: Mapping[str, FloatArray]) -> None:
        """Write states of a population; NaN leaves a cell as it is."""
        self._complete_later = True
        place = self.group.members[label].slice
        for name, values in states.items():
            variable = inside(name)
            if variable in self.values:
                held = self.values[variable][place]
                given = ~np.isnan(values)
                held[given] = self._arithmetic.store(self.code, variable, values[given])

    def state(self, label: str, name: str) -> FloatArray:
        """Return present values of a state of a population, in PyNN's units."""
        self.complete()
        place = self.group.members[label].slice
        variable = inside(name)
        return self._arithmetic.show(self.code, variable, self.values[variable][place].copy())

    # -- kernels -----------------------------------------------------------------------------------

    def _differing(self) -> tuple[str, ...]:
        """Return the constants that are not the same for all cells of some population."""
        found = []
        for name in (*self.code.constants, *self.code.whole_constants):
            for member in self.group.members.values():
                values = self.values[name][member.slice]
                if name in self._arriving or (values.size and (values != values[0]).any()):
                    found.append(name)
                    break
        return (*found, INJECTED) if self.injected else tuple(found)

    def layout(self) -> CellLayout:
        """Return how constants are handed to the kernels now. An array stays one."""
        now = self._differing()
        every = (*self.code.constants, *self.code.whole_constants, INJECTED)
        self._arrays = tuple(n for n in every if n in now or n in self._arrays)
        return CellLayout(self.code, self._arrays)

    def kernels(self) -> list[Kernel]:
        """Return the kernels that the cells need now."""
        layout = self.layout()
        made = [update_kernel(layout, self._arithmetic, self._timestep)]
        after = after_kernel(layout, self._arithmetic, self._timestep)
        return made if after is None else [*made, after]

    def build(self) -> None:
        """Make the items of all parts, each first its update, then what comes at a step's end."""
        kernels = self.kernels()
        self._built = self._arrays
        for part in self.parts:
            fired = np.zeros(part.size, dtype=np.uint8)
            values = {"n": part.size, "first": part.first, "slots": part.slots, "fired": fired,
                      "ring": part.ring, "count": part.count, **self._addressed(part)}
            part.items = [
                Item(k, compiled(k, self._arithmetic.functions).address,
                     {e.name: values[e.name] for e in k.entries}) for k in kernels]

    def _addressed(self, part: CellPart) -> dict[str, Numbers]:
        layout = CellLayout(self.code, self._arrays)
        here = slice(part.first, part.first + part.size)
        one = part.first
        whole = [self.values[c][one] for c in layout.whole]
        numbers = [self.values[c][one] for c in layout.numbers]
        return {
            **{f"at_{name}": values[here] for name, values in self.values.items()},
            "numbers": np.array(numbers, dtype=self._arithmetic.state),
            "whole": np.array(whole, dtype=np.int64),
        }

    def complete(self) -> None:
        """Let what is set when a step is complete follow values that were written."""
        if self._complete_later:
            self._complete_later = False
            for part in self.parts:
                for item in part.items[1:]:
                    compiled(item.kernel, self._arithmetic.functions).call(item.table, 0)

    def refresh(self) -> bool:
        """Let the items see constants that have changed.

        Returns
        -------
        bool
            Whether other kernels were needed, so that the items are new.
        """
        self.layout()
        if self._arrays != self._built:
            self.build()
            return True
        for part in self.parts:
            now = self._addressed(part)
            for item in part.items:
                for name in ("numbers", "whole"):
                    item.put(name, now[name])
        return False

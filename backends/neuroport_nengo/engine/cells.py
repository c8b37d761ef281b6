"""Cells of one type: arrays, and the functions that take them through a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .functions import Functions, compiled
from .synapses import Synapses


class Cells:
    """Cells of one type.

    Parameters
    ----------
    described : mapping
        ``label``, ``size``, ``receptors`` (their number), ``source`` and ``arrays``.
    timestep : float
        ms.
    functions : dict
        What the source calls besides NumPy's.
    """

    def __init__(
        self, described: Mapping[str, Any], timestep: float, functions: Functions
    ) -> None:
        self.label, self.size = described["label"], described["size"]
        self.receptors = described["receptors"]
        self.arrays = {name: np.array(v) for name, v in described["arrays"].items()}
        self._run = compiled(described["source"], described["label"], functions)
        self._timestep = timestep
        self._has = 0  # the step whose inputs have been taken in
        self.incoming: list[tuple[int, Synapses]] = []  # receptor, and what arrives there
        # What is injected in the steps from `first` on: samples and cells.
        self.injected: tuple[int, list[tuple[Any, Any]]] = (0, [])
        self._spikes: list[tuple[int, Any]] = []
        self._spiking: dict[str, bool] = {}  # by population
        self._samples: dict[str, list[_Signal]] = {}  # by population, being recorded
        self._old: list[_Signal] = []  # recorded until a recording changed

    def record(self, population: str, spikes: bool, signals: Sequence[Mapping[str, Any]]) -> None:
        """Record a population from now on, and nothing else of it; what there is is kept.

        Parameters
        ----------
        population : str
        spikes : bool
        signals : sequence of mapping
            ``variable``, ``name`` of its array, ``cells`` and ``interval``.
        """
        self._spiking[population] = spikes
        self._old += self._samples.pop(population, [])
        self._samples[population] = [_Signal(population, s) for s in signals]

    def settle(self, step: int) -> None:
        """Take in what is due in a step that has not begun, so that it can be seen and changed."""
        arrived = np.zeros((self.receptors, self.size))
        for receptor, synapses in self.incoming:
            arrived[receptor] += synapses.out
        self._take(step, arrived)

    def _take(self, step: int, arrived: Any) -> None:
        if self._has < step:
            # Handed over at the end of the step before, see docs/numerics.md.
            self._run["arrive"](self.arrays, step - 1, (step - 1) * self._timestep, arrived)
            self._has = step

    def advance(self, step: int, arrived: Any) -> Any:
        """Carry a step out; return 1.0 for the cells that spike in it and 0.0 for the others.

        Parameters
        ----------
        step : int
        arrived : ndarray of float, shape (receptors, size)
            The weights that are due in it.
        """
        a, run, t = self.arrays, self._run, step * self._timestep
        with np.errstate(all="ignore"):
            self._take(step, arrived)
            for signals in self._samples.values():
                for signal in signals:
                    if step % signal.interval == 0:
                        signal.sample(step, self.values(signal.name, step))
            first, sources = self.injected
            if sources:
                a["x_i_inj"][:] = 0.0
                for samples, cells in sources:
                    a["x_i_inj"][cells] += samples[step - first]
            for part in ("before", "integrate", "step"):
                run[part](a, step, t)
            fired = np.flatnonzero(np.broadcast_to(run["fire"](a, step, t), (self.size,)))
            if fired.size:
                run["reset"](a, step, t, fired)
        spikes = np.zeros(self.size)
        if fired.size:
            spikes[fired] = 1.0
            if any(self._spiking.values()):
                self._spikes.append((step, fired))
        return spikes

    def values(self, name: str, step: int) -> Any:
        """Return the values of a variable or sub-expression in a step, shape (size,)."""
        if name in self.arrays:
            return self.arrays[name].astype(float)
        with np.errstate(all="ignore"):
            shown = self._run[f"show_{name}"](self.arrays, step, step * self._timestep)
        return np.array(np.broadcast_to(shown, (self.size,)), dtype=float)

    def drain(self) -> dict[str, Any]:
        """Return and forget what was recorded.

        Returns
        -------
        dict
            ``spikes``: (step, cell); ``samples``: list of (population, variable, step, cells,
            values).
        """
        counts = [cells.size for _, cells in self._spikes]
        step = np.repeat([k for k, _ in self._spikes], counts).astype(np.int64)
        cell = np.concatenate([c for _, c in self._spikes]) if counts else np.empty(0, np.int64)
        signals = [*self._old, *(s for all_of in self._samples.values() for s in all_of)]
        samples = [piece for signal in signals if (piece := signal.drain()) is not None]
        self._old, self._spikes = [], []
        return {"spikes": (step, cell), "samples": samples}


class _Signal:
    """Samples of one variable of some cells."""

    def __init__(self, population: str, described: Mapping[str, Any]) -> None:
        self._population, self._variable = population, described["variable"]
        self._cells = described["cells"]
        self.name, self.interval = described["name"], described["interval"]
        self._steps: list[int] = []
        self._values: list[Any] = []

    def sample(self, step: int, values: Any) -> None:
        self._steps.append(step)
        self._values.append(values[self._cells])

    def drain(self) -> tuple[Any, ...] | None:
        if not self._steps:
            return None
        steps, values = np.array(self._steps, dtype=np.int64), np.array(self._values)
        self._steps, self._values = [], []
        return self._population, self._variable, steps, self._cells, values

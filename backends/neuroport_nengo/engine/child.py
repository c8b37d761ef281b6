"""The child's side: a Nengo network whose nodes carry out what they were told.

Loaded by ``neuroport/process/serve.py`` in a process of its own; needs NumPy and Nengo, nothing of
neuroport. Cells of one type, and synapses of one kind between them, are a ``nengo.Node`` with a
``nengo.Process``. Nengo passes spikes to synapses within a step, and the weights that these deliver
to the cells of the next step, over connections with ``synapse=0``: a delay of one step.
"""

from __future__ import annotations

import time
from typing import Any

import nengo
import numpy as np
from nengo.builder.operator import Copy

from .cells import Cells
from .functions import compiled
from .synapses import Synapses


class Engine:
    """One network in Nengo.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        To whoever asks.
    """

    def __init__(self, link: Any) -> None:
        self._link = link
        self._simulator: Any = None

    def build(
        self,
        timestep: float,
        functions: str,
        n_sources: int,
        cells: list[dict[str, Any]],
        synapses: list[dict[str, Any]],
    ) -> None:
        """Make the network at step 0."""
        if self._simulator is not None:
            self._simulator.close()
        self._step = 0
        self._source = Source(n_sources)
        more = compiled(functions, "functions")
        self._cells = [Cells(c, timestep, more) for c in cells]
        self._synapses = [Synapses(s, timestep, more) for s in synapses]
        wires: list[tuple[Any, int]] = []
        with nengo.Network(label="neuroport") as network:
            nodes = [
                nengo.Node(CellProcess(c), size_in=c.receptors * c.size, size_out=c.size,
                           label=c.label) for c in self._cells]
            if n_sources:  # the last one, so that number -1 means it
                nodes.append(nengo.Node(SourceProcess(self._source), size_in=0,
                                        size_out=n_sources, label="sources"))
            for number, (told, made) in enumerate(zip(synapses, self._synapses)):
                heard = [nodes[told["pre"]]] + [nodes[told["post"]]] * made.hears_after
                node = nengo.Node(
                    SynapseProcess(made), size_in=sum(n.size_out for n in heard),
                    size_out=made.n_post, label=made.label)
                begin = 0
                for other in heard:
                    nengo.Connection(other, node[begin : begin + other.size_out], synapse=None)
                    begin += other.size_out
                first = told["receptor"] * made.n_post
                into = nodes[told["post"]][first : first + made.n_post]
                wires.append((nengo.Connection(node, into, synapse=0), number))
        self._simulator = nengo.Simulator(
            network, dt=timestep * 1e-3, progress_bar=False, optimize=False, seed=0)
        # In the order in which Nengo adds them up, so that a sum is the same to the last bit.
        added = {op.src: n for n, op in enumerate(self._simulator.step_order)
                 if isinstance(op, Copy)}
        sent = self._simulator.model.sig
        for _, number in sorted(wires, key=lambda wire: added[sent[wire[0]]["weighted"]]):
            told = synapses[number]
            self._cells[told["post"]].incoming.append(
                (told["receptor"], self._synapses[number]))

    # -- running -------------------------------------------------------------------------------

    def begin(
        self, first: int, last: int, step: Any, cell: Any, currents: list[dict[str, Any]]
    ) -> None:
        """Take what comes from outside in the steps `first` up to but not including `last`.

        Parameters
        ----------
        first, last : int
        step, cell : ndarray of int
            Spikes of the sources, by step.
        currents : list of dict
            ``samples`` (nA), one for each step, and ``targets``: list of (group, cells).
        """
        self._source.give(first, last, step, cell)
        for number, cells in enumerate(self._cells):
            cells.injected = (first, [
                (source["samples"], index) for source in currents
                for group, index in source["targets"] if group == number])

    def advance(self, steps: int, wanted: float) -> tuple[int, list[dict[str, Any]]]:
        """Run up to `steps` steps, for about `wanted` seconds.

        Returns
        -------
        done : int
        recorded : list of dict
            ``spikes`` and ``samples`` of each group of cells, see ``Cells.drain``.
        """
        end = time.perf_counter() + wanted
        done = 0
        while done < steps and (not done or time.perf_counter() < end):
            self._simulator.step()
            done += 1
        self._step += done
        with np.errstate(all="ignore"):
            for cells in self._cells:
                cells.settle(self._step)
        return done, [cells.drain() for cells in self._cells]

    # -- reading and writing -------------------------------------------------------------------

    def record(
        self, group: int, population: str, spikes: bool, signals: list[dict[str, Any]]
    ) -> None:
        """Record a population from the next step on, and nothing else of it."""
        self._cells[group].record(population, spikes, signals)

    def cells(self, group: int, name: str) -> Any:
        """Return the present values of a variable."""
        return self._cells[group].values(name, self._step)

    def synapses(self, group: int, names: list[str]) -> list[Any]:
        """Return the present values of variables."""
        return [self._synapses[group].arrays[name].astype(float) for name in names]

    def write_cells(self, group: int, first: int, values: dict[str, Any]) -> None:
        """Set variables of the cells from `first` on; NaN: stays."""
        _write(self._cells[group].arrays, first, values)

    def write_synapses(self, group: int, first: int, values: dict[str, Any]) -> None:
        """Set variables of the synapses from `first` on; NaN: stays."""
        _write(self._synapses[group].arrays, first, values)


def _write(arrays: dict[str, Any], first: int, values: dict[str, Any]) -> None:
    for name, value in values.items():
        given = ~np.isnan(value)
        arrays[name][first : first + value.size][given] = value[given]


class Source:
    """Cells whose spikes are known beforehand."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._first = 0
        self._cuts = np.zeros(1, dtype=np.int64)
        self._cell = np.empty(0, dtype=np.int64)

    def give(self, first: int, last: int, step: Any, cell: Any) -> None:
        """Take the spikes of some steps."""
        self._first, self._cell = first, cell
        self._cuts = np.searchsorted(step, np.arange(first, last + 1))

    def advance(self, step: int) -> Any:
        """Return how often each cell spikes in a step."""
        k = step - self._first
        now = self._cell[self._cuts[k] : self._cuts[k + 1]]
        return np.bincount(now, minlength=self.size).astype(float)


class _Carrier(nengo.Process):  # type: ignore[misc]  # untyped
    """A process whose states are in an object that can be read and changed between steps."""

    def __init__(self, carried: Any) -> None:
        super().__init__()
        self._carried = carried

    def _step_of(self, t: float, dt: float) -> int:
        return round(t / dt) - 1  # Nengo's first step is at the time of its end


class SourceProcess(_Carrier):
    """Emits the spikes of a source."""

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: Any) -> Any:
        """Return the function that Nengo calls in each step."""
        return lambda t: self._carried.advance(self._step_of(t, dt))


class CellProcess(_Carrier):
    """Takes the weights that are due, and emits spikes."""

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: Any) -> Any:
        """Return the function that Nengo calls in each step."""
        cells = self._carried
        shape = (cells.receptors, cells.size)
        return lambda t, x=None: cells.advance(
            self._step_of(t, dt), np.zeros(shape) if x is None else x.reshape(shape))


class SynapseProcess(_Carrier):
    """Takes spikes from both sides, and emits the weights that are due in the next step."""

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: Any) -> Any:
        """Return the function that Nengo calls in each step."""
        n = self._carried.n_pre
        return lambda t, x: self._carried.advance(self._step_of(t, dt), x[:n], x[n:])

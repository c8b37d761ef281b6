"""Synapses of one kind: what is on its way, and what they do when it arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .functions import Functions, compiled


class _Pathway:
    """Synapses that are to hear of a spike some steps after it.

    Parameters
    ----------
    cell : ndarray of int, shape (n_synapses,)
        The cell of each synapse whose spikes are heard.
    n_cells : int
    delay : ndarray of int, shape (n_synapses,)
        Steps.
    """

    def __init__(self, cell: Any, n_cells: int, delay: Any) -> None:
        self._order = np.argsort(cell, kind="stable")
        self._first = np.searchsorted(cell[self._order], np.arange(n_cells + 1))
        self._count = np.diff(self._first)
        self._delay = delay
        self._one = int(delay[0]) if (delay == delay[0]).all() else None
        self._slots: list[list[Any]] = [[] for _ in range(int(delay.max()) + 1)]
        self._repeated = False  # whether a source has had several spikes in one step

    def due(self, step: int, spikes: Any) -> list[Any]:
        """Take the spikes of a step; return the synapses that hear of one now.

        Parameters
        ----------
        step : int
        spikes : ndarray of float, shape (n_cells,)
            Spikes of each cell.

        Returns
        -------
        list of ndarray of int
            Each synapse once at most in each.
        """
        cells = np.flatnonzero(spikes)
        if cells.size:
            most = int(spikes.max())
            self._repeated |= most > 1
            for turn in range(most):
                self._send(step, cells if not turn else cells[spikes[cells] > turn])
        slot = step % len(self._slots)
        found, self._slots[slot] = self._slots[slot], []
        if not found:
            return []
        synapses = np.concatenate(found) if len(found) > 1 else found[0]
        return _turns(synapses) if self._repeated else [synapses]

    def _send(self, step: int, cells: Any) -> None:
        count = self._count[cells]
        total = int(count.sum())
        if not total:
            return
        ends = np.cumsum(count)
        place = np.arange(total) + np.repeat(self._first[cells] - (ends - count), count)
        synapses = self._order[place]
        if self._one is not None:
            self._slots[(step + self._one) % len(self._slots)].append(synapses)
            return
        delay = self._delay[synapses]
        order = np.argsort(delay, kind="stable")
        synapses, delay = synapses[order], delay[order]
        cuts = np.flatnonzero(np.diff(delay)) + 1
        for part, d in zip(np.split(synapses, cuts), delay[np.concatenate([[0], cuts])]):
            self._slots[(step + int(d)) % len(self._slots)].append(part)


def _turns(synapses: Any) -> list[Any]:
    """Return a list with repetitions as lists without: first times, second times ..."""
    order = np.argsort(synapses, kind="stable")
    place = np.arange(synapses.size)
    fresh = np.ones(synapses.size, dtype=bool)
    fresh[1:] = np.diff(synapses[order]) != 0
    turn = np.empty(synapses.size, dtype=np.int64)
    turn[order] = place - np.maximum.accumulate(np.where(fresh, place, 0))
    return [synapses[turn == k] for k in range(int(turn.max()) + 1)]


class Synapses:
    """Synapses of one kind between two groups of cells.

    Parameters
    ----------
    described : mapping
        ``label``, ``n_pre``, ``n_post``, ``pre_index``, ``post_index``, ``source``, ``arrays``,
        ``pathways`` in the order in which they run, ``under_way``.
    timestep : float
        ms.
    functions : dict
        What the source calls besides NumPy's.

    Attributes
    ----------
    hears_after : bool
        Whether it needs the spikes of the postsynaptic cells.
    out : ndarray of float, shape (n_post,)
        What is handed over at the end of the step that was done last.
    """

    def __init__(
        self, described: Mapping[str, Any], timestep: float, functions: Functions
    ) -> None:
        self.label = described["label"]
        self.n_pre, self.n_post = described["n_pre"], described["n_post"]
        self.arrays = {name: np.array(v) for name, v in described["arrays"].items()}
        self._post = described["post_index"]
        self._timestep = timestep
        run = compiled(described["source"], self.label, functions)
        self._paths: list[tuple[str, _Pathway, Callable[..., Any]]] = []
        for path in described["pathways"]:
            cell, n = {"pre": (described["pre_index"], self.n_pre),
                       "post": (self._post, self.n_post)}[path["side"]]
            self._paths.append(
                (path["side"], _Pathway(cell, n, path["delay"]), run[path["name"]]))
        self.hears_after = any(side == "post" for side, _, _ in self._paths)
        self._lag = described["under_way"]
        longest = 0 if self._lag is None else int(self._lag.max())
        self._coming = np.zeros((longest + 1, self.n_post))  # what arrives, by step
        self.out = np.zeros(self.n_post)

    def advance(self, step: int, before: Any, after: Any) -> Any:
        """Take the spikes of a step; return the weights that are due in the next one.

        Parameters
        ----------
        step : int
        before, after : ndarray of float
            Spikes of each presynaptic and postsynaptic cell.

        Returns
        -------
        ndarray of float, shape (n_post,)
        """
        slots = len(self._coming)
        for side, pathway, run in self._paths:
            for synapses in pathway.due(step, before if side == "pre" else after):
                with np.errstate(all="ignore"):
                    sent = run(self.arrays, step, step * self._timestep, synapses)
                if sent is None:
                    continue
                cells = self._post[synapses]
                sent = np.broadcast_to(sent, cells.shape)
                if self._lag is None:
                    self._coming[0] += np.bincount(cells, sent, self.n_post)
                else:
                    np.add.at(self._coming, ((step + self._lag[synapses]) % slots, cells), sent)
        self.out = self._coming[step % slots].copy()
        self._coming[step % slots] = 0.0
        return self.out

"""What was recorded since the last reset: spikes and samples, put together from pieces.

An engine hands out what is new, in pieces of any length; recordings may begin late, change their
interval or their cells. Here they become one array for each variable again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from neuroport.network.description import FloatArray, IntArray, Recording

__all__ = ["Piece", "Recorded", "Samples", "Spikes"]


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """Spikes of one population.

    Attributes
    ----------
    population : str
        Label.
    step, cell : ndarray of int, shape (n_spikes,)
        Time step and cell, by step.
    """

    population: str
    step: IntArray
    cell: IntArray

    def part(self, population: str, first: int, size: int) -> Spikes:
        """Return the spikes of `size` cells from `first` on, under another label."""
        mine = (self.cell >= first) & (self.cell < first + size)
        return Spikes(population, self.step[mine], self.cell[mine] - first)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of one variable of one population.

    Attributes
    ----------
    population, variable : str
    step : ndarray of int, shape (n_samples,)
        A sample of step k is the state at time k·dt.
    cell : ndarray of int, shape (n_cells,)
        Ascending.
    values : ndarray of float, shape (n_samples, n_cells)
        In PyNN's units; NaN where nothing is known.
    """

    population: str
    variable: str
    step: IntArray
    cell: IntArray
    values: FloatArray

    def part(self, population: str, first: int, size: int) -> Samples:
        """Return the samples of `size` cells from `first` on, under another label."""
        mine = (self.cell >= first) & (self.cell < first + size)
        return Samples(population, self.variable, self.step, self.cell[mine] - first,
                       self.values[:, mine])


Piece = Spikes | Samples


class Recorded:
    """Everything recorded since the last reset."""

    def __init__(self) -> None:
        self._spikes: dict[str, list[Spikes]] = {}
        self._samples: dict[tuple[str, str], list[Samples]] = {}

    def add(self, piece: Piece, recordings: Iterable[Recording]) -> None:
        """Take in a new piece; of cells that nobody records nothing is kept.

        Parameters
        ----------
        piece : Spikes or Samples
        recordings : iterable of Recording
            Of the piece's population.
        """
        variable = "spikes" if isinstance(piece, Spikes) else piece.variable
        wanted = [r.index for r in recordings if r.variable == variable]
        if not wanted or not piece.step.size:
            return
        if isinstance(piece, Samples):
            self._samples.setdefault((piece.population, variable), []).append(piece)
            return
        mine = np.isin(piece.cell, wanted[0])
        self._spikes.setdefault(piece.population, []).append(
            Spikes(piece.population, piece.step[mine], piece.cell[mine]))

    def forget_unasked(self, population: str, recordings: Iterable[Recording]) -> None:
        """Drop the variables of a population that are not recorded any more."""
        asked = {r.variable for r in recordings}
        if "spikes" not in asked:
            self._spikes.pop(population, None)
        for label, variable in list(self._samples):
            if label == population and variable not in asked:
                del self._samples[label, variable]

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of a population's spikes, by step."""
        pieces = self._spikes.get(population, [])
        if not pieces:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        if len(pieces) > 1:
            pieces[:] = [Spikes(population, np.concatenate([p.step for p in pieces]),
                                np.concatenate([p.cell for p in pieces]))]
        return pieces[0].step, pieces[0].cell

    def signal(
        self, population: str, recording: Recording, now: int, present: FloatArray | None
    ) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable, from step 0 to the present.

        Parameters
        ----------
        population : str
        recording : Recording
            As it is now: cells and interval.
        now : int
            The present time step.
        present : ndarray of float, shape (size,), or None
            The state at `now`; None where the engine cannot tell it. Used only where `now` is a
            multiple of the interval.

        Returns
        -------
        step : ndarray of int, shape (n_samples,)
            The present is left out where nothing is known of it.
        values : ndarray of float, shape (n_samples, n_cells)
            NaN before a cell was recorded.
        """
        every, index = recording.interval, recording.index
        step = np.arange(0, now + 1, every)
        values = np.full((step.size, index.size), np.nan)
        pieces = self._joined(population, recording.variable)
        for piece in pieces:
            kept = (piece.step % every == 0) & (piece.step <= now)
            rows, still = piece.step[kept] // every, np.isin(piece.cell, index)
            if np.array_equal(piece.cell, index) and np.array_equal(rows, np.arange(step.size)):
                values = piece.values[kept]  # the whole, in one piece
            else:
                columns = np.searchsorted(index, piece.cell[still])
                values[np.ix_(rows, columns)] = piece.values[kept][:, still]
        if now % every == 0:
            if present is not None:
                known = ~np.isnan(present[index])
                values[-1, known] = present[index][known]
            elif not any((piece.step == now).any() for piece in pieces):
                step, values = step[:-1], values[:-1]
        return step, values

    def _joined(self, population: str, variable: str) -> list[Samples]:
        """Return the pieces of a variable, neighbours of the same cells joined."""
        pieces = self._samples.get((population, variable), [])
        runs: list[list[Samples]] = []
        for piece in pieces:
            if runs and np.array_equal(runs[-1][-1].cell, piece.cell):
                runs[-1].append(piece)
            else:
                runs.append([piece])
        pieces[:] = [
            run[0] if len(run) == 1 else Samples(
                population, variable, np.concatenate([p.step for p in run]), run[0].cell,
                np.concatenate([p.values for p in run]))
            for run in runs
        ]
        return pieces

"""What sPyNNaker's populations and views can besides what PyNN's can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.pynn.entrance import entrance
from neuroport.pynn.neo_convertor import convert_data
from neuroport.pynn.population_arguments import checked_per_core

__all__ = ["SpynnakerPopulation", "SpynnakerView"]

_PLACES = "neuroport places the cells on a machine itself"


class _Data:
    """What populations and views share."""

    def set_state(self, **states: Any) -> None:
        """Set the present state; see ``initialize``, which does the same."""
        self.initialize(**states)  # type: ignore[attr-defined]

    def _spinnaker_data(
        self, variable: str | Sequence[str], as_matrix: bool, cells: NDArray[np.int64] | None
    ) -> NDArray[np.float64]:
        name = variable if isinstance(variable, str) else next(iter(variable))
        block = self.get_data(name)  # type: ignore[attr-defined]
        rows = convert_data(block, name, len(block.segments) - 1)
        if cells is not None:
            rows = rows[np.isin(rows[:, 0], cells)]
        if not as_matrix or name == "spikes":
            return rows
        n_cells = np.unique(rows[:, 0]).size
        return rows[:, 2].reshape(n_cells, -1).T


@entrance()
class SpynnakerPopulation(_Data):
    """Methods of sPyNNaker's ``Population``."""

    def spinnaker_get_data(
        self, variable: str | Sequence[str], as_matrix: bool = False,
        view_indexes: Sequence[int] | None = None,
    ) -> NDArray[np.float64]:
        """Return one recorded variable of the present segment as an array.

        Parameters
        ----------
        variable : str
        as_matrix : bool
            Whether to return shape (n_samples, n_cells) instead of rows; not for spikes.
        view_indexes : sequence of int, optional
            Cells; all where it is left out.

        Returns
        -------
        ndarray
            Rows (cell, time in ms), or (cell, time, value).
        """
        cells = None if view_indexes is None else np.asarray(view_indexes, dtype=np.int64)
        return self._spinnaker_data(variable, as_matrix, cells)

    def add_placement_constraint(self, x: int, y: int, p: int | None = None) -> None:
        """Accept a place on the machine; neuroport places the cells itself, and says so."""
        self._simulator.state.idle(  # type: ignore[attr-defined]
            "add_placement_constraint()", _PLACES)

    def set_constraint(self, constraint: Any) -> None:
        """Accept a constraint on places; neuroport places the cells itself, and says so."""
        self._simulator.state.idle("set_constraint()", _PLACES)  # type: ignore[attr-defined]

    add_constraint = set_constraint

    def set_mapping_constraint(self, constraint: Any) -> None:
        """Accept a constraint on places; neuroport places the cells itself, and says so."""
        self._simulator.state.idle("set_mapping_constraint()", _PLACES)  # type: ignore[attr-defined]

    def set_max_atoms_per_core(self, max_atoms_per_core: Any) -> None:
        """Set the most cells on a core, for backends with cores, before the first run."""
        state = self._simulator.state  # type: ignore[attr-defined]
        state.check_open("a number of cells on a core", new=False)
        self._per_core = checked_per_core(max_atoms_per_core)


@entrance()
class SpynnakerView(_Data):
    """Methods of sPyNNaker's ``PopulationView``."""

    def spinnaker_get_data(
        self, variable: str | Sequence[str], as_matrix: bool = False
    ) -> NDArray[np.float64]:
        """Return one recorded variable of the view's cells; see ``Population``."""
        return self._spinnaker_data(variable, as_matrix, None)

"""Weight grids that numerics name, registered by the packages that know them.

A machine stores weights in steps that it chooses from the whole network. The package that knows
how registers a function under a name; ``static_weight_step`` and ``plastic_weight_step`` of
:class:`~neuroport.numerics.contract.Numerics` take that name on every engine. Packages name theirs
as an entry point in the group ``neuroport.grids``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any

from neuroport.errors import UnknownNumericsError, unknown_name
from neuroport.registered import registered

__all__ = ["GROUP", "Grid", "grid_names", "load_grid", "register_grid"]

GROUP = "neuroport.grids"

Grid = Callable[[Any], Mapping[tuple[str, str], float]]
"""Turns a network into the weight step (nA, µS or mV) of each (population, receptor)."""

_REGISTERED: dict[str, Grid] = {}


def register_grid(name: str, grid: Grid) -> None:
    """Let numerics use a grid by name.

    Parameters
    ----------
    name : str
    grid : callable
        ``grid(network) -> {(population, receptor): step}`` for every receptor with projections.
    """
    _REGISTERED[name] = grid


def grid_names() -> list[str]:
    """Return the names of all grids, loaded or not."""
    return sorted({*_REGISTERED, *_installed()})


@cache
def _installed() -> dict[str, EntryPoint]:
    return registered(GROUP)


def load_grid(name: str) -> Grid:
    """Return a grid.

    Raises
    ------
    UnknownNumericsError
        If no installed package has it.
    """
    if name not in _REGISTERED:
        if name not in _installed():
            raise UnknownNumericsError(
                unknown_name(
                    f"no installed package has a weight grid '{name}'", name, grid_names(), "grids",
                    "install the backend that it belongs to; where the code is newer than its "
                    "installation, install it again: pip install -e .",
                ),
                where="numerics",
            )
        register_grid(name, _installed()[name].load())
    return _REGISTERED[name]

"""One module for each kind of membrane: how a step of it is computed in Brian2."""

from __future__ import annotations

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.cells import CellModel
from neuroport.numerics import Numerics
from neuroport_brian2.lower.neurons import (
    adaptive,
    equations,
    hodgkin_huxley,
    izhikevich,
    leaky,
)
from neuroport_brian2.lower.neurons.code import NeuronCode

__all__ = ["NeuronCode", "neuron_code", "MEMBRANES"]

MEMBRANES = {
    "leaky": leaky.code,
    "adaptive_exponential": adaptive.code,
    "hodgkin_huxley": hodgkin_huxley.code,
    "izhikevich": izhikevich.code,
    "equations": equations.code,
}


def neuron_code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the Brian2 code for a cell type.

    Raises
    ------
    UnsupportedError
        For a membrane that this backend does not have.
    """
    if cell.membrane not in MEMBRANES:
        raise UnsupportedError(
            Problem(
                f"the Brian2 backend has no membrane '{cell.membrane}'",
                limit=", ".join(sorted(MEMBRANES)),
            ),
            where=cell.name,
        )
    return MEMBRANES[cell.membrane](cell, numerics, timestep)

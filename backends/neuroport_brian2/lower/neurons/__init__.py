"""One module for each kind of membrane: how a step of it is computed in Brian2."""

from __future__ import annotations

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

__all__ = ["NeuronCode", "neuron_code"]

_CODE = {
    "leaky": leaky.code,
    "adaptive_exponential": adaptive.code,
    "hodgkin_huxley": hodgkin_huxley.code,
    "izhikevich": izhikevich.code,
    "equations": equations.code,
}


def neuron_code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the Brian2 code for a cell type that the backend declares."""
    return _CODE[cell.membrane](cell, numerics, timestep)

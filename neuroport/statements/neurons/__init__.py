"""Cells, one module for each kind of membrane: the statements of a time step."""

from __future__ import annotations

from neuroport.network.cells import CellModel
from neuroport.numerics import Numerics
from neuroport.statements.neurons import (
    adaptive,
    equations,
    hodgkin_huxley,
    izhikevich,
    leaky,
)
from neuroport.statements.neurons.code import NeuronCode

__all__ = ["NeuronCode", "neuron_code"]

_CODE = {
    "leaky": leaky.code,
    "adaptive_exponential": adaptive.code,
    "hodgkin_huxley": hodgkin_huxley.code,
    "izhikevich": izhikevich.code,
    "equations": equations.code,
}


def neuron_code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements for a cell type."""
    return _CODE[cell.membrane](cell, numerics, timestep)

"""The sign of a weight: decided here, from the receptor that it goes to.

PyNN's convention (``pyNN.connectors``): weights to a conductance or to an excitatory receptor are
0 or above, those to an inhibitory receptor of a current-based cell 0 or below. A receptor that a
model names itself and that is no conductance takes both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.errors import Problem
from neuroport.network.cells import CellModel
from neuroport.network.description import FloatArray, Projection

__all__ = ["receptor_sign", "weight_sign", "sign_problem", "with_sign", "without_sign"]

_EXCITATORY = ("excitatory", "AMPA", "NMDA")
_INHIBITORY = ("inhibitory", "GABA", "GABAA", "GABAB")
_BOUNDS = ("w_min", "w_max")
_WHY_NEGATIVE = "inhibition of a current-based cell is a negative current in PyNN"


def receptor_sign(cell: CellModel, receptor: str) -> int:
    """Return the sign of the weights to a receptor.

    Parameters
    ----------
    cell : CellModel
    receptor : str
        A receptor of it.

    Returns
    -------
    int
        1: 0 or above. -1: 0 or below. 0: both are allowed.

    Raises
    ------
    KeyError
        If the cell does not have the receptor.
    """
    if cell.receptor(receptor).conductance or receptor in _EXCITATORY:
        return 1
    return -1 if receptor in _INHIBITORY else 0


def weight_sign(projection: Projection, cell: CellModel) -> float:
    """Return the sign of the weights of a projection, 1.0 or -1.0, also where all of them are 0.

    Parameters
    ----------
    projection : Projection
        Where its receptor takes both signs, its weights decide, then w_min and w_max.
    cell : CellModel
        The postsynaptic cells.
    """
    bounds = projection.parameters if projection.synapse.kind == "stdp" else {}
    return _sign(cell, projection.receptor, projection.weight, bounds)


def _sign(
    cell: CellModel, receptor: str, weight: FloatArray, bounds: Mapping[str, FloatArray]
) -> float:
    sign = receptor_sign(cell, receptor)
    if sign:
        return float(sign)
    if weight.any():
        return -1.0 if weight.min() < 0 else 1.0
    return -1.0 if any((bounds[b] < 0).any() for b in _BOUNDS if b in bounds) else 1.0


def with_sign(weight: FloatArray, sign: int) -> FloatArray:
    """Return weights that were given without a sign (sPyNNaker's dialect) in PyNN's signs."""
    return -np.abs(weight) if sign < 0 else weight


def without_sign(weight: FloatArray, sign: int) -> FloatArray:
    """Return weights in PyNN's signs as sPyNNaker's dialect has them."""
    return np.abs(weight) if sign < 0 else weight


def sign_problem(
    cell: CellModel,
    receptor: str,
    weight: FloatArray,
    bounds: Mapping[str, FloatArray],
    unsigned: bool = False,
) -> Problem | None:
    """Return how the signs of weights or of their bounds contradict the receptor, or None.

    Parameters
    ----------
    cell : CellModel
        The postsynaptic cells.
    receptor : str
    weight : ndarray of float, shape (n_synapses,)
    bounds : mapping of str to ndarray
        With ``w_min`` and ``w_max`` of an STDP rule; those of weights below 0 may be written with
        or without the sign. Empty for other synapses.
    unsigned : bool
        Whether weights to inhibitory receptors come without a sign, as sPyNNaker's scripts do.
    """
    if not weight.size:
        return None
    sign = receptor_sign(cell, receptor)
    low, high = float(weight.min()), float(weight.max())
    limit = fix = ""
    wrong = np.zeros(weight.shape, dtype=bool)
    if sign > 0:
        wrong = weight < 0
        limit = f"0 or above for the {receptor} receptor"
        fix = "use receptor_type='inhibitory' for inhibition"
    elif sign < 0 and not unsigned:
        wrong = weight > 0
        limit = f"0 or below: {_WHY_NEGATIVE}"
        fix = ("negate the weights, or use dialect='spynnaker' for scripts written for sPyNNaker, "
               "where inhibitory weights are positive")
    elif low < 0 < high and (sign < 0 or bounds):
        wrong = weight > 0
        limit = "all of one sign"
    if wrong.any():
        return Problem(
            "weights have a sign that contradicts the receptor",
            measured=f"{low:g} .. {high:g} to receptor '{receptor}' "
            f"({int(wrong.sum())} of {weight.size} synapses)",
            limit=limit, fix=fix,
        )
    ends = [bounds[b] for b in _BOUNDS if b in bounds and bounds[b].size]
    if not ends:
        return None
    least, most = min(float(e.min()) for e in ends), max(float(e.max()) for e in ends)
    positive = _sign(cell, receptor, weight, bounds) > 0
    if not (least < 0 and (positive or most > 0)):
        return None
    return Problem(
        "the bounds of a plastic weight contradict the receptor",
        measured=f"w_min and w_max from {least:g} to {most:g}, receptor '{receptor}'",
        limit="0 or above" if positive else "both 0 or below, or both without a sign",
        fix="a weight keeps its sign: let the bounds begin at 0",
    )

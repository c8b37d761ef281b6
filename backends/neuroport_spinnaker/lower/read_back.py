"""Bring synapses that sPyNNaker read back into the order of the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.network.signs import weight_sign

__all__ = ["in_order"]


def in_order(
    projection: Projection, cell: CellModel, found: NDArray[np.float64], timestep: float
) -> tuple[NDArray[np.float64], int]:
    """Return weights in the network's order, and how many synapses are missing.

    Parameters
    ----------
    projection : Projection
    cell : CellModel
        The postsynaptic cells.
    found : ndarray of float, shape (n_found, 4)
        Presynaptic cell, postsynaptic cell, weight, delay (ms).
    timestep : float
        ms.

    Returns
    -------
    weight : ndarray of float, shape (n_synapses,)
        With the network's sign; NaN where the synapse is missing.
    missing : int
    """
    weight = np.full(projection.size, np.nan)
    delay = np.rint(found[:, 3] / timestep).astype(np.int64)
    theirs = np.column_stack([found[:, 0].astype(np.int64), found[:, 1].astype(np.int64), delay])
    mine = np.column_stack([projection.pre_index, projection.post_index, projection.delay])
    # Synapses between the same cells with the same delay keep their order by weight.
    a = np.lexsort((np.abs(projection.weight), mine[:, 2], mine[:, 1], mine[:, 0]))
    b = np.lexsort((found[:, 2], theirs[:, 2], theirs[:, 1], theirs[:, 0]))
    if len(a) == len(b) and (mine[a] == theirs[b]).all():
        weight[a] = found[b, 2]
        missing = 0
    else:
        k = 0
        for j in a:  # rare: some are missing
            while k < len(b) and tuple(theirs[b[k]]) < tuple(mine[j]):
                k += 1
            if k < len(b) and (theirs[b[k]] == mine[j]).all():
                weight[j] = found[b[k], 2]
                k += 1
        missing = int(np.isnan(weight).sum())
    return weight_sign(projection, cell) * weight, missing

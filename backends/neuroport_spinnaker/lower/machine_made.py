"""Synapses that the machine makes by itself, where the user lets it (``connectors="machine"``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CellModel
from neuroport.network.description import Network, Projection
from neuroport.network.signs import weight_sign
from neuroport_spinnaker.options import Options

__all__ = ["drawn_there", "machine_made", "most_inputs", "weights_of"]

_NOTHING_TO_DRAW = ("AllToAllConnector", "OneToOneConnector")


def machine_made(projection: Projection, options: Options) -> bool:
    """Return whether the machine makes a projection's synapses: a rule, one weight, one delay."""
    return (
        options.connectors == "machine" and projection.recipe is not None and projection.size > 0
        and bool(np.ptp(projection.weight) == 0) and bool(np.ptp(projection.delay) == 0)
    )


def drawn_there(projection: Projection, options: Options) -> bool:
    """Return whether the machine's synapses are others than the network's."""
    return machine_made(projection, options) and projection.recipe is not None and (
        projection.recipe[0] not in _NOTHING_TO_DRAW
    )


def most_inputs(projection: Projection, network: Network, options: Options) -> int:
    """Return the synapses on one cell that sPyNNaker makes room for.

    Counted where they are listed; where the machine draws them, a number that is exceeded once in
    10 000 such networks (``FixedProbabilityConnector`` of 7.4.1).
    """
    counted = int(np.bincount(projection.post_index).max())
    if not machine_made(projection, options) or projection.recipe is None:
        return counted
    name, arguments = projection.recipe
    n_pre = network.population(projection.pre).size
    if name == "AllToAllConnector":
        return n_pre
    if name == "FixedProbabilityConnector":
        n_post = network.population(projection.post).size
        from scipy import stats  # slow to import, and few commands come here

        chance = 1.0 - 1e-4 / (n_pre * n_post)
        return int(stats.binom.ppf(chance, n_pre, arguments["p_connect"]))
    return counted


def weights_of(
    projection: Projection, cell: CellModel, found: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return one weight for each synapse of the network, or None where the machine's own differ.

    Parameters
    ----------
    projection : Projection
    cell : CellModel
        The postsynaptic cells.
    found : ndarray of float, shape (n_found, 4)
        Presynaptic cell, postsynaptic cell, weight, delay of the machine's own synapses.
    """
    held = np.unique(found[:, 2])
    if held.size != 1:
        return None
    return np.full(projection.size, weight_sign(projection, cell) * float(held[0]))

"""Distances between cells in a PyNN Space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyNN.space import Space

__all__ = ["distances"]


def distances(
    space: Space,
    pre_positions: NDArray[np.float64],
    post_positions: NDArray[np.float64],
    pre: NDArray[np.int64],
    post: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the distances (µm) between pairs of cells.

    Parameters
    ----------
    space : pyNN.space.Space
        Axes, offset and scale factor of the postsynaptic positions, periodic boundaries.
    pre_positions, post_positions : ndarray of float, shape (3, n_cells)
        µm.
    pre, post : ndarray of int, shape (n_pairs,)
        Cells.

    Returns
    -------
    ndarray of float, shape (n_pairs,)
    """
    axes = np.asarray(space.axes)
    before = np.asarray(pre_positions)[axes]
    # As pyNN.space.Space.distances: the offset is applied before the scale factor.
    offset, scale = (
        np.broadcast_to(np.asarray(value, dtype=float), (3,))[:, np.newaxis]
        for value in (space.offset, space.scale_factor)
    )
    after = (np.asarray(post_positions) + offset) * scale
    delta = np.abs(before[:, pre] - after[axes][:, post])
    if space.periodic_boundaries is not None:
        for row, axis in enumerate(axes):
            boundary = space.periodic_boundaries[axis]
            if boundary is not None:
                width = boundary[1] - boundary[0]
                delta[row] = np.minimum(delta[row], width - delta[row])
    return np.asarray(np.sqrt((delta**2).sum(axis=0)))

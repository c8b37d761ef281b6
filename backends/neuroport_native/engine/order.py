"""Sorting into rows: synapses by the cell whose spikes they meet."""

from __future__ import annotations

import numpy as np

from neuroport.network.description import IntArray

__all__ = ["grouped"]


def grouped(row: IntArray, n_rows: int) -> tuple[IntArray, IntArray]:
    """Return the order that puts numbers of rows side by side, and where each row begins.

    Parameters
    ----------
    row : ndarray of int, shape (n,)
        From 0 to `n_rows`, that excluded.
    n_rows : int

    Returns
    -------
    order : ndarray of int64, shape (n,)
        Equal ones stay in their order.
    begin : ndarray of int64, shape (n_rows + 1,)
    """
    begin = np.zeros(n_rows + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=n_rows), out=begin[1:])
    if (row[1:] >= row[:-1]).all():
        return np.arange(row.size, dtype=np.int64), begin
    return np.argsort(row, kind="stable").astype(np.int64), begin

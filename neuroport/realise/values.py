"""Values of synapse and cell parameters: constants, arrays, distributions and functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.core import IndexBasedExpression
from pyNN.parameters import LazyArray
from pyNN.random import RandomDistribution

from neuroport.errors import InvalidSizeError, Problem
from neuroport.plain_numbers import floats, shown
from neuroport.realise.streams import draw_distribution

__all__ = ["describe_value", "cell_values", "synapse_values"]


def describe_value(value: Any) -> str:
    """Return how a value was written where that is more than a number, else an empty string."""
    base = value.base_value if isinstance(value, LazyArray) else value
    if isinstance(base, RandomDistribution):
        given = ", ".join(f"{k}={shown(v)}" for k, v in base.parameters.items())
        return f"RandomDistribution('{base.name}', {given})"
    if isinstance(base, IndexBasedExpression):
        return f"index expression {type(base).__name__}"
    if callable(base):
        return f"function {getattr(base, '__name__', type(base).__name__)}"
    return ""


def cell_values(
    value: Any, size: int, seed: int, key: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return one value a cell.

    Parameters
    ----------
    value : LazyArray, number, array, RandomDistribution or function of the cell's index
    size : int
        Number of cells.
    seed, key
        Random stream for distributions without a generator of their own.

    Returns
    -------
    ndarray, shape (size,)
    """
    if isinstance(value, LazyArray):  # a cell type may be used for populations of several sizes
        lazy = LazyArray(value.base_value, shape=(size,), dtype=float)
        lazy.operations = value.operations
    else:
        lazy = LazyArray(value, shape=(size,), dtype=float)
    if isinstance(lazy.base_value, RandomDistribution):
        drawn = draw_distribution(lazy.base_value, size, seed, key)
        return floats(lazy._apply_operations(drawn))
    if callable(lazy.base_value):
        given = floats(lazy.base_value(np.arange(size)))
        return np.array(np.broadcast_to(lazy._apply_operations(given), (size,)), dtype=float)
    return np.array(np.broadcast_to(floats(lazy.evaluate(simplify=False)), (size,)))


def synapse_values(
    value: LazyArray,
    pre: NDArray[np.int64],
    post: NDArray[np.int64],
    shape: tuple[int, int],
    distance: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]],
    projection: Any,
    seed: int,
    key: tuple[int, ...],
    name: str,
) -> NDArray[np.float64]:
    """Return one value a synapse.

    Parameters
    ----------
    value : LazyArray
        As the script gave it: a number, a (pre, post) array, a list with one value a synapse, a
        distribution, a function of distance or an index expression.
    pre, post : ndarray of int, shape (n_synapses,)
        Cells.
    shape : tuple of int
        Sizes of the two groups.
    distance : callable
        Distance between given cells (µm).
    projection : object
        What an index expression wants to see.
    seed, key
        Random stream.
    name : str
        Parameter name, for errors.
    """
    base = value.base_value
    n = pre.size
    if isinstance(base, RandomDistribution):
        start: Any = draw_distribution(base, n, seed, key)
    elif isinstance(base, IndexBasedExpression):
        previous = getattr(base, "projection", None)
        base.projection = projection
        try:
            start = floats(base(pre, post))
        finally:
            base.projection = previous
    elif callable(base):
        start = floats(base(distance(pre, post)))
    else:
        array = floats(base)
        if array.ndim == 0 or array.size == 1:
            start = np.full(n, float(array.reshape(-1)[0]))
        elif array.shape == shape:
            start = array[pre, post]
        elif array.ndim == 1 and array.size == n:
            # PyNN's order for lists: by presynaptic, then by postsynaptic cell.
            start = np.empty(n)
            start[np.lexsort((post, pre))] = array
        elif array.ndim == 2 and array.shape in ((1, shape[1]), (shape[0], 1)):
            start = np.broadcast_to(array, shape)[pre, post]
        else:
            raise InvalidSizeError(
                Problem(
                    f"values of '{name}' do not fit this projection",
                    measured=f"an array of shape {array.shape}",
                    limit=f"shape {shape} (pre, post), or one value for each of {n} synapses",
                )
            )
    result = value._apply_operations(start) if value.operations else start
    return np.array(np.broadcast_to(result, (n,)), dtype=float)

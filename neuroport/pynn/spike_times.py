"""Spike times of sources as a script gives them: one list for all cells, or one for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.parameters import ArrayParameter, LazyArray, Sequence
from pyNN.random import RandomDistribution

from neuroport.errors import InvalidSizeError, InvalidValueError, Problem
from neuroport.plain_numbers import floats, shown

__all__ = ["check_spike_times", "given_times", "spike_lists"]

_LISTS = (list, tuple, np.ndarray, range)


def given_times(value: Any) -> Any:
    """Return spike times as PyNN keeps them.

    Parameters
    ----------
    value : object
        Numbers or a ``Sequence`` for all cells, a list of those with one for each cell, a
        ``neo.SpikeTrain`` or a list of them, or a function of the cell's number.

    Returns
    -------
    Sequence, list of Sequence, or what was given where it is a function or a distribution

    Raises
    ------
    InvalidValueError
        For what is not a time.
    """
    if isinstance(value, LazyArray):
        return value
    if isinstance(value, RandomDistribution) or (callable(value) and not isinstance(value, type)):
        return value
    if _is_list(value) and any(_is_list(item) for item in _items(value)):
        return [_sequence(item, f" of cell {k}") for k, item in enumerate(_items(value))]
    return _sequence(value, "")


def _is_list(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, (*_LISTS, ArrayParameter))


def _items(value: Any) -> Any:
    return [] if isinstance(value, ArrayParameter) else value


def _sequence(value: Any, whose: str) -> Sequence:
    if isinstance(value, ArrayParameter):
        value = value.value
    try:
        if hasattr(value, "dimensionality"):
            value = value.rescale("ms").magnitude
        times = floats(list(value) if isinstance(value, range) else value)
    except ValueError as error:  # also a quantity that is no time
        raise InvalidValueError(
            Problem(f"spike_times{whose} are not times: {error}", measured=shown(value),
                    limit="numbers (ms), or one list of them for each cell",
                    fix=getattr(error, "fix", "")),
        ) from None
    if times.ndim > 1:
        raise InvalidValueError(
            Problem(f"spike_times{whose} are not a list", measured=f"an array of shape "
                    f"{times.shape}", limit="numbers (ms), or one list of them for each cell"))
    return Sequence(times.reshape(-1))


def spike_lists(value: Any, size: int) -> list[NDArray[np.float64]]:
    """Return the spike times (ms) of each cell.

    Parameters
    ----------
    value : object
        As for :func:`given_times`.
    size : int
        Number of cells.

    Raises
    ------
    InvalidSizeError, InvalidValueError
    """
    given = given_times(value)
    if isinstance(given, Sequence):
        return [given.value] * size
    if isinstance(given, list):
        items = given
    else:
        base = given.base_value if isinstance(given, LazyArray) else given
        lazy = LazyArray(base, shape=(size,), dtype=Sequence)
        lazy.operations = given.operations if isinstance(given, LazyArray) else []
        evaluated = lazy.evaluate(simplify=False)
        items = list(evaluated) if _is_list(evaluated) and not isinstance(
            evaluated, ArrayParameter) else [evaluated] * size
    if len(items) != size:
        raise InvalidSizeError(
            Problem(
                "spike_times do not fit the population",
                measured=f"{len(items)} lists",
                limit=f"{size} cells, so {size} lists (or one list for all)",
            )
        )
    return [_sequence(item, f" of cell {k}").value for k, item in enumerate(items)]


def check_spike_times(lists: list[NDArray[np.float64]], where: str) -> None:
    problems = []
    for k, times in enumerate(lists):
        if times.size and not np.isfinite(times).all():
            problems.append(Problem(f"spike times of cell {k} are not finite numbers"))
        elif times.size and times.min() < 0:
            problems.append(
                Problem(f"spike times of cell {k} are negative", f"{times.min():g} ms", "0 ms")
            )
        elif (np.diff(times) < 0).any():
            at = int(np.flatnonzero(np.diff(times) < 0)[0])
            problems.append(
                Problem(
                    f"Spike times given to SpikeSourceArray must be in increasing order (cell {k})",
                    measured=f"{times[at]:g} ms is followed by {times[at + 1]:g} ms",
                    fix="sort them: sorted(spike_times)",
                )
            )
    if problems:
        raise InvalidValueError(problems[:20], where=where)

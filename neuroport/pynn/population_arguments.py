"""Arguments of populations and values of their cells: what is refused, with a way out."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.parameters import LazyArray, ParameterSpace, Sequence

from neuroport.errors import (
    InvalidSizeError,
    InvalidValueError,
    Problem,
    UnsupportedError,
    UserError,
    did_you_mean,
)

__all__ = [
    "cannot_use",
    "check_physical",
    "check_selector",
    "check_size",
    "check_spike_times",
    "checked_per_core",
    "spike_lists",
    "unsupported_receptor",
]


def spike_lists(value: Any, size: int) -> list[NDArray[np.float64]]:
    if isinstance(value, LazyArray):
        lazy = LazyArray(value.base_value, shape=(size,), dtype=Sequence)
    else:
        if isinstance(value, tuple):
            value = list(value)
        space = ParameterSpace({"times": value}, {"times": Sequence}, shape=(size,))
        lazy = space["times"]
    evaluated = np.asarray(lazy.evaluate(simplify=False), dtype=object)
    if evaluated.ndim == 0:
        evaluated = np.full(size, evaluated.item(), dtype=object)
    if evaluated.shape != (size,):
        raise InvalidSizeError(
            Problem(
                "spike_times do not fit the population",
                measured=f"{evaluated.shape[0]} lists",
                limit=f"{size} cells, so {size} lists (or one list for all)",
            )
        )
    return [
        np.array(getattr(item, "value", item), dtype=float).reshape(-1) for item in evaluated
    ]


def check_size(size: Any, label: str | None) -> None:
    where = f"population '{label}'" if label else "Population"
    shape = size if isinstance(size, tuple) else (size,)
    for n in shape:
        whole = isinstance(n, (int, np.integer)) and not isinstance(n, bool)
        if not whole or n < 1:
            raise InvalidSizeError(
                Problem(
                    "a population needs a whole number of cells",
                    measured=f"size = {size!r}",
                    limit="1 or more (or a tuple of those, for a grid)",
                    fix="use int(...)" if isinstance(n, float) and n >= 1 else "",
                ),
                where=where,
            )


def checked_per_core(number: Any) -> int | None:
    """Return a number of cells on a core; None where none was given.

    Parameters
    ----------
    number : int, float, sequence of those, or None
        A whole number, also as the result of a division; several numbers are the sides of a block
        of cells on a grid.

    Raises
    ------
    InvalidValueError
        If it is not a whole number of 1 or more.
    """
    if number is None:
        return None
    sides = number if isinstance(number, (tuple, list)) else (number,)
    if sides and all(
        isinstance(n, (int, float, np.number)) and not isinstance(n, bool) and n >= 1
        and np.isfinite(n) and n == int(n)
        for n in sides
    ):
        return prod(int(n) for n in sides)
    raise InvalidValueError(
        Problem("neurons_per_core is not a number of cells", measured=f"{number!r}",
                limit="a whole number, 1 or more")
    )


def check_selector(parent: Any, selector: Any) -> None:
    if isinstance(selector, slice):
        if not range(len(parent))[selector]:
            raise InvalidSizeError(
                Problem(
                    "a view without any cell",
                    measured=f"{selector}",
                    limit=f"cells 0 to {len(parent) - 1} of '{parent.label}'",
                )
            )
        return
    array = np.asarray(selector)
    if array.dtype == bool:
        return
    outside = array[(array < -len(parent)) | (array >= len(parent))]
    if outside.size:
        raise InvalidSizeError(
            Problem(
                f"view of cells that '{parent.label}' does not have",
                measured=f"{outside.flat[0]}",
                limit=f"0 to {len(parent) - 1}",
            )
        )


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


_POSITIVE = ("tau_m", "tau_syn_E", "tau_syn_I", "cm", "tau_w", "tau_syn", "alpha", "beta")
_NOT_NEGATIVE = ("tau_refrac", "rate", "duration")


def check_physical(
    name: str, values: NDArray[np.float64], model: str, where: str
) -> None:
    last = name.rpartition(".")[2]
    if last in _POSITIVE and (values <= 0).any():
        limit = "above 0"
    elif last in _NOT_NEGATIVE and (values < 0).any():
        limit = "0 or more"
    else:
        return
    raise InvalidValueError(
        Problem(
            f"{model}: '{name}' cannot be {values.min():g}",
            measured=f"{int((values <= 0).sum())} of {values.size} cells",
            limit=limit,
        ),
        where=where,
    )


def cannot_use(name: str, value: Any, size: int, where: str, error: Exception) -> UserError:
    base = value.base_value if isinstance(value, LazyArray) else value
    length = np.shape(base) if isinstance(base, (list, tuple, np.ndarray)) else ()
    if length not in ((), (size,)):
        return InvalidSizeError(
            Problem(
                f"values of '{name}' do not fit",
                measured=f"an array of shape {length}",
                limit=f"one value, or {size} values (one a cell)",
            ),
            where=where,
        )
    return InvalidValueError(
        Problem(f"cannot use {base!r} for '{name}' ({error})", limit="numbers"), where=where
    )


def unsupported_receptor(receptor: str, valid: Any, where: str) -> UnsupportedError:
    """Return the error for a receptor type that the target does not have."""
    return UnsupportedError(
        Problem(
            f"the target has no receptor '{receptor}'",
            limit=f"receptors: {', '.join(valid) or '(none: a spike source receives nothing)'}",
            fix=did_you_mean(str(receptor), valid),
        ),
        where=where,
    )

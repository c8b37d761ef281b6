"""Arguments of populations and values of their cells: what is refused, with a way out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.models import BaseCellType
from pyNN.parameters import LazyArray
from pyNN.space import BaseStructure

from neuroport.errors import (
    InvalidSizeError,
    InvalidValueError,
    NetworkTooLargeError,
    Problem,
    UnsupportedError,
    UserError,
    did_you_mean,
)
from neuroport.plain_numbers import (
    NotNumbersError,
    floats,
    is_whole,
    number_problem,
    one_float,
    shown,
)
from neuroport.pynn.entrance import also
from neuroport.realise.memory import memory_limit

__all__ = [
    "cannot_use",
    "check_finite",
    "check_physical",
    "check_population",
    "check_size",
    "checked_per_core",
    "checked_selector",
    "label_problems",
    "unsupported_receptor",
]


def check_size(size: Any, label: Any) -> None:
    """Refuse a number of cells that cannot be, or would not fit into memory."""
    where = _named(label) if label else "Population"
    shape = size if isinstance(size, tuple) else (size,)
    if not 1 <= len(shape) <= 3:
        raise InvalidSizeError(Problem("a grid of cells has one to three dimensions",
                                       f"size = {shown(size)}"), where=where)
    for n in shape:
        if not is_whole(n) or n < 1:
            raise InvalidSizeError(
                Problem(
                    "a population needs a whole number of cells",
                    measured=f"size = {shown(size)}",
                    limit="1 or more (or a tuple of those, for a grid)",
                    fix="use int(...)" if isinstance(n, float) and 1 <= n < 1e9 else "",
                ),
                where=where,
            )
    cells, limit = math.prod(int(n) for n in shape), memory_limit()
    if cells > limit / _BYTES_PER_CELL:
        raise NetworkTooLargeError(
            Problem(
                "this population does not fit into memory",
                measured=f"{shown(cells)} cells of about {_BYTES_PER_CELL} bytes",
                limit=f"{limit / 1e9:.1f} GB (half of the memory that is free; "
                "NEUROPORT_MEMORY_GB sets another limit)",
                fix="a smaller population",
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
    problems = [number_problem("neurons_per_core", n, least=1) for n in sides]
    if sides and not any(problems) and all(one_float(n) == int(one_float(n)) for n in sides):
        return math.prod(int(one_float(n)) for n in sides)
    raise InvalidValueError(
        Problem("neurons_per_core is not a number of cells", measured=shown(number),
                limit="a whole number, 1 or more")
    )


def checked_selector(parent: Any, selector: Any) -> Any:
    """Return what says which cells a view has: a slice, or an array of whole or truth values.

    Raises
    ------
    InvalidSizeError
        If it names no cell, or cells that are not there.
    """
    where = f"'{parent.label}'"
    size = len(parent)
    if isinstance(selector, slice):
        parts = (selector.start, selector.stop, selector.step)
        if not all(p is None or is_whole(p) for p in parts) or selector.step == 0:
            raise InvalidSizeError(Problem("a slice that is none", shown(selector),
                                           "whole numbers, and no step of 0"), where=where)
        if not range(size)[selector]:
            raise InvalidSizeError(
                Problem(
                    "a view without any cell",
                    measured=f"{selector}",
                    limit=f"cells 0 to {size - 1} of {where}",
                )
            )
        return selector
    try:
        array = np.asarray(selector if hasattr(selector, "__array__") else list(selector))
    except Exception:  # whatever an object of the user's does when it is listed
        array = np.empty(0, dtype=object)
    if array.ndim != 1 or array.dtype.kind not in "iub" or not array.size:
        raise InvalidSizeError(
            Problem("a view needs the numbers of its cells", measured=shown(selector),
                    limit="a slice, whole numbers, or one truth value for each cell"), where=where)
    if array.dtype == bool:
        if array.size != size or not array.any():
            raise InvalidSizeError(
                Problem("the truth values of a view do not fit",
                        measured=f"{array.size} values, {int(array.sum())} of them True",
                        limit=f"{size} values, one a cell, and at least one True"), where=where)
        return array
    outside = array[(array < -size) | (array >= size)]
    if outside.size:
        raise InvalidSizeError(
            Problem(
                f"view of cells that {where} does not have",
                measured=f"{outside.flat[0]}",
                limit=f"0 to {size - 1}",
            )
        )
    return array.astype(np.int64)


def check_population(
    cellclass: Any, cellparams: Any, structure: Any, initial_values: Any, label: Any
) -> None:
    """Refuse arguments of a population that are of a wrong kind, all at once."""
    problems = []
    kind = cellclass if isinstance(cellclass, type) else type(cellclass)
    if not issubclass(kind, BaseCellType):
        problems.append(Problem("cellclass is not a cell type", shown(cellclass),
                                "a cell type, such as IF_curr_exp(tau_m=10.0)"))
    elif cellparams is not None and not isinstance(cellclass, type):
        problems.append(Problem("cellparams beside a cell type that has its parameters",
                                shown(cellparams), "None",
                                f"{kind.__name__}(...) takes the parameters"))
    for name, value in (("cellparams", cellparams), ("initial_values", initial_values)):
        if value is not None and not isinstance(value, Mapping):
            problems.append(Problem(f"{name} is not a dictionary", shown(value),
                                    "names and values, such as {'v': -65.0}"))
        elif value is not None and not all(isinstance(key, str) for key in value):
            problems.append(Problem(f"{name} has keys that are no names", shown(value),
                                    "names and values, such as {'v': -65.0}"))
    if structure is not None and not isinstance(structure, BaseStructure):
        problems.append(Problem("structure is not a structure", shown(structure),
                                "one of pyNN.space, such as Grid2D(), or None",
                                "write the parentheses" if isinstance(structure, type) else ""))
    problems += label_problems(label)
    if problems:
        raise _PopulationError(problems, where=_named(label))


class _PopulationError(InvalidValueError, TypeError):
    """Arguments of a kind that a population cannot use."""


def label_problems(label: Any) -> list[Problem]:
    """Return what is wrong with a label: it is a text, or a number that becomes one."""
    if label is None or is_whole(label):
        return []
    if not isinstance(label, str):
        return [Problem("the label is not a text", shown(label), "a text, or None")]
    if not _shows(label):
        return [Problem("the label has characters that cannot be shown", shown(label),
                        "letters, digits, blanks and signs")]
    return []


def _shows(label: str) -> bool:
    try:
        return b"\0" not in label.encode()
    except UnicodeEncodeError:
        return False


def _named(label: Any) -> str:
    return f"population '{label}'" if isinstance(label, str) and _shows(label) else "Population"


# Identity, parent and places in PyNN's arrays of one cell, measured with 10^6 cells.
_BYTES_PER_CELL = 350
_POSITIVE = ("tau_m", "tau_syn_E", "tau_syn_E2", "tau_syn_I", "tau_ca2", "cm",
             "tau_w", "tau_syn", "alpha", "beta")
_NOT_NEGATIVE = ("tau_refrac", "rate", "duration")


def check_finite(name: str, values: NDArray[np.float64], where: str) -> None:
    """Refuse NaN, and infinite values of what must end."""
    bad = np.isnan(values) if name in ("duration", "stop") else ~np.isfinite(values)
    if not bad.any():
        return
    found = "NaN" if np.isnan(values[bad]).any() else f"{values[bad][0]:g}"
    raise InvalidValueError(
        Problem(
            f"'{name}' is not a finite number for some cells",
            measured=f"{found} in {int(bad.sum())} of {values.size} cells",
            fix="check the function or distribution that gives it",
        ),
        where=where,
    )


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
    try:
        length = floats(base).shape
    except NotNumbersError:
        length = ()
    if length not in ((), (size,)):
        return InvalidSizeError(
            Problem(
                f"values of '{name}' do not fit",
                measured=f"an array of shape {length}",
                limit=f"one value, or {size} values (one a cell)",
            ),
            where=where,
        )
    return also(InvalidValueError, type(error))(  # type: ignore[arg-type]
        Problem(
            f"cannot use {shown(base)} for '{name}'",
            measured=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            if not isinstance(error, NotNumbersError) else f"it gives {error}",
            limit=f"one number, {size} numbers (one a cell), a RandomDistribution, or a function "
            "of the cell's number that gives numbers",
            fix=getattr(error, "fix", ""),
        ),
        where=where,
    )


def unsupported_receptor(receptor: Any, valid: Any, where: str) -> UnsupportedError:
    """Return the error for a receptor type that the target does not have."""
    receptor = receptor if isinstance(receptor, str) else shown(receptor)
    return UnsupportedError(
        Problem(
            f"the target has no receptor '{receptor}'",
            limit=f"receptors: {', '.join(valid) or '(none: a spike source receives nothing)'}",
            fix=did_you_mean(str(receptor), valid),
        ),
        where=where,
    )

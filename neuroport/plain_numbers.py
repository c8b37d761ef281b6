"""What counts as a number in an argument, and in words why something else does not.

NumPy turns much into numbers: True, the text "0.1", a quantity in volts, a masked value. Where a
script means a number, each of these is a mistake that would run.
"""

from __future__ import annotations

import decimal
import numbers
import reprlib
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import Problem

__all__ = ["NotNumbersError", "floats", "is_one_of", "is_whole", "number_problem",
           "one_float", "shown"]

_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 3, 40, 60, 40


class NotNumbersError(ValueError):
    """A value that is not a number or an array of numbers.

    Attributes
    ----------
    fix : str
        What can be written instead.
    """

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


def shown(value: Any) -> str:
    """Return a value as short text, whatever it is."""
    try:
        text = " ".join(_short.repr(value).split())
    except Exception:  # its own repr fails
        text = f"<{type(value).__name__}>"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:38]}...{text[-38:]}"


def floats(value: Any) -> NDArray[np.float64]:
    """Return a value as an array of floats of the same shape.

    Parameters
    ----------
    value : number, array or nested lists of numbers

    Returns
    -------
    ndarray of float
        NaN and infinities are kept.

    Raises
    ------
    NotNumbersError
        For everything that is not a real number: truth values, texts, quantities with a unit,
        complex numbers, dates, missing values, lists of different lengths.
    """
    try:
        return _floats(value)
    except NotNumbersError:
        raise
    except OverflowError:
        raise NotNumbersError("a number too large for 64 bits", "at most 1.8e308") from None
    except Exception as error:  # whatever an object of the user's does when it is converted
        raise NotNumbersError(f"{_named(value)} ({_first_line(error)})") from None


def _floats(value: Any) -> NDArray[np.float64]:
    plain = type(value)
    if plain is float or plain is int:
        return np.asarray(float(value))
    if isinstance(value, (bool, np.bool_)):
        raise NotNumbersError("a truth value", f"{int(value)} is the number")
    if isinstance(value, (str, bytes, bytearray)):
        raise NotNumbersError(f"the text {shown(value)}", _unquoted(value))
    if hasattr(value, "dimensionality") or hasattr(value, "get_best_unit"):
        raise NotNumbersError(
            f"a quantity with a unit ({shown(value)})", "the plain number, in the unit of PyNN")
    if isinstance(value, (list, tuple)):
        return _of_list(value)
    if np.ma.is_masked(value):
        raise NotNumbersError("an array with masked values", "array.filled(...)")
    if isinstance(value, (numbers.Real, decimal.Decimal)) and not isinstance(value, np.generic):
        return np.asarray(float(value))
    if not hasattr(value, "__array__"):
        raise NotNumbersError(_named(value))
    array = np.asarray(value)
    if array.dtype.kind in "iuf":
        return array.astype(float)
    if array.dtype.kind == "O" and array.ndim:
        return np.array([float(_floats(v)) for v in array.flat]).reshape(array.shape)
    raise NotNumbersError(_OF_KIND.get(array.dtype.kind, f"an array of type {array.dtype}"))


_OF_KIND = {
    "b": "an array of truth values", "c": "complex numbers", "U": "an array of texts",
    "S": "an array of texts", "M": "dates", "m": "spans of time",
}


def _of_list(value: list[Any] | tuple[Any, ...]) -> NDArray[np.float64]:
    kinds = set(map(type, value))
    if kinds <= {float, int}:
        return np.array(value, dtype=float)
    if kinds <= {list, tuple} and len(set(map(len, value))) == 1 and (
        set(map(type, chain.from_iterable(value))) <= {float, int}
    ):
        return np.array(value, dtype=float)
    parts = [_floats(v) for v in value]
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise NotNumbersError("lists of different lengths", "lists of the same length")
    return np.array(parts, dtype=float)


def _named(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, complex):
        return f"the complex number {shown(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"of type {type(value).__name__}"


def _unquoted(value: str | bytes | bytearray) -> str:
    try:
        float(value)
    except (ValueError, OverflowError):
        return ""
    return "without quotes it is a number"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:80]


def one_float(value: Any) -> float:
    """Return one number as a float, also where it stands in an array of one."""
    return float(floats(value).reshape(-1)[0])


def is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number, and no truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(
        value, (bool, np.bool_, np.timedelta64))


def is_one_of(value: Any, allowed: Iterable[Any]) -> bool:
    """Tell whether a value is one of a few, of the same type; 1 is not True."""
    return any(type(value) is type(one) and bool(value == one) for one in allowed)


def number_problem(
    what: str, value: Any, *, least: float | None = None, most: float | None = None,
    above: float | None = None, infinite: bool = False,
) -> Problem | None:
    """Return what is wrong with one number, or None.

    Parameters
    ----------
    what : str
        Name of the argument.
    value : object
        As it was given.
    least, most, above : float, optional
        Limits: the smallest and the largest that are allowed, and one that it must exceed.
    infinite : bool
        Whether it may be infinite.
    """
    limits = [f"above {above:g}"] if above is not None else []
    if least is not None and most is not None:
        limits.append(f"{least:g} to {most:g}")
    else:
        limits += [f"{least:g} or more"] if least is not None else []
        limits += [f"{most:g} or less"] if most is not None else []
    limit = "one number" + (f", {' and '.join(limits)}" if limits else "")
    try:
        array = floats(value)
    except NotNumbersError as error:
        return Problem(f"{what} is not a number: {error}", shown(value), limit, error.fix)
    if array.size != 1:
        return Problem(f"{what} is not one number", f"{array.size} numbers", limit)
    number = float(array.reshape(-1)[0])
    if np.isnan(number):
        return Problem(f"{what} is not a number", "NaN", limit,
                       "check the computation that gave this value")
    if np.isinf(number) and not infinite:
        return Problem(f"{what} is infinite", shown(value), limit)
    outside = ((least is not None and number < least) or (most is not None and number > most)
               or (above is not None and number <= above))
    return Problem(f"{what} is out of range", shown(value), limit) if outside else None

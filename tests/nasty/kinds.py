"""What a place in a script takes, judged without neuroport: yes, no, or either."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Kind = Callable[[Any], "bool | None"]


def _plain(value: Any) -> float | None:
    """Return a number that is plainly meant as one."""
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, np.timedelta64
    ):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return None


_NEVER = (str, bytes, bytearray, memoryview, complex, bool, np.bool_, np.complexfloating,
          np.datetime64, np.timedelta64, np.void, set, frozenset, dict, slice, type)


def _never_numbers(value: Any) -> bool:
    """Whether a value can never stand for numbers."""
    if isinstance(value, (list, tuple)):
        return any(_never_numbers(v) for v in value if v is not value)
    if isinstance(value, np.ndarray) and not hasattr(value, "units"):
        return value.dtype.kind not in "iufO" or (
            value.dtype.kind == "O" and _never_numbers(value.tolist()))
    return value is None or isinstance(value, _NEVER) or type(value).__name__ in (
        "date", "datetime", "timedelta", "UUID", "PosixPath", "object", "Strange", "Hostile",
        "NoRepr", "module", "ellipsis", "NotImplementedType", "ValueError", "NumpyRNG",
        "Generator")


def number(low: float = -math.inf, high: float = math.inf, *, open_low: bool = False,
           infinite: bool = False) -> Kind:
    """One finite real number."""

    def judge(value: Any) -> bool | None:
        if _never_numbers(value):
            return False
        plain = _plain(value)
        if plain is None:
            if isinstance(value, (list, tuple)):
                return None if len(value) == 1 else False
            return None if np.ndim(value) == 0 or np.size(value) == 1 else False
        if math.isnan(plain) or (math.isinf(plain) and not infinite):
            return False
        if plain < low or plain > high or (open_low and plain == low):
            return False
        return None if abs(plain) > 1e15 or 0 < abs(plain) < 1e-6 else True

    return judge


def whole(low: float = 0, high: float = 2**31) -> Kind:
    """One whole number."""

    def judge(value: Any) -> bool | None:
        if isinstance(value, (int, np.integer)) and not isinstance(
            value, (bool, np.bool_, np.timedelta64)
        ):
            return low <= value <= high if value < low or value <= high else None
        if _never_numbers(value) or (_plain(value) is not None and not _is_whole(value)):
            return False
        return None

    return judge


def _is_whole(value: Any) -> bool:
    plain = _plain(value)
    return plain is not None and math.isfinite(plain) and plain == math.floor(plain)


def cell_values(one: Kind, size: int = 4) -> Kind:
    """One number, or one a cell, or what gives them."""

    def judge(value: Any) -> bool | None:
        if callable(value) or hasattr(value, "base_value") or hasattr(value, "rng"):
            return None
        if isinstance(value, (list, tuple)) or (
            isinstance(value, np.ndarray) and not hasattr(value, "units")
        ):
            if _never_numbers(value):
                return False
            if isinstance(value, np.ndarray) and not value.ndim:
                return one(value[()])
            if np.ndim(np.asarray(value, dtype=object)) == 1 and len(value) == size:
                judged = [one(v) for v in value]
                if all(judged):
                    return None if isinstance(value, np.ma.MaskedArray) else True
                return False if False in judged else None
            return None if len(value) == 1 else False
        return one(value)

    return judge


def synapse_values(one: Kind, shape: tuple[int, int] = (4, 4)) -> Kind:
    """One number, or one a pair, or what gives them; texts are functions of the distance."""

    def judge(value: Any) -> bool | None:
        if isinstance(value, str):
            return None
        if callable(value) or hasattr(value, "base_value") or hasattr(value, "rng"):
            return None
        if isinstance(value, (list, tuple)) or (
            isinstance(value, np.ndarray) and not hasattr(value, "units")
        ):
            if _never_numbers(value):
                return False
            return None
        return one(value)

    return judge


def or_none(kind: Kind) -> Kind:
    """None, which stands for a default, or what another kind takes."""
    return lambda value: True if value is None else kind(value)


def choice(*allowed: Any) -> Kind:
    """One of a few words."""

    def judge(value: Any) -> bool | None:
        try:
            return any(type(value) is type(a) and value == a for a in allowed)
        except Exception:
            return False

    return judge


def anything(value: Any) -> None:
    """No opinion."""


def never(value: Any) -> bool:
    """Nothing of the list fits here."""
    return False

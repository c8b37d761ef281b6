"""The functions that generated code calls, and how its text becomes functions."""

from __future__ import annotations
import __future__

from collections.abc import Callable
from typing import Any

import numpy as np

Functions = dict[str, Callable[..., Any]]


def _whole(value: Any) -> Any:
    return np.asarray(value).astype(np.int64)


def _exprel(x: Any) -> Any:
    """Return (e^x − 1)/x, 1 at x = 0."""
    x = np.asarray(x, dtype=float)
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


_NAMES: dict[str, Any] = {
    "both": np.logical_and, "either": np.logical_or, "neither": np.logical_not,
    "choose": np.where, "clip": np.clip, "int": _whole, "abs": np.abs, "sign": np.sign,
    "exp": np.exp, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "floor": np.floor, "ceil": np.ceil, "floor_of": np.floor, "exprel": _exprel,
    "ms": 1.0,  # times are in ms
}


def compiled(source: str, label: str, more: Functions | None = None) -> Functions:
    """Return the functions that a text defines, by name.

    Parameters
    ----------
    source : str
    label : str
        How errors name it.
    more : dict, optional
        Further functions that it calls.
    """
    space = {"__builtins__": {}, "np": np, "float": float, **_NAMES, **(more or {})}
    known = set(space)
    # Annotations are not looked up: they name types that are not here.
    flag = __future__.annotations.compiler_flag
    exec(compile(source, f"<{label}>", "exec", flag, dont_inherit=True), space)
    return {name: f for name, f in space.items() if callable(f) and name not in known}

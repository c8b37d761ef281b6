"""What kernels call: the functions of statements, and memory at an address.

Everything here is compiled into the kernels that use it, and is part of the key of their cache.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.compiler import Compiler
from numba.extending import intrinsic

__all__ = ["Apart", "NAMESPACE", "call"]


class Apart(Compiler):  # type: ignore[misc]
    """Compiles a function whose arrays do not overlap, so that its loops become vector code."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.state.flags.noalias = True


def _pointer(element: Any) -> Any:
    """Return a function that makes a pointer of an address."""
    kind = types.CPointer(element)

    @intrinsic  # type: ignore[untyped-decorator]
    def pointer(typingctx: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(kind))

        return kind(types.int64), codegen

    return pointer


@intrinsic  # type: ignore[untyped-decorator]
def call(typingctx: Any, address: Any, table: Any, step: Any) -> Any:
    """Call a compiled kernel."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        function = builder.inttoptr(
            arguments[0], ir.FunctionType(ir.VoidType(), [word, word]).as_pointer())
        builder.call(function, arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def let_others(typingctx: Any, address: Any) -> Any:
    """Call the operating system's function that lets another thread run."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function = builder.inttoptr(
            arguments[0], ir.FunctionType(ir.IntType(32), []).as_pointer())
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def arrive(typingctx: Any, address: Any) -> Any:
    """Add one to a number that other threads change, too."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        place = builder.inttoptr(arguments[0], word.as_pointer())
        return builder.atomic_rmw("add", place, ir.Constant(word, 1), "seq_cst")

    return types.int64(types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def arrived(typingctx: Any, address: Any) -> Any:
    """Return a number that other threads change."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(types.int64), codegen


@njit  # type: ignore[untyped-decorator]
def clip(value: float, low: float, high: float) -> float:
    return low if value < low else (high if value > high else value)


@njit  # type: ignore[untyped-decorator]
def sign(value: float) -> int:
    return (1 if value > 0 else 0) - (1 if value < 0 else 0)


@njit  # type: ignore[untyped-decorator]
def exprel(value: float) -> float:
    return 1.0 if abs(value) < 1e-16 else math.expm1(value) / value


@njit  # type: ignore[untyped-decorator]
def floor_of(value: float) -> Any:
    return np.floor(value)


@njit  # type: ignore[untyped-decorator]
def _mixed(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit  # type: ignore[untyped-decorator]
def uniform_of(stream: float, number: float) -> float:
    """Return a number of :mod:`neuroport.realise.draws`."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    count = np.uint64(number) * golden
    word = _mixed(np.uint64(stream) ^ _mixed(count + golden))
    return float(word >> np.uint64(11)) * 2.0**-53


@njit  # type: ignore[untyped-decorator]
def binomial_of(u: float, n: float, p: float) -> float:
    """Return a number of successes of :mod:`neuroport.realise.draws`."""
    many = p > 0.5
    q = 1.0 - p if many else p
    left = 1.0 - u if many else u
    term = (1.0 - q) ** n
    odds = q / (1.0 - q)
    reached, count = term, 0.0
    while count < n and (left > reached if many else left >= reached):
        term = term * odds * (n - count) / (count + 1.0)
        reached += term
        count += 1.0
    return n - count if many else count


NAMESPACE: dict[str, Any] = {
    "carray": numba.carray,
    **{f"pointer_{name}": _pointer(getattr(types, name))
       for name in ("float64", "int64", "int32", "int16", "uint8")},
    "arrive": arrive, "arrived": arrived, "let_others": let_others,
    "call": call, "clip": clip, "sign": sign, "exprel": exprel, "floor_of": floor_of,
    "uniform_of": uniform_of, "binomial_of": binomial_of,
    **{name: getattr(math, name) for name in (
        "exp", "log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor",
        "ceil")},
}
"""Names that a kernel's source may use."""

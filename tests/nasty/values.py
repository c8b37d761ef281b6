"""Values that a script may pass by mistake, each made anew where it is used."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import pathlib
import uuid
from collections.abc import Callable
from typing import Any

import neo
import numpy as np
import quantities as pq
from pyNN.parameters import LazyArray, Sequence
from pyNN.random import NumpyRNG, RandomDistribution


class Strange:
    """An object that nothing knows."""


class Hostile:
    """An object whose every conversion fails."""

    def _fail(self, *values: Any) -> Any:
        raise RuntimeError("hostile object")

    __float__ = __int__ = __bool__ = __len__ = __iter__ = __eq__ = __array__ = __index__ = _fail
    __lt__ = __le__ = __gt__ = __ge__ = __getitem__ = _fail
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "Hostile()"


class NoRepr:
    """An object that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def _generator() -> Any:
    yield from (1.0, 2.0, 3.0)


def _recursive() -> list[Any]:
    value: list[Any] = [1.0]
    value.append(value)
    return value


NASTY: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "NaN": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "-inf": lambda: float("-inf"),
    "0": lambda: 0,
    "-0.0": lambda: -0.0,
    "1": lambda: 1,
    "-1": lambda: -1,
    "0.5": lambda: 0.5,
    "1.5": lambda: 1.5,
    "2": lambda: 2,
    "-3.7": lambda: -3.7,
    "1e300": lambda: 1e300,
    "-1e300": lambda: -1e300,
    "1e-300": lambda: 1e-300,
    "5e-324": lambda: 5e-324,
    "1e18": lambda: 1e18,
    "2**31": lambda: 2**31,
    "-2**31-1": lambda: -(2**31) - 1,
    "2**63": lambda: 2**63,
    "2**64": lambda: 2**64,
    "10**30": lambda: 10**30,
    "10**400": lambda: 10**400,
    "-10**400": lambda: -(10**400),
    "complex": lambda: 1 + 2j,
    "complex without imaginary part": lambda: complex(1.0, 0.0),
    "''": lambda: "",
    "' '": lambda: " ",
    "'0.1'": lambda: "0.1",
    "'1/0'": lambda: "1/0",
    "'d'": lambda: "d",
    "'1/d'": lambda: "1/d",
    "'nan'": lambda: "nan",
    "'abc'": lambda: "abc",
    "'d +'": lambda: "d +",
    "'lambda'": lambda: "lambda: 0",
    "'__import__'": lambda: "__import__('os')",
    "'None'": lambda: "None",
    "'[1, 2]'": lambda: "[1, 2]",
    "'all'": lambda: "all",
    "'v'": lambda: "v",
    "'spikes'": lambda: "spikes",
    "null byte": lambda: "a\0b",
    "long text": lambda: "x" * 10_000,
    "surrogate": lambda: "\udc80",
    "CJK": lambda: "神経",
    "b''": lambda: b"",
    "bytes": lambda: b"0.1",
    "bytearray": lambda: bytearray(b"ab"),
    "memoryview": lambda: memoryview(b"ab"),
    "date": lambda: datetime.date(2026, 1, 1),
    "datetime": lambda: datetime.datetime(2026, 1, 1),
    "timedelta": lambda: datetime.timedelta(milliseconds=5),
    "datetime64": lambda: np.datetime64("2026-01-01"),
    "timedelta64": lambda: np.timedelta64(5, "ms"),
    "NaT": lambda: np.datetime64("NaT"),
    "Decimal": lambda: decimal.Decimal("0.1"),
    "Decimal NaN": lambda: decimal.Decimal("NaN"),
    "Decimal sNaN": lambda: decimal.Decimal("sNaN"),
    "Fraction": lambda: fractions.Fraction(1, 3),
    "uuid": lambda: uuid.UUID(int=5),
    "path": lambda: pathlib.Path("no/such/place"),
    "folder": lambda: pathlib.Path("."),
    "object": lambda: object(),
    "Strange": lambda: Strange(),
    "Hostile": lambda: Hostile(),
    "NoRepr": lambda: NoRepr(),
    "class": lambda: Strange,
    "int the class": lambda: int,
    "module": lambda: collections,
    "Ellipsis": lambda: Ellipsis,
    "NotImplemented": lambda: NotImplemented,
    "exception": lambda: ValueError("x"),
    "lambda i: i": lambda: lambda i: i,
    "lambda: 1": lambda: lambda: 1,
    "lambda *a: None": lambda: lambda *a: None,
    "lambda *a: 'x'": lambda: lambda *a: "x",
    "lambda *a: nan": lambda: lambda *a: float("nan"),
    "lambda *a: [1]*7": lambda: lambda *a: [1.0] * 7,
    "lambda *a: 1/0": lambda: lambda *a: 1 / 0,
    "print": lambda: print,
    "[]": lambda: [],
    "()": lambda: (),
    "{}": lambda: {},
    "set": lambda: {1.0, 2.0},
    "frozenset": lambda: frozenset({1}),
    "dict": lambda: {"a": 1},
    "dict of dicts": lambda: {"excitatory": {"tau_syn": 1.0}},
    "range": lambda: range(3),
    "slice": lambda: slice(0, 2),
    "slice backwards": lambda: slice(None, None, -1),
    "slice by zero": lambda: slice(0, 2, 0),
    "slice of texts": lambda: slice("a", "b"),
    "generator": lambda: _generator(),
    "iterator": lambda: iter([1.0, 2.0]),
    "map": lambda: map(float, "123"),
    "deque": lambda: collections.deque([1.0, 2.0]),
    "[1.0]": lambda: [1.0],
    "[1, 2]": lambda: [1, 2],
    "[1, 2, 3]": lambda: [1, 2, 3],
    "four numbers": lambda: [1.0, 2.0, 3.0, 4.0],
    "tuple of four": lambda: (0.5, 1.0, 1.5, 2.0),
    "seven numbers": lambda: [1.0] * 7,
    "[None]": lambda: [None, None],
    "[True, False]": lambda: [True, False],
    "['a', 'b']": lambda: ["a", "b"],
    "['0.1', ...]": lambda: ["0.1"] * 4,
    "[NaN]": lambda: [float("nan")] * 4,
    "[inf]": lambda: [1.0, float("inf"), 1.0, 1.0],
    "[1, 'a', None]": lambda: [1, "a", None, 2j],
    "[10**400]": lambda: [10**400] * 4,
    "nested list": lambda: [[1.0, 2.0], [3.0, 4.0]],
    "ragged list": lambda: [[1.0], [2.0, 3.0], [], [4.0]],
    "deep list": lambda: [[[[[1.0]]]]],
    "list of dicts": lambda: [{"a": 1}],
    "list of functions": lambda: [lambda i: i] * 4,
    "recursive list": lambda: _recursive(),
    "array of 0 dimensions": lambda: np.array(1.5),
    "empty array": lambda: np.array([]),
    "array (4,)": lambda: np.array([1.0, 2.0, 3.0, 4.0]),
    "array (4, 4)": lambda: np.ones((4, 4)),
    "array (4, 1)": lambda: np.ones((4, 1)),
    "array (1, 4)": lambda: np.ones((1, 4)),
    "array (2, 3)": lambda: np.ones((2, 3)),
    "array (2, 2, 2)": lambda: np.ones((2, 2, 2)),
    "array (0, 3)": lambda: np.ones((0, 3)),
    "array of int8": lambda: np.array([1, 2, 3, 4], dtype=np.int8),
    "array of uint64": lambda: np.array([2**63 + 1] * 4, dtype=np.uint64),
    "array of bool": lambda: np.array([True, False, True, False]),
    "array of False": lambda: np.zeros(4, dtype=bool),
    "array of complex": lambda: np.array([1j, 1, 2, 3]),
    "array of objects": lambda: np.array([None, 1, "a", 2.0], dtype=object),
    "array of texts": lambda: np.array(["a", "b", "c", "d"]),
    "array of times": lambda: np.array(["2026-01-01"] * 4, dtype="datetime64[D]"),
    "structured array": lambda: np.zeros(4, dtype=[("a", float), ("b", int)]),
    "masked array": lambda: np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0]),
    "big-endian array": lambda: np.array([1.0, 2.0, 3.0, 4.0], dtype=">f8"),
    "strided array": lambda: np.arange(8.0)[::-2],
    "float16": lambda: np.float16(0.5),
    "float32": lambda: np.float32(0.5),
    "float64": lambda: np.float64(0.5),
    "longdouble": lambda: np.longdouble("1e400"),
    "float32 NaN": lambda: np.float32("nan"),
    "float64 inf": lambda: np.float64("inf"),
    "int8": lambda: np.int8(2),
    "int64": lambda: np.int64(2),
    "uint8": lambda: np.uint8(3),
    "uint64": lambda: np.uint64(2**64 - 1),
    "int64 lowest": lambda: np.int64(-(2**63)),
    "bool_": lambda: np.bool_(True),
    "complex64": lambda: np.complex64(1j),
    "str_": lambda: np.str_("0.1"),
    "bytes_": lambda: np.bytes_(b"1"),
    "void": lambda: np.void(b"abcd"),
    "quantity ms": lambda: 5.0 * pq.ms,
    "quantity s": lambda: 0.005 * pq.s,
    "quantity array": lambda: [1.0, 2.0, 3.0, 4.0] * pq.mV,
    "quantity without unit": lambda: 1.0 * pq.dimensionless,
    "spike train": lambda: neo.SpikeTrain([1.0, 2.0] * pq.ms, t_stop=10.0),
    "Sequence": lambda: Sequence([1.0, 2.0]),
    "Sequence unsorted": lambda: Sequence([2.0, 1.0]),
    "list of Sequences": lambda: [Sequence([1.0])] * 4,
    "Sequence NaN": lambda: Sequence([1.0, float("nan")]),
    "LazyArray": lambda: LazyArray(1.5),
    "LazyArray of another shape": lambda: LazyArray([1.0, 2.0], shape=(2,)),
    "distribution": lambda: RandomDistribution("uniform", (0.5, 1.0)),
    "distribution of its own": lambda: RandomDistribution("normal", (1.0, 0.1), NumpyRNG(seed=1)),
    "distribution of NaN": lambda: RandomDistribution("normal", (float("nan"), 1.0)),
    "impossible distribution": lambda: RandomDistribution("normal", (0.0, -1.0)),
    "distribution of texts": lambda: RandomDistribution("uniform", ("a", "b")),
    "generator of numbers": lambda: NumpyRNG(seed=3),
    "numpy generator": lambda: np.random.default_rng(1),
    "poly1d": lambda: np.poly1d([1, 2]),
}

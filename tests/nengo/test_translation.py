"""Statements as functions on arrays do what they say to each element alone."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import neuroport_nengo
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neuroport_nengo.lower.translate import Variables, expression, function, variables_of

ENGINE = Path(neuroport_nengo.__file__).parent / "engine" / "functions.py"
# The child's file needs NumPy only; it is loaded by its place, as the child does.
spec = importlib.util.spec_from_file_location("nengo_child_functions", ENGINE)
assert spec is not None and spec.loader is not None
functions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(functions)

SCALARS = {"int": int, "clip": lambda x, a, b: min(max(x, a), b), "abs": abs, "exp": math.exp,
           "floor": math.floor, "sign": lambda x: (x > 0) - (x < 0)}
leaf = st.sampled_from(["x", "y", "z", "1.5", "0.0", "2.0"])
comparison = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def numbers(depth: int) -> st.SearchStrategy[str]:
    if not depth:
        return leaf
    inner, truth = numbers(depth - 1), truths(depth - 1)
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        truth.map(lambda t: f"int({t})"),
        st.tuples(inner, truth, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        inner.map(lambda v: f"clip({v}, -2.0, 3.0)"), inner.map(lambda v: f"floor({v})"),
        inner.map(lambda v: f"(-{v})"), inner.map(lambda v: f"abs({v})"))


def truths(depth: int) -> st.SearchStrategy[str]:
    inner = numbers(depth)
    plain = st.tuples(inner, comparison, inner).map(lambda p: f"{p[0]} {p[1]} {p[2]}")
    if not depth:
        return plain
    less = truths(depth - 1)
    return st.one_of(
        plain, st.tuples(inner, comparison, inner, comparison, inner).map(" ".join),
        st.tuples(less, st.sampled_from(["and", "or"]), less).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        less.map(lambda t: f"not ({t})"))


VALUES = np.random.default_rng(0).integers(-4, 5, (3, 60)).astype(float) / 2
VARIABLES = Variables({"x": "float", "y": "float"}, {"z": "x - y"})


@given(st.one_of(numbers(3), truths(3)))
def test_an_expression_of_arrays_is_the_expression_of_each_element(text: str) -> None:
    found = functions.compiled(
        function("f", "", VARIABLES, returns=text), "test")["f"]
    x, y = VALUES[:2]
    got = np.broadcast_to(found({"x": x, "y": y}, 0, 0.0), x.shape)
    right = [eval(text, {**SCALARS, "x": a, "y": b, "z": a - b}) for a, b in zip(x, y)]
    np.testing.assert_allclose(got.astype(float), np.asarray(right, dtype=float), atol=1e-12)


def test_some_elements_are_changed_and_the_others_stay() -> None:
    text = "y += x\nother = y*2.0\nx = other if z > 0 else x"
    f = functions.compiled(function("f", text, VARIABLES, some=True), "test")["f"]
    a = {"x": np.arange(4.0), "y": np.ones(4)}
    f(a, 0, 0.0, np.array([1, 3]))
    # z is read after y: x - (y + x)
    np.testing.assert_array_equal(a["y"], [1.0, 2.0, 1.0, 4.0])
    np.testing.assert_array_equal(a["x"], [0.0, 1.0, 2.0, 3.0])


def test_equations_are_read_by_kind() -> None:
    found = variables_of("dx_v/dt = (a - x_v)/ms : 1\nx_I = x_v*2 : 1\nx_k : integer (constant)")
    assert found.derivatives == {"x_v": "(a - x_v)/ms"}
    assert found.definitions == {"x_I": "x_v*2"}
    assert found.arrays == {"x_v": "float", "x_k": "int"}
    assert expression("x_I + t_in_timesteps", found) == "x_v * 2 + k"
    with pytest.raises(ValueError, match="not an equation"):
        variables_of("x_v := 3")

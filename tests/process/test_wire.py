"""What one process sends is what the other gets, however it is cut on the way."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport.process.wire import Incoming, packed

KINDS = st.sampled_from(["f8", ">f4", "i8", "u1", "?", "c16", "U3", "S2"])
ARRAYS = KINDS.flatmap(lambda kind: arrays.arrays(
    kind, arrays.array_shapes(min_dims=0, min_side=0),
    elements=st.text("ab", max_size=3) if kind == "U3" else None))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(PLAIN | ARRAYS, lambda inner: st.lists(inner) | st.dictionaries(
    st.text() | st.integers() | st.sampled_from(["=array", "=items", "arrays"]), inner))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return (one.dtype == other.dtype and one.shape == other.shape
                and one.tobytes() == other.tobytes() and other.flags.writeable)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=4), st.integers(1, 200))
def test_messages_arrive_as_they_were(values: list[Any], cut: int) -> None:
    data = b"noise of an interpreter\n" + b"".join(
        bytes(piece) for value in values for piece in packed({"done": value}))
    incoming, found = Incoming(), []
    for k in range(0, len(data), cut):
        incoming.add(data[k : k + cut])
        while (message := incoming.take()) is not None:
            found.append(message["done"])
    assert same(values, found)


def test_tuples_numbers_of_numpy_and_large_arrays() -> None:
    large = np.arange(100_000.0)[::2].reshape(2, -1)
    pieces = packed({"done": (np.int64(3), np.float32(0.5), np.bool_(True), large, large[:, :1])})
    assert len(pieces) == 3  # the large one is not copied into the rest
    incoming = Incoming()
    for piece in pieces:
        incoming.add(bytes(piece))
    message = incoming.take()
    assert message is not None
    assert message["done"][:3] == [3, 0.5, True]
    np.testing.assert_array_equal(message["done"][3], large)
    np.testing.assert_array_equal(message["done"][4], large[:, :1])


@pytest.mark.parametrize("value", [
    object(), {1}, b"bytes", np.array([object()]), {(1, 2): 3}, np.zeros(2, dtype="f8,i4")])
def test_what_cannot_be_sent_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        packed({"done": value})

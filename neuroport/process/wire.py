"""Messages between two processes: a line of JSON, and after it the bytes of its arrays.

Needs nothing of neuroport, and NumPy only where there are arrays: :mod:`neuroport.process.serve`
loads this file in any Python. Nothing is pickled, so nothing that arrives can run.
"""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Incoming", "failure", "packed", "send"]

_SMALL = 1 << 16  # bytes
_ARRAY = "=array"  # {"=array": k} stands for the k-th array
_ITEMS = "=items"  # {"=items": [[key, value], ...]} for a dictionary whose keys are not all words


def packed(message: Mapping[str, Any]) -> list[memoryview]:
    """Return the bytes of a message, in pieces.

    Parameters
    ----------
    message : mapping
        Of words, to numbers, words, None, arrays, and lists, tuples and dictionaries of those.
        Tuples arrive as lists.

    Raises
    ------
    TypeError
        For anything else.
    """
    arrays: list[Any] = []
    plain = {name: _plain(value, arrays) for name, value in message.items()}
    if arrays:
        plain["arrays"] = [[a.dtype.str, list(a.shape)] for a in arrays]
    small = bytearray(json.dumps(plain).encode() + b"\n")
    result: list[memoryview] = []
    for array in arrays:
        data: Any = array.reshape(-1).view("u1").data if array.size else b""
        if len(data) < _SMALL:
            small += data  # thousands of short arrays are not to be sent one by one
        else:
            result += [memoryview(small), data]
            small = bytearray()
    return [*result, memoryview(small)]


def send(descriptor: int, pieces: Sequence[memoryview]) -> None:
    """Write all pieces of a message, however long the other side takes."""
    for piece in pieces:
        while piece:
            piece = piece[os.write(descriptor, piece) :]


def failure(error: BaseException) -> dict[str, Any]:
    """Return what the parent is told of an exception that is being handled."""
    return {"error": getattr(error, "kind", type(error).__name__), "text": str(error),
            "trace": traceback.format_exc(), **getattr(error, "details", {})}


def _plain(value: Any, arrays: list[Any]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v, arrays) for v in value]
    if isinstance(value, Mapping):
        if all(isinstance(k, str) and not k.startswith("=") for k in value):
            return {k: _plain(v, arrays) for k, v in value.items()}
        return {_ITEMS: [[_key(k), _plain(v, arrays)] for k, v in value.items()]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return _plain(value.item(), arrays)
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind in "biufcSU":
        arrays.append(numpy.asarray(value, order="C"))
        return {_ARRAY: len(arrays) - 1}
    raise TypeError(f"a {type(value).__name__} cannot be sent to another process")


def _key(value: Any) -> Any:
    plain = _plain(value, [])
    if isinstance(plain, (list, dict)):
        raise TypeError(f"a {type(value).__name__} as a key cannot be sent to another process")
    return plain


class Incoming:
    """Puts the pieces that arrive together again."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._looked = 0  # bytes without the end of a line
        self._head: dict[str, Any] | None = None  # whose arrays are still to come

    def add(self, piece: bytes) -> None:
        """Take what has arrived."""
        self._buffer += piece

    def take(self) -> dict[str, Any] | None:
        """Return the next message, or None where it has not arrived yet.

        Lines that are no messages, as an interpreter may print at its start, are passed over.
        """
        while self._head is None:
            end = self._buffer.find(b"\n", self._looked)
            if end < 0:
                self._looked = len(self._buffer)
                return None
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._looked = 0
            if line.startswith(b"{"):
                self._head = json.loads(line)
        arrays: list[Any] = []
        if "arrays" in self._head:
            import numpy

            kinds = [(numpy.dtype(kind), shape) for kind, shape in self._head["arrays"]]
            sizes = [kind.itemsize * math.prod(shape) for kind, shape in kinds]
            if len(self._buffer) < sum(sizes):
                return None
            offset = 0
            for (kind, shape), size in zip(kinds, sizes):
                piece = bytes(self._buffer[offset : offset + size])
                arrays.append(numpy.frombuffer(piece, kind).reshape(shape).copy())
                offset += size
            del self._buffer[:offset]
        head, self._head = self._head, None
        return {name: _rich(v, arrays) for name, v in head.items() if name != "arrays"}


def _rich(value: Any, arrays: list[Any]) -> Any:
    if isinstance(value, list):
        return [_rich(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if _ARRAY in value:
        return arrays[value[_ARRAY]]
    if _ITEMS in value:
        return {k: _rich(v, arrays) for k, v in value[_ITEMS]}
    return {k: _rich(v, arrays) for k, v in value.items()}

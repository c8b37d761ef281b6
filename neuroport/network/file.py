"""A network in one file: a zip archive with ``network.json`` and the arrays as ``.npy``.

Nothing in it is executed on loading (``allow_pickle`` is off).
"""

from __future__ import annotations

import io
import json
import os
import types
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import FileFormatError, Problem
from neuroport.json_data import plain
from neuroport.network.description import (
    CurrentSource,
    Network,
    PoissonSource,
    RenewalSource,
    SpikeTimes,
)
from neuroport.network.snapshot import SavedState
from neuroport.output.writing import write_file

__all__ = ["FORMAT", "load_network", "load_state", "save_network", "save_state"]

FORMAT = 1
# What the zip, JSON and array readers raise on damaged bytes.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError,
           NotImplementedError, RuntimeError, IndexError, AttributeError)
# From NumPy 2.5 on, NDArray is a name of its own and no longer says that it is an array.
_ARRAYS = (np.ndarray, get_origin(NDArray[np.float64]))
_SOURCES: dict[str, Any] = {"PoissonSource": PoissonSource, "RenewalSource": RenewalSource}


def _written(value: Any, put: Callable[[NDArray[Any]], Any]) -> Any:
    """Return a part of a network as plain data; its arrays are put elsewhere."""
    if isinstance(value, np.ndarray):
        return put(value)
    if isinstance(value, Mapping):
        return {name: _written(v, put) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(v, put) for v in value]
    if not is_dataclass(value):
        return value
    entries = {field.name: _written(getattr(value, field.name), put) for field in fields(value)
               if not isinstance(value, CurrentSource) or field.name != "parameters"}
    if isinstance(value, CurrentSource):  # few numbers, which stand in the text
        return {**entries, "parameters": dict(value.parameters)}
    if isinstance(value, PoissonSource | RenewalSource):
        stream = entries.pop("stream")
        return {"kind": type(value).__name__, "stream": stream, "values": entries}
    return entries


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any, get: Callable[[Any], NDArray[Any]]) -> Any:
    """Return what `_written` made plain, as an object of the type that its place has."""
    if data is None:
        return None
    if is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _read(_types(kind)[name], v, get) for name, v in data.items()})
    origin, parts = get_origin(kind), get_args(kind)
    if origin in _ARRAYS:
        return get(data)
    if origin is tuple:
        if parts[-1] is Ellipsis:
            return tuple(_read(parts[0], v, get) for v in data)
        return tuple(_read(part, v, get) for part, v in zip(parts, data, strict=True))
    if origin is Mapping:
        return {name: _read(parts[1], v, get) for name, v in data.items()}
    if origin in (Union, types.UnionType):
        if SpikeTimes in parts and "kind" in data:
            return _read(_SOURCES[data["kind"]], {**data["values"], "stream": data["stream"]}, get)
        # Of several, the first is what it is where nothing else says so: spike times, a number.
        return _read(parts[0], data, get)
    return data


def save_network(network: Network, path: str | os.PathLike[str]) -> Path:
    """Save a network to one file (by custom ``.network``).

    The file appears whole or not at all: it is written beside its place and then moved there.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    OutputError
        If it could not be written.
    """
    return _save(network, network, "network.json", path)


def save_state(saved: SavedState, path: str | os.PathLike[str]) -> Path:
    """Save a network and its state to one file, in the same way.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    OutputError
        If it could not be written.
    """
    return _save(saved, saved.network, "state.json", path)


def load_network(path: str | os.PathLike[str]) -> Network:
    """Load a network saved by :func:`save_network`.

    Raises
    ------
    FileFormatError
        If the file is not such a file, is damaged, or was written by a newer version.
    """
    network, expected = _load(
        Network, "network.json", path, "network",
        "save the network again with save_network(sim.network(), path)")
    _check_hash(network, expected, path)
    return network  # type: ignore[no-any-return]


def load_state(path: str | os.PathLike[str]) -> SavedState:
    """Load a state saved by :func:`save_state`.

    Raises
    ------
    FileFormatError
        If the file is not such a file, is damaged, or was written by a newer version.
    """
    saved, expected = _load(SavedState, "state.json", path, "saved state",
                            "save the state again with sim.save_state(...)")
    _check_hash(saved.network, expected, path)
    return saved  # type: ignore[no-any-return]


def _save(thing: Any, network: Network, name: str, path: str | os.PathLike[str]) -> Path:
    arrays: list[NDArray[Any]] = []

    def put(array: NDArray[Any]) -> dict[str, int]:
        arrays.append(array)
        return {"array": len(arrays) - 1}

    document = {"format": FORMAT, **_written(thing, put), "hash": network.hash}

    def fill(partial: Path) -> None:
        with zipfile.ZipFile(
            partial, "w", zipfile.ZIP_DEFLATED, compresslevel=3
        ) as archive:
            archive.writestr(name, json.dumps(document, default=plain, indent=1))
            for number, array in enumerate(arrays):
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                archive.writestr(f"{number}.npy", buffer.getvalue())

    return write_file(path, fill)


def _load(
    kind: Any, name: str, path: str | os.PathLike[str], what: str, fix: str
) -> tuple[Any, str]:
    """Return what a file holds and the hash that its network should have."""
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(archive.read(name))
            found, expected = document.pop("format"), document.pop("hash")
            if found != FORMAT:
                raise FileFormatError(
                    Problem(
                        f"{os.fspath(path)} has format {found}",
                        limit=f"this version reads format {FORMAT}",
                        fix="load it with the neuroport version that wrote it",
                    )
                )

            def get(reference: dict[str, int]) -> NDArray[Any]:
                with archive.open(f"{reference['array']}.npy") as stream:
                    return np.load(io.BytesIO(stream.read()), allow_pickle=False)  # type: ignore[no-any-return]

            return _read(kind, document, get), str(expected)
    except _DAMAGE as error:
        raise FileFormatError(
            Problem(f"{os.fspath(path)} is not a readable {what} file ({error})", fix=fix)
        ) from None


def _check_hash(network: Network, expected: str, path: str | os.PathLike[str]) -> None:
    if network.hash != expected:
        raise FileFormatError(
            Problem(
                f"{os.fspath(path)} does not match its own hash",
                measured=network.hash,
                limit=expected,
                fix="the file is damaged or was edited; save it again",
            )
        )

"""The content hash of a network: equal hashes mean equal runs.

Labels, arrays, numerics, seed and recordings count; the user's line numbers and the wording of
descriptions do not, so moving a model to another file does not change its hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from neuroport.json_data import plain
from neuroport.network.parts import CurrentSource, Population, Projection, SpikeTimes
from neuroport.numerics import Numerics

__all__ = ["content_hash"]


class _Digest:
    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def data(self, name: str, value: Any) -> None:
        self._hash.update(f"{name}=".encode())
        self._hash.update(json.dumps(value, sort_keys=True, default=plain).encode())
        self._hash.update(b"\n")

    def array(self, name: str, values: Any) -> None:
        array = np.ascontiguousarray(values)
        kind = "<f8" if array.dtype.kind == "f" else "<i8"
        array = array.astype(kind, copy=False)
        self._hash.update(f"{name}:{kind}:{array.shape}\n".encode())
        self._hash.update(array.tobytes())

    def hex(self) -> str:
        return self._hash.hexdigest()


def content_hash(
    timestep: float,
    seed: int,
    numerics: Numerics,
    populations: Iterable[Population],
    projections: Iterable[Projection],
    currents: Iterable[CurrentSource],
) -> str:
    """Return the SHA-256 of everything that decides a run, as 64 hexadecimal digits."""
    digest = _Digest()
    digest.data("format", 1)
    digest.data("timestep", timestep)
    digest.data("seed", seed)
    digest.data("numerics", numerics.as_dict())
    for population in populations:
        digest.data("population", [population.label, population.size, population.cell])
        for name, values in sorted(population.parameters.items()):
            digest.array(name, values)
        for name, values in sorted(population.initial.items()):
            digest.array(f"initial {name}", values)
        if isinstance(population.spikes, SpikeTimes):
            digest.array("spike index", population.spikes.index)
            digest.array("spike time", population.spikes.time)
        elif population.spikes is not None:  # its other values come from the parameters
            digest.data("stream", [type(population.spikes).__name__, population.spikes.stream])
        for recording in population.recordings:
            digest.data("record", [recording.variable, recording.interval])
            digest.array("cells", recording.index)
    for projection in projections:
        digest.data(
            "projection",
            [projection.label, projection.pre, projection.post, projection.receptor,
             projection.synapse, projection.dendritic_fraction],
        )
        digest.array("pre", projection.pre_index)
        digest.array("post", projection.post_index)
        digest.array("weight", projection.weight)
        digest.array("delay", projection.delay)
        for name, values in sorted(projection.parameters.items()):
            digest.array(name, values)
    for current in currents:
        digest.data("current", [current.kind, current.parameters, current.stream])
        for label, index in current.targets:
            digest.data("into", label)
            digest.array("cells", index)
    return digest.hex()

"""A network in one file: a zip archive with ``network.json`` and the arrays as ``.npy``.

Nothing in it is executed on loading (``allow_pickle`` is off).
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import FileFormatError, Problem
from neuroport.network.cells import CellEquations, CellModel, Receptor
from neuroport.network.description import (
    CurrentSource,
    Network,
    PoissonSource,
    Population,
    Projection,
    Recording,
    RenewalSource,
    SpikeTimes,
)
from neuroport.network.synapses import SynapseEquations, SynapseModel
from neuroport.numerics import Numerics
from neuroport.source_line import SourceLine

__all__ = ["save_network", "load_network", "FORMAT"]

FORMAT = 1
# What the zip, JSON and array readers raise on damaged bytes.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError,
           NotImplementedError, RuntimeError, IndexError, AttributeError)
_SOURCES: dict[str, Any] = {"PoissonSource": PoissonSource, "RenewalSource": RenewalSource}


class _Writer:
    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []

    def put(self, values: Any) -> dict[str, int]:
        self.arrays.append(np.asarray(values))
        return {"array": len(self.arrays) - 1}

    def mapping(self, values: Any) -> dict[str, Any]:
        return {name: self.put(v) for name, v in values.items()}


def _line(line: SourceLine | None) -> dict[str, Any] | None:
    return None if line is None else asdict(line)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot store {type(value).__name__}")


def save_network(network: Network, path: str | os.PathLike[str]) -> Path:
    """Save a network to one file (by custom ``.network``), readable by its owner only.

    The file appears whole or not at all: it is written beside its place and then moved there.

    Returns
    -------
    pathlib.Path
        Where it was written.
    """
    writer = _Writer()
    populations = []
    for p in network.populations:
        spikes: dict[str, Any] | None = None
        if isinstance(p.spikes, SpikeTimes):
            spikes = {"index": writer.put(p.spikes.index), "time": writer.put(p.spikes.time)}
        elif p.spikes is not None:
            spikes = {
                "kind": type(p.spikes).__name__,
                "stream": list(p.spikes.stream),
                "values": {
                    field.name: writer.put(getattr(p.spikes, field.name))
                    for field in fields(p.spikes)
                    if field.name != "stream"
                },
            }
        populations.append(
            {
                "label": p.label,
                "size": p.size,
                "cell": asdict(p.cell),
                "parameters": writer.mapping(p.parameters),
                "initial": writer.mapping(p.initial),
                "positions": None if p.positions is None else writer.put(p.positions),
                "spikes": spikes,
                "recordings": [
                    {"variable": r.variable, "index": writer.put(r.index), "interval": r.interval}
                    for r in p.recordings
                ],
                "described": dict(p.described),
                "line": _line(p.line),
                "per_core": p.per_core,
            }
        )
    projections = [
        {
            "label": p.label,
            "pre": p.pre,
            "post": p.post,
            "receptor": p.receptor,
            "synapse": asdict(p.synapse),
            "pre_index": writer.put(p.pre_index),
            "post_index": writer.put(p.post_index),
            "weight": writer.put(p.weight),
            "delay": writer.put(p.delay),
            "parameters": writer.mapping(p.parameters),
            "dendritic_fraction": p.dendritic_fraction,
            "weight_step": p.weight_step,
            "connector": p.connector,
            "recipe": None if p.recipe is None else [p.recipe[0], dict(p.recipe[1])],
            "described": dict(p.described),
            "line": _line(p.line),
        }
        for p in network.projections
    ]
    currents = [
        {
            "kind": c.kind,
            "parameters": dict(c.parameters),
            "targets": [[label, writer.put(index)] for label, index in c.targets],
            "stream": list(c.stream),
            "line": _line(c.line),
        }
        for c in network.currents
    ]
    document = {
        "format": FORMAT,
        "timestep": network.timestep,
        "seed": network.seed,
        "numerics": network.numerics.as_dict(),
        "populations": populations,
        "projections": projections,
        "currents": currents,
        "hash": network.hash,
    }
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(
            stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3
        ) as archive:
            archive.writestr("network.json", json.dumps(document, default=_plain, indent=1))
            for number, array in enumerate(writer.arrays):
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                archive.writestr(f"{number}.npy", buffer.getvalue())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def load_network(path: str | os.PathLike[str]) -> Network:
    """Load a network saved by :func:`save_network`.

    Raises
    ------
    FileFormatError
        If the file is not such a file, is damaged, or was written by a newer version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(archive.read("network.json"))
            if document.get("format") != FORMAT:
                raise FileFormatError(
                    Problem(
                        f"{os.fspath(path)} has format {document.get('format')}",
                        limit=f"this version reads format {FORMAT}",
                        fix="load it with the neuroport version that wrote it",
                    )
                )

            def get(reference: dict[str, int]) -> NDArray[Any]:
                with archive.open(f"{reference['array']}.npy") as stream:
                    return np.load(io.BytesIO(stream.read()), allow_pickle=False)  # type: ignore[no-any-return]

            network = _build(document, get)
    except _DAMAGE as error:
        raise FileFormatError(
            Problem(
                f"{os.fspath(path)} is not a readable network file ({error})",
                fix="save the network again with sim.network().save(...) or save_network(...)",
            )
        ) from None
    if network.hash != document["hash"]:
        raise FileFormatError(
            Problem(
                f"{os.fspath(path)} does not match its own hash",
                measured=network.hash,
                limit=document["hash"],
                fix="the file is damaged or was edited; save the network again",
            )
        )
    return network


def _cell(data: dict[str, Any]) -> CellModel:
    equations = data.pop("equations")
    if equations is not None:
        equations["reset"] = tuple(equations["reset"])
        equations["clamped"] = tuple(equations["clamped"])
    return CellModel(
        name=data["name"],
        membrane=data["membrane"],
        receptors=tuple(Receptor(**r) for r in data["receptors"]),
        parameters=tuple(data["parameters"]),
        states=tuple(data["states"]),
        recordable=tuple(data["recordable"]),
        units=data["units"],
        equations=None if equations is None else CellEquations(**equations),
    )


def _synapse(data: dict[str, Any]) -> SynapseModel:
    equations = data.pop("equations")
    if equations is not None:
        equations = SynapseEquations(
            equations["decays"],
            tuple(equations["on_presynaptic"]),
            tuple(equations["on_postsynaptic"]),
        )
    data["parameters"] = tuple(data["parameters"])
    return SynapseModel(**data, equations=equations)


def _source_line(data: dict[str, Any] | None) -> SourceLine | None:
    return None if data is None else SourceLine(**data)


def _build(document: dict[str, Any], get: Any) -> Network:
    populations = []
    for p in document["populations"]:
        spikes: SpikeTimes | PoissonSource | RenewalSource | None = None
        if p["spikes"] is not None:
            s = p["spikes"]
            if "kind" in s:
                values = {name: get(reference) for name, reference in s["values"].items()}
                spikes = _SOURCES[s["kind"]](**values, stream=tuple(s["stream"]))
            else:
                spikes = SpikeTimes(get(s["index"]), get(s["time"]))
        populations.append(
            Population(
                p["label"],
                p["size"],
                _cell(p["cell"]),
                {k: get(v) for k, v in p["parameters"].items()},
                {k: get(v) for k, v in p["initial"].items()},
                None if p["positions"] is None else get(p["positions"]),
                spikes,
                tuple(
                    Recording(r["variable"], get(r["index"]), r["interval"])
                    for r in p["recordings"]
                ),
                p["described"],
                _source_line(p["line"]),
                p.get("per_core"),
            )
        )
    projections = tuple(
        Projection(
            p["label"],
            p["pre"],
            p["post"],
            p["receptor"],
            _synapse(p["synapse"]),
            get(p["pre_index"]),
            get(p["post_index"]),
            get(p["weight"]),
            get(p["delay"]),
            {k: get(v) for k, v in p["parameters"].items()},
            p["dendritic_fraction"],
            p["connector"],
            p["described"],
            _source_line(p["line"]),
            p["weight_step"],
            None if p.get("recipe") is None else (p["recipe"][0], p["recipe"][1]),
        )
        for p in document["projections"]
    )
    currents = tuple(
        CurrentSource(
            c["kind"],
            c["parameters"],
            tuple((label, get(index)) for label, index in c["targets"]),
            tuple(c["stream"]),
            _source_line(c["line"]),
        )
        for c in document["currents"]
    )
    return Network(
        document["timestep"],
        document["seed"],
        Numerics(**document["numerics"]),
        tuple(populations),
        projections,
        currents,
    )

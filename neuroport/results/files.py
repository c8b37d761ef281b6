"""Results from files: Neo formats, JSON, NPZ and CSV.

The formats are described in ``docs/compare.md``. NPZ holds everything a `Result` can hold and is
what `save_npz` writes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import neo
import neo.io
import numpy as np

from neuroport.results.arrays import from_events, from_rows, from_spike_times, make_block
from neuroport.results.errors import RecordingFormatError, UnsafeFileError
from neuroport.results.result import ProjectionStructure, Result, Score, Structure

__all__ = ["load", "load_csv", "load_json", "load_neo", "load_npz", "save_npz"]

_PICKLES = {".pkl", ".pickle"}


def load(
    path: str | Path | Sequence[str | Path],
    *,
    name: str | None = None,
    timestep: float | None = None,
    allow_pickle: bool = False,
    **options: Any,
) -> Result:
    """Load a result; the format follows from the file name's ending.

    Parameters
    ----------
    path : path or sequence of paths
        ``.npz``, ``.csv``, ``.json`` or any format that Neo can read. Several Neo files, one per
        population, may be given together.
    name : str, optional
        Name in reports; the file's stem if left out.
    timestep : float, optional
        Time step, ms. Needed for formats that do not store it; 1.0 otherwise.
    allow_pickle : bool
        Pickle files can run any code when opened; set this only for files that you made.
    **options
        Passed to the loader of the format.

    Raises
    ------
    RecordingFormatError
        If the file is missing or not understood.
    UnsafeFileError
        If the file is a pickle and `allow_pickle` is not set.
    """
    paths = [Path(p) for p in ([path] if isinstance(path, (str, Path)) else path)]
    for one in paths:
        if not one.exists():
            raise RecordingFormatError(str(one), "no such file", "an existing file of recordings",
                                       "check the path")
    ending = paths[0].suffix.lower()
    name = paths[0].stem if name is None else name
    if ending == ".npz":
        return load_npz(paths[0], name=name, timestep=timestep)
    step = 1.0 if timestep is None else timestep
    if ending == ".csv":
        return load_csv(paths[0], name=name, timestep=step, **options)
    if ending == ".json":
        return load_json(paths[0], name=name, timestep=step, **options)
    return load_neo(paths, name=name, timestep=step, allow_pickle=allow_pickle, **options)


def load_neo(
    paths: Sequence[str | Path],
    *,
    name: str,
    timestep: float = 1.0,
    segment: int | None = None,
    allow_pickle: bool = False,
) -> Result:
    """Load blocks from files that Neo reads, one population per block.

    Parameters
    ----------
    paths : sequence of paths
        Files; the reader is chosen by `neo.io.get_io` from the ending.
    name : str
        Name in reports.
    timestep : float
        Time step, ms.
    segment : int, optional
        Which segment (run) to take if a block holds several.
    allow_pickle : bool
        See `load`.

    Raises
    ------
    RecordingFormatError
        If Neo cannot read a file, or two blocks have the same label.
    UnsafeFileError
        If a file is a pickle and `allow_pickle` is not set.
    """
    blocks: dict[str, neo.Block] = {}
    for path in map(Path, paths):
        if path.suffix.lower() in _PICKLES and not allow_pickle:
            raise UnsafeFileError(
                str(path), "a pickle file, which can run any code when opened",
                "a data-only format (.mat, .nix, .npz, .csv)",
                "pass allow_pickle=True if you made this file yourself")
        try:
            found = neo.io.get_io(str(path)).read()  # all blocks of the file
        except Exception as problem:  # Neo's readers raise whatever their format raises
            raise RecordingFormatError(
                str(path), f"Neo could not read it ({type(problem).__name__}: {problem})",
                "a file in a format of neo.io", "convert it, or use .npz, .csv or .json as "
                "described in docs/compare.md") from problem
        for block in found:
            label = str(block.name or path.stem)
            if label in blocks:
                raise RecordingFormatError(
                    str(path), f"a second block named {label!r}", "one block per population",
                    "set block.name to the population label before saving")
            if segment is not None:
                if not -len(block.segments) <= segment < len(block.segments):
                    raise RecordingFormatError(
                        str(path), f"segment {segment} asked for, {len(block.segments)} stored",
                        "an existing segment", "choose another `segment`")
                block.segments[:] = [block.segments[segment]]
            blocks[label] = block
    return Result(name, blocks, timestep, provenance={"files": [Path(p).name for p in paths]})


def load_json(
    path: str | Path,
    *,
    name: str | None = None,
    key: str | Sequence[str] = (),
    timestep: float = 1.0,
    **options: Any,
) -> Result:
    """Load spikes from JSON.

    Parameters
    ----------
    path : path
        A mapping of population label to either one list of spike times (ms) per neuron, or to
        raster rows ``[time, [firing neurons]]``.
    name : str, optional
        Name in reports.
    key : str or sequence of str
        Where in the file the mapping is, for instance ``("experiment_1", "recorded")``.
    timestep : float
        Time step, ms.
    **options
        ``stop``, ``start``, ``sizes`` ... as in `from_spike_times`.

    Raises
    ------
    RecordingFormatError
        If the file holds something else.
    """
    path = Path(path)
    steps = (key,) if isinstance(key, str) else tuple(key)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise RecordingFormatError(str(path), f"not JSON ({problem})", "a JSON file",
                                   "check the file") from problem
    for step in steps:
        if not isinstance(data, Mapping) or step not in data:
            have = ", ".join(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
            raise RecordingFormatError(str(path), f"no key {step!r} (found: {have})",
                                       "the keys given in `key`", "correct `key`")
        data = data[step]
    if not isinstance(data, Mapping) or not all(isinstance(v, list) for v in data.values()):
        raise RecordingFormatError(
            str(path), "not a mapping of population labels to lists",
            "{'label': [[times of neuron 0], ...]} or {'label': [[time, [neurons]], ...]}",
            "say with key=(...) where in the file the spikes are")
    name = path.stem if name is None else name
    provenance = {"file": path.name, **({"key": "/".join(steps)} if steps else {})}
    as_rows = any(len(entry) == 2 and isinstance(entry[1], list)
                  for entries in data.values() for entry in entries if isinstance(entry, list))
    if as_rows:
        return from_rows(data, name=name, timestep=timestep, provenance=provenance, **options)
    try:
        return from_spike_times(data, name=name, timestep=timestep, provenance=provenance,
                                **options)
    except TypeError as problem:
        raise RecordingFormatError(str(path), f"unreadable spike times ({problem})",
                                   "numbers in milliseconds", "check the lists") from problem


def load_csv(path: str | Path, *, name: str | None = None, timestep: float = 1.0,
             **options: Any) -> Result:
    """Load spikes from CSV with the header ``population,neuron,time_ms``, one spike a line.

    Parameters
    ----------
    path : path
    name : str, optional
        Name in reports.
    timestep : float
        Time step, ms.
    **options
        ``stop``, ``start``, ``sizes`` ... as in `from_events`.

    Raises
    ------
    RecordingFormatError
        If a column is missing or a line is not readable; the line is named.
    """
    path = Path(path)
    events: dict[str, tuple[list[int], list[float]]] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        needed = {"population", "neuron", "time_ms"}
        if not needed <= set(reader.fieldnames or ()):
            raise RecordingFormatError(str(path), f"columns {reader.fieldnames}",
                                       "population,neuron,time_ms", "add the header line")
        for number, row in enumerate(reader, start=2):
            try:
                neuron, time = int(row["neuron"]), float(row["time_ms"])
            except (TypeError, ValueError):
                raise RecordingFormatError(
                    f"{path}, line {number}", f"{dict(row)}", "a whole neuron number and a time "
                    "in ms", "correct the line") from None
            index, times = events.setdefault(row["population"], ([], []))
            index.append(neuron)
            times.append(time)
    return from_events({k: v for k, v in events.items()},
                       name=path.stem if name is None else name, timestep=timestep,
                       provenance={"file": path.name}, **options)


_OPTIONAL_NUMBERS = ("weight_resolution", "delay_resolution")


def save_npz(result: Result, path: str | Path) -> None:
    """Write a result to one compressed NPZ file that `load_npz` reads back.

    Parameters
    ----------
    result : Result
    path : path
        The file to write. It holds arrays and one JSON text, no pickled objects.
    """
    arrays: dict[str, Any] = {}
    head: dict[str, Any] = {
        "name": result.name, "timestep": result.timestep, "command": result.command,
        "findings": list(result.findings), "populations": {}, "projections": {},
        "resolution": {k: dict(v) for k, v in result.resolution.items()},
        "provenance": json.loads(json.dumps(dict(result.provenance), default=str)),
    }
    for label in result.populations:
        entry: dict[str, Any] = {"signals": {}}
        spikes = result.spikes(label)
        if spikes is not None:
            entry.update(start=spikes.start, stop=spikes.stop, size=spikes.size)
            arrays[f"spikes/{label}/recorded"] = spikes.index
            arrays[f"spikes/{label}/neuron"] = np.repeat(
                spikes.index, [len(t) for t in spikes.times])
            arrays[f"spikes/{label}/time"] = (
                np.concatenate(spikes.times) if spikes.times else np.empty(0))
        for name, signal in result.signals(label).items():
            entry["signals"][name] = {"unit": signal.unit, "start": signal.start,
                                      "period": signal.period, "numbered": signal.numbered}
            arrays[f"signal/{label}/{name}/values"] = signal.values
            arrays[f"signal/{label}/{name}/neuron"] = signal.index
        head["populations"][label] = entry
    if result.structure is not None:
        head["sizes"] = dict(result.structure.sizes)
        for label, projection in result.structure.projections.items():
            head["projections"][label] = {
                "presynaptic": projection.presynaptic, "postsynaptic": projection.postsynaptic,
                "weight_unit": projection.weight_unit, "weight_bounds": projection.weight_bounds,
                **{key: getattr(projection, key) for key in _OPTIONAL_NUMBERS}}
            for key in ("pre_index", "post_index", "weight", "delay", "final_weight"):
                values = getattr(projection, key)
                if values is not None:
                    arrays[f"projection/{label}/{key}"] = values
    if result.score is not None:
        head["score"] = {"name": result.score.name, "items": result.score.items}
        arrays["score"] = result.score.outcomes
    with Path(path).open("wb") as stream:
        np.savez_compressed(stream, head=np.array(json.dumps(head)), **arrays)


def load_npz(path: str | Path, *, name: str | None = None,
             timestep: float | None = None) -> Result:
    """Read a file written by `save_npz`.

    Parameters
    ----------
    path : path
    name : str, optional
        Name in reports; the stored name if left out.
    timestep : float, optional
        Time step, ms, if the stored one is to be replaced.

    Raises
    ------
    RecordingFormatError
        If the file is not of this format.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
        head = json.loads(str(data.pop("head")))
    except (OSError, ValueError, KeyError) as problem:
        raise RecordingFormatError(str(path), f"not a result file ({problem})",
                                   "an NPZ file written by save_npz",
                                   "use from_spike_times for your own arrays") from problem
    blocks: dict[str, neo.Block] = {}
    for label, entry in head["populations"].items():
        trains, index = None, None
        recorded = data.get(f"spikes/{label}/recorded")
        if recorded is not None:
            neuron = data[f"spikes/{label}/neuron"]
            time = data[f"spikes/{label}/time"]
            low = np.searchsorted(neuron, recorded, "left")
            high = np.searchsorted(neuron, recorded, "right")
            trains = [time[a:b] for a, b in zip(low, high, strict=True)]
            index = [int(i) for i in recorded]
        block = make_block(label, trains, start=entry.get("start", 0.0),
                           stop=entry.get("stop", 0.0), index=index, size=entry.get("size"))
        for signal_name, about in entry["signals"].items():
            part = make_block(
                label, start=about["start"], stop=about["start"], period=about["period"],
                signals={signal_name: data[f"signal/{label}/{signal_name}/values"]},
                index=[int(i) for i in data[f"signal/{label}/{signal_name}/neuron"]],
                units={signal_name: about["unit"].replace("µ", "u")})
            block.segments[0].analogsignals.append(part.segments[0].analogsignals[0])
        blocks[label] = block
    projections = {}
    for label, about in head["projections"].items():
        bounds = about.pop("weight_bounds")
        projections[label] = ProjectionStructure(
            **about, weight_bounds=tuple(bounds) if bounds else None,
            **{key: data[f"projection/{label}/{key}"]
               for key in ("pre_index", "post_index", "weight", "delay", "final_weight")
               if f"projection/{label}/{key}" in data})
    score = None
    if "score" in head:
        items = head["score"]["items"]
        score = Score(head["score"]["name"], data["score"], tuple(items) if items else None)
    return Result(
        name or head["name"], blocks, timestep or head["timestep"],
        structure=Structure(head["sizes"], projections) if "sizes" in head else None,
        score=score, resolution=head["resolution"], provenance=head["provenance"],
        findings=tuple(head["findings"]), command=head["command"])

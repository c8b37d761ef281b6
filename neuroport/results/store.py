"""Stored results: Neo Blocks, the network, the findings and a manifest, in one directory.

``results.nix``
    One Neo Block a population, written by Neo, see :mod:`neuroport.results.nix_blocks`.
    :func:`load_results` returns one SpikeTrain a cell, as PyNN does.
``network.network``
    The network that ran, see :func:`neuroport.load_network`.
``weights.npz``
    The weights of every projection as the engine holds them after the run, in the network's order.
``findings.json``, ``run.json``
    What the checks found; versions, seed, numerics, hash and command.

A directory appears whole or not at all: it is written beside its place and then renamed. A run
with several simulators has a directory for each, ``simulator-1`` and so on.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import FileFormatError, Problem
from neuroport.json_data import plain
from neuroport.network.file import load_network, save_network
from neuroport.output.writing import write_folder
from neuroport.results.collecting import collect, result_from
from neuroport.results.errors import RecordingFormatError
from neuroport.results.nix_blocks import read_blocks, write_blocks
from neuroport.results.result import Result, Score, join_results
from neuroport.secrets import without_secrets

__all__ = ["load_results", "load_run", "part_of", "save_results"]

FORMAT = 2
_READ = (1, 2)  # 1 had the cell of each spike beside it
BLOCKS, NETWORK, WEIGHTS, FINDINGS, MANIFEST = (
    "results.nix", "network.network", "weights.npz", "findings.json", "run.json"
)

_PART = "simulator-"
_OF = "weights of "  # keeps a label from meeting an argument of NumPy's writer


def save_results(
    source: Any,
    directory: str | os.PathLike[str],
    *,
    information: Mapping[str, Any] | None = None,
) -> Path:
    """Store results in a new directory.

    Parameters
    ----------
    source : Simulator, Result or iterable of neo.Block
        What to store.
    directory : path
        Must not exist, or be empty; see also
        :func:`neuroport.output.naming.default_directory`.
    information : mapping, optional
        More entries for the manifest ``run.json``.

    Returns
    -------
    pathlib.Path
        The directory.

    Raises
    ------
    OutputError
        If it could not be written; then nothing is left there.
    NotReadyError
        If nothing has run.

    Examples
    --------
    >>> import tempfile, neuroport
    >>> sim = neuroport.simulator("brian2", timestep=1.0)
    >>> cells = sim.Population(3, sim.IF_curr_exp(i_offset=1.0), label="cells")
    >>> cells.record("spikes")
    >>> _ = sim.run(50.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_results(sim, folder + "/run")
    ...     [block.name for block in load_results(path).blocks]
    ['cells']
    """
    if hasattr(source, "state"):
        source = collect(source)
    elif not isinstance(source, Result):
        source = result_from("recording", list(source))

    def fill(folder: Path) -> None:
        if not source.parts:
            _fill(source, folder, information or {})
        for number, one in enumerate(source.parts, 1):
            part = part_of(folder, number)
            part.mkdir()
            _fill(one, part, {**(information or {}), "simulators": len(source.parts)})

    return write_folder(directory, fill, last=MANIFEST)


def part_of(folder: Path, number: int) -> Path:
    """Return the folder of a simulator, counted from 1, where there are several."""
    return folder / f"{_PART}{number}"


def _fill(result: Result, folder: Path, information: Mapping[str, Any]) -> None:
    """Write one simulator's results."""
    blocks = result.blocks
    write_blocks(folder / BLOCKS, blocks)
    if result.network is not None:
        save_network(result.network, folder / NETWORK)
    if result.weights:
        named: dict[str, Any] = {f"{_OF}{k}": w for k, w in result.weights.items()}
        np.savez_compressed(folder / WEIGHTS, **named)
    _write_json(folder / FINDINGS, list(result.findings))
    _write_json(
        folder / MANIFEST,
        {
            "format": FORMAT,
            "written": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            **result.information,
            **information,
            "blocks": [{"name": b.name, "segments": len(b.segments)} for b in blocks],
        },
    )


def load_results(directory: str | os.PathLike[str]) -> Result:
    """Load what :func:`save_results` stored.

    Raises
    ------
    FileFormatError
        If the directory holds no results, is incomplete, damaged, or of a newer version.
    """
    folder = Path(directory)
    try:
        information = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found_format = information["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(
            Problem(f"{folder} holds no stored results ({MANIFEST}: {error})",
                    fix="name a directory that `neuroport run` or save_results() wrote")
        ) from None
    if found_format not in _READ:
        raise FileFormatError(
            Problem(f"{folder} has format {found_format}",
                    limit=f"this version reads {' and '.join(map(str, _READ))}",
                    fix="load it with the neuroport version that wrote it")
        )
    missing = [name for name in (BLOCKS, FINDINGS) if not (folder / name).is_file()]
    if missing:
        raise FileFormatError(
            Problem(f"{folder} is incomplete", measured=f"missing: {', '.join(missing)}")
        )
    try:
        findings = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
        blocks = read_blocks(folder / BLOCKS)
        weights = _read_weights(folder / WEIGHTS)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FileFormatError(
            Problem(f"{folder} is damaged ({type(error).__name__}: {error})")
        ) from None
    network = load_network(folder / NETWORK) if (folder / NETWORK).is_file() else None
    return result_from(folder.name, blocks, network, weights, findings, information)


def load_run(folder: str | os.PathLike[str], *, name: str | None = None,
             timestep: float | None = None) -> Result:
    """Load a folder that `neuroport run` wrote, whatever the number of its simulators.

    Parameters
    ----------
    folder : path
    name : str, optional
        Name in reports; the folder's name if left out.
    timestep : float, optional
        Time step, ms, where the stored one is to be replaced.

    Raises
    ------
    RecordingFormatError
        If the folder holds no run, or neither it nor `timestep` says the time step.
    """
    folder = Path(folder)
    parts = [folder] if (folder / MANIFEST).is_file() else sorted(
        path.parent for path in folder.glob(f"{_PART}*/{MANIFEST}"))
    try:
        stored = [load_results(part) for part in parts or [folder]]  # raises with the reason
    except FileFormatError as problem:
        raise RecordingFormatError(
            str(folder), str(problem.problems[0].what), "a folder that `neuroport run` wrote",
            "name such a folder, or a file of recordings") from None
    about = stored[0].information
    if len(stored) != about.get("simulators", len(stored)):
        raise RecordingFormatError(
            str(folder), f"{len(stored)} simulators are there",
            f"{about['simulators']} were stored",
            "name a folder with all of them, or one simulator's own")
    if not timestep and not about.get("timestep_ms"):
        raise RecordingFormatError(
            str(folder), "no time step is stored", "the time step in ms",
            "give it: timestep=..., or --timestep on the command line")
    return join_results(
        stored, name=name or folder.name, score=Score.of(about.get("score")),
        timestep=timestep, command=str(about.get("command") or ""))


def _read_weights(path: Path) -> dict[str, NDArray[np.float64]]:
    if not path.is_file():
        return {}  # written by a version that did not read weights back
    with np.load(path, allow_pickle=False) as file:
        return {name.removeprefix(_OF): file[name] for name in file.files}


def _write_json(path: Path, value: Any) -> None:
    path.write_text(
        json.dumps(without_secrets(value), indent=1, default=plain, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )

"""Stored results: Neo Blocks, the network, the findings and a manifest, in one directory.

``results.nix``
    One Neo Block a population, written by Neo. The spikes of a population are one SpikeTrain
    whose array annotation ``source_index`` names the cell of each spike; the annotation
    ``recorded`` lists the recorded cells. A SpikeTrain a cell would take 20 ms each to write.
    :func:`load_results` returns one SpikeTrain a cell, as PyNN does.
``network.network``
    The network that ran, see :func:`neuroport.load_network`.
``weights.npz``
    The weights of every projection as the engine holds them after the run, in the network's order.
``findings.json``, ``run.json``
    What the checks found; versions, seed, numerics, hash and command.

A directory appears whole or not at all: it is written beside its place and then renamed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import (
    FileFormatError,
    NeuroportError,
    NotReadyError,
    Problem,
    UserError,
)
from neuroport.results.spike_arrays import SpikeArrays, spike_arrays
from neuroport.results.versions import versions
from neuroport.secrets import without_secrets

if TYPE_CHECKING:
    from neuroport.network.description import Network
    from neuroport.pynn.simulator import Simulator

__all__ = [
    "OutputError",
    "Results",
    "collect",
    "default_directory",
    "load_results",
    "save_results",
    "write_safely",
]

FORMAT = 1
BLOCKS, NETWORK, WEIGHTS, FINDINGS, MANIFEST = (
    "results.nix", "network.network", "weights.npz", "findings.json", "run.json"
)

_OF = "weights of "  # keeps a label from meeting an argument of NumPy's writer


class OutputError(UserError, OSError):
    """Results that could not be written: a full disk, a folder that may not be written to."""


@dataclass
class Results:
    """What a run left.

    Attributes
    ----------
    blocks : list of neo.Block
        One a population with recorded data, named after it.
    network : Network or None
        What ran.
    findings : list of dict
        As plain data, see :meth:`neuroport.findings.Finding.as_dict`.
    information : dict
        The manifest: versions, seed, numerics, hash and so on.
    weights : dict of str to ndarray, shape (n_synapses,)
        Projection -> weights as the engine holds them after the run (nA, µS or mV), in the
        network's order; NaN for a synapse that the engine does not have. Only projections that
        could be read.
    """

    blocks: list[Any]
    network: Network | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    information: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def n_spikes(self) -> int:
        """Spikes in all blocks."""
        return sum(_count(s.spiketrains) for b in self.blocks for s in b.segments)


def _count(trains: Any) -> int:
    arrays = spike_arrays(trains)
    return sum(len(t) for t in trains) if arrays is None else len(arrays.time)


def collect(simulator: Simulator) -> Results:
    """Return everything that a simulator recorded so far.

    Raises
    ------
    NotReadyError
        If nothing has run.
    """
    state = simulator.state
    if state.step == 0 and state.segment_counter == 0:
        raise NotReadyError(
            Problem("there are no results yet", fix="call run(...) before the results are saved")
        )

    blocks = []
    for population in state.populations:
        if population.recorder.recorded:
            block = population.get_data()
            block.name = population.label
            blocks.append(block)
    network = simulator.network()
    information = {
        "simulated_ms": state.t,
        "wall_time_s": round(state.wall_time, 3),
        "interrupted": state.interrupted,
        "backend": state.backend_name,
        "runs_on": state.backend.capabilities.kind,
        "timestep_ms": state.dt,
        "seed": state.seed,
        "numerics": state.numerics.as_dict(),
        "dialect": state.dialect.name,
        "network_hash": network.hash,
        "realised_hash": state.network_as_written().realised_hash,
        "cells": network.n_cells,
        "synapses": network.n_synapses,
        "versions": versions(state.backend),
    }
    weights = _held_weights(simulator, network)
    information["engine"] = state.account  # only now: reading takes time, too
    return Results(
        blocks, network, [f.as_dict() for f in state.findings], information, weights
    )


def _held_weights(simulator: Simulator, network: Network) -> dict[str, NDArray[np.float64]]:
    """Return the weights in the engine; what cannot be read any more is left out."""
    session = simulator.state.session
    held: dict[str, NDArray[np.float64]] = {}
    if session is None or simulator.state.step == 0:
        return held
    for projection in network.projections:
        try:
            weight = np.asarray(session.weights(projection.label), dtype=float)
        except (NeuroportError, KeyError, StopIteration):  # a lost machine; a changed network
            continue
        if weight.shape == (projection.size,):
            held[projection.label] = weight
    return held


# -- where ---------------------------------------------------------------------------------------


def default_directory(name: str, network_hash: str, parent: str | os.PathLike[str] = ".") -> Path:
    """Return ``neuroport-output/<name>-<hash>-<time>`` below `parent`, not taken yet."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    base = Path(parent) / "neuroport-output" / f"{plain}-{network_hash[:8] or 'none'}-{stamp}"
    path, k = base, 2
    while path.exists():
        path, k = base.with_name(f"{base.name}-{k}"), k + 1
    return path


def _output_error(error: BaseException, where: Path) -> OutputError:
    number = getattr(error, "errno", None)
    # HDF5 reports the system's error as text only.
    match = re.search(r"errno = (\d+)", str(error))
    if match:
        number = int(match.group(1))
    fixes = {
        errno.ENOSPC: "free some space, or choose another place with --output DIR",
        errno.EDQUOT: "free some of your quota, or choose another place with --output DIR",
        errno.EFBIG: "raise the limit on file sizes (ulimit -f), or record less",
        errno.EACCES: "choose a folder that you may write to with --output DIR",
        errno.EPERM: "choose a folder that you may write to with --output DIR",
        errno.EROFS: "choose a folder that can be written to with --output DIR",
    }
    reason = os.strerror(number) if number else str(error).splitlines()[0][:200]
    return OutputError(
        Problem(
            f"the results could not be written to {where}",
            measured=reason,
            limit="nothing was left there: results are stored whole or not at all",
            fix=fixes.get(number or 0, "choose another place with --output DIR"),
        ),
    )


# HDF5 raises RuntimeError for some failed writes, and KeyError where a half-written group is
# looked up again; inside write_safely both mean that the file could not be written.
_WRITE_ERRORS = (OSError, RuntimeError, KeyError)


def write_safely(directory: str | os.PathLike[str], fill: Callable[[Path], None]) -> Path:
    """Make a directory whose files are written by `fill`, whole or not at all.

    Parameters
    ----------
    directory : path
        Must not exist, or be empty. Readable by its owner only.
    fill : callable
        Gets the path of a temporary directory beside `directory` and writes into it.

    Raises
    ------
    OutputError
        If the place is taken, may not be written to, or the disk is full.
    """
    target = Path(directory)
    if target.exists() and not target.is_dir():
        raise OutputError(
            Problem(f"{target} is a file", limit="a folder that does not exist yet, or is empty",
                    fix="choose another place with --output DIR")
        )
    try:
        taken = target.is_dir() and any(target.iterdir())
        if taken:
            raise OutputError(
                Problem(f"{target} is not empty",
                        limit="a folder that does not exist yet, or is empty",
                        fix="choose another place with --output DIR; nothing is overwritten")
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))  # 0700
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise _output_error(error, target) from None
    try:
        fill(partial)
        for path in partial.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if path.is_file():
                with path.open("rb") as stream:
                    os.fsync(stream.fileno())  # a full disk may show only now
        if target.is_dir():
            target.rmdir()
        partial.rename(target)
    except UserError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    except _WRITE_ERRORS as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise _output_error(error, target) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


# -- saving --------------------------------------------------------------------------------------


def _packed(block: Any) -> Any:
    """Return a block with one spike train a segment; signals are shared, not copied."""
    import neo
    import quantities as pq

    result = neo.Block(name=block.name, description=block.description, **block.annotations)
    for segment in block.segments:
        small = neo.Segment(
            name=segment.name, description=segment.description,
            rec_datetime=segment.rec_datetime, **segment.annotations,
        )
        small.analogsignals.extend(segment.analogsignals)
        small.irregularlysampledsignals.extend(segment.irregularlysampledsignals)
        found = _arrays(segment.spiketrains)
        if found is not None:
            order = np.lexsort((found.cell, found.time))
            small.spiketrains.append(
                neo.SpikeTrain(
                    found.time[order] * pq.ms,
                    t_start=found.start * pq.ms,
                    t_stop=found.stop * pq.ms,
                    name="spikes of all cells",
                    array_annotations={"source_index": found.cell[order]},
                    packed=True,
                    recorded=found.recorded.tolist(),
                    first_id=int(block.annotations.get("first_id", 0)),
                )
            )
        result.segments.append(small)
    result.check_relationships()
    return result


def _arrays(trains: Any) -> SpikeArrays | None:
    """Return the spikes of a segment as arrays; None where nothing was recorded."""
    arrays = spike_arrays(trains)
    if arrays is not None:
        return arrays if len(arrays.recorded) else None
    listed = list(trains)
    if not listed:
        return None
    cells = [int(t.annotations.get("source_index", i)) for i, t in enumerate(listed)]
    return SpikeArrays(
        np.asarray(cells, dtype=np.int64),
        np.repeat(np.asarray(cells, dtype=np.int64), [len(t) for t in listed]),
        np.concatenate([t.rescale("ms").magnitude for t in listed]),
        min(float(t.t_start.rescale("ms")) for t in listed),
        max(float(t.t_stop.rescale("ms")) for t in listed),
    )


def _unpack(block: Any) -> None:
    """Put one spike train a cell back, in place."""
    import neo
    import quantities as pq

    for segment in block.segments:
        packed = [t for t in segment.spiketrains if t.annotations.get("packed")]
        if not packed:
            continue
        trains = [t for t in segment.spiketrains if not t.annotations.get("packed")]
        for whole in packed:
            recorded = np.atleast_1d(np.asarray(whole.annotations["recorded"], dtype=np.int64))
            index = np.asarray(whole.array_annotations.get("source_index", []), dtype=np.int64)
            times = np.asarray(whole.rescale("ms").magnitude, dtype=float)
            order = np.argsort(index, kind="stable")
            index, times = index[order], times[order]
            first, last = np.searchsorted(index, recorded), np.searchsorted(
                index, recorded, side="right"
            )
            first_id = int(whole.annotations.get("first_id", 0))
            for cell, a, b in zip(recorded.tolist(), first, last):
                trains.append(
                    neo.SpikeTrain(
                        times[a:b] * pq.ms, t_start=whole.t_start, t_stop=whole.t_stop,
                        source_population=block.name, source_index=cell,
                        channel_id=first_id + cell,
                    )
                )
        segment.spiketrains.clear()
        segment.spiketrains.extend(trains)
    block.check_relationships()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(
        json.dumps(without_secrets(value), indent=1, default=_plain, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def _write_blocks(path: Path, blocks: Sequence[Any]) -> None:
    from neo.io import NixIO

    packed = [_packed(block) for block in blocks]
    _reserve(path, packed)
    io = NixIO(str(path), "ow")
    try:
        io.write_all_blocks(packed)
    finally:
        # After a failed write HDF5 fails again on closing; the first error is the one to tell.
        if _has_error():
            with contextlib.suppress(Exception):
                io.close()
        else:
            io.close()


def _reserve(path: Path, blocks: Sequence[Any]) -> None:
    """Fail now where the disk has no room: HDF5 would end the whole process on a full disk."""
    size = 500_000
    for block in blocks:
        for segment in block.segments:
            size += 150_000 + sum(
                item.nbytes for item in (*segment.analogsignals, *segment.irregularlysampledsignals)
            ) + sum(2 * train.nbytes + 8 * len(train.annotations["recorded"])
                    for train in segment.spiketrains)
    empty = bytes(1 << 20)
    with path.open("wb") as stream:
        while size > 0:
            size -= stream.write(empty[: min(size, len(empty))])
        stream.flush()
        os.fsync(stream.fileno())
    path.unlink()


def _has_error() -> bool:
    import sys

    return sys.exc_info()[0] is not None


def save_results(
    source: Simulator | Results | Iterable[Any],
    directory: str | os.PathLike[str],
    *,
    information: Mapping[str, Any] | None = None,
    extra: Callable[[Path], None] | None = None,
) -> Path:
    """Store results in a new directory.

    Parameters
    ----------
    source : Simulator, Results or iterable of neo.Block
        What to store.
    directory : path
        Must not exist, or be empty; see also :func:`default_directory`.
    information : mapping, optional
        More entries for the manifest ``run.json``.
    extra : callable, optional
        Gets the directory while it is written and may add files, plots for example.

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
    if isinstance(source, Results):
        results = source
    elif hasattr(source, "state"):
        results = collect(cast("Simulator", source))
    else:
        results = Results(list(cast("Iterable[Any]", source)))

    def fill(folder: Path) -> None:
        from neuroport.network.file import save_network

        _write_blocks(folder / BLOCKS, results.blocks)
        if results.network is not None:
            save_network(results.network, folder / NETWORK)
        if results.weights:
            named: dict[str, Any] = {f"{_OF}{k}": w for k, w in results.weights.items()}
            np.savez_compressed(folder / WEIGHTS, **named)
        _write_json(folder / FINDINGS, results.findings)
        if extra is not None:
            extra(folder)
        _write_json(
            folder / MANIFEST,
            {
                "format": FORMAT,
                "written": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                **results.information,
                **(information or {}),
                "blocks": [
                    {"name": b.name, "segments": len(b.segments)} for b in results.blocks
                ],
            },
        )

    return write_safely(directory, fill)


# -- loading -------------------------------------------------------------------------------------


def load_results(directory: str | os.PathLike[str]) -> Results:
    """Load what :func:`save_results` stored.

    Raises
    ------
    FileFormatError
        If the directory holds no results, is incomplete, damaged, or of a newer version.
    """
    from neuroport.network.file import load_network

    folder = Path(directory)
    try:
        information = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found_format = information["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(
            Problem(f"{folder} holds no stored results ({MANIFEST}: {error})",
                    fix="name a directory that `neuroport run` or save_results() wrote")
        ) from None
    if found_format != FORMAT:
        raise FileFormatError(
            Problem(f"{folder} has format {found_format}", limit=f"this version reads {FORMAT}",
                    fix="load it with the neuroport version that wrote it")
        )
    missing = [name for name in (BLOCKS, FINDINGS) if not (folder / name).is_file()]
    if missing:
        raise FileFormatError(
            Problem(f"{folder} is incomplete", measured=f"missing: {', '.join(missing)}")
        )
    try:
        findings = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
        blocks = _read_blocks(folder / BLOCKS)
        weights = _read_weights(folder / WEIGHTS)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FileFormatError(
            Problem(f"{folder} is damaged ({type(error).__name__}: {error})")
        ) from None
    network = load_network(folder / NETWORK) if (folder / NETWORK).is_file() else None
    return Results(blocks, network, findings, information, weights)


def _read_weights(path: Path) -> dict[str, NDArray[np.float64]]:
    if not path.is_file():
        return {}  # written by a version that did not read weights back
    with np.load(path, allow_pickle=False) as file:
        return {name.removeprefix(_OF): file[name] for name in file.files}


def _read_blocks(path: Path) -> list[Any]:
    from neo.io import NixIO

    io = NixIO(str(path), "ro")
    try:
        blocks: list[Any] = io.read_all_blocks()
    finally:
        io.close()
    for block in blocks:
        for item in (block, *block.segments, *block.data_children_recur):
            item.annotations = {
                k: v.item() if isinstance(v, np.generic) else v
                for k, v in item.annotations.items()
                if k != "nix_name"
            }
        _unpack(block)
    return blocks

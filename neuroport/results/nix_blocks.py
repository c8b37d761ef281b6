"""Neo Blocks in a NIX file, quickly: the spikes of a population are one train there.

A SpikeTrain a cell would take 20 ms each to write, and the cell of each spike as an array
annotation 10 s a million. The train has the spikes of one recorded cell after the other; its
annotation ``recorded`` lists these cells, ``counts`` how many spikes each has.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.results.spike_arrays import places_in, spike_arrays

__all__ = ["read_blocks", "write_blocks"]


def write_blocks(path: Path, blocks: Sequence[Any]) -> None:
    """Write blocks into a new file."""
    from neo.io import NixIO

    packed = [_packed(block) for block in blocks]
    _reserve(path, packed)
    io = NixIO(str(path), "ow")
    try:
        io.write_all_blocks(packed)
    except BaseException:
        # After a failed write HDF5 fails again on closing; the first error is the one to tell.
        with contextlib.suppress(Exception):
            io.close()
        raise
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


def read_blocks(path: Path) -> list[Any]:
    """Return the blocks of a file, with one spike train a cell."""
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
        found = spike_arrays(segment.spiketrains)
        if found is not None:
            place = places_in(found.recorded, found.cell)
            order = np.lexsort((found.time, place))
            small.spiketrains.append(
                neo.SpikeTrain(
                    found.time[order] * pq.ms,
                    t_start=found.start * pq.ms,
                    t_stop=found.stop * pq.ms,
                    name="spikes of all cells",
                    packed=True,
                    recorded=found.recorded.tolist(),
                    counts=np.bincount(place, minlength=found.recorded.size).tolist(),
                    first_id=int(block.annotations.get("first_id", 0)),
                )
            )
        result.segments.append(small)
    result.check_relationships()
    return result


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
            times = np.asarray(whole.rescale("ms").magnitude, dtype=float)
            if "counts" in whole.annotations:
                last = np.cumsum(np.atleast_1d(whole.annotations["counts"]))
                first = np.concatenate([[0], last[:-1]])
            else:  # stored by an earlier version: by time, with the cell of each spike
                index = np.asarray(
                    whole.array_annotations.get("source_index", []), dtype=np.int64)
                order = np.argsort(index, kind="stable")
                index, times = index[order], times[order]
                first, last = (np.searchsorted(index, recorded, side=side)
                               for side in ("left", "right"))
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

"""Whether two recordings are the same: ``spynnaker.pyNN.utilities.neo_compare``.

Scripts for sPyNNaker import these functions; under neuroport they find them here. Each returns
nothing, or raises an AssertionError that names the first difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuroport.errors import Problem, UserError

__all__ = ["DifferentDataError", "compare_analogsignal", "compare_blocks", "compare_segments",
           "compare_spiketrain", "compare_spiketrains"]


class DifferentDataError(UserError, AssertionError):
    """Two recordings that differ."""


def _same(what: str, first: Any, second: Any, where: str = "") -> None:
    if first != second:
        raise DifferentDataError(Problem(f"{what} differ", f"{first} and {second}"), where=where)


def compare_spiketrain(spiketrain1: Any, spiketrain2: Any, *, same_length: bool = True) -> None:
    """Compare two spike trains; with ``same_length=False`` one may go on beyond the other."""
    cells = [t.annotations["source_index"] for t in (spiketrain1, spiketrain2)]
    _same("the cells of two spike trains", cells[0], cells[1])
    where = f"cell {cells[0]}"
    if same_length:
        _same("the numbers of spikes", len(spiketrain1), len(spiketrain2), where)
    times = [np.asarray(t.rescale("ms").magnitude) for t in (spiketrain1, spiketrain2)]
    shared = min(map(len, times))
    off = np.flatnonzero(times[0][:shared] != times[1][:shared])
    if off.size:
        _same(f"the times (ms) of spike {off[0]}", times[0][off[0]], times[1][off[0]], where)


def compare_spiketrains(
    spiketrains1: Sequence[Any], spiketrains2: Sequence[Any], *, same_data: bool = True,
    same_length: bool = True,
) -> None:
    """Compare lists of spike trains; with ``same_data=False`` one may be empty."""
    if not same_data and not (len(spiketrains1) and len(spiketrains2)):
        return
    _same("the numbers of spike trains", len(spiketrains1), len(spiketrains2))
    for first, second in zip(spiketrains1, spiketrains2, strict=True):
        compare_spiketrain(first, second, same_length=same_length)


def compare_analogsignal(as1: Any, as2: Any, *, same_length: bool = True) -> None:
    """Compare two signals; with ``same_length=False`` one may go on beyond the other."""
    cells = [np.asarray(s.array_annotations["channel_index"]).tolist() for s in (as1, as2)]
    _same("the cells of two signals", cells[0], cells[1], as1.name)
    if same_length:
        _same("the numbers of samples", len(as1), len(as2), as1.name)
    shared = min(len(as1), len(as2))
    for what, first, second in (
        ("times (ms)", as1.times.rescale("ms"), as2.times.rescale("ms")),
        ("values", as1, as2.rescale(as1.units)),
    ):
        one, two = (np.asarray(a.magnitude)[:shared] for a in (first, second))
        off = np.flatnonzero((one != two).reshape(shared, -1).any(axis=1))
        if off.size:
            _same(f"the {what} of sample {off[0]}", one[off[0]].tolist(), two[off[0]].tolist(),
                  as1.name)


def compare_segments(
    seg1: Any, seg2: Any, *, same_data: bool = True, same_length: bool = True
) -> None:
    """Compare two segments; with ``same_data=False`` only what both have."""
    compare_spiketrains(seg1.spiketrains, seg2.spiketrains, same_data=same_data,
                        same_length=same_length)
    mine, theirs = ({s.name: s for s in segment.analogsignals} for segment in (seg1, seg2))
    if same_data:
        _same("the recorded signals", sorted(mine), sorted(theirs))
    for name in sorted(mine.keys() & theirs.keys()):
        compare_analogsignal(mine[name], theirs[name], same_length=same_length)


def compare_blocks(
    neo1: Any, neo2: Any, *, same_runs: bool = True, same_data: bool = True,
    same_length: bool = True,
) -> None:
    """Compare two blocks; with ``same_runs=False`` further segments of one are left out."""
    if same_runs:
        _same("the numbers of segments", len(neo1.segments), len(neo2.segments))
    for first, second in zip(neo1.segments, neo2.segments, strict=False):
        compare_segments(first, second, same_data=same_data, same_length=same_length)

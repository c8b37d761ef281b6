"""Counters that the programs keep about themselves: late spikes, overruns, saturations.

A program writes them to a region of its SDRAM whenever a run pauses.  The layout is that
of release 7.4.1, read from the public Python of sPyNNaker.
"""

from __future__ import annotations

import struct
import tomllib
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import BusError
from neuroport_spinnaker.board.chip import ChipMonitor

_MAGIC = 0xAD130AD6
_HEADER_BYTES, _REGION_BYTES = 8, 12
_USER0 = 112

_BEFORE_A_PAUSE = (
    mm.CoreState.RUNNING, mm.CoreState.RUN_TIME_ERROR, mm.CoreState.WATCHDOG, mm.CoreState.SYNC0,
    mm.CoreState.SYNC1,
)

_TABLE: dict[str, Any] = tomllib.loads(
    files("neuroport_spinnaker.board").joinpath("counters.toml").read_text("utf-8"))
_PROGRAMS: dict[str, tuple[int, tuple[str, ...]]] = {
    kind: (program["region"], tuple(
        name for part in program["parts"] for name in _TABLE["parts"][part]))
    for kind, program in _TABLE["programs"].items()
}


def _layout(binary: str) -> tuple[int, tuple[str, ...]] | None:
    if binary.startswith("synapses"):
        return _PROGRAMS["synapses"]
    if not binary.startswith(("IF_", "IZK_")):
        return None
    if binary.endswith(("_conv.aplx", "_pool_dense.aplx")):
        return _PROGRAMS["convolution"]
    return _PROGRAMS["neurons" if binary.endswith("_neuron.aplx") else "combined"]


def _written(chip: ChipMonitor, core: int) -> bool:
    """Whether the program has paused since it was started; before, anything may lie there."""
    running = chip.core_state(core) in _BEFORE_A_PAUSE
    return chip.runs[core] > running


def core_provenance(chip: ChipMonitor, core: int) -> dict[str, int]:
    """Counters of one core, by name; empty for programs without a known layout."""
    layout = _layout(chip.images.get(core, ""))
    if layout is None or not _written(chip, core):
        return {}
    region, names = layout
    try:
        base = chip.word(chip.core_block(core) + _USER0)
        if chip.word(base) != _MAGIC:
            return {}
        here = chip.word(base + _HEADER_BYTES + region * _REGION_BYTES)
        if not mm.SDRAM_BASE <= here < mm.SYSTEM_SDRAM:
            return {}
        values = struct.unpack(f"<{len(names)}I", chip.read(here, 4 * len(names)))
    except BusError:
        return {}
    return {name: value for name, value in zip(names, values, strict=True) if name}


def total(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Sums by name."""
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update(part)
    return dict(sums)

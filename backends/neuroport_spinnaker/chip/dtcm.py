"""The private memory (DTCM) that each kind of core needs, reckoned part by part.

sPyNNaker 7.4 reserves shared memory and does not count private memory: a core that has too little
ends at its start with "Out of DTCM". The sizes follow the public C sources
(``neuron_impl_standard.h``, ``neuron_recording.h``, ``synapses.c``,
``population_table_binary_search_impl.c``, ``post_events.h``, ``spike_processing_fast.c``,
``delay_extension.c`` of sPyNNaker; ``sark_alloc.c`` and ``sark_base.c`` of `spinnaker_tools`) and
were compared, block by block, with the heap of the released programs on the emulated board: see
``benchmarks/private_memory.py`` and ``tests/spinnaker/test_private_memory.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from neuroport.network.description import CurrentSource, PoissonSource, Population, Projection
from neuroport_spinnaker.chip.limits import bits
from neuroport_spinnaker.chip.ring import ring_places
from neuroport_spinnaker.chip.static_memory import STACKS, STATIC

__all__ = [
    "BUDGET", "CoreMemory", "cell_core", "delay_core", "most_delayed", "poisson_core",
    "source_core", "split_cores",
]

BUDGET = 65536
_HEAP = 16 + 8 + 8  # its head, its last block, and the head of what is free
_HEAD = 8  # in front of each block
_MESSAGES, _EVENTS = 4 * 292, 16 * 28  # SDP messages and events of SARK
_ROW_BUFFER = 4 * (255 + 3)  # of two; a row of 255 words and its head
_QUEUE = 256  # [Simulation] incoming_spike_buffer_size
_CELL: dict[str, tuple[int, ...]] = {
    # bytes of each array of a cell: globals, neuron, input type, threshold, synapse shape
    "IF_curr_exp": (4, 32, 4, 24),
    "IF_cond_exp": (4, 32, 8, 4, 24),
    "IF_curr_alpha": (4, 32, 4, 40),
    "IF_curr_delta": (4, 32, 4, 4, 8),
    "Izhikevich_curr_exp": (4, 36, 4, 24),
}
_ENTRY, _ADDRESS, _POINTER = 20, 4, 4  # of the table of sources
_HISTORY = {"pair": 100, "nearest_pair": 68, "vogels": 100}  # 16 events of a cell
_WEIGHT_RULE = 16  # for each receptor
_STEPS_OF_TABLE = 2048  # STDP_FIXED_POINT_ONE
_SIGNALS = 3  # v and both inputs


@dataclass(frozen=True)
class CoreMemory:
    """What a core needs of its private memory.

    Attributes
    ----------
    kind : {"cells", "synapses", "delays", "source"}
        What the core does.
    binary : str
        Name of its program.
    cells : int
        Cells of the fullest such core.
    parts : mapping of str to int
        Bytes by purpose; each block counts with the 8 bytes in front of it.
    filters : int
        Most bytes of further tables, which let a core skip spikes that have no synapse on it.
        The program loads as many of them as there is room for, and works without.
    """

    kind: str
    binary: str
    cells: int
    parts: Mapping[str, int]
    filters: int = 0

    @property
    def needed(self) -> int:
        """Bytes without which the program does not start."""
        return sum(self.parts.values())

    def largest(self, but: Iterable[str] = ("variables", "stacks", "system")) -> str:
        """Return the name of the largest part that a network can change."""
        parts = {k: v for k, v in self.parts.items() if k not in but}
        return max(parts, key=lambda k: parts[k]) if parts else ""


def _block(size: int, times: int = 1) -> int:
    """Return the bytes of blocks in the heap; nothing is taken for a size of 0."""
    return times * (-(-size // 4) * 4 + _HEAD) if size else 0


def _power(value: int) -> int:
    """Return the smallest power of two that is not below."""
    return 1 << max(0, value - 1).bit_length()


def _words(flags: int) -> int:
    return -(-flags // 32)


def _fixed(binary: str, *blocks: int) -> dict[str, int]:
    return {
        # A program that is not in the table is as large as the largest that is.
        "variables": STATIC.get(binary, max(STATIC.values())),
        "stacks": STACKS,
        "system": _HEAP + sum(_block(b) for b in (_MESSAGES, _EVENTS, *blocks)),
    }


def _queue(size: int) -> int:
    """Return the bytes of a queue of spikes."""
    return _block(4 * _power(size) + 16)


# -- cells ------------------------------------------------------------------------------------


def _cells(population: Population, n: int, per_core: int) -> dict[str, int]:
    shape = _CELL.get(population.cell.name, max(_CELL.values(), key=sum))
    recorded = {"spikes": 0, "v": 0, "exc": 0, "inh": 0}
    for recording in population.recordings:
        if recording.index.size:
            most = int(np.bincount(recording.index // per_core).max())
            recorded[recording.variable.rpartition("_")[2]] = most
    index = _block(2 * n)
    signals = (recorded[name] for name in ("v", "exc", "inh"))
    return {
        "cells": sum(_block(b * n) for b in shape),
        "recording": (
            _block(24 * _SIGNALS) + 2 * _block(4 * _SIGNALS) + _SIGNALS * index
            + _block(24) + 2 * _block(4) + index
            + sum(_block(8 + 4 * k) for k in signals)
            + _block(4 + 4 * _words(recorded["spikes"] + 1))
        ),
    }


def _currents(population: Population, sources: Iterable[CurrentSource], per_core: int) -> int:
    on = np.zeros(-(-population.size // per_core) * per_core, dtype=np.int64)
    kinds = {"DCSource": 0, "ACSource": 0, "StepCurrentSource": 0}
    steps = 0
    for source in sources:
        mine = [index for label, index in source.targets if label == population.label]
        if not mine or source.kind not in kinds:
            continue
        for index in mine:
            on[index] += 1
        kinds[source.kind] += 1
        if source.kind == "StepCurrentSource":
            steps += _block(4 + 4 * int(np.size(source.parameters["times"])), 2)
    if not on.any():
        return 0
    n = min(per_core, population.size)
    fullest = int(np.sum(4 + 8 * on.reshape(-1, per_core) + _HEAD, axis=1).max())
    fullest -= (per_core - n) * (4 + _HEAD)  # places of a core that is not full
    dc, ac, step = kinds.values()
    return (
        _block(4 * n) + 2 * fullest + _block(4 * dc) + _block(12, dc)
        + _block(4 * ac) + _block(24, ac) + 4 * _block(4 * step) + steps
    )


# -- synapses -----------------------------------------------------------------------------------


def _ring(population: Population, most: int, places: int) -> int:
    """Return the bytes of the ring: 2 for each step, receptor and cell, in powers of two."""
    kinds = max(1, len(population.cell.receptors))
    return 2 << (bits(places) + bits(most) + bits(kinds))


def _table(tau: float, timestep: float) -> int:
    """Return the bytes of an exponential as `get_exp_lut_array` makes it."""
    size = math.log(_STEPS_OF_TABLE) * tau / timestep
    return 2 * (2 + 2 * math.ceil(size / 2))


def _plasticity(population: Population, projection: Projection, timestep: float, most: int) -> int:
    timing = projection.synapse.timing or "pair"
    names = ("tau",) if timing == "vogels" else ("tau_plus", "tau_minus")
    kinds = max(1, len(population.cell.receptors))
    return (
        sum(_block(_table(float(projection.parameters[n].flat[0]), timestep)) for n in names)
        + _block(_WEIGHT_RULE * kinds) + _block(4 * kinds)
        + _block(_HISTORY.get(timing, max(_HISTORY.values())) * most)
    )


def _synapses(
    population: Population,
    projections: list[Projection],
    sizes: Mapping[str, int],
    timestep: float,
    most: int,
    slots: int,
    queue: int,
) -> tuple[dict[str, int], int]:
    """Return the parts that take in spikes, and the bytes of filters."""
    there = [p for p in projections if p.size]
    longest = {p.pre: 0 for p in there}
    for p in there:
        longest[p.pre] = max(longest[p.pre], int(p.delay.max()))
    delayed = {pre for pre, delay in longest.items() if delay > slots}
    entries = len(longest) + len(delayed)
    addresses = sum(2 if p.pre in delayed else 1 for p in there)
    kinds = max(1, len(population.cell.receptors))
    filters = _block(_POINTER * entries)
    filters += sum(_block(4 * _words(sizes[pre])) for pre in longest)
    filters += sum(
        _block(4 * _words(sizes[pre] * (-(-longest[pre] // slots) - 1))) for pre in delayed
    )
    parts = {
        "ring": _block(4 * kinds)
        + _block(_ring(population, most, ring_places(there, slots))),
        "tables": _block(_ENTRY * entries) + _block(_ADDRESS * addresses),
        "rows": _block(_ROW_BUFFER, 2),
        "queue": _queue(queue),
    }
    plastic = next((p for p in there if p.synapse.plastic), None)
    if plastic is not None:
        parts["plasticity"] = _plasticity(population, plastic, timestep, most)
    return parts, filters


def cell_core(
    population: Population,
    projections: list[Projection],
    sizes: Mapping[str, int],
    timestep: float,
    per_core: int,
    slots: int,
    binary: str,
    currents: Iterable[CurrentSource] = (),
    queue: int = _QUEUE,
    cells: int | None = None,
) -> CoreMemory:
    """Return the memory of a core of cells that take in their own spikes.

    Parameters
    ----------
    population : Population
    projections : list of Projection
        Into it.
    sizes : mapping of str to int
        Cells of each population.
    timestep : float
        ms.
    per_core, slots : int
        Most cells on a core, and the most steps of its ring.
    binary : str
    currents : iterable of CurrentSource
    queue : int
        Spikes that a core can keep before it handles them.
    cells : int, optional
        Cells of the core, by default those of the fullest.
    """
    most = min(per_core, population.size)
    n = most if cells is None else cells
    inputs, filters = _synapses(population, projections, sizes, timestep, most, slots, queue)
    return CoreMemory("cells", binary, n, {
        **_fixed(binary, 96, 8), **_cells(population, n, per_core),
        "currents": _currents(population, currents, per_core), **inputs,
    }, filters)


def split_cores(
    population: Population,
    projections: list[Projection],
    sizes: Mapping[str, int],
    timestep: float,
    per_core: int,
    slots: int,
    binaries: tuple[str, str],
    currents: Iterable[CurrentSource] = (),
    queue: int = _QUEUE,
    cells: int | None = None,
) -> tuple[CoreMemory, CoreMemory]:
    """Return the memory of a core of cells and of one that takes in spikes for it.

    Parameters are those of :func:`cell_core`.
    """
    most = min(per_core, population.size)
    n = most if cells is None else cells
    kinds = max(1, len(population.cell.receptors))
    inputs, filters = _synapses(population, projections, sizes, timestep, most, slots, queue)
    first = CoreMemory("cells", binaries[0], n, {
        **_fixed(binaries[0], 64, 8), **_cells(population, n, per_core),
        "currents": _currents(population, currents, per_core),
        "rows": _block(2 << (bits(most) + bits(kinds)), 3),
    })
    return first, CoreMemory(
        "synapses", binaries[1], n, {**_fixed(binaries[1], 32), **inputs}, filters
    )


# -- delays and sources -------------------------------------------------------------------------


def delay_core(cells: int, slots: int, stages: int) -> CoreMemory:
    """Return the memory of a core that sends spikes again after one or more lengths of a ring.

    A counter of a byte for each cell and step, each step in a block of its own.
    """
    steps = _power(slots * stages + 1)
    binary = "delay_extension"
    return CoreMemory("delays", binary, cells, {
        **_fixed(binary), "delays": _block(4 * steps) + _block(cells, steps),
        "queue": _queue(_QUEUE),
    })


def most_delayed(slots: int, stages: int, budget: int = BUDGET) -> int:
    """Return the most cells whose spikes one core can delay; 0 where not even one."""
    empty = delay_core(0, slots, stages)
    steps = _power(slots * stages + 1)
    room = (budget - empty.needed) // steps - _HEAD
    return max(0, room // 4 * 4)


def source_core() -> CoreMemory:
    """Return the memory of a core that sends listed spikes; it keeps them in shared memory."""
    binary = "reverse_iptag_multicast_source"
    return CoreMemory("source", binary, 0, _fixed(binary, 272, 280, 16))


def poisson_core(population: Population, per_core: int, timestep: float) -> CoreMemory:
    """Return the memory of a core that draws Poisson trains.

    The room for recorded spikes grows with the most spikes of a cell in one step: a number that
    is exceeded once in 10^9 steps is taken.
    """
    from scipy import stats  # slow to import, and few networks have such cores

    n = min(per_core, population.size)
    binary = "spike_source_poisson"
    rate = 0.0
    if isinstance(population.spikes, PoissonSource) and population.spikes.rate.size:
        rate = float(population.spikes.rate.max())
    most = 1 + max(1, int(stats.poisson.ppf(1.0 - 1e-9, rate * timestep * 1e-3)))
    return CoreMemory("source", binary, n, {
        **_fixed(binary, 16),
        "cells": 2 * _block(4 * n) + _block(32 * n) + _block(2 * n + 12),
        "recording": _block(8 + 4 * _words(n) * most),
        "queue": _queue(2 * n + 1),
    })

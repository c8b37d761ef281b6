"""The private memory (DTCM) of a core: what its program keeps there, read after it has started.

SARK gives all memory between a program's own variables and its stacks to one heap, from which
``spin1_malloc`` takes (`sark_init` in ``sark_base.c`` and `sark_heap_init` in ``sark_alloc.c`` of
`spinnaker_tools`). The program's vectors tell where that heap begins and how large the stacks are.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuroport_spinnaker.board.errors import MemoryDamagedError

if TYPE_CHECKING:
    from neuroport_spinnaker.board.chip import ChipMonitor

__all__ = ["PrivateMemory", "private_memory"]

DTCM = 0x400000
DTCM_BYTES = 0x10000
_VECTORS = 0x46  # stack size (u16), top of code, base of heap, top of stack
_LAYOUT = struct.Struct("<HIII")
_HEAP = struct.Struct("<4I")  # first free block, first block, last block, free bytes
_BLOCK = struct.Struct("<2I")  # next block; next free block, or 0xFFFF0000 + owner
_TAKEN = 0xFFFF0000


@dataclass(frozen=True)
class PrivateMemory:
    """What a core's program has in its private memory.

    Attributes
    ----------
    chip : (int, int)
    core : int
    binary : str
        Name of its image; empty where unknown.
    static : int
        Bytes of the program's variables.
    stacks : int
        Bytes set aside for stacks.
    blocks : tuple of int
        Bytes of each block that was taken from the heap, in the order of addresses. Blocks that
        a program keeps are in the order in which it asked for them, unless it gave others back.
    free, largest_free : int
        Bytes left in the heap, and those of the largest block that could still be taken.
    """

    chip: tuple[int, int]
    core: int
    binary: str
    static: int
    stacks: int
    blocks: tuple[int, ...]
    free: int
    largest_free: int

    @property
    def used(self) -> int:
        """Bytes in use: variables, stacks and the heap with its 8 bytes a block."""
        return DTCM_BYTES - self.free


def private_memory(chip: ChipMonitor, core: int) -> PrivateMemory:
    """Return what a core that has started its program keeps in private memory.

    Raises
    ------
    MemoryDamagedError
        If there is no heap where the program's vectors say.
    """
    stacks, _, base, top = _LAYOUT.unpack(chip.read(_VECTORS, _LAYOUT.size, core))
    memory = chip.read(DTCM, DTCM_BYTES, core)

    def word(layout: struct.Struct, address: int) -> tuple[int, ...]:
        if not DTCM <= address <= DTCM + DTCM_BYTES - layout.size:
            raise MemoryDamagedError(
                f"core {core} of chip {chip.place} has no heap at 0x{base:08x}: "
                "it has not started its program, or wrote over it"
            )
        return layout.unpack_from(memory, address - DTCM)

    _, block, last, free = word(_HEAP, base)
    taken: list[int] = []
    largest = 0
    while block != last:
        following, owner = word(_BLOCK, block)
        if following <= block:
            raise MemoryDamagedError(f"the heap of core {core} of chip {chip.place} is damaged")
        size = following - block - _BLOCK.size
        if owner >= _TAKEN:
            taken.append(size)
        else:
            largest = max(largest, size)
        block = following
    return PrivateMemory(
        chip.place, core, chip.images.get(core, ""), base - DTCM,
        DTCM + DTCM_BYTES - (top - stacks), tuple(taken), free, largest,
    )

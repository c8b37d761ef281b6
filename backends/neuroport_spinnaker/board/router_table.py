"""The monitor's copy of the multicast table and its block allocator.

The copy lives in the emulated SDRAM: 1,025 records of next block (u16), next free block
or owner (u16), route, key, mask (u32 each).  Application cores allocate from it as well.
"""

from __future__ import annotations

import struct

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board.blocks import Blocks, Read, Write

_FIRST, _END = 1, mm.ROUTER_ENTRIES
_RECORD = struct.Struct("<HHIII")
_LINKS = struct.Struct("<HH")
RECORD_BYTES = _RECORD.size


class RouterTable(Blocks):
    """Blocks of router entries of one chip."""

    most = mm.ROUTER_ENTRIES + 1
    called = "the table of router entries"

    def __init__(self, read: Read, write: Write, copy: int) -> None:
        self._read = read
        self._write = write
        self._copy = copy
        self._root = mm.VARIABLES + mm.Variable.ROUTER_FREE

    def _get(self, block: int) -> tuple[int, int]:
        following, free = _LINKS.unpack(self._read(self._copy + block * RECORD_BYTES, 4))
        return following, free

    def _set(self, block: int, following: int, free: int) -> None:
        self._write(self._copy + block * RECORD_BYTES, _LINKS.pack(following, free))

    def _first_free(self) -> int:
        return int.from_bytes(self._read(self._root, 2), "little")

    def _set_first_free(self, block: int) -> None:
        self._write(self._root, struct.pack("<H", block))

    def _inside(self, block: int) -> bool:
        return 0 < block <= _END

    def initialise(self) -> None:
        """Clear the table and make one free block of it."""
        self.clear(_FIRST, _END - _FIRST)
        self._set_first_free(_FIRST)
        self._set(_FIRST, _END, 0)
        self._set(_END, 0, 0)

    def clear(self, start: int, count: int) -> bool:
        """Empty `count` entries; False if that leaves the table."""
        if start + count > _END:
            return False
        for entry in range(start, start + count):
            self._enter(entry, mm.UNUSED_ROUTE, mm.UNUSED_KEY, 0)
        return True

    def _enter(self, entry: int, route: int, key: int, mask: int) -> None:
        self._write(self._copy + entry * RECORD_BYTES + 4, struct.pack("<III", route, key, mask))
        self._write(mm.ROUTER_ROUTE + 4 * entry, struct.pack("<I", route))
        self._write(mm.ROUTER_KEY + 4 * entry, struct.pack("<I", key))
        self._write(mm.ROUTER_MASK + 4 * entry, struct.pack("<I", mask))

    def load(self, source: int, count: int, offset: int, owner: int) -> bool:
        """Enter `count` records that lie at `source`; False if one leaves the table."""
        if count > mm.ROUTER_ENTRIES:
            return False
        data = self._read(source, count * RECORD_BYTES)
        for position, _, route, key, mask in _RECORD.iter_unpack(data):
            entry = position + offset
            if entry >= mm.ROUTER_ENTRIES:
                return False
            self._enter(entry, route & 0xFFFFFF, key, mask)
            following, _ = self._get(entry)
            self._set(entry, following, 0x8000 | owner)
        return True

    def allocate(self, size: int, owner: int) -> int:
        """First entry of a block of `size` entries, 0 if none is free."""
        previous = 0
        if not size:
            return 0
        for block in self._chain(self._first_free(), 1):
            following, free = self._get(block)
            split = block + size
            if split > following:
                previous = block
                continue
            if split < following:
                self._set(split, following, free)
                following, free = split, split
            self._link(previous, free)
            self._set(block, following, owner | 0x8000)
            return block
        return 0

    def free(self, block: int, clear: bool) -> None:
        """Give a block back."""
        if not _FIRST <= block < _END:
            return
        following, _ = self._get(block)
        if clear:
            self.clear(block, following - block)
        self._release(block)

    def free_owner(self, owner: int, clear: bool) -> int:
        """Free every block of an application; the number freed."""
        count, block = 0, _FIRST
        for _ in range(mm.ROUTER_ENTRIES):
            record = self._get(block)
            if not record[0]:
                break
            if record[1] & 0x80FF == owner | 0x8000:
                self.free(block, clear)
                count += 1
                record = self._get(block)
            block = record[0]
            if not _FIRST <= block <= _END:
                break
        return count

    def largest(self) -> int:
        """Entries in the largest free block."""
        return self._largest_span()

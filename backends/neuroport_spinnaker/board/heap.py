"""SARK's heap, kept inside the emulated memory because cores allocate from it too.

A heap starts with four words (first free block, first block, last block, free bytes).
Each block has two words in front: the next block in address order, and either the next
free block or 0xFFFF0000 + owner, the owner being application id * 256 + tag.
"""

from __future__ import annotations

import struct

from neuroport_spinnaker.board.blocks import Blocks, Read, Write

_WORDS = struct.Struct("<II")
_HEADER_BYTES = 16
_BLOCK_BYTES = 8
MAX_TAG = 255


class Heap(Blocks):
    """One heap of one chip.

    Parameters
    ----------
    read, write : callable
        Access to the chip's memory: ``read(address, bytes)`` and ``write(address, data)``.
    base : int
        Address of the heap.
    tag_table : int
        Address of the table of tagged blocks (65,536 words), 0 when it does not exist yet.
    """

    most = 200_000

    def __init__(self, read: Read, write: Write, base: int, tag_table: int = 0) -> None:
        self._read = read
        self._write = write
        self.base = base
        self.tag_table = tag_table
        self.called = f"the heap at 0x{base:08x}"

    def create(self, top: int) -> None:
        """Make one free block of everything from the base to `top`."""
        first, last = self.base + _HEADER_BYTES, top - _BLOCK_BYTES
        self._write(self.base, struct.pack("<4I", first, first, last, last - first - _BLOCK_BYTES))
        self._set(first, last, 0)
        self._set(last, 0, 0)

    def _get(self, block: int) -> tuple[int, int]:
        following, free = _WORDS.unpack(self._read(block, 8))
        return following, free

    def _set(self, block: int, following: int, free: int) -> None:
        self._write(block, _WORDS.pack(following, free))

    def _word(self, address: int) -> int:
        return int.from_bytes(self._read(address, 4), "little")

    def _set_word(self, address: int, value: int) -> None:
        self._write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def _first_free(self) -> int:
        return self._word(self.base)

    def _set_first_free(self, block: int) -> None:
        self._set_word(self.base, block)

    @property
    def free_bytes(self) -> int:
        """Bytes not handed out, fragments included."""
        return self._word(self.base + 12)

    def largest(self) -> int:
        """Size in bytes of the largest block that could be allocated."""
        return max(self._largest_span() - _BLOCK_BYTES, 0)

    def tagged(self, tag: int, owner: int) -> int:
        """Address of the block with `tag` of application `owner`, 0 if there is none."""
        if not self.tag_table:
            return 0
        return self._word(self.tag_table + 4 * (owner * 256 + tag))

    def allocate(self, size: int, tag: int = 0, owner: int = 0, retry: bool = False) -> int:
        """Take a block.

        Parameters
        ----------
        size : int
            Bytes, rounded up to words.
        tag : int
            1..255 to find the block later; 0 for none.
        owner : int
            Application id.
        retry : bool
            Hand out an existing block of the same tag and size again.

        Returns
        -------
        int
            Address; 0 if the request does not fit or the tag is taken.
        """
        if size <= 0 or tag > MAX_TAG:
            return 0
        if tag and (known := self.tagged(tag, owner)):
            following, _ = self._get(known - _BLOCK_BYTES)
            return known if retry and following - known == size else 0
        need = ((size + 3) & ~3) + _BLOCK_BYTES
        previous = 0
        for block in self._chain(self._first_free(), 1):
            following, free = self._get(block)
            split = block + need
            if split > following:
                previous = block
                continue
            if split + _BLOCK_BYTES < following:  # never leave an empty fragment
                self._set(split, following, free)
                self._set_word(block, split)
                following = free = split
            self._link(previous, free)
            self._set_word(self.base + 12, self.free_bytes - (following - block))
            self._set_word(block + 4, 0xFFFF0000 + owner * 256 + tag)
            if tag:
                self._set_word(self.tag_table + 4 * (owner * 256 + tag), block + _BLOCK_BYTES)
            return block + _BLOCK_BYTES
        return 0

    def holds(self, address: int) -> bool:
        """Whether `address` is a block that is handed out."""
        for block in self._chain(self._word(self.base + 4), 0):
            if block + _BLOCK_BYTES == address:
                return self._get(block)[1] >= 0xFFFF0000
        return False

    def free(self, address: int) -> None:
        """Give a block back and join it with free neighbours."""
        block = address - _BLOCK_BYTES
        following, owner = self._get(block)
        if owner & MAX_TAG and self.tag_table:
            self._set_word(self.tag_table + 4 * (owner & 0xFFFF), 0)
        self._set_word(self.base + 12, self.free_bytes + following - block)
        self._release(block)

    def free_owner(self, owner: int) -> int:
        """Free every block of an application; the number freed."""
        count, end = 0, self._word(self.base + 8)
        for block in self._chain(self._word(self.base + 4), 0):
            free = self._get(block)[1]
            if block != end and free >= 0xFFFF0000 and (free >> 8) & 0xFF == owner:
                self.free(block + _BLOCK_BYTES)
                count += 1
        return count

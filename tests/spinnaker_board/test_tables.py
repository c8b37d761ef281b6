"""Heap and router blocks against a plain model, by random sequences of requests."""

from __future__ import annotations

import random
import struct

import pytest

pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board.errors import MemoryDamagedError
from neuroport_spinnaker.board.heap import Heap
from neuroport_spinnaker.board.router_table import RouterTable

BASE = 0x1000
SIZE = 0x40000
TAGS = 0x100000


class Memory:
    """A flat memory of 2 MB; device addresses are taken and forgotten."""

    def __init__(self) -> None:
        self.bytes = bytearray(0x200000)

    def place(self, address: int) -> int:
        return address & 0x1FFFFF

    def read(self, address: int, length: int) -> bytes:
        at = self.place(address)
        return bytes(self.bytes[at : at + length])

    def write(self, address: int, data: bytes) -> None:
        if address >> 24 == 0xE1:
            return
        at = self.place(address)
        self.bytes[at : at + len(data)] = data


def test_heap_never_overlaps_and_gives_everything_back() -> None:
    random_ = random.Random(1)
    memory = Memory()
    heap = Heap(memory.read, memory.write, BASE, TAGS)
    heap.create(BASE + SIZE)
    total = heap.free_bytes
    assert heap.largest() == total
    held: dict[int, tuple[int, int]] = {}
    for _ in range(4000):
        if random_.random() < 0.55:
            size, owner = random_.randrange(1, 4000), random_.randrange(1, 5)
            address = heap.allocate(size, 0, owner)
            if address:
                assert address > BASE and address + size <= BASE + SIZE
                for other, (length, _) in held.items():
                    assert address + size <= other or other + length <= address
                held[address] = (size, owner)
        elif held:
            address = random_.choice(list(held))
            assert heap.holds(address)
            heap.free(address)
            del held[address]
            assert not heap.holds(address)
    for owner in range(1, 5):
        assert heap.free_owner(owner) == sum(o == owner for _, o in held.values())
    assert heap.free_bytes == heap.largest() == total


def test_tagged_blocks() -> None:
    memory = Memory()
    heap = Heap(memory.read, memory.write, BASE, TAGS)
    heap.create(BASE + SIZE)
    block = heap.allocate(64, tag=3, owner=30)
    assert heap.tagged(3, 30) == block
    assert heap.allocate(64, tag=3, owner=30) == 0
    assert heap.allocate(64, tag=3, owner=30, retry=True) == block
    assert heap.allocate(64, tag=3, owner=31) not in (0, block)
    heap.free(block)
    assert heap.tagged(3, 30) == 0


def test_damaged_heap_is_named() -> None:
    memory = Memory()
    heap = Heap(memory.read, memory.write, BASE, TAGS)
    heap.create(BASE + SIZE)
    first = struct.unpack("<I", memory.read(BASE, 4))[0]
    memory.write(first + 4, struct.pack("<I", first))  # a block that follows itself
    with pytest.raises(MemoryDamagedError, match="boot the board again"):
        heap.largest()


def test_router_blocks() -> None:
    random_ = random.Random(2)
    memory = Memory()
    table = RouterTable(memory.read, memory.write, 0x180000)
    table.initialise()
    assert table.largest() == mm.ROUTER_ENTRIES - 1
    held: dict[int, int] = {}
    for _ in range(3000):
        if random_.random() < 0.5:
            size = random_.randrange(1, 120)
            block = table.allocate(size, 30)
            if block:
                for other, length in held.items():
                    assert block + size <= other or other + length <= block
                held[block] = size
        elif held:
            block = random_.choice(list(held))
            table.free(block, True)
            del held[block]
    assert table.free_owner(30, True) == len(held)
    assert table.largest() == mm.ROUTER_ENTRIES - 1

"""One chip as its monitor processor sees it: memory, heaps, tables, core records."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import BusError
from neuroport_spinnaker.board.geometry import NO_ROUTE, Geometry
from neuroport_spinnaker.board.geometry import Chip as Place
from neuroport_spinnaker.board.heap import Heap
from neuroport_spinnaker.board.loader import Image
from neuroport_spinnaker.board.router_table import RECORD_BYTES, RouterTable

if TYPE_CHECKING:
    from neuroport_spinnaker.board._engine import Engine

_HOP_TABLE_BYTES = 65536 * 4
_TAG_TABLE_BYTES = 65536 * 4
_APPLICATION_BYTES = 8
_SYSTEM_LOAD_BYTES = 0x40000
_BUFFER_WORDS = 32768
# The last four words of a core's record belong to the user and outlive its program.
_CLEARED_BYTES = mm.CORE_BLOCK_BYTES - 16


class ChipMonitor:
    """Monitor services that concern one chip.

    Parameters
    ----------
    engine : Engine
        The compiled board.
    index : int
        Number of the chip in the engine.
    place : (int, int)
        Coordinates.
    """

    def __init__(self, engine: Engine, index: int, place: Place) -> None:
        self.engine = engine
        self.index = index
        self.place = place
        self.address = place[0] << 8 | place[1]
        self.owners = [0] * mm.CORES
        self.images: dict[int, str] = {}
        self.runs = [0] * mm.CORES  # signals to run since the program was started
        self.sdram_heap = Heap(self.read, self.write, mm.USER_SDRAM)
        self.system_ram_heap = Heap(self.read, self.write, mm.SYSTEM_RAM_HEAP)
        self.system_heap = Heap(self.read, self.write, mm.SYSTEM_SDRAM + _SYSTEM_LOAD_BYTES)
        self.router = RouterTable(self.read, self.write, 0)
        self.links = 0
        self.root_link = 0
        self.ethernet = place
        self.host = "0.0.0.0"

    @property
    def ip(self) -> bytes:
        """IPv4 address of an Ethernet chip, zeros elsewhere."""
        return bytes(int(part) for part in self.host.split("."))

    def read(self, address: int, length: int, core: int = 0) -> bytes:
        """Bytes of shared memory, or of a core's own memory."""
        return self.engine.read(self.index, core, address, length)

    def write(self, address: int, data: bytes, core: int = 0) -> None:
        """Store bytes; devices take whole words."""
        self.engine.write(self.index, core, address, data)

    def word(self, address: int) -> int:
        """One word of shared memory."""
        return int.from_bytes(self.read(address, 4), "little")

    def set_word(self, address: int, value: int) -> None:
        """Store one word of shared memory."""
        self.write(address, value.to_bytes(4, "little"))

    def _variable(self, variable: mm.Variable, layout: str, *values: int) -> None:
        self.write(mm.VARIABLES + variable, struct.pack("<" + layout, *values))

    def boot(self, geometry: Geometry, host: str, unix_time: int, iobuf_bytes: int) -> None:
        """Lay out memory as the monitor does after a cold start.

        Parameters
        ----------
        host : str
            IPv4 address of the chip's board; only its Ethernet chip keeps it.
        """
        v = mm.Variable
        for core in range(1, mm.CORES):
            self.engine.stop(self.index, core)
        self.owners = [0] * mm.CORES
        self.runs = [0] * mm.CORES
        self.images.clear()
        self.write(mm.SYSTEM_RAM, bytes(0x8000))
        for lock in range(32):
            self.read(mm.SYSTEM_CONTROLLER + 0x180 + 4 * lock, 4)
        root, self.ethernet = geometry.chips[0], geometry.ethernet[self.place]
        self.host = host if self.place == self.ethernet else "0.0.0.0"
        self._variable(v.P2P_ADDRESS, "H", self.address)
        self._variable(v.P2P_DIMENSIONS, "H", geometry.width << 8 | geometry.height)
        self._variable(v.P2P_UP, "B", 1)
        self._variable(v.ETHERNET_ADDRESS, "H", self.ethernet[0] << 8 | self.ethernet[1])
        self._variable(v.HARDWARE_VERSION, "B", geometry.version)
        self._variable(v.ETHERNET_UP, "B", int(self.place == self.ethernet))
        self._variable(v.UNIX_TIME, "I", unix_time)
        self._variable(v.CPU_CLOCK, "HH", 200, 130)
        self._variable(v.ROOT_CHIP, "BB", int(self.place == root), mm.MESSAGE_BUFFERS)
        self._variable(v.IOBUF_SIZE, "I", iobuf_bytes)
        self._variable(v.SDRAM_BUFFERS, "II", mm.SDRAM_BASE, _BUFFER_WORDS)
        self.links = sum(
            1 << link for link in range(6) if geometry.neighbour(self.place, link) is not None
        )
        self._variable(v.LINKS_ENABLED, "B", self.links)
        identity = bytes(range(mm.CORES)) + b"\xff\xff"
        self.write(mm.VARIABLES + v.PHYSICAL_TO_VIRTUAL, identity)
        self.write(mm.VARIABLES + v.VIRTUAL_TO_PHYSICAL, identity)
        self._variable(v.CORE_COUNT, "BB", mm.CORES, mm.CORES)
        self._variable(v.SOFTWARE_VERSION, "I", mm.SCAMP_VERSION)
        self._variable(v.P2P_ACTIVE, "H", len(geometry.chips))
        self._variable(v.SDRAM_BASE, "II", mm.USER_SDRAM, mm.SYSTEM_RAM + 0x100)
        self._variable(v.SYSTEM_SDRAM, "II", mm.SYSTEM_SDRAM, mm.CORE_BLOCKS)
        self.write(mm.VARIABLES + v.IP_ADDRESS, self.ip)
        self._boot_heaps()
        self._boot_messages()
        self._boot_routes(geometry)
        self._boot_cores(unix_time)

    def _boot_heaps(self) -> None:
        v = mm.Variable
        self.sdram_heap.create(mm.SYSTEM_SDRAM)
        self.system_ram_heap.create(mm.SYSTEM_RAM_TOP)
        self.system_heap.create(mm.SYSTEM_SDRAM + mm.SYSTEM_SDRAM_BYTES)
        self._variable(v.SYSTEM_RAM_HEAP, "II", self.system_ram_heap.base, self.sdram_heap.base)
        self._variable(v.SYSTEM_HEAP, "I", self.system_heap.base)
        hops = self.system_heap.allocate(_HOP_TABLE_BYTES)
        self.write(hops, (0x8000FFFF).to_bytes(4, "little") * 65536)
        copy = self.system_heap.allocate((mm.ROUTER_ENTRIES + 1) * RECORD_BYTES)
        tags = self.system_heap.allocate(_TAG_TABLE_BYTES)
        self.write(tags, bytes(_TAG_TABLE_BYTES))
        applications = self.system_heap.allocate(256 * _APPLICATION_BYTES)
        self.write(applications, bytes(256 * _APPLICATION_BYTES))
        self._variable(v.ROUTER_COPY, "III", copy, hops, tags)
        self._variable(v.APPLICATIONS, "I", applications)
        for heap in (self.sdram_heap, self.system_ram_heap, self.system_heap):
            heap.tag_table = tags
        self.router = RouterTable(self.read, self.write, copy)
        self.router.initialise()

    def _boot_messages(self) -> None:
        first = self.system_ram_heap.allocate(mm.MESSAGE_BUFFERS * mm.MESSAGE_BYTES)
        for number in range(mm.MESSAGE_BUFFERS):
            here = first + number * mm.MESSAGE_BYTES
            last = number == mm.MESSAGE_BUFFERS - 1
            self.set_word(here, 0 if last else here + mm.MESSAGE_BYTES)
        self._variable(mm.Variable.MESSAGE_ROOT, "IHH", first, 0, 0)
        self._variable(mm.Variable.MESSAGE_BUFFERS, "I", first)

    def _boot_routes(self, geometry: Geometry) -> None:
        routes = geometry.routes_from(self.place)
        table = [NO_ROUTE] * (geometry.width << 8)
        for place, link in routes.items():
            table[place[0] << 8 | place[1]] = link
        words = bytearray()
        for start in range(0, geometry.width << 8, 8):
            word = sum(table[start + i] << (3 * i) for i in range(8))
            words += word.to_bytes(4, "little")
        empty = sum(NO_ROUTE << (3 * i) for i in range(8)).to_bytes(4, "little")
        self.write(mm.ROUTER_P2P, bytes(words) + empty * (8192 - len(words) // 4))
        self.write(mm.ROUTER, (0x00400001).to_bytes(4, "little"))
        self.write(mm.ROUTER + 0x2C, (0xFFFF0000).to_bytes(4, "little"))
        self.write(mm.ROUTER + 0x2C, (0x0000FFFF).to_bytes(4, "little"))
        self.root_link = routes[geometry.chips[0]]

    def _boot_cores(self, unix_time: int) -> None:
        for core in range(mm.CORES):
            state = mm.CoreState.RUNNING if core == 0 else mm.CoreState.IDLE
            self._core_record(core, state, 0, unix_time)
        self.set_core_name(0, b"scamp-3")

    def _core_record(self, core: int, state: int, owner: int, unix_time: int) -> None:
        block = bytearray(_CLEARED_BYTES)
        block[mm.CoreField.PHYSICAL_CORE] = core
        block[mm.CoreField.STATE] = state
        block[mm.CoreField.APPLICATION] = owner
        struct.pack_into("<I", block, mm.CoreField.TIME, unix_time)
        struct.pack_into("<I", block, mm.CoreField.VERSION, mm.SCAMP_VERSION)
        name = b"sark" if core else b"scamp-3"
        block[mm.CoreField.NAME : mm.CoreField.NAME + len(name)] = name
        self.write(self.core_block(core), bytes(block))

    def set_core_name(self, core: int, name: bytes) -> None:
        """Name of the program on a core, at most 15 bytes."""
        self.write(self.core_block(core) + mm.CoreField.NAME, name[:15].ljust(16, b"\0"))

    @staticmethod
    def core_block(core: int) -> int:
        """Address of the record of a core."""
        return mm.CORE_BLOCKS + core * mm.CORE_BLOCK_BYTES

    def core_state(self, core: int) -> int:
        """State byte of a core."""
        return self.read(self.core_block(core) + mm.CoreField.STATE, 1)[0]

    def states(self) -> bytes:
        """State bytes of all cores."""
        return bytes(
            self.read(mm.CORE_BLOCKS, mm.CORES * mm.CORE_BLOCK_BYTES)[
                mm.CoreField.STATE :: mm.CORE_BLOCK_BYTES
            ]
        )

    def locked(self, *locks: int) -> bool:
        """Whether a core holds one of the locks right now."""
        held = self.engine.locks(self.index)
        return any(held >> lock & 1 for lock in locks)

    def cores_of(self, mask: int, owner: int) -> int:
        """Bit map of the cores whose application id, masked, is `owner`."""
        return sum(1 << core for core in range(1, mm.CORES) if self.owners[core] & mask == owner)

    def start(self, image: Image, name: str, argument: int, unix_time: int) -> None:
        """Load an image into cores and let them go.

        Parameters
        ----------
        argument : int
            Application id << 24 | flags << 18 | core mask.
        """
        mask, owner = argument & 0x3FFFE, argument >> 24
        flags = argument >> 18 & 63
        if not mask:
            return
        record = self._application(owner)
        cores, clean, semaphore, lead, known = struct.unpack("<BBBBI", self.read(record, 8))
        if cores == 0:
            clean = semaphore = known = 0
            lead = (mask & -mask).bit_length() - 1
        cores = min(255, cores + mask.bit_count())
        self.write(record, struct.pack("<BBBBI", cores, clean, semaphore, lead, known | mask))
        self.set_word(mm.SET_FLAGS, mask)
        for core in range(1, mm.CORES):
            if not mask >> core & 1:
                continue
            self.engine.prepare(self.index, core)
            block = self.core_block(core)
            self.write(block + mm.CoreField.STATE, bytes((mm.CoreState.INITIALISING, owner)))
            self.set_word(block + mm.CoreField.TIME, unix_time)
            self.owners[core] = owner
            self.images[core] = name
            self.runs[core] = 0
            for section in image.sections:
                self.write(section.address, section.data, core)
            self.engine.start(self.index, core, flags << 8 | owner)

    def _application(self, owner: int) -> int:
        base = self.word(mm.VARIABLES + mm.Variable.APPLICATIONS)
        return base + owner * _APPLICATION_BYTES

    def synchronise(self, cores: int, signal: mm.Signal) -> None:
        """Let cores that wait for a signal run."""
        self.set_word(mm.CLEAR_FLAGS if signal == mm.Signal.SYNC0 else mm.SET_FLAGS, cores)
        self.set_word(mm.SET_INTERRUPT, cores)
        for core in range(1, mm.CORES):
            self.runs[core] += cores >> core & 1

    def mark_used(self, owner: int) -> None:
        """Note that an application holds memory or router entries."""
        self.write(self._application(owner) + 1, b"\0")

    def stop(self, mask: int, owner: int, unix_time: int) -> None:
        """Stop the cores of applications and free what they hold."""
        for core in range(1, mm.CORES):
            if self.owners[core] & mask == owner and self.owners[core]:
                self.engine.stop(self.index, core)
                self._core_record(core, mm.CoreState.IDLE, 0, unix_time)
                self.owners[core] = 0
                self.images.pop(core, None)
        candidate = owner
        while candidate & mask == owner and candidate < 256:
            record = self._application(candidate)
            if self.read(record + 1, 1) == b"\0" or candidate == owner:
                for heap in (self.sdram_heap, self.system_ram_heap, self.system_heap):
                    if candidate:
                        heap.free_owner(candidate)
                if candidate:
                    self.router.free_owner(candidate, True)
                self.write(record, b"\0\1")
            candidate += 1

    def iobuf(self, core: int) -> str:
        """Text that a core has written to its IO buffer."""
        size = self.word(mm.VARIABLES + mm.Variable.IOBUF_SIZE)
        here = self.word(self.core_block(core) + mm.CoreField.IOBUF)
        text = b""
        try:
            for _ in range(1024):
                if not here:
                    break
                following, _, _, used = struct.unpack("<4I", self.read(here, 16))
                text += self.read(here + 16, min(used, size))
                here = following
        except BusError:
            text += b" [the list of IO buffers is damaged]"
        return text.decode("utf-8", "replace")

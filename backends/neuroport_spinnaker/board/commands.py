"""SCP commands: what the host can ask the monitor of a chip."""

from __future__ import annotations

import struct
from collections import deque
from typing import Protocol

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import Engine
from neuroport_spinnaker.board.binaries import identify, refuse
from neuroport_spinnaker.board.chip import ChipMonitor
from neuroport_spinnaker.board.geometry import Chip as Place
from neuroport_spinnaker.board.geometry import Geometry
from neuroport_spinnaker.board.loader import Image, parse
from neuroport_spinnaker.board.memory_map import Command, Result
from neuroport_spinnaker.board.network import Network
from neuroport_spinnaker.board.tags import (
    FIXED_TAGS,
    NO_TAG,
    REVERSE,
    TAGS,
    USE_SENDER,
    VALID,
    Address,
    Tag,
    TagTable,
)

DATA_BYTES = 256


class RefusedError(Exception):
    """An SCP command that is answered with an error code."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.name)
        self.result = result


class Services(Protocol):
    """What commands need of their monitor: the owner of chips, tags and mailboxes."""

    engine: Engine
    geometry: Geometry
    networks: dict[Place, Network]
    chips: dict[Place, ChipMonitor]
    by_index: list[ChipMonitor]
    tags: dict[Place, TagTable]
    problems: deque[str]

    @property
    def unix_time(self) -> int:
        """Seconds since 1970 on the board."""
        ...

    def signal(self, data: int) -> None:
        """Send a signal to cores."""
        ...


class Commands:
    """Executes SCP commands.

    Parameters
    ----------
    monitor : Services
    allow_unknown_binaries : bool
        Start images that are in no checked release.
    """

    def __init__(self, monitor: Services, allow_unknown_binaries: bool) -> None:
        self._monitor = monitor
        self._allow_unknown = allow_unknown_binaries
        self._identified: dict[int, tuple[bytes, Image, str]] = {}
        self.served: dict[str, int] = {}

    def forget_images(self) -> None:
        """After a cold start nothing is in the load areas."""
        self._identified.clear()

    def execute(
        self,
        chip: ChipMonitor,
        core: int,
        number: int,
        arguments: tuple[int, int, int],
        data: bytes,
        sender: Address,
    ) -> bytes:
        """Execute one command and return the payload of the answer.

        Raises
        ------
        RefusedError
            With the code to answer with.
        BoardError, BusError
            If it cannot be done here.
        """
        try:
            command = Command(number)
        except ValueError:
            raise RefusedError(Result.COMMAND) from None
        self.served[command.name] = self.served.get(command.name, 0) + 1
        first, second, third = arguments
        match command:
            case Command.VERSION:
                text = b"SC&MP/SpiNNaker\0" + b"4.0.0\0"
                where = chip.address << 16 | core << 8 | core
                return struct.pack("<III", where, 0xFFFF0000 + DATA_BYTES, 0) + text
            case Command.READ:
                return self._read(chip, core, first, second, third)
            case Command.WRITE:
                if second > DATA_BYTES or second > len(data) or third > 2:
                    raise RefusedError(Result.ARGUMENT)
                self._store(chip, core, first, data[:second])
            case Command.FILL:
                if third % 4 or third > 0x8000000:
                    raise RefusedError(Result.ARGUMENT)
                self._store(chip, core, first, second.to_bytes(4, "little") * (third // 4))
            case Command.COUNT:
                return struct.pack("<I", self._count(chip, first, second))
            case Command.LINK_READ:
                return self._read(self._neighbour(chip, third), 0, first, second, 2)
            case Command.LINK_WRITE:
                if second > DATA_BYTES or second > len(data):
                    raise RefusedError(Result.ARGUMENT)
                self._store(self._neighbour(chip, third), 0, first, data[:second])
            case Command.RUN:
                self._start(chip, mm.SYSTEM_SDRAM, first)
            case Command.RUN_AT:
                self._start(chip, first, second)
            case Command.COPY_RUN:
                return self._copy_run(chip, first, second, third)
            case Command.NEAREST_NEIGHBOUR:
                if second >> 28 == 5:
                    self._monitor.signal(second & 0xFFFFFF)
            case Command.SIGNAL:
                self._monitor.signal(second & 0xFFFFFF)
            case Command.TAG:
                return self._tag(chip, first, second, third, sender)
            case Command.ALLOCATE:
                return self._allocate(chip, first, second, third)
            case Command.ROUTER:
                return self._router(chip, first, second, third)
            case Command.INFORMATION:
                return self._information(chip)
            case Command.LED | Command.SYNC:
                pass
        return b""

    def _read(self, chip: ChipMonitor, core: int, address: int, length: int, unit: int) -> bytes:
        if length > DATA_BYTES or unit > 2:
            raise RefusedError(Result.ARGUMENT)
        return chip.read(address, length, core)

    @staticmethod
    def _store(chip: ChipMonitor, core: int, address: int, data: bytes) -> None:
        chip.write(address, data, core)

    def _neighbour(self, chip: ChipMonitor, link: int) -> ChipMonitor:
        place = self._monitor.geometry.neighbour(chip.place, link) if link < 6 else None
        if place is None:
            raise RefusedError(Result.ARGUMENT)
        return self._monitor.chips[place]

    def _count(self, asked: ChipMonitor, owner: int, state: int) -> int:
        """Cores in a state on the board of the chip that is asked, as SCAMP 4 counts them."""
        mask = owner >> 8 & 0xFF or 0xFF
        owner &= 0xFF
        total = 0
        for chip in self._monitor.by_index:
            if chip.ethernet != asked.ethernet:
                continue
            states = chip.states()
            total += sum(
                chip.owners[core] & mask == owner and states[core] == state
                for core in range(1, mm.CORES)
            )
        return total

    def _copy_run(self, chip: ChipMonitor, first: int, length: int, argument: int) -> bytes:
        source = self._neighbour(chip, first & 7)
        if length % 4 or length > 0x40000:
            raise RefusedError(Result.ARGUMENT)
        data = source.read(mm.SYSTEM_SDRAM, length)
        total = sum(struct.unpack(f"<{length // 4}I", data))
        if first >> 3 and total & 0x1FFFFFFF != first >> 3:
            raise RefusedError(Result.CHECKSUM)
        chip.write(mm.SYSTEM_SDRAM, data)
        self._start(chip, mm.SYSTEM_SDRAM, argument)
        return b""

    def _start(self, chip: ChipMonitor, address: int, argument: int) -> None:
        if argument & 1:
            raise RefusedError(Result.ARGUMENT)
        image, name = self._image(chip, address)
        chip.start(image, name, argument, self._monitor.unix_time)

    def _image(self, chip: ChipMonitor, address: int) -> tuple[Image, str]:
        area = chip.read(address, 0x20000)
        known = self._identified.get(chip.index)
        if known is not None and known[0] == area:
            return known[1], known[2]

        def read(offset: int, length: int) -> bytes:
            return chip.read(address + offset, length)

        image = parse(read)
        binary = identify(area, image.length)
        if binary is None and not self._allow_unknown:
            raise refuse(area, image.length)
        name = binary.name if binary is not None else "(unknown image)"
        self._identified[chip.index] = (area, image, name)
        return image, name

    def _tag(
        self, chip: ChipMonitor, first: int, second: int, third: int, sender: Address
    ) -> bytes:
        table = self._monitor.tags[chip.ethernet]
        network = self._monitor.networks[chip.ethernet]
        operation, number = first >> 16 & 0xFF, first & 0xFF
        if operation > 4 or number >= TAGS:
            raise RefusedError(Result.ARGUMENT)
        if operation == 2:
            return b"".join(tag.packed() for tag in table.tags[number : number + (second & 0xFF)])[
                :DATA_BYTES
            ]
        if operation == 3:
            table.tags[number] = Tag()
            return b""
        if operation == 4:
            return struct.pack("<BBBB", 0, 32, TAGS - FIXED_TAGS, FIXED_TAGS)
        if operation == 0:
            number = table.free()
            if number == NO_TAG:
                return struct.pack("<I", NO_TAG)
        flags = first >> 20 & 0x0F00
        tag = Tag(flags | VALID, chip_address=second >> 16, core_port=first >> 8 & 0xFF)
        if third:
            tag.host = ".".join(str(part) for part in third.to_bytes(4, "little"))
        elif not flags & REVERSE:
            tag.host = sender[0]
        if flags & REVERSE:
            tag.receive_port = second & 0xFFFF
            if not network.open(tag.receive_port):
                self._monitor.problems.append(
                    f"UDP port {tag.receive_port} of {network.host} for a reverse tag "
                    "is taken: "
                    "stop the program that uses it, or choose another port"
                )
                raise RefusedError(Result.ARGUMENT)
        else:
            tag.port = sender[1] if flags & USE_SENDER else second & 0xFFFF
        table.tags[number] = tag
        return struct.pack("<I", number)

    def _allocate(self, chip: ChipMonitor, first: int, second: int, third: int) -> bytes:
        operation, owner, extra = first & 0xFF, first >> 8 & 0xFF, first >> 16 & 0xFF
        heap = chip.sdram_heap
        if chip.locked(mm.LOCK_HEAP, mm.LOCK_ROUTER):
            # a core is inside the same table: the host repeats after a busy answer
            self._monitor.engine.run(4)
        match operation:
            case 0:
                chip.mark_used(owner)
                value = heap.allocate(second, third, owner, bool(extra & 4))
            case 1:
                if not heap.holds(second):
                    raise RefusedError(Result.ARGUMENT)
                heap.free(second)
                return b""
            case 2:
                value = heap.free_owner(owner)
            case 3:
                chip.mark_used(owner)
                value = chip.router.allocate(second, owner)
            case 4:
                chip.router.free(second, bool(third))
                return b""
            case 5:
                value = chip.router.free_owner(owner, bool(second))
            case 6:
                return struct.pack("<II", heap.free_bytes, heap.largest())
            case 7:
                value = heap.tagged(second & 0xFF, owner)
            case _:
                raise RefusedError(Result.ARGUMENT)
        return struct.pack("<I", value)

    def _router(self, chip: ChipMonitor, first: int, second: int, third: int) -> bytes:
        operation, owner, count = first & 0xFF, first >> 8 & 0xFF, first >> 16
        if operation == 0:
            chip.router.initialise()
        elif operation == 1:
            if not chip.router.clear(second, count):
                raise RefusedError(Result.ARGUMENT)
        elif operation == 2:
            if not chip.router.load(second, count, third, owner):
                raise RefusedError(Result.ARGUMENT)
        elif operation == 3:
            if second >> 31:
                return struct.pack("<I", chip.word(mm.ROUTER_FIXED) & 0xFFFFFF)
            chip.set_word(mm.ROUTER_FIXED, second & 0xFFFFFF)
        else:
            raise RefusedError(Result.ARGUMENT)
        return b""

    def _information(self, chip: ChipMonitor) -> bytes:
        flags = mm.CORES | chip.links << 8 | chip.router.largest() << 14
        flags |= int(chip.place == chip.ethernet) << 25
        return (
            struct.pack("<III", flags, chip.sdram_heap.largest(), chip.system_ram_heap.largest())
            + chip.states()
            + struct.pack("<H", chip.ethernet[0] << 8 | chip.ethernet[1])
            + chip.ip
            + struct.pack("<H", chip.root_link)
        )

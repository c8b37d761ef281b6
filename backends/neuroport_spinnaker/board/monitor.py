"""What the monitor processors do for the host: SCP commands, messages, signals.

Everything here runs on the board's thread while the engine stands still.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import BusError, Engine
from neuroport_spinnaker.board.binaries import identify, refuse
from neuroport_spinnaker.board.chip import ChipMonitor
from neuroport_spinnaker.board.errors import BoardError
from neuroport_spinnaker.board.geometry import Geometry
from neuroport_spinnaker.board.loader import Image, parse
from neuroport_spinnaker.board.memory_map import Command, Result
from neuroport_spinnaker.board.sdp import (
    HEADER_BYTES,
    HOST_PORT,
    REPLY_EXPECTED,
    REPLY_FLAGS,
    Header,
)
from neuroport_spinnaker.board.tags import (
    FIXED_TAGS,
    NO_TAG,
    REVERSE,
    STRIP,
    TAGS,
    TRANSIENT,
    USE_SENDER,
    VALID,
    Address,
    Tag,
    TagTable,
)

DATA_BYTES = 256
_COMMAND = struct.Struct("<HHIII")
_ANY_CHIP = 0xFFFF  # the chip that the datagram reaches first
_MESSAGE, _SIGNAL = 1, 3
_GIVE_UP_AFTER = 20000
_QUEUE_LIMIT = 4096
_PROBLEMS_KEPT = 1000
_IOBUF_BYTES = 16384


@dataclass
class _Delivery:
    command: int
    payload: bytes
    attempts: int = 0


class _Refused(Exception):
    """An SCP command that is answered with an error code."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.name)
        self.result = result


class Monitor:
    """Monitor services of all chips of a board.

    Parameters
    ----------
    engine : Engine
        The compiled board, chips linked.
    geometry : Geometry
        Its shape.
    host : str
        IPv4 address of the board.
    send : callable
        ``send(data, address, from_port)`` puts a datagram on the wire; False if it cannot.
    open_port : callable
        Called with each UDP port that a reverse tag listens on; False if it is taken.
    allow_unknown_binaries : bool
        Start images that are in no checked release.
    stopping : callable, optional
        Called with each core just before the host stops it.
    """

    def __init__(
        self,
        engine: Engine,
        geometry: Geometry,
        host: str,
        send: Callable[[bytes, Address, int | None], bool],
        open_port: Callable[[int], bool],
        allow_unknown_binaries: bool = False,
        stopping: Callable[[ChipMonitor, int], None] | None = None,
    ) -> None:
        self.engine = engine
        self.geometry = geometry
        self.host = host
        self._send = send
        self._open_port = open_port
        self._allow_unknown = allow_unknown_binaries
        self._stopping = stopping
        self.chips = {
            place: ChipMonitor(engine, index, place) for index, place in enumerate(geometry.chips)
        }
        self._by_index = list(self.chips.values())
        self._by_address = {chip.address: chip for chip in self._by_index}
        self.tags = TagTable()
        self.pending: dict[tuple[int, int], deque[_Delivery]] = {}
        self.problems: deque[str] = deque(maxlen=_PROBLEMS_KEPT)
        self.commands: dict[str, int] = {}
        self.undeliverable = 0
        self.malformed = 0
        self._identified: dict[int, tuple[bytes, Image, str]] = {}
        for chip in self._by_index:
            for link in range(6):
                other = geometry.neighbour(chip.place, link)
                if other is not None:
                    engine.link(chip.index, link, self.chips[other].index)
        self.boot(int(time.time()))

    def boot(self, unix_time: int) -> None:
        """Cold start: memory laid out anew, tags and applications gone."""
        self.tags = TagTable()
        self.pending.clear()
        self._identified.clear()
        for chip in self._by_index:
            chip.boot(self.geometry, self.host, unix_time, _IOBUF_BYTES)

    @property
    def unix_time(self) -> int:
        """Seconds since 1970 on the board's own clock."""
        return self._by_index[0].word(mm.VARIABLES + mm.Variable.UNIX_TIME)

    # -- from the host ---------------------------------------------------------------

    def datagram(self, data: bytes, sender: Address) -> None:
        """A datagram on the SDP port: two bytes of padding and a message."""
        message = data[2:]
        if len(message) < HEADER_BYTES or len(message) > HEADER_BYTES + 16 + DATA_BYTES:
            self.malformed += 1
            return
        header = Header.unpack(message)
        header.source = self._by_index[0].address
        body = message[HEADER_BYTES:]
        if header.destination == _ANY_CHIP:
            header.destination = self._by_index[0].address
        chip = self._by_address.get(header.destination)
        core, port = header.destination_port & 31, header.destination_port >> 5
        if chip is None or core >= mm.CORES:
            self.malformed += 1
            if chip is None and core == 0 and len(body) >= 4:
                sequence = struct.unpack_from("<HH", body)[1]
                self._answer(header, Result.ROUTE, sequence, b"", sender)
            return
        if core == 0 or port == 0:
            self._command(chip, core, header, body, sender)
            return
        if header.flags & REPLY_EXPECTED and header.tag == NO_TAG:
            header.tag = self.tags.transient(sender)
        self._queue(chip, core, _Delivery(_MESSAGE, header.pack() + body))

    def reverse_datagram(self, data: bytes, sender: Address, port: int) -> None:
        """A datagram on the port of a reverse tag."""
        for number, tag in enumerate(self.tags.tags[:FIXED_TAGS]):  # noqa: B007
            if tag.in_use and tag.receive_port == port:
                break
        else:
            return
        chip = self._by_address.get(tag.chip_address)
        core = tag.core_port & 31
        if chip is None or not 0 < core < mm.CORES or len(data) > 16 + DATA_BYTES:
            self.malformed += 1
            return
        tag.host, tag.port = sender
        header = Header(
            REPLY_FLAGS,
            number,
            tag.core_port,
            HOST_PORT,
            tag.chip_address,
            self._by_index[0].address,
        )
        self._queue(chip, core, _Delivery(_MESSAGE, header.pack() + data))

    def _answer(
        self, header: Header, result: int, sequence: int, payload: bytes, sender: Address
    ) -> None:
        body = struct.pack("<HH", result, sequence) + payload
        self._send(b"\0\0" + header.reply().pack() + body, sender, None)

    def _command(
        self, chip: ChipMonitor, core: int, header: Header, body: bytes, sender: Address
    ) -> None:
        if len(body) < 4:
            self.malformed += 1
            return
        number, sequence = struct.unpack_from("<HH", body)
        if len(body) < _COMMAND.size:
            self.malformed += 1
            self._answer(header, Result.LENGTH, sequence, b"", sender)
            return
        _, _, first, second, third = _COMMAND.unpack_from(body)
        try:
            payload = self._execute(
                chip, core, number, (first, second, third), body[_COMMAND.size :], sender
            )
            result = Result.OK
        except _Refused as refused:
            payload, result = b"", refused.result
        except (BusError, struct.error, OverflowError):  # also: tables that were written over
            payload, result = b"", Result.ARGUMENT
        except BoardError as problem:
            self.problems.append(f"chip {chip.place[0]},{chip.place[1]}: {problem}")
            payload, result = b"", Result.ARGUMENT
        if header.flags & REPLY_EXPECTED:
            self._answer(header, result, sequence, payload, sender)

    # -- commands --------------------------------------------------------------------

    def _execute(
        self,
        chip: ChipMonitor,
        core: int,
        number: int,
        arguments: tuple[int, int, int],
        data: bytes,
        sender: Address,
    ) -> bytes:
        try:
            command = Command(number)
        except ValueError:
            raise _Refused(Result.COMMAND) from None
        self.commands[command.name] = self.commands.get(command.name, 0) + 1
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
                    raise _Refused(Result.ARGUMENT)
                self._store(chip, core, first, data[:second])
            case Command.FILL:
                if third % 4 or third > 0x8000000:
                    raise _Refused(Result.ARGUMENT)
                self._store(chip, core, first, second.to_bytes(4, "little") * (third // 4))
            case Command.COUNT:
                return struct.pack("<I", self._count(first, second))
            case Command.LINK_READ:
                return self._read(self._neighbour(chip, third), 0, first, second, 2)
            case Command.LINK_WRITE:
                if second > DATA_BYTES or second > len(data):
                    raise _Refused(Result.ARGUMENT)
                self._store(self._neighbour(chip, third), 0, first, data[:second])
            case Command.RUN:
                self._start(chip, mm.SYSTEM_SDRAM, first)
            case Command.RUN_AT:
                self._start(chip, first, second)
            case Command.COPY_RUN:
                return self._copy_run(chip, first, second, third)
            case Command.NEAREST_NEIGHBOUR:
                if second >> 28 == 5:
                    self.signal(second & 0xFFFFFF)
            case Command.SIGNAL:
                self.signal(second & 0xFFFFFF)
            case Command.TAG:
                return self._tag(first, second, third, sender)
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
            raise _Refused(Result.ARGUMENT)
        return chip.read(address, length, core)

    @staticmethod
    def _store(chip: ChipMonitor, core: int, address: int, data: bytes) -> None:
        chip.write(address, data, core)

    def _neighbour(self, chip: ChipMonitor, link: int) -> ChipMonitor:
        place = self.geometry.neighbour(chip.place, link) if link < 6 else None
        if place is None:
            raise _Refused(Result.ARGUMENT)
        return self.chips[place]

    def _count(self, owner: int, state: int) -> int:
        mask = owner >> 8 & 0xFF or 0xFF
        owner &= 0xFF
        total = 0
        for chip in self._by_index:
            states = chip.states()
            total += sum(
                chip.owners[core] & mask == owner and states[core] == state
                for core in range(1, mm.CORES)
            )
        return total

    def _copy_run(self, chip: ChipMonitor, first: int, length: int, argument: int) -> bytes:
        source = self._neighbour(chip, first & 7)
        if length % 4 or length > 0x40000:
            raise _Refused(Result.ARGUMENT)
        data = source.read(mm.SYSTEM_SDRAM, length)
        total = sum(struct.unpack(f"<{length // 4}I", data))
        if first >> 3 and total & 0x1FFFFFFF != first >> 3:
            raise _Refused(Result.CHECKSUM)
        chip.write(mm.SYSTEM_SDRAM, data)
        self._start(chip, mm.SYSTEM_SDRAM, argument)
        return b""

    def _start(self, chip: ChipMonitor, address: int, argument: int) -> None:
        if argument & 1:
            raise _Refused(Result.ARGUMENT)
        image, name = self._image(chip, address)
        chip.start(image, name, argument, self.unix_time)

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

    def _tag(self, first: int, second: int, third: int, sender: Address) -> bytes:
        operation, number = first >> 16 & 0xFF, first & 0xFF
        if operation > 4 or number >= TAGS:
            raise _Refused(Result.ARGUMENT)
        if operation == 2:
            return b"".join(
                tag.packed() for tag in self.tags.tags[number : number + (second & 0xFF)]
            )[:DATA_BYTES]
        if operation == 3:
            self.tags.tags[number] = Tag()
            return b""
        if operation == 4:
            return struct.pack("<BBBB", 0, 32, TAGS - FIXED_TAGS, FIXED_TAGS)
        if operation == 0:
            number = self.tags.free_fixed()
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
            if not self._open_port(tag.receive_port):
                self.problems.append(
                    f"UDP port {tag.receive_port} of {self.host} for a reverse tag is taken: "
                    "stop the program that uses it, or choose another port"
                )
                raise _Refused(Result.ARGUMENT)
        else:
            tag.port = sender[1] if flags & USE_SENDER else second & 0xFFFF
        self.tags.tags[number] = tag
        return struct.pack("<I", number)

    def _allocate(self, chip: ChipMonitor, first: int, second: int, third: int) -> bytes:
        operation, owner, extra = first & 0xFF, first >> 8 & 0xFF, first >> 16 & 0xFF
        heap = chip.sdram_heap
        if chip.locked(mm.LOCK_HEAP, mm.LOCK_ROUTER):
            # a core is inside the same table: the host repeats after a busy answer
            self.engine.run(4)
        match operation:
            case 0:
                chip.mark_used(owner)
                value = heap.allocate(second, third, owner, bool(extra & 4))
            case 1:
                if not heap.holds(second):
                    raise _Refused(Result.ARGUMENT)
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
                raise _Refused(Result.ARGUMENT)
        return struct.pack("<I", value)

    def _router(self, chip: ChipMonitor, first: int, second: int, third: int) -> bytes:
        operation, owner, count = first & 0xFF, first >> 8 & 0xFF, first >> 16
        if operation == 0:
            chip.router.initialise()
        elif operation == 1:
            if not chip.router.clear(second, count):
                raise _Refused(Result.ARGUMENT)
        elif operation == 2:
            if not chip.router.load(second, count, third, owner):
                raise _Refused(Result.ARGUMENT)
        elif operation == 3:
            if second >> 31:
                return struct.pack("<I", chip.word(mm.ROUTER_FIXED) & 0xFFFFFF)
            chip.set_word(mm.ROUTER_FIXED, second & 0xFFFFFF)
        else:
            raise _Refused(Result.ARGUMENT)
        return b""

    def _information(self, chip: ChipMonitor) -> bytes:
        root = self._by_index[0]
        flags = mm.CORES | chip.links << 8 | chip.router.largest() << 14
        flags |= int(chip is root) << 25
        ip = bytes(int(part) for part in self.host.split(".")) if chip is root else bytes(4)
        return (
            struct.pack("<III", flags, chip.sdram_heap.largest(), chip.system_ram_heap.largest())
            + chip.states()
            + struct.pack("<H", root.address)
            + ip
            + struct.pack("<H", chip.root_link)
        )

    def signal(self, data: int) -> None:
        """Send a signal to the cores of applications, at one time on all chips."""
        number, mask, owner = data >> 16 & 15, data >> 8 & 0xFF, data & 0xFF
        try:
            signal = mm.Signal(number)
        except ValueError:
            raise _Refused(Result.ARGUMENT) from None
        for chip in self._by_index:
            cores = chip.cores_of(mask, owner)
            if signal == mm.Signal.STOP:
                for core in range(1, mm.CORES):
                    if self._stopping is not None and cores >> core & 1 and chip.owners[core]:
                        self._stopping(chip, core)
                chip.stop(mask, owner, self.unix_time)
                for core in range(1, mm.CORES):
                    if cores >> core & 1:
                        self.pending.pop((chip.index, core), None)
            elif not cores:
                continue
            elif signal == mm.Signal.SYNC0:
                chip.set_word(mm.CLEAR_FLAGS, cores)
                chip.set_word(mm.SET_INTERRUPT, cores)
            elif signal == mm.Signal.SYNC1:
                chip.set_word(mm.SET_FLAGS, cores)
                chip.set_word(mm.SET_INTERRUPT, cores)
            elif signal not in (mm.Signal.INITIALISE, mm.Signal.POWER_DOWN):
                for core in range(1, mm.CORES):
                    if cores >> core & 1:
                        self._queue(chip, core, _Delivery(_SIGNAL, bytes((signal,))))

    # -- messages to and from cores -----------------------------------------------------

    def _queue(self, chip: ChipMonitor, core: int, delivery: _Delivery) -> None:
        queue = self.pending.setdefault((chip.index, core), deque())
        if len(queue) >= _QUEUE_LIMIT:
            self.undeliverable += 1
            return
        queue.append(delivery)

    def deliver(self) -> None:
        """Fill the mailboxes of cores that are ready for the next message."""
        for (index, core), queue in list(self.pending.items()):
            chip = self._by_index[index]
            delivery = queue[0]
            try:
                done = self._put(chip, core, delivery)
            except BusError as problem:  # the list of message buffers was written over
                self.problems.append(
                    f"chip {chip.place[0]},{chip.place[1]}, core {core}: {problem}"
                )
                self.undeliverable += 1
                done = True
            if done:
                queue.popleft()
            else:
                delivery.attempts += 1
                if delivery.attempts > _GIVE_UP_AFTER:
                    self.undeliverable += 1
                    queue.popleft()
            if not queue:
                del self.pending[index, core]

    def _put(self, chip: ChipMonitor, core: int, delivery: _Delivery) -> bool:
        if chip.owners[core] == 0:
            self.undeliverable += 1
            return True
        block = chip.core_block(core)
        if chip.read(block + mm.CoreField.COMMAND_TO_CORE, 1) != b"\0":
            return False
        if delivery.command == _SIGNAL:
            chip.set_word(block + mm.CoreField.MESSAGE_TO_CORE, delivery.payload[0])
        else:
            buffer = self._take_buffer(chip)
            if not buffer:
                return False
            size = len(delivery.payload)
            body = struct.pack("<IHH", 0, size, 0) + delivery.payload
            chip.write(buffer, body)
            chip.set_word(block + mm.CoreField.MESSAGE_TO_CORE, buffer)
        chip.write(block + mm.CoreField.COMMAND_TO_CORE, bytes((delivery.command,)))
        chip.set_word(mm.SET_INTERRUPT, 1 << core)
        return True

    @staticmethod
    def _take_buffer(chip: ChipMonitor) -> int:
        if chip.locked(mm.LOCK_MESSAGES):
            return 0
        root = mm.VARIABLES + mm.Variable.MESSAGE_ROOT
        buffer, used, peak = struct.unpack("<IHH", chip.read(root, 8))
        if buffer:
            chip.write(root, struct.pack("<IHH", chip.word(buffer), used + 1, max(peak, used + 1)))
        return int(buffer)

    def from_core(self, index: int, core: int, data: bytes) -> None:
        """A message that a core handed to its monitor."""
        if len(data) < HEADER_BYTES:
            self.malformed += 1
            return
        header = Header.unpack(data)
        if header.destination_port == HOST_PORT:
            self._to_host(header, data)
            return
        chip = self._by_address.get(header.destination)
        target = header.destination_port & 31
        if chip is None or not 0 < target < mm.CORES:
            self.undeliverable += 1
            return
        self._queue(chip, target, _Delivery(_MESSAGE, data))

    def _to_host(self, header: Header, data: bytes) -> None:
        tag = self.tags.tags[header.tag] if header.tag < TAGS else Tag()
        if not tag.flags & VALID or not tag.port:
            self.undeliverable += 1
            return
        tag.count += 1
        payload = data[HEADER_BYTES:] if tag.flags & STRIP else b"\0\0" + data
        if not self._send(payload, (tag.host, tag.port), tag.receive_port or None):
            self.undeliverable += 1
        if tag.flags & TRANSIENT:
            self.tags.tags[header.tag] = Tag()

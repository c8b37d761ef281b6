"""The monitor processors: datagrams from the host, messages from cores, signals.

Everything here runs on the board's thread while the engine stands still.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable, Sequence

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import BusError, Engine
from neuroport_spinnaker.board.chip import ChipMonitor
from neuroport_spinnaker.board.commands import DATA_BYTES, Commands, RefusedError
from neuroport_spinnaker.board.errors import BoardError
from neuroport_spinnaker.board.geometry import Chip as Place
from neuroport_spinnaker.board.geometry import Geometry
from neuroport_spinnaker.board.mailboxes import MESSAGE, SIGNAL, Delivery, Mailboxes
from neuroport_spinnaker.board.memory_map import Result
from neuroport_spinnaker.board.network import Network, in_use
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
    STRIP,
    TAGS,
    TRANSIENT,
    VALID,
    Address,
    Tag,
    TagTable,
)

_COMMAND = struct.Struct("<HHIII")
_ANY_CHIP = 0xFFFF  # SCAMP takes it for the chip that the machine was booted from
_PROBLEMS_KEPT = 1000
_IOBUF_BYTES = 16384


class Monitor:
    """Monitor services of all chips of one or several boards.

    Parameters
    ----------
    engine : Engine
        The compiled board, chips linked.
    geometry : Geometry
        Its shape.
    networks : sequence of Network
        The network of each board.
    allow_unknown_binaries : bool
        Start images that are in no checked release.
    stopping : callable, optional
        Called with each core just before the host stops it.
    """

    def __init__(
        self,
        engine: Engine,
        geometry: Geometry,
        networks: Sequence[Network],
        allow_unknown_binaries: bool = False,
        stopping: Callable[[ChipMonitor, int], None] | None = None,
    ) -> None:
        self.engine = engine
        self.geometry = geometry
        self.networks = dict(zip((board[0] for board in geometry.boards), networks, strict=True))
        self._stopping = stopping
        self.chips = {
            place: ChipMonitor(engine, index, place) for index, place in enumerate(geometry.chips)
        }
        self.by_index = list(self.chips.values())
        self._by_address = {chip.address: chip for chip in self.by_index}
        self.tags: dict[Place, TagTable] = {}
        self.problems: deque[str] = deque(maxlen=_PROBLEMS_KEPT)
        self.remarks: deque[str] = deque(maxlen=_PROBLEMS_KEPT)
        self._clients: set[Address] = set()
        self.commands = Commands(self, allow_unknown_binaries)
        self.mailboxes = Mailboxes(self.by_index, self.problems)
        self.malformed = 0
        for chip in self.by_index:
            for link in range(6):
                other = geometry.neighbour(chip.place, link)
                if other is not None:
                    engine.link(chip.index, link, self.chips[other].index)
        self.boot(int(time.time()))

    def boot(self, unix_time: int) -> None:
        """Cold start: memory laid out anew, tags and applications gone."""
        self.tags = {board[0]: TagTable() for board in self.geometry.boards}
        self.mailboxes.pending.clear()
        self.commands.forget_images()
        self._clients.clear()
        for chip in self.by_index:
            board = self.geometry.ethernet[chip.place]
            chip.boot(self.geometry, self.networks[board].host, unix_time, _IOBUF_BYTES)

    @property
    def unix_time(self) -> int:
        """Seconds since 1970 on the board's own clock."""
        return self.by_index[0].word(mm.VARIABLES + mm.Variable.UNIX_TIME)

    # -- from the host ---------------------------------------------------------------

    def datagram(self, data: bytes, sender: Address, board: int = 0) -> None:
        """A datagram on the SDP port of a board: two bytes of padding and a message."""
        arrival = self.chips[self.geometry.boards[board][0]]
        message = data[2:]
        if len(message) < HEADER_BYTES or len(message) > HEADER_BYTES + 16 + DATA_BYTES:
            self.malformed += 1
            return
        header = Header.unpack(message)
        header.source = arrival.address
        body = message[HEADER_BYTES:]
        if header.destination == _ANY_CHIP:
            header.destination = self.by_index[0].address
        chip = self._by_address.get(header.destination)
        core, port = header.destination_port & 31, header.destination_port >> 5
        if chip is None or core >= mm.CORES:
            self.malformed += 1
            if chip is None and core == 0 and len(body) >= 4:
                sequence = struct.unpack_from("<HH", body)[1]
                self._answer(header, Result.ROUTE, sequence, b"", sender, arrival)
            return
        if core == 0 or port == 0:
            self._command(chip, core, header, body, sender, arrival)
            return
        if header.flags & REPLY_EXPECTED and header.tag == NO_TAG:
            header.tag = self.tags[arrival.place].transient(sender)
        self.mailboxes.queue(chip, core, Delivery(MESSAGE, header.pack() + body))

    def reverse_datagram(self, data: bytes, sender: Address, port: int, board: int = 0) -> None:
        """A datagram on the port of a reverse tag."""
        arrival = self.chips[self.geometry.boards[board][0]]
        for number, tag in enumerate(self.tags[arrival.place].tags[:FIXED_TAGS]):  # noqa: B007
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
            arrival.address,
        )
        self.mailboxes.queue(chip, core, Delivery(MESSAGE, header.pack() + data))

    def _answer(
        self,
        header: Header,
        result: int,
        sequence: int,
        payload: bytes,
        sender: Address,
        arrival: ChipMonitor,
    ) -> None:
        body = struct.pack("<HH", result, sequence) + payload
        self.networks[arrival.place].send(b"\0\0" + header.reply().pack() + body, sender)

    def _command(
        self,
        chip: ChipMonitor,
        core: int,
        header: Header,
        body: bytes,
        sender: Address,
        arrival: ChipMonitor,
    ) -> None:
        if len(body) < 4:
            self.malformed += 1
            return
        number, sequence = struct.unpack_from("<HH", body)
        if len(body) < _COMMAND.size:
            self.malformed += 1
            self._answer(header, Result.LENGTH, sequence, b"", sender, arrival)
            return
        _, _, first, second, third = _COMMAND.unpack_from(body)
        if sender not in self._clients:
            self._greet(sender)
        try:
            payload = self.commands.execute(
                chip, core, number, (first, second, third), body[_COMMAND.size :], sender
            )
            result = Result.OK
        except RefusedError as refused:
            payload, result = b"", refused.result
        except (BusError, struct.error, OverflowError):  # also: tables that were written over
            payload, result = b"", Result.ARGUMENT
        except BoardError as problem:
            self.problems.append(f"chip {chip.place[0]},{chip.place[1]}: {problem}")
            payload, result = b"", Result.ARGUMENT
        if header.flags & REPLY_EXPECTED:
            self._answer(header, result, sequence, payload, sender, arrival)

    def _greet(self, sender: Address) -> None:
        """Take in a new client; if all before it are gone, so is what they left.

        A board keeps what a killed client left, and the next one finds the memory taken; there
        somebody resets it.
        """
        gone = bool(self._clients) and not any(map(in_use, self._clients))
        if gone:
            cores = sum(map(bool, (owner for chip in self.by_index for owner in chip.owners)))
            free = [chip.sdram_heap.free_bytes for chip in self.by_index]
            self.signal(mm.Signal.STOP << 16)  # of every application
            freed = sum(chip.sdram_heap.free_bytes for chip in self.by_index) - sum(free)
            if cores or freed:
                self.remarks.append(
                    f"a client went away without ending: its {cores} cores were stopped and its "
                    f"{freed} bytes of memory freed for the next"
                )
            self.tags = {board[0]: TagTable() for board in self.geometry.boards}
            self._clients.clear()
        self._clients.add(sender)

    def signal(self, data: int) -> None:
        """Send a signal to the cores of applications, at one time on all chips."""
        number, mask, owner = data >> 16 & 15, data >> 8 & 0xFF, data & 0xFF
        try:
            signal = mm.Signal(number)
        except ValueError:
            raise RefusedError(Result.ARGUMENT) from None
        for chip in self.by_index:
            cores = chip.cores_of(mask, owner)
            if signal == mm.Signal.STOP:
                for core in range(1, mm.CORES):
                    if self._stopping is not None and cores >> core & 1 and chip.owners[core]:
                        self._stopping(chip, core)
                chip.stop(mask, owner, self.unix_time)
                for core in range(1, mm.CORES):
                    if cores >> core & 1:
                        self.mailboxes.forget(chip, core)
            elif not cores:
                continue
            elif signal in (mm.Signal.SYNC0, mm.Signal.SYNC1):
                chip.synchronise(cores, signal)
            elif signal not in (mm.Signal.INITIALISE, mm.Signal.POWER_DOWN):
                for core in range(1, mm.CORES):
                    if cores >> core & 1:
                        self.mailboxes.queue(chip, core, Delivery(SIGNAL, bytes((signal,))))

    def from_core(self, index: int, core: int, data: bytes) -> None:
        """A message that a core handed to its monitor."""
        if len(data) < HEADER_BYTES:
            self.malformed += 1
            return
        header = Header.unpack(data)
        if header.destination_port == HOST_PORT:
            # a message for a host leaves by the Ethernet it names, else by that of its own board
            named = self._by_address.get(header.destination)
            if named is None or named.place not in self.networks:
                named = self.chips[self.by_index[index].ethernet]
            self._to_host(header, data, named.place)
            return
        chip = self._by_address.get(header.destination)
        target = header.destination_port & 31
        if chip is None or not 0 < target < mm.CORES:
            self.mailboxes.undeliverable += 1
            return
        self.mailboxes.queue(chip, target, Delivery(MESSAGE, data))

    def _to_host(self, header: Header, data: bytes, board: Place) -> None:
        tags = self.tags[board].tags
        tag = tags[header.tag] if header.tag < TAGS else Tag()
        if not tag.flags & VALID or not tag.port:
            self.mailboxes.undeliverable += 1
            return
        tag.count += 1
        payload = data[HEADER_BYTES:] if tag.flags & STRIP else b"\0\0" + data
        address = (tag.host, tag.port)
        if not self.networks[board].send(payload, address, tag.receive_port or None):
            self.mailboxes.undeliverable += 1
        if tag.flags & TRANSIENT:
            tags[header.tag] = Tag()

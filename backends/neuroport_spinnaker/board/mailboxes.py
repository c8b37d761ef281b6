"""Messages to cores: a queue for each, emptied into its mailbox when it is ready."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import BusError
from neuroport_spinnaker.board.chip import ChipMonitor

MESSAGE, SIGNAL = 1, 3
_GIVE_UP_AFTER = 20000
_QUEUE_LIMIT = 4096


@dataclass
class Delivery:
    """One message or signal on its way to a core."""

    command: int
    payload: bytes
    attempts: int = 0


class Mailboxes:
    """What waits for the cores of all chips.

    Parameters
    ----------
    chips : sequence of ChipMonitor
        By index.
    problems : deque of str
        Takes what goes wrong.
    """

    def __init__(self, chips: Sequence[ChipMonitor], problems: deque[str]) -> None:
        self._chips = chips
        self._problems = problems
        self.pending: dict[tuple[int, int], deque[Delivery]] = {}
        self.undeliverable = 0

    def forget(self, chip: ChipMonitor, core: int) -> None:
        """Drop what waits for a core."""
        self.pending.pop((chip.index, core), None)

    def queue(self, chip: ChipMonitor, core: int, delivery: Delivery) -> None:
        """Add to the queue of a core; a full queue drops."""
        waiting = self.pending.setdefault((chip.index, core), deque())
        if len(waiting) >= _QUEUE_LIMIT:
            self.undeliverable += 1
            return
        waiting.append(delivery)

    def deliver(self) -> None:
        """Fill the mailboxes of cores that are ready for the next message."""
        for (index, core), queue in list(self.pending.items()):
            chip = self._chips[index]
            delivery = queue[0]
            try:
                done = self._put(chip, core, delivery)
            except BusError as problem:  # the list of message buffers was written over
                self._problems.append(
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

    def _put(self, chip: ChipMonitor, core: int, delivery: Delivery) -> bool:
        if chip.owners[core] == 0:
            self.undeliverable += 1
            return True
        block = chip.core_block(core)
        if chip.read(block + mm.CoreField.COMMAND_TO_CORE, 1) != b"\0":
            return False
        if delivery.command == SIGNAL:
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

"""IP tags: where messages for the host go, and UDP ports that lead to cores."""

from __future__ import annotations

import struct
from dataclasses import dataclass

FIXED_TAGS = 8
POOL_TAGS = 8
TAGS = FIXED_TAGS + POOL_TAGS
NO_TAG = 255

VALID, TRANSIENT, USE_SENDER, REVERSE, STRIP = 0x8000, 0x4000, 0x0400, 0x0200, 0x0100

Address = tuple[str, int]
_ENTRY = struct.Struct("<4s6sHHHIHHB7x")


@dataclass
class Tag:
    """One entry of the table."""

    flags: int = 0
    host: str = "0.0.0.0"
    port: int = 0
    receive_port: int = 0
    chip_address: int = 0
    core_port: int = 0
    count: int = 0
    timeout: int = 0

    @property
    def in_use(self) -> bool:
        """Whether the entry is set."""
        return self.flags != 0

    def packed(self) -> bytes:
        """The 32 bytes that a tag query answers with."""
        ip = bytes(int(part) for part in self.host.split("."))
        return _ENTRY.pack(
            ip,
            bytes(6),
            self.port,
            self.timeout,
            self.flags,
            self.count,
            self.receive_port,
            self.chip_address,
            self.core_port,
        )


class TagTable:
    """The tags of an Ethernet chip.

    The first ones are given by number only; the others are a pool for answers (transient tags,
    which are reused, oldest first) and for hosts that ask for any free one.
    """

    def __init__(self) -> None:
        self.tags = [Tag() for _ in range(TAGS)]
        self._next_transient = FIXED_TAGS

    def transient(self, sender: Address) -> int:
        """Tag for one answer to `sender`, NO_TAG if hosts have taken the whole pool."""
        number = self.free()
        if number == NO_TAG:
            number = self._oldest()
        if number != NO_TAG:
            self.tags[number] = Tag(VALID | TRANSIENT, sender[0], sender[1])
        return number

    def _oldest(self) -> int:
        for _ in range(POOL_TAGS):
            number = self._next_transient
            self._next_transient = FIXED_TAGS + (number + 1 - FIXED_TAGS) % POOL_TAGS
            if self.tags[number].flags & TRANSIENT:
                return number
        return NO_TAG

    def free(self) -> int:
        """An unused tag of the pool, NO_TAG if all are taken."""
        for number in range(FIXED_TAGS, TAGS):
            if not self.tags[number].in_use:
                return number
        return NO_TAG

"""SDP headers: who sends a message to whom."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("<BBBBHH")
HEADER_BYTES = _HEADER.size
REPLY_FLAGS = 0x07
REPLY_EXPECTED = 0x80
HOST_PORT = 255


@dataclass
class Header:
    """SDP header."""

    flags: int
    tag: int
    destination_port: int
    source_port: int
    destination: int
    source: int

    @classmethod
    def unpack(cls, data: bytes) -> Header:
        """From the first 8 bytes."""
        return cls(*_HEADER.unpack_from(data))

    def pack(self) -> bytes:
        """As 8 bytes."""
        return _HEADER.pack(
            self.flags,
            self.tag,
            self.destination_port,
            self.source_port,
            self.destination,
            self.source,
        )

    def reply(self) -> Header:
        """Header of the answer."""
        return Header(
            REPLY_FLAGS,
            self.tag,
            self.source_port,
            self.destination_port,
            self.source,
            self.destination,
        )

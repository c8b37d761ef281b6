"""APLX images: a table of 16-byte records (copy, fill, execute) and the data behind it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from neuroport_spinnaker.board.errors import BinaryFormatError

_RECORD = struct.Struct("<4I")
_COPY_ABSOLUTE, _COPY_RELATIVE, _FILL, _EXECUTE = 1, 2, 3, 4
_MAX_RECORDS = 16
_END = 0xFFFFFFFF
_TCM_END = 0x410000


@dataclass(frozen=True)
class Section:
    """Bytes that go to one place of a core's memory."""

    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    """A parsed APLX image.

    Attributes
    ----------
    sections : tuple of Section
        In loading order.
    length : int
        Bytes of the image that the records use.
    """

    sections: tuple[Section, ...]
    length: int


def _checked(address: int, length: int) -> None:
    if length < 0 or address + length > _TCM_END:
        raise BinaryFormatError(
            f"APLX record for {length} bytes at 0x{address:08x} leaves the core's memory "
            f"(limit 0x{_TCM_END:08x}): the image is damaged or incomplete, load it again"
        )


def parse(read: Callable[[int, int], bytes]) -> Image:
    """Read the table of an image.

    Parameters
    ----------
    read : callable
        ``read(offset, length)`` gives bytes of the load area.

    Raises
    ------
    BinaryFormatError
        If the bytes are no APLX table.
    """
    sections: list[Section] = []
    used = 0
    for number in range(_MAX_RECORDS):
        here = number * _RECORD.size
        kind, first, second, third = _RECORD.unpack(read(here, _RECORD.size))
        used = max(used, here + _RECORD.size)
        if kind in (_COPY_ABSOLUTE, _COPY_RELATIVE):
            length = (third + 31) & ~31
            _checked(first, third)
            if kind == _COPY_ABSOLUTE:
                raise BinaryFormatError(
                    "APLX record with an absolute source: only relocatable images can be loaded"
                )
            length = min(length, _TCM_END - first)
            sections.append(Section(first, read(here + second, length)))
            used = max(used, here + second + third)
        elif kind == _FILL:
            length = (second + 31) & ~31
            _checked(first, second)
            length = min(length, _TCM_END - first)
            sections.append(Section(first, third.to_bytes(4, "little") * (length // 4)))
        elif kind in (_EXECUTE, _END):
            if not sections:
                break
            return Image(tuple(sections), used)
        else:
            break
    raise BinaryFormatError(
        "no APLX image in the load area: the table has no executable record; "
        "write a complete .aplx file before starting cores"
    )

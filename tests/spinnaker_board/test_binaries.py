"""Every shipped binary starts on the board and enters its main program."""

from __future__ import annotations

import hashlib
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import Board
from neuroport_spinnaker.board.binaries import VERSION_WORD, known_binaries
from neuroport_spinnaker.board.memory_map import Command, CoreState, Signal

APPLICATION = 30
LOAD_AREA = 0x67800000
CORE_BLOCKS = 0xE5007000
VERSION_ERROR = 20  # SARK: built for another major version than the monitor's


@pytest.fixture(scope="module")
def shipped(spynnaker_python: str) -> list[Path]:
    """The images in the installed wheels."""
    code = (
        "import spynnaker, spinn_front_end_common as f;"
        "print(spynnaker.__path__[0]); print(f.__path__[0])"
    )
    found = subprocess.run(
        [spynnaker_python, "-c", code], capture_output=True, text=True, check=True
    )
    return sorted(
        image
        for folder in found.stdout.split("\n")
        if folder
        for image in Path(folder).rglob("*.aplx")
    )


def test_list_of_known_binaries_matches_the_wheels(shipped: list[Path]) -> None:
    known = known_binaries()
    assert len(known) == len(shipped) == 100
    for image in shipped:
        data = image.read_bytes()
        entry = known[hashlib.sha256(data).hexdigest()]
        assert (entry.name, entry.length) == (image.name, len(data))


class Host:
    """Just enough of a host to load and start one core."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.connect((address, 17893))
        self.sequence = 0

    def ask(self, command: int, arguments: tuple[int, int, int], data: bytes = b"") -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.socket.send(
            struct.pack(
                "<2xBBBBHHHHIII", 0x87, 0xFF, 0, 0xFF, 0, 0, command, self.sequence, *arguments
            )
            + data
        )
        answer = self.socket.recv(1024)
        assert struct.unpack_from("<H", answer, 10)[0] == 0x80
        return answer[14:]

    def state(self, core: int) -> bytes:
        return self.ask(Command.READ, (CORE_BLOCKS + 128 * core, 128, 2))

    def signal(self, signal: int) -> None:
        self.ask(
            Command.NEAREST_NEIGHBOUR,
            (0, 5 << 28 | signal << 16 | 0xFF << 8 | APPLICATION, 0),
        )

    def wait_while(self, core: int, *states: int) -> bytes:
        deadline = time.monotonic() + 20
        while (block := self.state(core))[46] in states and time.monotonic() < deadline:
            time.sleep(0.002)
        return block


@pytest.mark.slow
def test_all_binaries_start_and_enter_their_main_program(shipped: list[Path]) -> None:
    """Without data of a network most of them then stop with an error of their own."""
    seen: dict[str, int] = {}
    stale: dict[str, int] = {}
    with Board(chips=4) as board:
        host = Host(board.host)
        for image in shipped:
            data = image.read_bytes()
            for offset in range(0, len(data), 256):
                block = data[offset : offset + 256]
                host.ask(Command.WRITE, (LOAD_AREA + offset, len(block), 0), block)
            host.ask(Command.RUN, (APPLICATION << 24 | 1 << 18 | 1 << 3, 0, 0))
            block = host.wait_while(3, CoreState.INITIALISING)
            assert block[47] == APPLICATION
            version = struct.unpack_from("<I", block, 92)[0]
            if version != VERSION_WORD:
                # built against an older SARK, which refuses to run under this monitor itself
                assert (block[46], block[44]) == (CoreState.RUN_TIME_ERROR, VERSION_ERROR)
                stale[image.name] = version
                host.signal(Signal.STOP)
                continue
            assert block[46] == CoreState.READY, image.name
            host.signal(Signal.START)
            block = host.wait_while(3, CoreState.READY)
            assert block[46] != CoreState.READY, image.name
            seen[image.name] = block[46]
            report = board.report()
            assert report.cores[0].binary == image.name
            assert report.cores[0].instructions > 1000
            host.signal(Signal.STOP)
    assert len(seen) + len(stale) == 100
    # 18 images of the release were not rebuilt: SARK 3.4.2 instead of 4.0.0
    assert set(stale.values()) == {0x030402}
    assert len(stale) == 18
    assert not report.problems

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
MONITOR_RELEASE = 0xE5007FFC  # the system variable that SARK compares with its own release
OLD_SARK = 0x030402
VERSION_ERROR = 20  # SARK: built for another major release than the monitor's


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


def load(host: Host, image: Path) -> bytes:
    """Start an image on core 3 and return the core's record once SARK has looked around."""
    data = image.read_bytes()
    for offset in range(0, len(data), 256):
        block = data[offset : offset + 256]
        host.ask(Command.WRITE, (LOAD_AREA + offset, len(block), 0), block)
    host.ask(Command.RUN, (APPLICATION << 24 | 1 << 18 | 1 << 3, 0, 0))
    block = host.wait_while(3, CoreState.INITIALISING)
    assert block[47] == APPLICATION
    return block


def enter_main(host: Host, board: Board, image: Path) -> None:
    """Let a waiting core go, and see that it got past SARK into its own program."""
    host.signal(Signal.START)
    block = host.wait_while(3, CoreState.READY)
    assert block[46] != CoreState.READY, image.name
    report = board.report()
    assert report.cores[0].binary == image.name
    assert report.cores[0].instructions > 1000
    host.signal(Signal.STOP)
    assert not report.problems


@pytest.mark.slow
def test_all_binaries_start_and_enter_their_main_program(shipped: list[Path]) -> None:
    """Without data of a network most of them then stop with an error of their own.

    SARK refuses (code 20) unless the monitor's release has the same major number and no older
    minor one.  18 images of release 7.4.1 carry SARK 3.4.2: the monitor that the release itself
    boots would refuse them on a board as well.  Under the monitor release that they were built
    for they run, too, so all 100 are known to start.
    """
    old: list[Path] = []
    with Board(chips=4) as board:
        host = Host(board.host)
        for image in shipped:
            block = load(host, image)
            if struct.unpack_from("<I", block, 92)[0] == VERSION_WORD:
                assert block[46] == CoreState.READY, image.name
                enter_main(host, board, image)
                continue
            assert (block[46], block[44]) == (CoreState.RUN_TIME_ERROR, VERSION_ERROR)
            assert struct.unpack_from("<I", block, 92)[0] == OLD_SARK
            old.append(image)
            host.signal(Signal.STOP)
        assert len(old) == 18
        host.ask(Command.WRITE, (MONITOR_RELEASE, 4, 2), struct.pack("<I", OLD_SARK))
        for image in old:
            block = load(host, image)
            assert block[46] == CoreState.READY, image.name
            enter_main(host, board, image)


def test_the_monitor_that_the_tool_chain_boots_is_the_one_that_is_modelled(
    spynnaker_python: str,
) -> None:
    """The boot image in SpiNNMan's wheel names the release that its SARK and SCAMP compare."""
    code = (
        "import pathlib, spinnman, sys;"
        "sys.stdout.buffer.write("
        "next(pathlib.Path(spinnman.__path__[0]).rglob('scamp.boot')).read_bytes())"
    )
    image = subprocess.run(
        [spynnaker_python, "-c", code], capture_output=True, check=True
    ).stdout
    major, minor, patch = VERSION_WORD.to_bytes(3, "big")
    for program in (b"SC&MP/SpiNNaker", b"SARK/SpiNNaker"):
        after = image[image.index(program) + len(program) :].lstrip(b"\0")
        assert after.startswith(f"{major}.{minor}.{patch}\0".encode())

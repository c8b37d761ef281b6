"""Damaged input, rude clients and exhausted memory: the board answers or ignores, never dies."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
from hypothesis import strategies as st
from neuroport_spinnaker.board import Board
from neuroport_spinnaker.board.memory_map import Command, Result
from neuroport_spinnaker.board.network import BOOT_PORT, SDP_PORT

OK = Result.OK
HEAP = 0x60240000


class Client:
    """A minimal SCP client."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.sequence = 0

    def message(
        self,
        command: int,
        arguments: tuple[int, int, int] = (0, 0, 0),
        data: bytes = b"",
        chip: int = 0,
        core: int = 0,
    ) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        header = struct.pack("<2xBBBBHH", 0x87, 0xFF, core, 0xFF, chip, 0)
        return header + struct.pack("<HHIII", command, self.sequence, *arguments) + data

    def send(self, data: bytes, port: int = SDP_PORT) -> None:
        self.socket.sendto(data, (self.host, port))

    def ask(
        self,
        command: int,
        arguments: tuple[int, int, int] = (0, 0, 0),
        data: bytes = b"",
        chip: int = 0,
        core: int = 0,
    ) -> tuple[int, bytes]:
        self.send(self.message(command, arguments, data, chip, core))
        while True:
            answer = self.socket.recv(2048)
            if len(answer) < 14:
                continue
            result, sequence = struct.unpack_from("<HH", answer, 10)
            if sequence == self.sequence:
                return result, answer[14:]

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    with Board(chips=4) as started:
        yield started


@pytest.fixture
def client(board: Board) -> Iterator[Client]:
    made = Client(board.host)
    yield made
    made.close()


def alive(host: str) -> None:
    """The board still answers a new client with its name."""
    probe = Client(host)
    try:
        result, answer = probe.ask(Command.VERSION)
        assert result == OK
        assert answer[12:].startswith(b"SC&MP/SpiNNaker\0004.0.0\0")
    finally:
        probe.close()


@hypothesis.settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(data=st.binary(max_size=400), port=st.sampled_from([SDP_PORT, BOOT_PORT]))
def test_garbage_is_survived(board: Board, client: Client, data: bytes, port: int) -> None:
    client.send(data, port)
    alive(board.host)


@hypothesis.settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    command=st.sampled_from([int(command) for command in Command]),
    arguments=st.tuples(*[st.integers(0, 0xFFFFFFFF)] * 3),
    data=st.binary(max_size=256),
    chip=st.sampled_from([0, 1, 0x100, 0x101]),
    core=st.integers(0, 31),
)
def test_any_command_with_any_arguments_is_answered(
    board: Board, command: int, arguments: tuple[int, int, int], data: bytes, chip: int, core: int
) -> None:
    # Its own board: random writes may ruin the tables of the emulated memory, as on a real one.
    with Board(chips=4) as victim:
        made = Client(victim.host)
        try:
            made.send(made.message(command, arguments, data, chip, core))
            made.send(made.message(command, arguments, data[: len(data) // 2], chip, core)[:20])
        finally:
            made.close()
        alive(victim.host)
    alive(board.host)


def test_duplicates_and_reordering(board: Board, client: Client) -> None:
    messages = [
        client.message(Command.WRITE, (HEAP + 0x1000 + 4 * i, 4, 2), struct.pack("<I", i))
        for i in range(32)
    ]
    for message in messages[::-1] + messages[::3]:
        client.send(message)
    for _ in range(len(messages) + len(messages[::3])):
        client.socket.recv(2048)
    result, answer = client.ask(Command.READ, (HEAP + 0x1000, 128, 2))
    assert result == OK
    assert struct.unpack("<32I", answer) == tuple(range(32))


def test_out_of_memory_and_its_end(board: Board, client: Client) -> None:
    owner = 77
    blocks = []
    while True:
        result, answer = client.ask(Command.ALLOCATE, (owner << 8, 8 << 20, 0))
        assert result == OK
        address = int.from_bytes(answer, "little")
        if not address:
            break
        blocks.append(address)
    assert len(blocks) == 14  # 117.75 MB of user memory in blocks of 8 MB
    result, answer = client.ask(Command.ALLOCATE, (owner << 8 | 2, 0, 0))
    assert (result, int.from_bytes(answer, "little")) == (OK, 14)
    result, answer = client.ask(Command.ALLOCATE, (6, 0, 0))
    assert struct.unpack("<II", answer) == (123469792, 123469792)


def test_what_a_client_left_goes_when_it_is_gone_and_not_before() -> None:
    def left(asking: Client) -> int:
        return int.from_bytes(asking.ask(Command.ALLOCATE, (6, 0, 0))[1][:4], "little")

    with Board(chips=4) as board:
        first, second = Client(board.host), Client(board.host)
        everything = left(first)
        for tag in (1, 2):
            assert first.ask(Command.ALLOCATE, (17 << 8, 1000, tag))[1] != bytes(4)
        assert first.ask(Command.ALLOCATE, (17 << 8, 1000, 1))[1] == bytes(4)  # taken
        assert left(second) < everything
        assert board.report().remarks == []
        first.close()
        third = Client(board.host)
        assert left(third) < everything  # the second is still there, and may need it
        second.close()
        third.close()
        fourth = Client(board.host)
        assert left(fourth) == everything
        assert fourth.ask(Command.ALLOCATE, (17 << 8, 1000, 1))[1] != bytes(4)
        (remark,) = board.report().remarks
        assert "went away without ending" in remark
        assert board.report().findings() == []
        fourth.close()


def test_addresses_without_memory_are_refused(client: Client) -> None:
    assert client.ask(Command.READ, (0x68000000, 4, 2))[0] == Result.ARGUMENT
    assert client.ask(Command.WRITE, (0x90000000, 4, 2), b"1234")[0] == Result.ARGUMENT
    assert client.ask(Command.READ, (HEAP, 257, 0))[0] == Result.ARGUMENT


def test_unknown_binary_is_refused_with_a_way_out(board: Board, client: Client) -> None:
    image = struct.pack("<12I", 2, 0, 48, 32, 4, 0, 0, 0, 0, 0, 0, 0) + b"\xfe\xff\xff\xea" * 8
    assert client.ask(Command.WRITE, (0x67800000, len(image), 2), image)[0] == OK
    assert client.ask(Command.RUN, (16 << 24 | 2, 0, 0))[0] == Result.ARGUMENT
    problem = board.report().problems[-1]
    assert "SHA-256" in problem
    assert "allow_unknown_binaries" in problem


def test_garbage_in_the_load_area_is_refused(board: Board, client: Client) -> None:
    assert client.ask(Command.WRITE, (0x67800000, 64, 2), b"\x07" * 64)[0] == OK
    assert client.ask(Command.RUN, (16 << 24 | 2, 0, 0))[0] == Result.ARGUMENT
    assert "no APLX image" in board.report().problems[-1]


def test_a_program_that_runs_wild_is_contained() -> None:
    """Jumps to nowhere, then loops in the abort vector: the board stays responsive."""
    code = struct.pack("<8I", 0xE3A0F4FF, *[0xEAFFFFFE] * 7)  # mov pc, #0xff000000; loops
    image = struct.pack("<12I", 2, 0, 48, 32, 4, 0, 0, 0, 0, 0, 0, 0) + code
    with Board(chips=4, allow_unknown_binaries=True) as wild:
        made = Client(wild.host)
        try:
            assert made.ask(Command.WRITE, (0x67800000, len(image), 2), image)[0] == OK
            assert made.ask(Command.RUN, (16 << 24 | 2, 0, 0))[0] == OK
            alive(wild.host)
            report = wild.report()
            assert [core.binary for core in report.cores] == ["(unknown image)"]
            assert (
                made.ask(Command.NEAREST_NEIGHBOUR, (0, 5 << 28 | 2 << 16 | 0xFF << 8 | 16, 0))[0]
                == OK
            )
            assert wild.report().cores == []
        finally:
            made.close()


def test_second_client_and_two_boards(board: Board) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        made = Client(board.host)
        try:
            base = HEAP + 0x10000 * (number + 1)
            for i in range(100):
                assert made.ask(Command.WRITE, (base + 4 * i, 4, 2), struct.pack("<I", i))[0] == OK
            assert made.ask(Command.READ, (base, 256, 2))[1] == struct.pack("<64I", *range(64))
        except BaseException as problem:
            failures.append(problem)
        finally:
            made.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Board(chips=4) as other:
        assert other.host != board.host
        alive(other.host)
        alive(board.host)


@pytest.mark.parametrize(
    "host", ["192.168.240.1", "0.0.0.0", "", "::1", "localhost", "127.0.0.1.example.org", "127.1"]
)
def test_only_loopback(host: str) -> None:
    with pytest.raises(board_module.AddressUnavailableError, match="loopback"):
        Board(chips=4, host=host).start()


def test_the_address_that_the_tool_chain_does_not_take_is_refused() -> None:
    with pytest.raises(board_module.AddressUnavailableError, match=r"127\.0\.0\.5"):
        Board(chips=4, host="127.0.0.1")


def test_taken_address_is_named(board: Board) -> None:
    with pytest.raises(board_module.AddressUnavailableError, match=board.host):
        Board(chips=4, host=board.host).start()


def test_boot_protocol_starts_afresh(board: Board, client: Client) -> None:
    before = board.cold_starts
    head = struct.pack(">HIIII", 1, 1, 0, 0, 0)
    block = struct.pack(">HIIII", 1, 3, 0xFF00, 0, 0) + bytes(1024)
    end = struct.pack(">HIIII", 1, 5, 1, 0, 0)
    for message in (head, block, end):
        client.send(message, BOOT_PORT)
    # Boot blocks are read by a thread of their own; nothing answers them.
    deadline = time.monotonic() + 10
    while board.cold_starts == before and time.monotonic() < deadline:
        time.sleep(0.01)
    alive(board.host)
    assert board.cold_starts == before + 1

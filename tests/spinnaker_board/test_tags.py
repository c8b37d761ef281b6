"""Tags: where messages of cores go, and where those of live hosts come in."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import Board
from neuroport_spinnaker.board.memory_map import Command, Result
from neuroport_spinnaker.board.sdp import HOST_PORT, Header
from neuroport_spinnaker.board.tags import FIXED_TAGS, NO_TAG, TAGS, VALID, Tag, TagTable
from test_robustness import Client, alive

NEW, SET, GET, CLEAR = range(4)
STRIP, REVERSE = 1 << 28, 1 << 29
LOOPBACK = int.from_bytes(bytes((127, 0, 0, 1)), "little")


@pytest.fixture
def board() -> Iterator[Board]:
    with Board(chips=4) as started:
        yield started


@pytest.fixture
def client(board: Board) -> Iterator[Client]:
    made = Client(board.host)
    yield made
    made.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(2)
        yield opened


def request(operation: int, number: int, flags: int = 0, port: int = 0) -> int:
    return flags | operation << 16 | port << 8 | number


def from_core(board: Board, tag: int, data: bytes) -> None:
    """A message that core 3 of chip 0,0 sends to a tag."""
    header = Header(0x07, tag, HOST_PORT, 3, 0, 0)
    monitor = board._monitor
    assert monitor is not None
    board.call(lambda: monitor.from_core(0, 3, header.pack() + data))


def test_a_message_leaves_by_its_tag(
    board: Board, client: Client, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    result, number = client.ask(Command.TAG, (request(NEW, 0), port, LOOPBACK))
    assert result == Result.OK
    tag = number[0]
    from_core(board, tag, b"whole")
    whole = listener.recv(2048)
    assert whole[:2] == b"\0\0"
    assert whole[10:] == b"whole"
    client.ask(Command.TAG, (request(SET, tag, STRIP), port, LOOPBACK))
    from_core(board, tag, b"stripped")
    assert listener.recv(2048) == b"stripped"
    result, entry = client.ask(Command.TAG, (request(GET, tag), 1, 0))
    assert (result, len(entry)) == (Result.OK, 32)
    assert entry[:4] == bytes((127, 0, 0, 1))
    assert struct.unpack_from("<H", entry, 10)[0] == port
    client.ask(Command.TAG, (request(CLEAR, tag), 0, 0))
    before = board.report().undeliverable_messages
    from_core(board, tag, b"nobody")
    assert board.report().undeliverable_messages == before + 1


def test_tags_run_out_and_come_back(client: Client) -> None:
    taken = []
    while True:
        result, answer = client.ask(Command.TAG, (request(NEW, 0), 1234, LOOPBACK))
        assert result == Result.OK
        if answer[0] == NO_TAG:
            break
        taken.append(answer[0])
    assert taken == list(range(FIXED_TAGS, TAGS))  # the fixed ones are given by number only
    client.ask(Command.TAG, (request(CLEAR, 11), 0, 0))
    assert client.ask(Command.TAG, (request(NEW, 0), 1, LOOPBACK))[1][0] == 11
    assert client.ask(Command.TAG, (request(SET, 200), 1, 0))[0] == Result.ARGUMENT
    assert client.ask(Command.TAG, (request(9, 0), 1, 0))[0] == Result.ARGUMENT


def test_answers_reuse_the_oldest_of_their_tags_and_take_nobody_elses() -> None:
    table = TagTable()
    mine = table.free()
    table.tags[mine] = Tag(VALID, "127.0.0.1", 1)
    first = [table.transient(("127.0.0.1", 100 + k)) for k in range(TAGS - FIXED_TAGS - 1)]
    assert first == list(range(FIXED_TAGS + 1, TAGS))
    again = [table.transient(("127.0.0.1", 200 + k)) for k in range(2 * len(first))]
    assert again == 2 * first
    assert table.tags[mine].port == 1
    for number in first:
        table.tags[number] = Tag(VALID, "127.0.0.1", 2)
    assert table.transient(("127.0.0.1", 300)) == NO_TAG


@pytest.mark.parametrize("address", [(8, 8, 8, 8), (192, 168, 240, 1), (255, 255, 255, 255)])
def test_nothing_leaves_loopback(
    board: Board, client: Client, address: tuple[int, ...]
) -> None:
    away = int.from_bytes(bytes(address), "little")
    tag = client.ask(Command.TAG, (request(NEW, 0), 4444, away))[1][0]
    before = board.report().undeliverable_messages
    from_core(board, tag, b"secret")
    assert board.report().undeliverable_messages == before + 1
    alive(board.host)


def test_a_reverse_tag_brings_messages_in_and_says_when_its_port_is_taken(
    board: Board, client: Client
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((board.host, 0))
        port = other.getsockname()[1]
        asked = (request(SET, 1, REVERSE, 1 << 5 | 3), port, 0)
        assert client.ask(Command.TAG, asked)[0] == Result.ARGUMENT
        assert f"UDP port {port} of {board.host}" in board.report().problems[-1]
        assert "another port" in board.report().problems[-1]
    assert client.ask(Command.TAG, asked)[0] == Result.OK  # it is free now
    before = board.report().undeliverable_messages
    client.send(b"for core 3", port)
    alive(board.host)
    for size in (0, 272, 273, 60_000):  # what does not fit into a message is not taken
        client.send(bytes(size), port)
    # nothing answers them, and each port is read by a thread of its own
    deadline = time.monotonic() + 10
    while board.report().malformed_datagrams < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    alive(board.host)
    report = board.report()
    assert report.malformed_datagrams == 2
    assert report.undeliverable_messages == before + 3  # core 3 runs nothing

"""A board in a process of its own and its clients: interrupted, killed, several, and strangers."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from client_prologue import PROLOGUE
from neuroport_spinnaker.board import Board
from neuroport_spinnaker.board.memory_map import Command
from neuroport_spinnaker.board.network import BOOT_PORT, SDP_PORT
from test_robustness import Client, alive

NETWORK = """
sim.setup(1.0)
cells = sim.Population(100, sim.IF_curr_exp(i_offset=numpy.linspace({low}, 3.0, 100).tolist()))
sim.Projection(cells, cells, sim.FromListConnector(
    [(i, (7 * i + k) % 100, 0.5, 1.0 + (i + k) % 9) for i in range(100) for k in range(9)]))
cells.record(["spikes", "v"])
sim.run({time})
spikes = spikes_of(cells)
text = json.dumps([spikes, fixed(cells, "v")])
answer(hash=hashlib.sha256(text.encode()).hexdigest(), spikes=sum(map(len, spikes)))
sim.end()
"""


class Served:
    """A board that ``neuroport board`` runs."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "neuroport", "board", "--every", "0.3", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            # as a shell starts what goes on in the background
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        while not self.lines or "Ctrl-C" not in self.lines[-1]:
            line = self.process.stdout.readline()
            assert line, self.lines
            self.lines.append(line)
        self.configuration = [line.strip() for line in self.lines if line.startswith("    ")]
        self.host = self.configuration[0].removeprefix("machine_name = ")

    def stop(self, number: int = signal.SIGINT) -> str:
        """Stop it and return what it had to say."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        return "".join(self.lines) + rest


@contextmanager
def served(*options: str) -> Iterator[Served]:
    made = Served(*options)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


@contextmanager
def client_of(
    lines: list[str], script: Path, python: str, home: Path
) -> Iterator[subprocess.Popen[str]]:
    """A stock script whose configuration holds no more than the two printed lines."""
    home.mkdir(exist_ok=True)
    (home / ".spynnaker.cfg").write_text("[Machine]\n" + "\n".join(lines) + "\n")
    process = subprocess.Popen(
        [python, str(script)], cwd=home, env=dict(os.environ, HOME=str(home)),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answer_of(process: subprocess.Popen[str]) -> str:
    """Return the line with the answer, which holds the hash."""
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out[-2000:]
    return next(line for line in out.splitlines() if line.startswith("ANSWER "))


def network(folder: Path, name: str, low: float = 0.5, time: int = 200) -> Path:
    path = folder / f"{name}.py"
    path.write_text(PROLOGUE + NETWORK.format(low=low, time=time), encoding="utf-8")
    return path


@pytest.mark.slow
def test_two_boards_side_by_side_for_stock_scripts_and_a_clean_stop(
    spynnaker_python: str, tmp_path: Path
) -> None:
    first, second = network(tmp_path, "first"), network(tmp_path, "second", low=1.5)
    with served("--chips", "4", "--iobuf") as one, served("--chips", "48") as two:
        assert one.host != two.host
        assert one.configuration[1] == "version = 3"
        assert two.configuration[1] == "version = 5"
        answers = []
        for lines in (one.configuration, two.configuration):
            with client_of(lines, first, spynnaker_python, tmp_path / "home1") as a:
                answers.append(answer_of(a))
        # at the same time, on both
        with client_of(one.configuration, first, spynnaker_python, tmp_path / "home1") as a, (
            client_of(two.configuration, second, spynnaker_python, tmp_path / "home2")
        ) as b:
            answers.append(answer_of(a))
            other = answer_of(b)
        assert len(set(answers)) == 1
        assert other not in answers
        said = one.stop(signal.SIGINT)
        assert one.process.returncode == 0
        assert two.stop(signal.SIGTERM)
        assert two.process.returncode == 0
        assert re.search(r"s virtual, .* x wall time, .* busiest core .* \d+ %, \d+ packets", said)
        assert "[INFO] (neuron.c: 153):" in said
        assert "Traceback" not in said
        with Board(chips=4, host=one.host) as again:  # the address is free
            alive(again.host)


@pytest.mark.slow
def test_a_board_that_is_interrupted_in_mid_run_leaves_a_client_that_says_so(
    spynnaker_python: str, tmp_path: Path
) -> None:
    script = network(tmp_path, "long", time=200_000)
    with served("--pace", "1:1") as board, client_of(
        board.configuration, script, spynnaker_python, tmp_path / "home"
    ) as client:
        assert board.process.stdout is not None
        while "s virtual" not in board.lines[-1] or "IF_curr_exp" not in board.lines[-1]:
            board.lines.append(board.process.stdout.readline())
            assert board.lines[-1]
        began = time.monotonic()
        said = board.stop(signal.SIGINT)
        assert board.process.returncode == 0
        assert time.monotonic() - began < 20
        assert "Traceback" not in said
        assert client.poll() is None  # it sleeps; it is ended below


FIFTY_CORES = NETWORK.replace(
    "sim.setup(1.0)", "sim.setup(1.0); sim.set_number_of_neurons_per_core(sim.IF_curr_exp, 2)"
)


@pytest.fixture(scope="module")
def fifty_cores(
    spynnaker_python: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A script, and its answer on a board where nothing happened before."""
    folder = tmp_path_factory.mktemp("fifty")
    script = folder / "fifty.py"
    script.write_text(PROLOGUE + FIFTY_CORES.format(low=0.5, time=100), encoding="utf-8")
    with Board(chips=4) as board, client_of(
        board.configuration_lines(), script, spynnaker_python, folder / "home"
    ) as client:
        return script, answer_of(client)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["ALLOCATE", "TAG", "COPY_RUN", "SIGNAL"])
def test_a_client_killed_while_it_loads_and_the_next(
    spynnaker_python: str, tmp_path: Path, fifty_cores: tuple[Path, str], moment: str
) -> None:
    script, undisturbed = fifty_cores
    with Board(chips=4) as board:
        lines = board.configuration_lines()
        with client_of(lines, script, spynnaker_python, tmp_path / "home") as victim:
            while not board.report().commands.get(moment):
                assert victim.poll() is None
                time.sleep(0.001)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
        with client_of(lines, script, spynnaker_python, tmp_path / "home") as after:
            assert answer_of(after) == undisturbed


@pytest.mark.slow
def test_strangers_do_not_change_a_run(spynnaker_python: str, tmp_path: Path) -> None:
    """Datagrams of all sizes that are no commands, from several sockets, while a script runs."""
    script = network(tmp_path, "calm", time=500)
    stop = threading.Event()
    sent = [0]

    def disturb(host: str, seed: int) -> None:
        source = random.Random(seed)
        probe = Client(host)
        genuine = probe.message(Command.READ, (0x60240000, 64, 2))
        while not stop.is_set():
            kind = source.randrange(4)
            if kind == 0:
                data = source.randbytes(source.choice((0, 1, 9, 10, 11, 200, 1400, 65507)))
                if len(data) >= 12:  # never a command that exists
                    data = data[:10] + struct.pack("<H", 0x100 | source.randrange(65536)) + (
                        data[12:])
            elif kind == 1:
                data = genuine[: source.randrange(len(genuine))]
            elif kind == 2:
                data = genuine * source.randrange(1, 9)
            else:
                data = genuine
            probe.send(data, source.choice((SDP_PORT, SDP_PORT, BOOT_PORT)))
            sent[0] += 1
            time.sleep(0.0005)
        probe.close()

    with Board(chips=4) as board:
        lines = board.configuration_lines()
        with client_of(lines, script, spynnaker_python, tmp_path / "home") as alone:
            expected = answer_of(alone)
        threads = [threading.Thread(target=disturb, args=(board.host, k)) for k in range(2)]
        for thread in threads:
            thread.start()
        try:
            with client_of(lines, script, spynnaker_python, tmp_path / "home") as disturbed:
                assert answer_of(disturbed) == expected
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert sent[0] > 1000
        assert board.report().malformed_datagrams > 100
        alive(board.host)


@pytest.mark.slow
def test_two_clients_at_once_do_not_bring_a_board_down(
    spynnaker_python: str, tmp_path: Path
) -> None:
    """They disturb each other, as on a real board; the board outlives them."""
    script = network(tmp_path, "both")
    with Board(chips=4) as board:
        lines = board.configuration_lines()
        with client_of(lines, script, spynnaker_python, tmp_path / "home1") as a, client_of(
            lines, script, spynnaker_python, tmp_path / "home2"
        ) as b:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and None in (a.poll(), b.poll()):
                alive(board.host)
                time.sleep(0.2)
        with client_of(lines, script, spynnaker_python, tmp_path / "home1") as after:
            assert '"spikes": ' in answer_of(after)


# -- what cannot be started -----------------------------------------------------------------------


def refused(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "neuroport", "board", *options],
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.240.1", "localhost"])
def test_a_board_is_never_offered_beyond_loopback(host: str) -> None:
    assert "loopback" in refused("--host", host)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.77.9", SDP_PORT))
        text = refused("--host", "127.0.77.9")
    assert f"{SDP_PORT}" in text
    assert "127.0.77.9" in text
    assert "leave the address out" in text


@pytest.mark.parametrize(("options", "words"), [
    (("--chips", "7"), "4 or 48"), (("--timing", "fast"), "ideal or loaded"),
    (("--pace", "quick"), "1:10"), (("--boards", "99"), "1 to 24"),
])
def test_choices_that_do_not_exist(options: tuple[str, ...], words: str) -> None:
    assert words in refused(*options)

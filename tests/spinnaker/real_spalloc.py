"""The real spalloc server (1!7.0.0) on the loopback, and what it needs: a BMP for each board.

The server is not kept with the tests' packages, whose versions it contradicts:
``make spalloc-server`` makes an environment of its own, ``NEUROPORT_SPALLOC_SERVER_PYTHON`` names
another one. What a BMP says is from SpiNNMan 1!7.0.0, which asks it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON = "NEUROPORT_SPALLOC_SERVER_PYTHON"
_PORT = 17893  # of BMPs
_VERSION, _READ_FPGA, _WRITE_FPGA, _POWER = 0, 17, 18, 57
_GOOD, _UNKNOWN = 0x80, 0x83


def server_python() -> str | None:
    """Return the interpreter that has the server; None where there is none."""
    here = Path(__file__).parents[2] / ".venv-spalloc" / "bin" / "python"
    named = os.environ.get(PYTHON) or (str(here) if here.exists() else None)
    return named


class Bmp:
    """A board's management processor: says its version, and takes orders about power.

    Parameters
    ----------
    host : str
        A loopback address.
    switched : callable
        Called when boards are switched on or off.
    sick : bool
        Whether it says nothing to an order about power.
    """

    def __init__(self, host: str, switched: Callable[[bool], None] = lambda on: None) -> None:
        self.sick = False
        self._switched = switched
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, _PORT))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(1024)
                answer = self._answer(data)
                if answer is not None:
                    self._socket.sendto(answer, sender)
            except OSError:
                return

    def _answer(self, data: bytes) -> bytes | None:
        _, tag, to, source, to_y, to_x, source_y, source_x = struct.unpack_from("<8B", data, 2)
        command, sequence, one, _, three = struct.unpack_from("<2H3I", data, 10)
        result, body = _GOOD, b""
        if command == _VERSION:
            body = struct.pack("<4B2HI", to & 31, 0, 0, 0, 256, 0xFFFF, 0)
            body += b"BC&MP/Spin5-BMP\0" + b"2.1.0\0"
        elif command == _READ_FPGA:
            body = struct.pack("<I", three & 3)
        elif command == _POWER:
            if self.sick:
                return None
            self._switched(bool(one & 1))
        elif command != _WRITE_FPGA:
            result = _UNKNOWN
        return struct.pack("<2x8B2H", 7, tag, source, to, source_y, source_x, to_y, to_x, result,
                           sequence) + body


class RealServer:
    """A server with single boards.

    Parameters
    ----------
    folder : Path
    boards : sequence of (str, str)
        Addresses of a board's BMP and of the board.
    """

    def __init__(self, folder: Path, boards: list[tuple[str, str]]) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        machines = ", ".join(
            f"Machine.single_board('b{k}', bmp_ip={bmp!r}, spinnaker_ip={board!r})"
            for k, (bmp, board) in enumerate(boards))
        (folder / "pool.cfg.py").write_text(f"""
import spalloc_server.server as _server
_server.__version__ = "5.0.0"  # clients cannot read the release's own; Manchester's says this
configuration = Configuration(ip="127.0.0.1", timeout_check_interval=0.5, seconds_before_free=1,
                              machines=[{machines}])
""")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, cold: bool = False) -> None:
        """Start, and wait until it listens."""
        python = server_python()
        assert python is not None
        with (self.folder / "server.out").open("ab") as said:
            self._process = subprocess.Popen(
                [str(Path(python).with_name("spalloc-server")), "--port", str(self.port),
                 *(["--cold-start"] if cold else []), "pool.cfg.py"],
                cwd=self.folder, stdout=said, stderr=said,
                # It listens to Ctrl-C also where a shell started these tests in the background.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        limit = time.monotonic() + 30.0
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            assert self._process.poll() is None, (self.folder / "server.out").read_text()
            assert time.monotonic() < limit
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: with Ctrl-C it saves its jobs, with SIGKILL it forgets them."""
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(15.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def log(self) -> str:
        """What it did with jobs, in its own words."""
        path = self.folder / "spalloc_jobs.log"
        return path.read_text() if path.exists() else ""

    def count(self, pattern: str) -> int:
        """Return how often something is in the log."""
        return len(re.findall(pattern, self.log))


@contextmanager
def real_server(folder: Path, boards: list[tuple[str, str]]) -> Iterator[RealServer]:
    """Run a server until the end of the block."""
    server = RealServer(folder, boards)
    server.start(cold=True)
    try:
        yield server
    finally:
        server.stop()

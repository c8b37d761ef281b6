"""The emulated board: engine, monitor and network on one thread of its own."""

from __future__ import annotations

import functools
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Self, TypeVar

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board._engine import Engine
from neuroport_spinnaker.board.chip import ChipMonitor
from neuroport_spinnaker.board.core_report import core_report
from neuroport_spinnaker.board.errors import AddressUnavailableError, BoardStoppedError, TimingError
from neuroport_spinnaker.board.geometry import geometry
from neuroport_spinnaker.board.monitor import Monitor
from neuroport_spinnaker.board.network import BOOT_PORT, SDP_PORT, Network
from neuroport_spinnaker.board.private_memory import PrivateMemory, private_memory
from neuroport_spinnaker.board.provenance import total
from neuroport_spinnaker.board.report import BoardReport, CoreReport
from neuroport_spinnaker.board.tags import Address

CYCLES_PER_SECOND = 200_000_000
# Costs in 5 ns cycles.  `loaded` is an estimate, nowhere cheaper than `ideal`, and no measurement;
# docs/emulated-board.md says where each comes from.
TIMINGS: dict[str, dict[str, int]] = {
    "ideal": {"window": 2000},
    "loaded": {
        "window": 200,
        "branch_cost": 2,
        "memory_cost": 20,
        "dma_setup": 100,
        "dma_word_eighths": 12,
        "fifo_limit": 4,
        "router_timeout": 8000,
    },
}
_RUN_WINDOWS = 20_000
_IDLE, _LIMIT, _MESSAGES, _INTERRUPTED = range(4)
_BOOT_END = 5
_FINISHED_KEPT = 2000
_STOP_WITHIN = 30.0  # s
_VIRTUAL = "127.0.0.1"  # the tool-chain has a use of its own for it

Result = TypeVar("Result")


class Board:
    """An unofficial, emulated SpiNNaker board on a loopback address.

    The shipped binaries of sPyNNaker 1!7.4.1 run on it instruction by instruction; the
    monitor processors and all timing are modelled.

    Parameters
    ----------
    chips : int, optional
        Chips of one board: 4, or 48; by default 4, and 48 where there are several boards.
    boards : int
        Number of 48-chip boards.  Each has an address of its own; multiples of three wrap
        around into a torus.
    timing : {'ideal', 'loaded'}
        `ideal` is deterministic and never overloads; `loaded` is approximate.
    pace : float, optional
        Virtual seconds per second of wall time; None runs as fast as possible.
    host : str, optional
        Loopback address of the first board; a free one by default.
    threads : int
        Threads for the chips of a board.
    allow_unknown_binaries : bool
        Start images that are not in the checked release.
    window : int, optional
        Cycles (5 ns) between two exchanges of packets; by default that of the timing mode.

    Raises
    ------
    GeometryError, TimingError, AddressUnavailableError
        For arguments that cannot be served.

    Examples
    --------
    >>> with Board(chips=4) as board:
    ...     [line.partition("=")[0].strip() for line in board.configuration_lines()]
    ['machine_name', 'version']
    """

    def __init__(
        self,
        chips: int | None = None,
        *,
        boards: int = 1,
        timing: str = "ideal",
        pace: float | None = None,
        host: str | None = None,
        threads: int = 1,
        allow_unknown_binaries: bool = False,
        window: int | None = None,
    ) -> None:
        if timing not in TIMINGS:
            raise TimingError(f"timing {timing!r} is unknown: choose {' or '.join(TIMINGS)}")
        if pace is not None and not pace > 0:
            raise TimingError(f"pace {pace} is not above 0: leave it out to run freely")
        if chips is None:
            chips = 4 if boards == 1 else 48
        self.geometry = geometry(chips, boards)
        if host == _VIRTUAL and chips == 4:
            raise AddressUnavailableError(
                f"sPyNNaker does not take {host} for a board of 4 chips: another address, such as "
                "127.0.0.5, or none to get a free one"
            )
        self.timing = timing
        self.pace = pace
        self._host = host
        self._threads = threads
        self._allow_unknown = allow_unknown_binaries
        self._settings = dict(TIMINGS[timing])
        if window is not None:
            self._settings["window"] = window
        self._inbox: deque[tuple[bytes, Address, int, int]] = deque()
        self._calls: deque[Callable[[], None]] = deque()
        self._work = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._networks: list[Network] = []
        self._monitor: Monitor | None = None
        self._engine: Engine | None = None
        self._boot_blocks: dict[int, bytes] = {}
        self._finished: deque[CoreReport] = deque(maxlen=_FINISHED_KEPT)
        self.cold_starts = 0
        self.cpu_seconds = 0.0  # of all threads, executing programs
        self.wall_seconds = 0.0
        self._failure: BaseException | None = None

    # -- life ----------------------------------------------------------------------

    def start(self) -> Board:
        """Take an address and start serving."""
        if self._thread is not None:
            return self
        self._engine = Engine(len(self.geometry.chips), threads=self._threads, **self._settings)
        try:
            for board in range(len(self.geometry.boards)):
                received = functools.partial(self._received, board)
                self._networks.append(Network(received, None if board else self._host))
        except BaseException:
            self._close_networks()
            raise
        self._monitor = Monitor(
            self._engine,
            self.geometry,
            self._networks,
            self._allow_unknown,
            self._keep,
        )
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name=f"board {self.host}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the address; harmless when stopped."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake()
        self._thread.join(_STOP_WITHIN)
        if self._thread.is_alive():  # it is a daemon: it ends with the program at the latest
            self._close_networks()
            raise BoardStoppedError(f"the board's thread did not end in {_STOP_WITHIN:g} s")
        self._thread = None
        self._close_networks()
        self._monitor = None
        self._engine = None

    def _close_networks(self) -> None:
        for network in self._networks:
            network.close()
        self._networks = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- for users -------------------------------------------------------------------

    @property
    def host(self) -> str:
        """Address that sPyNNaker has to be given: that of the first board."""
        return self.hosts[0]

    @property
    def hosts(self) -> list[str]:
        """Address of each board."""
        if not self._networks:
            raise BoardStoppedError("the board is not running: use 'with Board() as board'")
        return [network.host for network in self._networks]

    def configuration_lines(self) -> list[str]:
        """The two lines for the ``[Machine]`` section of a sPyNNaker configuration."""
        return [f"machine_name = {self.host}", f"version = {self.geometry.version}"]

    def report(self, timeout: float | None = None) -> BoardReport:
        """The state of the board now.

        Raises
        ------
        BoardStoppedError
            If the board is not running, or does not answer for `timeout` seconds.
        """
        return self.call(self._report, timeout)

    def private_memory(self, timeout: float | None = None) -> list[PrivateMemory]:
        """What each core that runs a program keeps in its private memory now.

        Raises
        ------
        BoardStoppedError
            If the board is not running, or does not answer for `timeout` seconds.
        MemoryDamagedError
            If a core's heap is not what SARK makes.
        """
        return self.call(self._private_memory, timeout)

    def call(self, function: Callable[[], Result], timeout: float | None = None) -> Result:
        """Run a function on the board's thread, between two windows."""
        end = None if timeout is None else time.monotonic() + timeout
        if self._thread is None or not self._thread.is_alive():
            raise BoardStoppedError(
                f"the board is not running{f' ({self._failure})' if self._failure else ''}: "
                "start it first"
            )
        answer: Future[Result] = Future()

        def run() -> None:
            try:
                answer.set_result(function())
            except BaseException as problem:
                answer.set_exception(problem)

        self._calls.append(run)
        self._wake()
        while not wait([answer], 0.5).done:
            if self._thread is None or not self._thread.is_alive():
                raise BoardStoppedError("the board stopped while it was asked")
            if end is not None and time.monotonic() > end:
                raise BoardStoppedError(f"the board did not answer in {timeout:g} s")
        return answer.result()

    # -- the board's thread --------------------------------------------------------

    def _wake(self) -> None:
        self._work.set()
        engine = self._engine
        if engine is not None:
            engine.interrupt()

    def _received(self, board: int, data: bytes, sender: Address, port: int) -> None:
        self._inbox.append((data, sender, port, board))
        self._wake()

    def _serve(self) -> None:
        try:
            self._loop()
        except BaseException as problem:
            self._failure = problem
            raise

    def _loop(self) -> None:
        engine, monitor = self._engine, self._monitor
        if engine is None or monitor is None:
            raise BoardStoppedError("the board has no engine: start it first")
        anchor_wall, anchor_cycles = time.monotonic(), 0
        while not self._stopping:
            self._work.clear()
            while self._calls:
                self._calls.popleft()()
            while self._inbox:
                try:
                    self._handle(monitor, *self._inbox.popleft())
                except Exception as problem:
                    monitor.malformed += 1
                    monitor.problems.append(f"a datagram could not be served: {problem!r}")
            if monitor.mailboxes.pending:
                monitor.mailboxes.deliver()
            windows = 4 if monitor.mailboxes.pending else _RUN_WINDOWS
            before = time.thread_time() + engine.pool_seconds()
            begun = time.perf_counter()
            if self.pace is None:
                outcome = engine.run(windows)
            else:
                allowed = anchor_cycles + int(
                    (time.monotonic() - anchor_wall) * self.pace * CYCLES_PER_SECOND
                )
                outcome = engine.run(windows, allowed)
            self.wall_seconds += time.perf_counter() - begun
            self.cpu_seconds += time.thread_time() + engine.pool_seconds() - before
            if outcome == _MESSAGES:
                for index, core, data in engine.messages():
                    monitor.from_core(index, core, data)
            elif outcome == _IDLE:
                if not monitor.mailboxes.pending:
                    self._work.wait()
                else:
                    self._work.wait(0.001)
                anchor_wall = time.monotonic()
                anchor_cycles = engine.figures()["time"]
            elif self.pace is not None and outcome == _LIMIT:
                self._work.wait(0.0005)

    def _handle(
        self, monitor: Monitor, data: bytes, sender: Address, port: int, board: int
    ) -> None:
        if port == SDP_PORT:
            monitor.datagram(data, sender, board)
        elif port == BOOT_PORT:
            self._boot(monitor, data)
        else:
            monitor.reverse_datagram(data, sender, port, board)

    def _boot(self, monitor: Monitor, data: bytes) -> None:
        """Boot blocks: version (u16), operation and three operands, big-endian."""
        if len(data) < 18:
            return
        operation = int.from_bytes(data[2:6], "big")
        if operation == 1:
            self._boot_blocks.clear()
        elif operation == 3:
            self._boot_blocks[int.from_bytes(data[6:10], "big") & 0xFF] = data[18:]
        elif operation == _BOOT_END and self._boot_blocks:
            self._boot_blocks.clear()
            self.cold_starts += 1
            monitor.boot(int(time.time()))

    def _report(self) -> BoardReport:
        engine, monitor = self._engine, self._monitor
        if engine is None or monitor is None:
            raise BoardStoppedError("the board has no engine: start it first")
        figures = engine.figures()
        cores = [
            core_report(chip, core)
            for chip in monitor.chips.values()
            for core in range(1, mm.CORES)
            if chip.owners[core]
        ]
        return BoardReport(
            host=self.host,
            chips=len(monitor.chips),
            boards=len(self.geometry.boards),
            timing=self.timing,
            cpu_seconds=self.cpu_seconds,
            virtual_seconds=figures["time"] / CYCLES_PER_SECOND,
            instructions=figures["instructions"],
            packets_sent=figures["packets_sent"],
            packets_received=figures["packets_received"],
            packets_dropped=figures["packets_dropped"],
            packets_unrouted=figures["packets_unrouted"],
            longest_queue=figures["fifo_peak"],
            commands=dict(monitor.commands.served),
            malformed_datagrams=monitor.malformed,
            undeliverable_messages=monitor.mailboxes.undeliverable,
            provenance=total(core.provenance for core in [*self._finished, *cores]),
            problems=list(monitor.problems),
            remarks=list(monitor.remarks),
            cores=cores,
            finished=list(self._finished),
        )

    def _private_memory(self) -> list[PrivateMemory]:
        if self._monitor is None:
            raise BoardStoppedError("the board has no engine: start it first")
        return [
            private_memory(chip, core)
            for chip in self._monitor.chips.values()
            for core in range(1, mm.CORES)
            if chip.owners[core]
        ]

    def _keep(self, chip: ChipMonitor, core: int) -> None:
        """Remember a core that the host is about to stop."""
        self._finished.append(core_report(chip, core))

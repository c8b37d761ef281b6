"""What a board that serves others shows while it runs: load, IO buffers, what it refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from neuroport_spinnaker.board.emulator import CYCLES_PER_SECOND
from neuroport_spinnaker.board.iobuf import readable
from neuroport_spinnaker.board.report import BoardReport, CoreReport

__all__ = ["Watch"]

_IOBUF_SHOWN = 2000  # characters of a crashed core's last words
_LOUD = ("[ERROR]", "[WARN]")
_LEAST = 0.01  # virtual seconds to speak of
_KEY = tuple[tuple[int, int], int]


def _name(core: CoreReport) -> str:
    x, y = core.chip
    return f"core {x},{y},{core.core} ({core.binary})"


@dataclass
class Watch:
    """Compares a board with how it was at the last look, and says what is new.

    Parameters
    ----------
    show : callable
        Takes each line.
    everything : bool
        Show all that programs write; otherwise warnings, errors and the last words of crashed ones.
    """

    show: Callable[[str], None]
    everything: bool = False
    _seen: BoardReport | None = None
    _wall: float = 0.0
    _done: dict[_KEY, int] = field(default_factory=dict)  # instructions of each core so far
    _said: dict[_KEY, str] = field(default_factory=dict)
    _crashed: set[tuple[_KEY, int]] = field(default_factory=set)
    _problems: int = 0
    _remarks: int = 0

    def look(self, report: BoardReport, wall: float) -> None:
        """Show what is new.

        Parameters
        ----------
        report : BoardReport
        wall : float
            Seconds on this computer's clock.
        """
        done = self._done
        self._done = done | {(c.chip, c.core): c.instructions for c in report.cores}
        if self._seen is not None:
            self._load(report, self._seen, wall - self._wall, done)
        for problem in report.problems[self._problems :]:
            self.show(f"refused: {problem}")
        for remark in report.remarks[self._remarks :]:
            self.show(f"note: {remark}")
        self._problems, self._remarks = len(report.problems), len(report.remarks)
        for core in report.cores:
            self._iobuf(core)
        for core in report.crashed:
            self._crash(core)
        self._seen, self._wall = report, wall

    def _load(
        self, report: BoardReport, before: BoardReport, wall: float, done: dict[_KEY, int]
    ) -> None:
        virtual = report.virtual_seconds - before.virtual_seconds
        if virtual < _LEAST or not report.cores or wall <= 0:
            return
        part, busiest = max(
            ((c.instructions - done.get((c.chip, c.core), 0), c) for c in report.cores),
            key=lambda pair: pair[0],
        )
        load = min(1.0, part / (virtual * CYCLES_PER_SECOND))
        cpu = (report.cpu_seconds - before.cpu_seconds) / wall
        self.show(
            f"{report.virtual_seconds:9.3f} s virtual, {virtual / wall:.2f} x wall time, "
            f"{len(report.cores)} cores, busiest {_name(busiest)} {100 * load:.0f} %, "
            f"{report.packets_sent - before.packets_sent} packets, "
            f"{100 * cpu:.0f} % of a host core"
        )

    def _iobuf(self, core: CoreReport) -> None:
        key = (core.chip, core.core)
        before = self._said.get(key, "")
        if core.iobuf == before:
            return
        self._said[key] = core.iobuf
        # a buffer that was cleared begins anew
        new = core.iobuf[len(before) :] if core.iobuf.startswith(before) else core.iobuf
        for line in readable(new).splitlines():
            if line.strip() and (self.everything or line.startswith(_LOUD)):
                self.show(f"{_name(core)}: {line}")

    def _crash(self, core: CoreReport) -> None:
        identity = ((core.chip, core.core), core.instructions)
        if identity in self._crashed:
            return
        self._crashed.add(identity)
        self.show(f"{_name(core)}: {core.state} {core.error_code}")
        self.show(" ".join(f"r{i}={value:#x}" for i, value in enumerate(core.registers)))
        self.show(readable(core.iobuf)[-_IOBUF_SHOWN:])

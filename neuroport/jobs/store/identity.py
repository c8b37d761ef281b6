"""Ids of jobs, and who a process is: numbers of processes come back, identities do not."""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

__all__ = ["Identity", "new_id", "present_identity"]

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_SAME = 2.0  # s within which two start times of a process are one: clocks are set meanwhile


def new_id() -> str:
    """Return a ULID: 26 letters that sort by time, 80 bits of which are random."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_LETTERS[(number >> shift) & 31] for shift in range(125, -1, -5))


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told from all others.

    Attributes
    ----------
    host, boot : str
        The computer, and which of its starts.
    pid : int
    started : float
        When the process started; seconds since the start of the computer where that is known.
    """

    host: str
    boot: str
    pid: int
    started: float

    @property
    def here(self) -> bool:
        """Whether it is, or was, a process of this computer."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool | None:
        """Whether it runs; None for one of another computer, of which nothing can be seen."""
        if not self.here:
            return None
        if self.boot != _boot():
            return False
        started = _started(self.pid)
        return started is not None and abs(started - self.started) < _SAME

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # macOS: the time of the start, which moves a little as the clock is set
        return f"{psutil.boot_time() / 60:.0f}"


def _started(pid: int) -> float | None:
    """Return when a process started; None where there is none, or it has ended as a zombie."""
    try:  # ticks since the start of the computer, which no change of the clock moves
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2]
        fields = words.split()
        if fields[0] in "ZX":
            return None
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        pass
    if Path("/proc/self/stat").exists():
        return None
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def present_identity() -> Identity:
    """Return the identity of this process."""
    pid = os.getpid()
    return Identity(socket.gethostname(), _boot(), pid, _started(pid) or 0.0)

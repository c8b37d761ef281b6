"""The classic protocol of spalloc servers: one JSON object a line, each on a connection of its own.

No connection is kept: what is asked after a fault of the network is asked as if nothing had been,
and a server that was restarted is the same server. The protocol is that of `spalloc_server`
1!7.0.0; the servers that are reached today speak its version 5.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

__all__ = ["ClassicServer", "ServerRefusedError", "ServerSilentError", "STATES"]

STATES = {0: "unknown", 1: "queued", 2: "power", 3: "ready", 4: "destroyed"}
_LONGEST = 16_000_000  # bytes of an answer


class ServerSilentError(Exception):
    """The server took no connection, or did not answer: whether it has acted is not known."""


class ServerRefusedError(Exception):
    """The server answered with an error."""


@dataclass(frozen=True, slots=True)
class JobState:
    """What a server says of its job.

    Attributes
    ----------
    state : str
        ``unknown``, ``queued``, ``power``, ``ready`` or ``destroyed``.
    reason : str
        Why it was destroyed.
    """

    state: str
    reason: str


class ClassicServer:
    """A spalloc server.

    Parameters
    ----------
    host : str
    port : int
    timeout : float
        Seconds to wait for a connection and for an answer.
    """

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        self.host, self.port, self.timeout = host, port, timeout

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def ask(self, command: str, *args: Any, **keywords: Any) -> Any:
        """Return what the server answers.

        Raises
        ------
        ServerSilentError, ServerRefusedError
        """
        asked = json.dumps({"command": command, "args": args, "kwargs": keywords})
        try:
            with socket.create_connection((self.host, self.port), self.timeout) as connection:
                connection.sendall(asked.encode() + b"\n")
                answer = self._answer(connection)
        except (OSError, ValueError) as error:
            raise ServerSilentError(
                f"the spalloc server {self} does not answer: {error or type(error).__name__}"
            ) from error
        if "exception" in answer:
            raise ServerRefusedError(
                f"the spalloc server {self} refused {command}: "
                f"{answer['exception'] or 'without a word'}")
        return answer["return"]

    def _answer(self, connection: socket.socket) -> dict[str, Any]:
        received = b""
        while True:
            line, end, rest = received.partition(b"\n")
            if end:
                told = json.loads(line)
                if isinstance(told, dict) and ("return" in told or "exception" in told):
                    return told
                received = rest  # what it tells without being asked
                continue
            piece = connection.recv(65536)
            if not piece:
                raise OSError("it closed the connection")
            received += piece
            if len(received) > _LONGEST:
                raise ValueError("its answer has no end")

    # -- what is asked -----------------------------------------------------------------------------

    def create(self, boards: int, owner: str, keepalive: float, **more: Any) -> int:
        """Ask for boards; return the job's number."""
        return int(self.ask(
            "create_job", *([boards] if boards > 1 else []), owner=owner, keepalive=keepalive,
            min_ratio=0.333, max_dead_boards=0, require_torus=False, **more))

    def keep_alive(self, number: int) -> None:
        """Say that the job is wanted."""
        self.ask("job_keepalive", number)

    def state(self, number: int) -> JobState:
        """Return a job's state."""
        told = self.ask("get_job_state", number)
        return JobState(STATES.get(told.get("state"), "unknown"), str(told.get("reason") or ""))

    def hosts(self, number: int) -> list[str]:
        """Return the addresses of a job's boards, that of chip 0,0 first; none while it waits."""
        found = self.ask("get_job_machine_info", number).get("connections") or []
        return [str(host) for _, host in sorted((tuple(chip), host) for chip, host in found)]

    def destroy(self, number: int, reason: str) -> None:
        """Give a job's boards back."""
        self.ask("destroy_job", number, reason)

    def found(self, mark: str) -> list[int]:
        """Return the living jobs whose owner's text has a mark."""
        return [int(job["job_id"]) for job in self.ask("list_jobs")
                if mark in str(job.get("owner")) and STATES.get(job.get("state")) not in (
                    "destroyed", "unknown")]

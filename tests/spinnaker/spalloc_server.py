"""A stand-in for a spalloc server on the loopback: one machine, a queue, and a memory for jobs.

The classic protocol (`spalloc_server` 1!7.0.0, `server.py`): one JSON object a line,
``{"command", "args", "kwargs"}`` answered by ``{"return"}`` or ``{"exception"}``. States: 1 queued,
2 power, 3 ready, 4 destroyed. sPyNNaker's own client is the judge of what is said here.
"""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

QUEUED, POWER, READY, DESTROYED = 1, 2, 3, 4


@dataclass
class Job:
    """What a server knows of a job."""

    owner: str
    ready_at: float
    keepalive: float
    destroyed: bool = False
    reason: str | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def state(self) -> int:
        if self.destroyed:
            return DESTROYED
        left = self.ready_at - time.monotonic()
        return QUEUED if left > 1.0 else POWER if left > 0.0 else READY


class SpallocServer:
    """Hands out the board at `host`, `queue` seconds after it was asked for."""

    def __init__(self, host: str, queue: float = 0.0) -> None:
        self.host, self.queue = host, queue
        self.jobs: dict[int, Job] = {}
        outer = self

        class Lines(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    asked = json.loads(line)
                    command = getattr(outer, asked["command"], None)
                    if command is None:
                        return
                    answer = command(*asked["args"], **asked["kwargs"])
                    self.wfile.write(json.dumps({"return": answer}).encode() + b"\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing of clients that were killed."""

        self._server = Server(("127.0.0.1", 0), Lines)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> SpallocServer:
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, what: Callable[[list[Job]], bool], seconds: float) -> bool:
        """Wait until something is true of the jobs."""
        limit = time.monotonic() + seconds
        while not what(list(self.jobs.values())):
            if time.monotonic() > limit:
                return False
            time.sleep(0.05)
        return True

    # -- the protocol ------------------------------------------------------------------------------

    def version(self) -> str:
        return "5.0.0"

    def create_job(self, *boards: int, owner: str, keepalive: float, **_: Any) -> int:
        number = len(self.jobs) + 1
        self.jobs[number] = Job(owner, time.monotonic() + self.queue, keepalive)
        return number

    def job_keepalive(self, number: int) -> None:
        self.jobs[number].asked.append("keepalive")

    def get_job_state(self, number: int) -> dict[str, Any]:
        job = self.jobs[number]
        job.asked.append("state")
        return {"state": job.state, "power": job.state in (POWER, READY),
                "keepalive": job.keepalive, "reason": job.reason, "start_time": 0.0}

    def get_job_machine_info(self, number: int) -> dict[str, Any]:
        self.jobs[number].asked.append("machine")
        return {"width": 8, "height": 8, "connections": [[[0, 0], self.host]],
                "machine_name": "stand-in", "boards": [[0, 0, 0]]}

    def destroy_job(self, number: int, reason: str | None = None) -> None:
        job = self.jobs[number]
        job.destroyed, job.reason = True, job.reason or reason or "no reason given"

    def notify_job(self, *numbers: int) -> None:
        """Nothing changes without being asked for."""

    no_notify_job = notify_job

    def where_is(self, **_: Any) -> dict[str, Any]:
        return {"physical": [0, 0, 0], "logical": [0, 0, 0], "machine": "stand-in"}

"""Keeps an allocation of boards alive through faults of the network and restarts of the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from neuroport.jobs.outcome import Kind, Outcome
from neuroport_spinnaker.targets.classic import (
    ClassicServer,
    ServerRefusedError,
    ServerSilentError,
)

__all__ = ["Keeper", "destroyed"]

_SHARE = 4  # signs of life in a period


class Keeper:
    """Says again and again that a job is wanted, in a thread, whatever the network does.

    Parameters
    ----------
    server : ClassicServer
    number : int
        The server's job.
    period : float
        Seconds after which the server ends a job that nobody wants.
    tell : callable
        Called with a remark for the user, from the thread.
    """

    def __init__(
        self, server: ClassicServer, number: int, period: float, tell: Callable[[str], None]
    ) -> None:
        self._server, self._number, self._period = server, number, period
        self._tell = tell
        self._over = threading.Event()
        self._lost: Outcome | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def lost(self) -> Outcome | None:
        """Return how the job was lost; None while it is there as far as is known."""
        return self._lost

    def stop(self) -> None:
        """Say nothing more."""
        self._over.set()
        self._thread.join(self._server.timeout * 3)

    def _keep(self) -> None:
        silent_since: float | None = None
        while not self._over.wait(self._period / _SHARE):
            try:
                self._server.keep_alive(self._number)
                state = self._server.state(self._number)
            except ServerSilentError as error:
                if silent_since is None:
                    silent_since = time.monotonic()
                    self._tell(f"{error}; tried again")
                continue
            except ServerRefusedError:
                state = None
            if silent_since is not None:
                self._tell(f"the spalloc server {self._server} answers again, after "
                           f"{time.monotonic() - silent_since:.0f} s")
                silent_since = None
            if state is None or state.state in ("destroyed", "unknown"):
                self._lost = destroyed(state.reason if state is not None else "")
                return


def destroyed(reason: str, hosts: tuple[str, ...] = ()) -> Outcome:
    """Return what it means that a server ended a job."""
    kind: Kind
    if "timed out" in reason or "keepalive" in reason.lower():
        kind, text = "allocation", f"the server heard nothing from here for too long: {reason}"
    elif not reason:
        kind, text = "allocation", "the server does not know the allocation any more"
    elif "configuration failed" in reason or "BMP" in reason:
        kind, text = "board", f"the boards could not be switched on: {reason}"
    elif "quota" in reason:
        kind, text = "user", reason
    elif "No suitable machines" in reason:
        kind, text = "policy", f"the server has no such machine: {reason}"
    else:
        kind, text = "policy", f"the allocation was ended at the server: {reason}"
    return Outcome(kind, "JobDestroyed", text, hosts)

"""A network that goes on from a state: a saved one, or its own with new objects in it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from neuroport.backend import Backend
from neuroport.backend.prepared import Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import NetworkChangedError, NotReadyError, Problem
from neuroport.findings import Finding
from neuroport.network.snapshot import Snapshot
from neuroport.pynn.running_network import RunningNetwork

__all__ = ["Growing"]


class Growing(RunningNetwork):
    """What of a simulator's state opens sessions anew; see :class:`neuroport.pynn.state.State`."""

    backend: Backend
    backend_name: str
    populations: list[Any]
    running: bool
    t_reached: float
    _closed: bool

    @property
    @abstractmethod
    def t(self) -> float:
        """Simulated time (ms)."""

    @abstractmethod
    def prepare(self) -> Prepared:
        """Return the network as it is now, made ready for the backend."""

    @abstractmethod
    def ready(self, duration: float | None = None) -> SessionBase:
        """Return the session, opened at the first use."""

    @abstractmethod
    def take_over(self, told: Iterable[Finding]) -> None:
        """Take over findings that are not known yet."""

    def check_open(self, what: str, new: bool = True) -> None:
        """Refuse a new object, or another name, where the network can no longer change.

        After a run new objects need a backend that goes on from a state.
        """
        if self._closed:
            raise NotReadyError(Problem("this simulator has been ended", fix="make a new one"))
        if self.session is None:
            return
        if self.step > 0:
            has = self.backend.capabilities
            if new and has.state and has.between_runs.objects:
                self._extended = True
                return
            raise NetworkChangedError(
                Problem(
                    f"{what} was added after a run",
                    measured=f"at {self.t:g} ms",
                    limit="the network is fixed once it has run"
                    + (f" on the backend {self.backend_name}" if new else ""),
                    fix="create it before the first run(), or call reset() first"
                    + ("; Brian2 takes new objects after a run" if new else ""),
                )
            )
        self._drop_session()

    def _go_on_with_all(self) -> None:
        before, written = self.session, self._written
        if before is None:
            return
        known = {p.label for p in before.network.populations}
        self._extended = False
        snapshot = before.snapshot()
        try:
            self.session = self._written = None
            prepared = self.prepare()
            session = prepared.open()
            session.resume(snapshot, before)
        except BaseException:
            self.session, self._written, self._extended = before, written, True
            raise
        self.session, self._written = session, prepared.written
        self.take_over(prepared.findings)
        for population in self.populations:
            if population.label not in known:
                population.tell_of_the_past()
        before.free()

    def resume(self, snapshot: Snapshot) -> None:
        """Open the session at a state, in place of step 0."""
        self._drop_session()
        self.ready().resume(snapshot)
        self.running = self.step > 0
        self.t_reached = max(self.t_reached, self.t)

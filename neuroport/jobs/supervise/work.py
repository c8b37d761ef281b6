"""An attempt, as its target sees it: what it says goes into the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.attempts import note_board, noted_boards, remote, set_remote
from neuroport.jobs.store.errors import AlreadyChangedError
from neuroport.jobs.store.records import RemoteRecord
from neuroport.jobs.store.store import Store

__all__ = ["CancelledError", "SupervisedWork"]

_LOOK = 0.5  # s between two looks whether the job is to be cancelled


class CancelledError(Exception):
    """The user wants the job to end."""


class SupervisedWork:
    """One attempt of one supervisor; see :class:`neuroport.jobs.targets.base.Work`.

    Parameters
    ----------
    store : Store
    job : str
    n : int
    lease : int
    spec : RunSpec
    actor : str
    """

    def __init__(
        self, store: Store, job: str, n: int, lease: int, spec: RunSpec, actor: str
    ) -> None:
        self._store, self._lease, self._actor = store, lease, actor
        self._job, self._n, self._spec = job, n, spec
        self._state = ""
        self.cancel_ignored = False  # while boards are given back

    @property
    def job(self) -> str:
        """The job's id."""
        return self._job

    @property
    def n(self) -> int:
        """The attempt's number."""
        return self._n

    @property
    def folder(self) -> Path:
        """The attempt's folder."""
        return self._store.files(self._job).attempt(self._n)

    @property
    def spec(self) -> RunSpec:
        """What is to be run."""
        return self._spec

    @property
    def mark(self) -> str:
        """What to tell a server, so that what it holds for this job is found again."""
        return f"neuroport:{self._job}"

    def state(self, to: str, text: str = "", code: str = "") -> None:
        """Say what state the job is in; once is enough."""
        if to == self._state:
            return
        try:
            self._store.change(self._job, to, actor=self._actor, lease=self._lease, code=code,
                               text=text)
        except AlreadyChangedError:
            if self._store.job(self._job).state != to:
                raise
        self._state = to

    def tell(self, text: str, code: str = "") -> None:
        """Note something for the user."""
        self._store.note(self._job, text, code=code, actor=self._actor, lease=self._lease)

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises
        ------
        CancelledError
            If the job is to be cancelled.
        """
        limit = time.monotonic() + seconds
        while True:
            self.look()
            left = limit - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LOOK))

    def look(self) -> None:
        """Raise `CancelledError` where the job is to be cancelled."""
        if not self.cancel_ignored and self._store.job(self._job).cancel_wanted:
            raise CancelledError

    def hold(self, kind: str, **columns: Any) -> None:
        """Note what a server holds."""
        set_remote(self._store, self._job, self._n, kind, lease=self._lease, **columns)

    def held(self, kind: str) -> RemoteRecord | None:
        """Return what was noted of what a server holds for this attempt."""
        return remote(self._store, self._job, self._n, kind)

    def sick_board(self, server: str, address: str, what: str) -> None:
        """Note that a board looks sick."""
        note_board(self._store, self._job, server, address, what)

    def sick_boards(self, server: str, within: float) -> list[str]:
        """Return the boards of a server that looked sick in the last seconds."""
        return sorted({str(one["address"])
                       for one in noted_boards(self._store, server, within)})

    def progressing(self) -> Callable[[float, float], None]:
        """Return what is to be called with the simulated time reached and the target (ms)."""
        last = 0.0

        def beat(now: float, target: float) -> None:
            nonlocal last
            self.state("running")
            if time.monotonic() - last > 2.0:
                last = time.monotonic()
                share = min(1.0, now / target) if target > 0 else 0.0
                self._store.progress(self._job, share, self._lease)

        return beat

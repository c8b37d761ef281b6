"""What a target is: a place where jobs run.

A target is one class and one entry point in the group ``neuroport.targets``, whose name is the
scheme of its addresses: ``spalloc`` stands for ``spalloc://HOST:PORT``. A job is carried out by
a supervisor, a process that outlives the shell; what a target says otherwise is where the network
runs (:meth:`Target.place`), and what its errors mean (:meth:`Target.kind_of`). A target whose
machine runs whole jobs by itself takes over :meth:`Target.attempt`; one on whose computers the
supervisor itself has to run takes over :meth:`Target.launch`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from neuroport.errors import Problem
from neuroport.jobs.outcome import Kind, Outcome
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.store.records import RemoteRecord
from neuroport.registered import not_registered, registered
from neuroport.secrets import keep_secrets

__all__ = ["GROUP", "AttemptFailedError", "Placed", "Target", "Work", "load_target_of", "places"]

GROUP = "neuroport.targets"


class AttemptFailedError(Exception):
    """An attempt cannot go on; `outcome` says why and what that means."""

    def __init__(
        self, kind: Kind, code: str, text: str, boards: tuple[str, ...] = ()
    ) -> None:
        super().__init__(text)
        self.outcome = Outcome(kind, code, text, boards)


class Work(Protocol):
    """An attempt, as its target sees it."""

    @property
    def job(self) -> str:
        """The job's id."""

    @property
    def n(self) -> int:
        """The attempt's number."""

    @property
    def folder(self) -> Path:
        """The attempt's folder."""

    @property
    def spec(self) -> RunSpec:
        """What is to be run."""

    @property
    def mark(self) -> str:
        """What to tell a server, so that what it holds for this job is found again."""

    def state(self, to: str, text: str = "", code: str = "") -> None:
        """Say that the job is ``waiting``, ``starting`` or ``running``; once is enough."""

    def tell(self, text: str, code: str = "") -> None:
        """Note something for the user."""

    def pause(self, seconds: float) -> None:
        """Wait; ends the attempt where the job is to be cancelled, or no longer is this one's."""

    def hold(self, kind: str, **columns: Any) -> None:
        """Note what a server holds, before it is asked and after; see `RemoteRecord`."""

    def held(self, kind: str) -> RemoteRecord | None:
        """Return what was noted of what a server holds for this attempt."""

    def sick_board(self, server: str, address: str, what: str) -> None:
        """Note that a board looks sick."""

    def sick_boards(self, server: str, within: float) -> list[str]:
        """Return the boards of a server that looked sick in the last seconds."""


@dataclass
class Placed:
    """Where a network runs.

    Attributes
    ----------
    options : mapping of str to object
        Of the backend, beside the user's.
    lost : callable or None
        Looked at while the network runs: a failure where the place is lost, else None.
    keep : list of int
        Open files that the process which runs the network holds, too: locks.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    lost: Callable[[], Outcome | None] | None = None
    keep: list[int] = field(default_factory=list)


class Target:
    """A place where jobs run.

    Parameters
    ----------
    address : str
        As the user wrote it, without users and passwords.

    Raises
    ------
    UnknownTargetAddressError
        If the address cannot be read.
    """

    form: ClassVar[str] = ""
    """How addresses are written."""
    backend: ClassVar[str | None] = None
    """The backend that it needs; None: the user's choice."""

    def __init__(self, address: str) -> None:
        self.address = address

    def prepared(self, spec: RunSpec) -> RunSpec:
        """Return the run with what this target says about it.

        Raises
        ------
        UserError
            If this cannot run here.
        """
        if self.backend is None or spec.backend == self.backend:
            return spec
        if spec.backend is not None:
            raise UnknownTargetAddressError(Problem(
                f"target '{self.address}' does not run backend '{spec.backend}'",
                limit=f"backend '{self.backend}'", fix="leave --backend out"))
        return spec.replace(backend=self.backend)

    def launch(self, start: Callable[[], None], job: str, folder: Path) -> None:
        """Have a supervisor started.

        Parameters
        ----------
        start : callable
            Starts it on this computer.
        job : str
            Its job, for ``python -m neuroport.jobs.supervise JOB --attached`` elsewhere.
        folder : Path
            Of the store, for ``NEUROPORT_JOBS``.
        """
        start()

    def at_once(self) -> int:
        """Return how many members of a sweep are worked on at a time."""
        return places()

    @contextmanager
    def place(self, work: Work, resumed: bool) -> Iterator[Placed]:
        """Take what the network needs, and give it back.

        Parameters
        ----------
        work : Work
        resumed : bool
            Whether the network runs already: its supervisor has died, and what was taken for it is
            to be taken over. The locks of this computer are held by the run itself.
        """
        yield Placed()

    def attempt(
        self, work: Work, run: Callable[[Placed], Outcome], resumed: bool = False
    ) -> Outcome:
        """Carry out an attempt.

        Parameters
        ----------
        work : Work
        run : callable
            Runs the network in a process of this computer, or waits for the one that does.
        resumed : bool
            See :meth:`place`.
        """
        with self.place(work, resumed) as placed:
            return run(placed)

    def recover(self, work: Work, held: RemoteRecord) -> Outcome | None:
        """Give back what a dead supervisor's attempt still holds, or take its result.

        Parameters
        ----------
        work : Work
            Of the attempt that was broken off.
        held : RemoteRecord
            Something that a server may still hold.

        Returns
        -------
        Outcome or None
            Where the attempt turns out to be over; None: it is to be tried again.
        """
        return None

    def kind_of(self, error: str, names: tuple[str, ...]) -> Kind:
        """Return whose fault an error of the run is.

        Parameters
        ----------
        error : str
            Its text.
        names : tuple of str
            The names of its class and of that class' bases.
        """
        return "model"


PLACES = "NEUROPORT_JOBS_LOCAL"
"""Environment variable: how many jobs run at a time on this computer."""


def places() -> int:
    """Return how many jobs run at a time here: one a core, unless ``NEUROPORT_JOBS_LOCAL`` says.

    Raises
    ------
    UnknownTargetAddressError
        If the variable is no number from 1.
    """
    said = os.environ.get(PLACES)
    if said is None:
        return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                   else os.cpu_count() or 1)
    if not said.isdecimal() or int(said) < 1:
        raise UnknownTargetAddressError(Problem(
            f"{PLACES} cannot be {said!r}", limit="a whole number from 1"))
    return int(said)


def load_target_of(address: str) -> Target:
    """Return a target by its address.

    Raises
    ------
    UnknownTargetAddressError
        If nothing is registered under its scheme; what is registered is listed.
    """
    address = str(keep_secrets(address.strip()))
    scheme = address.partition(":")[0]
    points = registered(GROUP)
    if scheme not in points:
        raise UnknownTargetAddressError(not_registered(
            f"there is no target '{address}'", GROUP, scheme,
            "local runs it on this computer"))
    made: Target = points[scheme].load()(address)
    return made

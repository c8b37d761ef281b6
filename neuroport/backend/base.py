"""What most backends have in common; a new one begins here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.information import BackendInformation
from neuroport.backend.prepared import Draft, Planning, Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import Problem
from neuroport.findings.judge import judge
from neuroport.installed import installed

__all__ = ["BackendBase"]


class BackendBase(ABC):
    """A backend that is judged by what it declares.

    A subclass has ``information`` and ``capabilities`` and opens sessions; one with physics of
    its own to check, or passes of its own, extends :meth:`lower`.
    """

    information: ClassVar[BackendInformation]
    capabilities: ClassVar[Capabilities]
    addresses: ClassVar[tuple[str, ...]] = ()
    """Options that name a machine to take: without meaning where nothing is run."""

    def lower(self, draft: Draft) -> Any:
        """Find what the network asks and the backend does not declare; see :class:`Backend`."""
        draft.note("capabilities", f"what {self.information.name} does not have",
                   judge(draft.written, self.capabilities))

    @abstractmethod
    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0; see :class:`Backend`."""

    def planning(self, prepared: Prepared) -> Planning | None:
        """Return None: there is no machine to plan for."""
        return None

    def missing(self) -> list[Problem]:
        """Return the packages that are not installed, each with the command that installs it."""
        return [
            Problem(f"'{package}' is not installed", fix=self.information.install)
            for package in self.information.packages if not installed(package)
        ]

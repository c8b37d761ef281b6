"""A network on its way to a backend, the prepared one, and what a backend is to both.

One object holds the answer to what will become of a network: :class:`Prepared`, made once by
:func:`neuroport.backend.prepare.prepare` and asked by everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.information import BackendInformation
from neuroport.errors import CheckFailedError, Problem, UnsupportedError
from neuroport.findings import Finding
from neuroport.network.description import Network
from neuroport.network.text import difference

if TYPE_CHECKING:  # sessions need PyNN, and `neuroport --help` does not wait for it
    from neuroport.backend.session import SessionBase

__all__ = [
    "FRONT_END", "Backend", "Draft", "Mended", "PassRecord", "Planning", "Prepared", "Told",
]

FRONT_END = "front end"
"""Name of the pass that holds what the script asked for."""

Pass = Callable[[Network], tuple[Network, Iterable[Finding]]]
"""A step of lowering: a network in, the changed one and what is to be said of it out."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """What one pass did.

    Attributes
    ----------
    name : str
        E.g. ``stored weights``.
    about : str
        What it is for, in a sentence.
    before, after : Network
        The same object where nothing was changed.
    findings : tuple of Finding
        What it said.
    """

    name: str
    about: str
    before: Network
    after: Network
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the network is another one after it."""
        return self.after is not self.before

    @property
    def difference(self) -> str:
        """The network's text before and after, as a unified diff; empty where nothing changed."""
        return difference(self.before, self.after) if self.changed else ""

    def __str__(self) -> str:
        what = "changes the network" if self.changed else "changes nothing"
        return f"{self.name}: {self.about}; {what}, {len(self.findings)} findings"


@dataclass
class Draft:
    """A network on its way to a backend.

    Attributes
    ----------
    written : Network
        As the user wrote it.
    network : Network
        As it is after the passes so far.
    findings : list of Finding
    log : list of PassRecord
    """

    written: Network
    network: Network
    findings: list[Finding] = field(default_factory=list)
    log: list[PassRecord] = field(default_factory=list)

    def take(self, name: str, about: str, change: Pass) -> Network:
        """Carry out a pass and note what it did; return the network after it."""
        before = self.network
        self.network, said = change(before)
        found = tuple(said)
        self.findings.extend(found)
        self.log.append(PassRecord(name, about, before, self.network, found))
        return self.network

    def note(self, name: str, about: str, found: Iterable[Finding]) -> None:
        """Keep the findings of a pass that looks and changes nothing."""
        self.take(name, about, lambda network: (network, found))


@dataclass(frozen=True)
class Prepared:
    """A network made ready for one backend.

    Attributes
    ----------
    backend : Backend
    written : Network
        As the user wrote it.
    network : Network
        With its weights as they are stored under its numerics; labels and sizes are the user's.
    findings : tuple of Finding
        Everything that is to be known before a run.
    log : tuple of PassRecord
        The passes in their order.
    lowered : object
        What the backend keeps for itself of its own passes: its layout, its machine.
    """

    backend: Backend
    written: Network
    network: Network
    findings: tuple[Finding, ...]
    log: tuple[PassRecord, ...]
    lowered: Any = None

    @property
    def front(self) -> tuple[Finding, ...]:
        """What whoever built the network said of it."""
        return next((r.findings for r in self.log if r.name == FRONT_END), ())

    @property
    def refused(self) -> bool:
        """Whether a finding prevents a run."""
        return any(f.severity.blocks for f in self.findings)

    def open(self, duration: float | None = None) -> SessionBase:
        """Return a session at time 0.

        Parameters
        ----------
        duration : float, optional
            How long the first run will be (ms), as a hint to the engine.

        Raises
        ------
        CheckFailedError
            If a finding prevents a run.
        """
        if self.refused:
            raise CheckFailedError(self.findings)
        return self.backend.open(self, duration)

    @property
    def planning(self) -> Planning:
        """What the backend's machine would do with the network.

        Raises
        ------
        UnsupportedError
            If the backend runs on this computer: there is no machine to plan for.
        """
        made = self.backend.planning(self)
        if made is None:
            raise UnsupportedError(
                Problem(
                    f"backend '{self.backend.information.name}' has no machine to plan for",
                    limit="backends with machines: see `neuroport backends`",
                    fix="--target spinn5, or backend 'spinnaker'",
                )
            )
        return made


class Backend(Protocol):
    """Somewhere to run a network; most are a :class:`neuroport.backend.base.BackendBase`."""

    @property
    def information(self) -> BackendInformation:
        """What it says of itself."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def lower(self, draft: Draft) -> Any:
        """Carry out the backend's own passes and checks on a draft.

        Returns
        -------
        object
            What the backend wants to find again in :attr:`Prepared.lowered`.
        """
        ...

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0 for a network that nothing prevents from running.

        Parameters
        ----------
        prepared : Prepared
        duration : float, optional
            How long the first run will be (ms), as a hint.
        """
        ...

    def planning(self, prepared: Prepared) -> Planning | None:
        """Return what its machine would do with a network; None where it has no machine."""
        ...

    def missing(self) -> list[Problem]:
        """Return what is not there to run something, each with what mends it."""
        ...


class Told(Protocol):
    """A plan, prediction or preview: a table as text, and plain data.

    Attributes
    ----------
    findings : tuple of Finding or None
        What the network and the plan have; None: what the prepared network has.
    """

    @property
    def findings(self) -> tuple[Finding, ...] | None: ...

    def __str__(self) -> str:
        """Return what a user reads."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        ...



class Mended(Protocol):
    """A network after the safe ways out.

    Attributes
    ----------
    prepared : Prepared
        The changed network on the same machine, with what is still found.
    done : sequence of str
        What was changed, one line each.
    difference : str
        The network's text before and after, as a unified diff.
    run_options : mapping of str to str
        Options that make a run of the unchanged model follow, as the command line takes them.
    """

    @property
    def prepared(self) -> Prepared: ...
    @property
    def done(self) -> tuple[str, ...]: ...
    @property
    def difference(self) -> str: ...
    @property
    def run_options(self) -> Mapping[str, str]: ...


class Planning(Protocol):
    """Tells what a machine will do with a prepared network; takes no machine."""

    def predict(self) -> Told:
        """Return the expected size without a mapping; seconds for 100 000 cells."""
        ...

    def plan(self, duration: float) -> Told:
        """Map the network for a run of `duration` ms and tell what it takes."""
        ...

    def preview(self, ask: bool = True) -> Told:
        """Return what the machine will hold of weights and parameters.

        `ask` the machine's own software, or use a formula.
        """
        ...

    def draw(self, told: Told, path: Path) -> Path:
        """Draw a plan or preview into a file.

        Raises
        ------
        UnsupportedError
            Where there is nothing to draw.
        """
        ...

    def fix(self, rescale: tuple[str, ...] = ()) -> Mended:
        """Apply the ways out that keep the network's meaning.

        `rescale` names projections whose weights may be multiplied so that none is lost.
        """
        ...

"""From a realised network to a backend: prepared once, asked by everyone.

``check``, ``plan``, ``preview``, ``fix``, ``run`` and ``compare`` hold the same :class:`Prepared`,
so what one says of a network is what another does with it. A backend adds its own passes in
``Backend.lower``; each pass is a named function from one network to the next, and the log keeps
what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neuroport.errors import CheckFailedError, Problem, UnsupportedError
from neuroport.findings import Finding, without_superseded
from neuroport.findings.values import check_values
from neuroport.network.description import Network
from neuroport.network.stored_weights import store_weights, weight_findings
from neuroport.network.text import difference

if TYPE_CHECKING:
    from neuroport.backend.planning import Planning
    from neuroport.backend.registry import Backend
    from neuroport.backend.session import SessionBase

__all__ = ["FRONT_END", "Draft", "PassRecord", "Prepared", "prepare"]

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


def prepare(network: Network, backend: Backend, found: Iterable[Finding] = ()) -> Prepared:
    """Make a realised network ready for a backend, once.

    Parameters
    ----------
    network : Network
        As the user wrote it.
    backend : Backend
        With its options and its machine.
    found : iterable of Finding
        What whoever built the network has to say of it.

    Returns
    -------
    Prepared
        Also where findings prevent a run; see :attr:`Prepared.refused`.
    """
    draft = Draft(network, network)
    draft.note(FRONT_END, "what the script asked for", found)
    draft.note("values", "what is rounded or looks wrong on every engine", check_values(network))
    stored = draft.take("stored weights", "weights on the grid of the numerics", _stored)
    lowered = backend.lower(draft)
    return Prepared(
        backend, network, stored, tuple(without_superseded(draft.findings)), tuple(draft.log),
        lowered,
    )


def _stored(network: Network) -> tuple[Network, list[Finding]]:
    stored = store_weights(network)
    return stored, weight_findings(network, stored)

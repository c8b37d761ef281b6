"""What an engine says about a network on one of its machines, before any of them is booked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from neuroport.backend.prepare import Prepared, prepare
from neuroport.backend.registry import backend_class, backend_names, load_backend
from neuroport.errors import BackendMissingError, Problem, UnsupportedError
from neuroport.machines import load_target
from neuroport.network.description import Network

__all__ = ["Mended", "Planning", "Told", "backend_of_target", "prepare_for_target"]


class Told(Protocol):
    """A plan, prediction or preview: a table as text, and plain data."""

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


def backend_of_target(target: str) -> str:
    """Return the backend that runs on a machine: a name of ``neuroport backends``.

    Parameters
    ----------
    target : str
        Name of a machine's description, or a ``.toml`` file.

    Raises
    ------
    UnknownTargetError, FileFormatError
        If there is no such target.
    UnsupportedError
        If no backend has machines of its family.
    """
    machine = load_target(target)
    families = set()
    for name in backend_names():
        try:
            capabilities = backend_class(name).capabilities
        except BackendMissingError:  # an engine that is not installed has no say
            continue
        families.add(capabilities.machines)
        if capabilities.machines == machine.family and capabilities.kind == "hardware":
            return name
    raise UnsupportedError(
        Problem(
            f"nothing plans for target '{machine.name}' of family '{machine.family}'",
            limit=f"families: {', '.join(sorted(families - {''})) or '(none)'}",
        )
    )


def prepare_for_target(network: Network, target: str, **options: Any) -> Prepared:
    """Make a network ready for a machine.

    Parameters
    ----------
    network : Network
        As the user wrote it, see :meth:`neuroport.pynn.simulator.Simulator.network`.
    target : str
        Name of a machine's description, or a ``.toml`` file.
    **options
        Of the machine's backend.

    Returns
    -------
    Prepared
        Its ``findings`` say what the machine does to the network, its ``planning`` plans it.

    Examples
    --------
    >>> import neuroport
    >>> from neuroport.backend.planning import prepare_for_target
    >>> sim = neuroport.simulator("brian2", timestep=1.0)
    >>> cells = sim.Population(600, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    >>> prepared = prepare_for_target(sim.network(), "spinn5")
    >>> prepared.refused
    False
    >>> prepared.planning.predict().as_dict()["cores"]
    3
    """
    return prepare(network, load_backend(backend_of_target(target), target=target, **options))

"""What an engine says about a network on one of its machines, before any of them is booked.

A family of machines (``family`` of a target file) has one planner: a class registered by entry
point in the group ``neuroport.planners`` under the family's name. The commands ``check --target``,
``plan`` and ``preview`` use it and know nothing else of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from typing import Any, Protocol

from neuroport.errors import BackendMissingError, Problem, UnknownArgumentError, UnsupportedError
from neuroport.findings import Finding
from neuroport.machines.load import load_target
from neuroport.machines.target import Target
from neuroport.network.description import Network

__all__ = ["GROUP", "Mended", "Planner", "Told", "load_planner", "planner_options"]

GROUP = "neuroport.planners"


class Told(Protocol):
    """A plan, prediction or preview: a table as text, plain data, and perhaps a picture."""

    def __str__(self) -> str:
        """Return what a user reads."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        ...

    def draw(self, path: Path) -> Path:
        """Draw into a file.

        Raises
        ------
        UnsupportedError
            Where there is nothing to draw.
        """
        ...


class Mended(Protocol):
    """A network after the safe ways out.

    Attributes
    ----------
    network : Network
    done : sequence of str
        What was changed, one line each.
    left : sequence of Finding
        What is still found.
    difference : str
        The network's text before and after, as a unified diff.
    run_options : mapping of str to str
        Options that make a run of the unchanged model follow, as the command line takes them.
    """

    @property
    def network(self) -> Network: ...
    @property
    def done(self) -> tuple[str, ...]: ...
    @property
    def left(self) -> tuple[Finding, ...]: ...
    @property
    def difference(self) -> str: ...
    @property
    def run_options(self) -> Mapping[str, str]: ...


class Planner(Protocol):
    """Judges and plans networks for one target."""

    target: Target

    def check(self, network: Network) -> list[Finding]:
        """Return everything that the machine will do to the network."""
        ...

    def fix(self, network: Network, rescale: tuple[str, ...] = ()) -> Mended:
        """Apply the ways out that keep the network's meaning.

        `rescale` names projections whose weights may be multiplied so that none is lost.
        """
        ...

    def predict(self, network: Network) -> Told:
        """Return the expected size without a mapping; seconds for 100 000 cells."""
        ...

    def plan(self, network: Network, duration: float) -> Told:
        """Map the network for a run of `duration` ms and tell what it takes."""
        ...

    def preview(self, network: Network, ask: bool = True) -> Told:
        """Return what the machine will hold of weights and parameters.

        `ask` the machine's own software, or use a formula.
        """
        ...


def _factory(family: str, name: str) -> Any:
    points = {p.name: p for p in entry_points(group=GROUP)}
    if family not in points:
        raise UnsupportedError(
            Problem(f"nothing plans for target '{name}' of family '{family}'",
                    limit=f"families: {', '.join(sorted(points)) or '(none)'}")
        )
    try:
        return points[family].load()
    except ImportError as error:
        raise BackendMissingError(
            Problem(f"the planner of family '{family}' cannot be loaded: {error}",
                    fix=f"pip install 'neuroport[{family}]'")
        ) from None


def planner_options(target: str) -> dict[str, Any]:
    """Return the options of a target's planner and their types.

    Raises
    ------
    UnknownTargetError, FileFormatError, UnsupportedError
    """
    machine = load_target(target)
    parameters = signature(_factory(machine.family, machine.name), eval_str=True).parameters
    return {n: p.annotation for n, p in list(parameters.items())[1:]}


def load_planner(target: str, **options: Any) -> Planner:
    """Return what plans for a target.

    Parameters
    ----------
    target : str
        Name of a target, or a ``.toml`` file.
    **options
        Passed to the planner.

    Raises
    ------
    UnknownTargetError, FileFormatError
        If there is no such target.
    UnsupportedError
        If nothing plans for its family.
    UnknownArgumentError
        If the planner has no such option.
    """
    machine = load_target(target)
    factory = _factory(machine.family, machine.name)
    known = list(signature(factory).parameters)[1:]
    unknown = [o for o in options if o not in known]
    if unknown:
        raise UnknownArgumentError(unknown, f"target '{machine.name}'", known)
    made: Planner = factory(machine, **options)
    return made

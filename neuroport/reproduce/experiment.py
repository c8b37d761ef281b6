"""What an experiment is: claims, steps that can be resumed, and what they give for each claim."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from neuroport.errors import NeuroportError, UserError
from neuroport.jobs.specification import RunSpec
from neuroport.registered import not_registered, registered
from neuroport.reproduce.claims import Paper, load_claims
from neuroport.reproduce.code import code_hash

__all__ = ["GROUP", "Context", "Drawing", "Experiment", "Step", "StepImpossibleError",
           "StepResults", "UnknownExperimentError", "experiment_names", "load_experiment",
           "experiment_of"]

GROUP = "neuroport.experiments"
Results = Mapping[str, Any]


class UnknownExperimentError(UserError, ValueError):
    """An experiment name that nothing registered."""


class StepImpossibleError(NeuroportError):
    """The result of a step was asked for that the backend refused."""


class StepResults(Mapping[str, Any]):
    """The results of the steps so far, by name.

    Parameters
    ----------
    done : mapping of str to object
    refused : mapping of str to str
        Step -> why the backend refused it. Asking for its result raises
        :class:`StepImpossibleError`.
    """

    def __init__(self, done: Mapping[str, Any], refused: Mapping[str, str]) -> None:
        self._done, self._refused = dict(done), dict(refused)

    def __getitem__(self, name: str) -> Any:
        if name in self._refused:
            raise StepImpossibleError(f"'{name}' is not possible there: {self._refused[name]}")
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._done, **self._refused})

    def __len__(self) -> int:
        return len({**self._done, **self._refused})


@dataclass
class Context:
    """What a step is given: simulators of the backend under test, and a place for progress.

    Attributes
    ----------
    spec : RunSpec
        The experiment, the backend under test with its options, numerics and time step.
    tell : callable
        Takes a line of text about the progress.
    simulations, cells, synapses : int
        Counted over all simulators of the step.
    simulated : float
        ms of simulated time.
    engine_time : float
        Seconds inside the engine's ``run``.
    runs_on : str
        ``simulation``, ``emulated`` or ``hardware``, as the backend says of itself.
    findings : list of str
        Warnings of its simulations, each once.
    """

    spec: RunSpec
    tell: Callable[[str], None] = lambda text: None
    simulations: int = 0
    cells: int = 0
    synapses: int = 0
    simulated: float = 0.0
    engine_time: float = 0.0
    runs_on: str = ""
    findings: list[str] = field(default_factory=list)
    _hash: Any = field(default_factory=hashlib.sha256)
    _open: Any = None
    _made: list[Any] = field(default_factory=list)

    def simulator(self, **settings: Any) -> Any:
        """Return a fresh simulator of the backend, as the specification says."""
        from neuroport.pynn.simulator import simulator

        self.finish()
        chosen = {"timestep": self.spec.timestep, "numerics": self.spec.numerics,
                  **self.spec.backend_options, **settings}
        self._open = simulator(str(self.spec.backend), **chosen)
        self._made.append(self._open)
        return self._open

    def close(self) -> None:
        """Count the last simulator, and free the engines and machines of all."""
        self.finish()
        for simulator in self._made:
            simulator.state.close()

    def finish(self) -> None:
        """Count the simulator made last and take its network's hash."""
        sim, self._open = self._open, None
        if sim is None or sim.state.session is None:
            return
        network = sim.state.session.network
        self.simulations += 1
        self.cells += network.n_cells
        self.synapses += network.n_synapses
        self.simulated += sim.state.t_reached
        self.engine_time += sim.state.wall_time
        self.runs_on = sim.state.backend.capabilities.kind
        for found in sim.state.findings:
            text = f"{found.code} {found.title}, {found.where}: {found.measured}"
            if found.severity.rank > 0 and text not in self.findings:
                self.findings.append(text)
        self._hash.update(network.hash.encode())

    @property
    def network_hash(self) -> str:
        """SHA-256 over the hashes of all networks, in the order in which they were run."""
        return str(self._hash.hexdigest()) if self.simulations else ""


@dataclass(frozen=True)
class Step:
    """A part of a protocol that is done whole or not at all.

    Attributes
    ----------
    name : str
        Unique in the experiment.
    function : callable
        ``function(context, results)``; gets the results of the steps before it by name and returns
        plain data (what JSON can hold). Where a backend or its checks refuse it, the table says
        why, and so for every later step and claim that asks for its result.
    """

    name: str
    function: Callable[[Context, Results], Any]


@dataclass(frozen=True)
class Drawing:
    """A figure of the report.

    Attributes
    ----------
    name : str
        File name without ending.
    caption : str
        What is shown, and which figure of the paper it stands beside.
    draw : callable
        Returns a matplotlib Figure.
    """

    name: str
    caption: str
    draw: Callable[[], Any]


@dataclass(frozen=True)
class Experiment:
    """A registered experiment.

    Attributes
    ----------
    name : str
    paper : Paper
    steps : callable
        ``steps() -> sequence of Step``.
    obtained : callable
        ``obtained(results) -> {claim id: value}``. A value may be a function without arguments:
        then only this claim is lost where it needs a step that was refused.
    figures : callable
        ``figures(results) -> sequence of Drawing``.
    fingerprint : str
        SHA-256 of claims, protocol and models; a journal belongs to one fingerprint.
    """

    name: str
    paper: Paper
    steps: Callable[[], Sequence[Step]]
    obtained: Callable[[Results], Mapping[str, Any]]
    figures: Callable[[Results], Sequence[Drawing]]
    fingerprint: str


def experiment_names() -> list[str]:
    """Return the names of all registered experiments."""
    return sorted(registered(GROUP))


def load_experiment(name: str) -> Experiment:
    """Return a registered experiment.

    Raises
    ------
    UnknownExperimentError
        If nothing is registered under that name.
    ClaimsError
        If its claims cannot be read.
    """
    points = registered(GROUP)
    if name not in points:
        raise UnknownExperimentError(not_registered(
            f"there is no experiment '{name}'", GROUP, name, "see `neuroport reproduce --list`"))
    return experiment_of(name, points[name].load())


def experiment_of(name: str, module: ModuleType) -> Experiment:
    """Return the experiment that a package describes.

    Parameters
    ----------
    name : str
    module : module
        With ``steps``, ``obtained`` and ``figures``, beside a ``claims.toml``.
    """
    folder = Path(str(module.__file__)).resolve().parent
    return Experiment(
        name, load_claims(folder / "claims.toml"), module.steps, module.obtained, module.figures,
        code_hash(folder),
    )

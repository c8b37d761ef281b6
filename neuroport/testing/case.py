"""What a conformance case is: a piece of network, what it should do, and who judges it.

A :class:`Part` adds populations to a network that it may share with other parts, and says what they
should have done. A :class:`Case` is one line of the support matrix: a capability, the part that
exercises it, and a judge. Parts of one :class:`Setting` run together in one session, so a slow
engine needs few of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities
from neuroport.numerics import PYNN, Numerics

__all__ = [
    "Case",
    "Judge",
    "Observed",
    "Outcome",
    "Part",
    "Setting",
    "Source",
    "honoured",
    "signal",
    "spike_table",
]

FloatArray = NDArray[np.float64]
Observed = Mapping[str, FloatArray]
"""What a part measured, by name."""

Source = Literal["expectation", "reference", "approximation"]


@dataclass(frozen=True)
class Setting:
    """What parts must have in common to share a session.

    Attributes
    ----------
    numerics : Numerics
        The rules inside a time step.
    timestep : float
        ms.
    runs : tuple of float
        Lengths of the runs, one after the other (ms).
    seed : int
    again : bool
        Whether the network is reset after the runs and they are done once more.
    name : str
        Tells settings apart that are equal in all else: the same network run twice.
    """

    numerics: Numerics
    timestep: float = 1.0
    runs: tuple[float, ...] = (40.0, 30.0, 50.0)
    seed: int = 7
    again: bool = False
    name: str = ""

    @property
    def steps(self) -> int:
        """Number of time steps of all runs."""
        return sum(round(run / self.timestep) for run in self.runs)

    @property
    def boundaries(self) -> tuple[int, ...]:
        """Steps at which one run ends and the next begins."""
        ends = np.cumsum([round(run / self.timestep) for run in self.runs])
        return tuple(int(end) for end in ends[:-1])


def honoured(
    capabilities: Capabilities, *narrower: Mapping[str, tuple[Any, ...]]
) -> Numerics:
    """Return the numerics nearest to PyNN's that a backend honours.

    Parameters
    ----------
    capabilities : Capabilities
    *narrower : mapping of str to tuple
        Tables of the cells and synapses in question; the later ones count more where nothing suits
        all.
    """
    choices = {}
    for name, value in PYNN.as_dict().items():
        tables = [t[name] for t in (capabilities.numerics, *narrower) if t.get(name)]
        if not tables or name == "name":
            continue
        common = [v for v in tables[-1] if all(v in t for t in tables)] or list(tables[-1])
        choices[name] = value if value in common else common[0]
    return PYNN.switch(**choices)


class Part(ABC):
    """A piece of network and what it should do.

    The suite copies a part before it builds it, so what :meth:`build` keeps belongs to one session.

    Attributes
    ----------
    label : str
        Unique; labels of its populations begin with it.
    setting : Setting
        In which it runs.
    """

    def __init__(self, label: str, setting: Setting) -> None:
        self.label = label
        self.setting = setting

    @abstractmethod
    def build(self, sim: Any) -> None:
        """Add populations to a simulator."""

    def between(self, sim: Any, run: int) -> None:  # noqa: B027  most parts change nothing
        """Change something after run number `run` (from 0) and before the next."""

    @abstractmethod
    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return what was measured, after the last run."""

    def expected(self, observed: Observed) -> dict[str, FloatArray] | None:
        """Return what should have been measured, by a closed form or fine integration.

        None where nothing is known beforehand; then the reference is asked, if the judge compares.
        `observed` serves where the expectation depends on what happened: the spikes that a
        plastic synapse saw.
        """
        return None

    @property
    def exact(self) -> bool:
        """Whether :meth:`expected` has the rules of this setting's numerics.

        Where it has not, the reference is asked, in the same numerics; where the reference has not
        what the part needs either, the expectation is taken for an approximation.
        """
        return True


@dataclass(frozen=True)
class Outcome:
    """What a judge gets.

    Attributes
    ----------
    observed, wanted : mapping of str to ndarray
        `wanted` is empty where nobody knows.
    source : {"expectation", "reference", "approximation"}
        Where `wanted` comes from. ``approximation``: an expectation without the machine's own
        rules.
    capabilities : Capabilities
    setting : Setting
    """

    observed: Observed
    wanted: Observed
    source: Source
    capabilities: Capabilities
    setting: Setting


Judge = Callable[[Outcome], str]
"""Returns what is wrong, in words; empty: nothing."""


@dataclass(frozen=True)
class Case:
    """One capability, how it is exercised, and how it is judged.

    Attributes
    ----------
    subject : str
        Section of the support matrix.
    feature : str
        Its line there; unique in the subject.
    lacks : str
        What the backend does not declare; empty: it declares all that the case needs.
    part : Part or None
        None where something is lacking.
    judge : callable
        ``judge(outcome) -> str``.
    other : Part or None
        A part of another session whose measurements are what is wanted.
    """

    subject: str
    feature: str
    lacks: str = ""
    part: Part | None = None
    judge: Judge = field(default=lambda outcome: "")
    other: Part | None = None

    @property
    def name(self) -> str:
        """Subject and feature, as ``-k`` searches them."""
        return f"{self.subject}: {self.feature}"


# -- measuring -------------------------------------------------------------------------------------


def spike_table(population: Any, timestep: float, segment: int = -1) -> FloatArray:
    """Return (step, cell) of the recorded spikes, by step, shape (n_spikes, 2)."""
    trains = population.get_data("spikes").segments[segment].spiketrains
    rows = [
        (round(float(time) / timestep), int(train.annotations["source_index"]))
        for train in trains
        for time in train.rescale("ms").magnitude
    ]
    return np.array(sorted(rows), dtype=float).reshape(-1, 2)


def signal(population: Any, variable: str, segment: int = -1) -> FloatArray:
    """Return a recorded variable, shape (n_samples, n_cells)."""
    (found,) = population.get_data(variable).segments[segment].filter(name=variable)
    return np.asarray(found.magnitude, dtype=float)



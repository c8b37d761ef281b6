"""The realised network: what every backend is given, the same arrays for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from neuroport.network.content import content_hash
from neuroport.network.parts import (
    CurrentSource,
    FloatArray,
    IntArray,
    PoissonSource,
    Population,
    Projection,
    Recording,
    RenewalSource,
    SpikeTimes,
)
from neuroport.network.text import parts_text
from neuroport.numerics import PYNN, Numerics

__all__ = [
    "FloatArray",
    "IntArray",
    "SpikeTimes",
    "PoissonSource",
    "RenewalSource",
    "Recording",
    "Population",
    "Projection",
    "CurrentSource",
    "Network",
]


@dataclass(frozen=True, eq=False)
class Network:
    """Everything that a backend needs to run a model.

    Attributes
    ----------
    timestep : float
        ms.
    seed : int
        From which all random numbers come.
    numerics : Numerics
        The rules inside a time step.
    populations : tuple of Population
    projections : tuple of Projection
    currents : tuple of CurrentSource
    """

    timestep: float
    seed: int
    numerics: Numerics
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    currents: tuple[CurrentSource, ...] = ()

    @cached_property
    def _populations(self) -> dict[str, Population]:
        return {p.label: p for p in self.populations}

    @cached_property
    def _projections(self) -> dict[str, Projection]:
        return {p.label: p for p in self.projections}

    def population(self, label: str) -> Population:
        """Return the population of that label.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self._populations[label]

    def projection(self, label: str) -> Projection:
        """Return the projection of that label.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self._projections[label]

    @property
    def n_cells(self) -> int:
        """Number of cells, sources included."""
        return sum(p.size for p in self.populations)

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return sum(p.size for p in self.projections)

    @cached_property
    def hash(self) -> str:
        """Content hash, see :func:`neuroport.network.content.content_hash`."""
        return content_hash(self.timestep, self.seed, self.numerics, self.populations,
                            self.projections, self.currents)

    @cached_property
    def realised_hash(self) -> str:
        """Hash of what every engine is given: sizes, values, synapses, inputs, seed.

        Of a network with weights as the user wrote them, before any grid. What is recorded, and
        the rules inside a time step, do not count: runs with equal hashes differ by the engine
        and its numerics alone.
        """
        silent = tuple(replace(p, recordings=()) for p in self.populations)
        return content_hash(
            self.timestep, self.seed, PYNN, silent, self.projections, self.currents)

    def __str__(self) -> str:
        return "\n".join([
            f"network: {self.n_cells} cells, {self.n_synapses} synapses, "
            f"timestep {self.timestep:g} ms, seed {self.seed}, numerics {self.numerics.name}",
            f"hash {self.hash}",
            *parts_text(self.numerics, self.populations, self.projections, self.currents,
                        self.timestep),
        ])

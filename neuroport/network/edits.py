"""What may change in a network between two runs: one small frozen object for each kind of change.

An edit names what it changes by label and carries whole arrays. :func:`apply_edit` gives the
network after it, so that a network that was edited is one that could have been written so at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from neuroport.network.description import Network
from neuroport.network.parts import (
    CurrentSource,
    FloatArray,
    PoissonSource,
    Population,
    Projection,
    Recording,
    RenewalSource,
    SpikeTimes,
)

__all__ = [
    "CurrentEdit",
    "Edit",
    "ParameterEdit",
    "RecordingEdit",
    "SpikeEdit",
    "StateEdit",
    "SynapseEdit",
    "apply_edit",
    "edit_from",
    "with_population",
]


@dataclass(frozen=True, slots=True, eq=False)
class _PopulationEdit:
    """A change of one population.

    Attributes
    ----------
    population : str
        Label.
    """

    of: ClassVar[str] = "population"

    population: str

    @property
    def label(self) -> str:
        """Label of what changes."""
        return self.population

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that change, where it is about values."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class _ValueEdit(_PopulationEdit):
    """New values of cells.

    Attributes
    ----------
    population : str
        Label.
    values : mapping of str to ndarray of float, shape (size,)
        In PyNN's units.
    """

    values: Mapping[str, FloatArray]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that change."""
        return tuple(self.values)


class ParameterEdit(_ValueEdit):
    """New values of cell parameters."""

    __slots__ = ()


class StateEdit(_ValueEdit):
    """New values of state variables, such as the membrane potential.

    Before the first step they are the initial values; later the present ones, and the initial
    ones after the next reset. NaN: this cell's state stays as it is.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class SynapseEdit:
    """New weights or parameters of synapses.

    Attributes
    ----------
    projection : str
        Label.
    values : mapping of str to ndarray of float, shape (n_synapses,)
        ``weight`` (nA, µS or mV) or a parameter of the synapse model.
    weight_step : float or None
        Grid on which the weights are stored from now on; None: the one it was.
    """

    of: ClassVar[str] = "projection"

    projection: str
    values: Mapping[str, FloatArray]
    weight_step: float | None = None

    @property
    def label(self) -> str:
        """Label of what changes."""
        return self.projection

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that change."""
        return tuple(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class SpikeEdit(_PopulationEdit):
    """New spike times or rates of a spike source, from now on.

    Attributes
    ----------
    population : str
        Label.
    spikes : SpikeTimes, PoissonSource or RenewalSource
    parameters : mapping of str to ndarray of float, shape (size,)
        All parameters of the source, such as its rates.
    """

    spikes: SpikeTimes | PoissonSource | RenewalSource | None
    parameters: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class CurrentEdit:
    """Other injected currents, from now on.

    Attributes
    ----------
    currents : tuple of CurrentSource
        All of the network's; further ones come last.
    """

    of: ClassVar[str] = "currents"
    label: ClassVar[str] = ""
    names: ClassVar[tuple[str, ...]] = ()

    currents: tuple[CurrentSource, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecordingEdit(_PopulationEdit):
    """Other recordings, from now on.

    Attributes
    ----------
    population : str
        Label.
    recordings : tuple of Recording
        All of the population's.
    """

    recordings: tuple[Recording, ...]


Edit = ParameterEdit | StateEdit | SynapseEdit | SpikeEdit | CurrentEdit | RecordingEdit


def apply_edit(network: Network, edit: Edit) -> Network:
    """Return the network after an edit.

    Raises
    ------
    KeyError
        If it has no population or projection of that label.
    """
    match edit:
        case ParameterEdit(label, values):
            old = network.population(label)
            return with_population(network, replace(old, parameters={**old.parameters, **values}))
        case StateEdit(label, values):
            old = network.population(label)
            merged = {
                name: np.where(np.isnan(v), old.initial.get(name, np.zeros(old.size)), v)
                for name, v in values.items()
            }
            return with_population(network, replace(old, initial={**old.initial, **merged}))
        case SpikeEdit(label, spikes, parameters):
            old = network.population(label)
            return with_population(network, replace(old, spikes=spikes, parameters=parameters))
        case RecordingEdit(label, recordings):
            old = network.population(label)
            return with_population(network, replace(old, recordings=recordings))
        case CurrentEdit(currents):
            return replace(network, currents=currents)
        case SynapseEdit(label, values, step):
            projection = network.projection(label)
            rest = {name: v for name, v in values.items() if name != "weight"}
            changed = replace(
                projection, weight=values.get("weight", projection.weight),
                parameters={**projection.parameters, **rest},
                weight_step=projection.weight_step if step is None else step,
            )
            return replace(network, projections=tuple(
                changed if p is projection else p for p in network.projections))


def edit_from(edit: Edit, network: Network, label: str) -> Edit:
    """Return an edit of the same kind and names, with the values that a network has.

    Parameters
    ----------
    edit : Edit
        Says what is wanted.
    network : Network
        Where the values are.
    label : str
        Of the population or projection there.
    """
    match edit:
        case ParameterEdit():
            has = network.population(label).parameters
            return ParameterEdit(label, {name: has[name] for name in edit.values})
        case StateEdit():
            return StateEdit(label, edit.values)  # a network has initial states only
        case SpikeEdit():
            source = network.population(label)
            return SpikeEdit(label, source.spikes, source.parameters)
        case RecordingEdit():
            return RecordingEdit(label, network.population(label).recordings)
        case CurrentEdit():
            return CurrentEdit(network.currents)
        case SynapseEdit():
            p = network.projection(label)
            return SynapseEdit(label, {name: _values(p, name) for name in edit.values},
                               p.weight_step)


def _values(projection: Projection, name: str) -> FloatArray:
    return projection.weight if name == "weight" else projection.parameters[name]


def with_population(network: Network, changed: Population) -> Network:
    """Return a network with another description of one of its populations."""
    return replace(network, populations=tuple(
        changed if p.label == changed.label else p for p in network.populations))

"""What a realised network is made of: populations, sources, projections, currents.

All descriptions are frozen. Units: ms, mV, nA, nF, µS, Hz; delays are whole time steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CellModel
from neuroport.network.synapses import SynapseModel
from neuroport.source_line import SourceLine

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
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SpikeTimes:
    """Spike times of the cells of a SpikeSourceArray.

    Attributes
    ----------
    index : ndarray of int, shape (n_spikes,)
        Cell.
    time : ndarray of float, shape (n_spikes,)
        Time (ms), in order for each cell.
    """

    index: IntArray
    time: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PoissonSource:
    """Poisson spike trains; realised from the seed, not by the engine.

    Attributes
    ----------
    rate, start, duration : ndarray of float, shape (size,)
        Hz, ms, ms.
    stream : tuple of int
        Key of the random stream, see :mod:`neuroport.realise.streams`.
    """

    rate: FloatArray
    start: FloatArray
    duration: FloatArray
    stream: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RenewalSource:
    """Spike trains with independent intervals: a dead time and a gamma-distributed rest.

    Attributes
    ----------
    shape : ndarray of float, shape (size,)
        Order of the gamma distribution (1: exponential).
    scale : ndarray of float, shape (size,)
        Its scale (ms): the mean interval is dead + shape * scale.
    dead : ndarray of float, shape (size,)
        Shortest interval (ms).
    start, duration : ndarray of float, shape (size,)
        ms.
    stream : tuple of int
        Key of the random stream.
    """

    shape: FloatArray
    scale: FloatArray
    dead: FloatArray
    start: FloatArray
    duration: FloatArray
    stream: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A request to record one variable.

    Attributes
    ----------
    variable : str
        E.g. ``spikes`` or ``v``.
    index : ndarray of int
        Cells, ascending.
    interval : int
        Time steps between samples (1 for spikes).
    """

    variable: str
    index: IntArray
    interval: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Cells of one type.

    Attributes
    ----------
    label : str
        Unique in the network.
    size : int
        Number of cells.
    cell : CellModel
        Their type.
    parameters : mapping of str to ndarray, shape (size,)
        Values of the cell's parameters.
    initial : mapping of str to ndarray, shape (size,)
        Initial values of the cell's states.
    positions : ndarray of float, shape (3, size), or None
        Places in space (µm); None where nothing asked for them.
    spikes : SpikeTimes, PoissonSource, RenewalSource or None
        For spike sources.
    recordings : tuple of Recording
        What to record.
    described : mapping of str to str
        How the user wrote parameters that were drawn or computed.
    line : SourceLine or None
        The user's line.
    per_core : int or None
        Most cells on a core of a machine that has cores, where the user set it. It decides where
        cells lie and not what they do, so it is no part of the content hash.
    """

    label: str
    size: int
    cell: CellModel
    parameters: Mapping[str, FloatArray]
    initial: Mapping[str, FloatArray]
    positions: FloatArray | None = None
    spikes: SpikeTimes | PoissonSource | RenewalSource | None = None
    recordings: tuple[Recording, ...] = ()
    described: Mapping[str, str] = field(default_factory=dict)
    line: SourceLine | None = None
    per_core: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Synapses from one population to another.

    Attributes
    ----------
    label : str
        Name, unique in the network.
    pre, post : str
        Labels of the populations.
    receptor : str
        Receptor type of the target.
    synapse : SynapseModel
        What the synapses do.
    pre_index, post_index : ndarray of int, shape (n_synapses,)
        Cells in the populations.
    weight : ndarray of float, shape (n_synapses,)
        nA, µS or mV, negative for current-based inhibition (PyNN's convention).
    delay : ndarray of int, shape (n_synapses,)
        Time steps, at least 1.
    parameters : mapping of str to ndarray, shape (n_synapses,)
        Parameters of plastic and short-term plastic synapses; A± are as the user wrote them.
    dendritic_fraction : float
        Part of the delay that is dendritic, 0 to 1; STDP only.
    weight_step : float or None
        Grid on which the weights are stored (nA, µS or mV); None: no grid. Static weights are on
        it already; a plastic one is floored to it whenever it is written.
    recipe : tuple of (str, mapping) or None
        PyNN's connector and its arguments, where it joined two whole populations by a rule that a
        machine could follow by itself. The synapses above are what counts.
    connector : str
        How the user connected them.
    described : mapping of str to str
        How the user wrote values that were drawn or computed.
    line : SourceLine or None
        The user's line.
    """

    label: str
    pre: str
    post: str
    receptor: str
    synapse: SynapseModel
    pre_index: IntArray
    post_index: IntArray
    weight: FloatArray
    delay: IntArray
    parameters: Mapping[str, FloatArray] = field(default_factory=dict)
    dendritic_fraction: float = 1.0
    connector: str = ""
    described: Mapping[str, str] = field(default_factory=dict)
    line: SourceLine | None = None
    weight_step: float | None = None
    recipe: tuple[str, Mapping[str, Any]] | None = None

    @property
    def size(self) -> int:
        """Number of synapses."""
        return int(self.pre_index.size)


@dataclass(frozen=True, slots=True, eq=False)
class CurrentSource:
    """A current injected into cells, realised step by step from its parameters.

    Attributes
    ----------
    kind : str
        ``DCSource``, ``ACSource``, ``StepCurrentSource`` or ``NoisyCurrentSource``.
    parameters : mapping
        PyNN's parameters (nA, ms, Hz, degrees).
    targets : tuple of (str, ndarray of int)
        Population label and cells.
    stream : tuple of int
        Key of the random stream (noise only).
    line : SourceLine or None
        The user's line.
    """

    kind: str
    parameters: Mapping[str, Any]
    targets: tuple[tuple[str, IntArray], ...]
    stream: tuple[int, ...]
    line: SourceLine | None = None

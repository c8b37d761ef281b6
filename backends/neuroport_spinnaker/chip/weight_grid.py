"""The chip's weight grid, by a formula of its own; :mod:`plan` asks sPyNNaker the same.

A core adds the weights that arrive for one time step into a ring of 16-bit entries. One scale per
receptor of a population must fit the largest expected sum: weights are stored in units of
``2**(shift - 15)``. Follows sPyNNaker 7.4.1, ``population_vertex.get_ring_buffer_shifts``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from neuroport.network.description import Network, Projection
from neuroport.network.plasticity import learning_rule
from neuroport_spinnaker.chip.limits import DEFAULT_RATE, SIGMA, STORED_BITS, WEIGHT_SCALE
from neuroport_spinnaker.lower.machine_made import most_inputs
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.layout import incoming

__all__ = ["Scale", "scales", "ring_buffer", "stored", "effective"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """How weights into one receptor of a population are stored.

    Attributes
    ----------
    shift : int
        The ring-buffer shift.
    factor : float
        Stored number of a weight of 1 (nA or µS).
    largest : float
        Sum (nA or µS) that was made room for.
    busy : float
        Sum in one time step that is exceeded about once in three million steps, were every input
        to fire at the expected rate.
    rate : float
        That rate, averaged over the inputs (Hz).
    inputs : int
        Most synapses on one cell.
    """

    shift: int
    factor: float
    largest: float
    busy: float
    rate: float
    inputs: int

    @property
    def resolution(self) -> float:
        """Smallest weight that is not zero (nA or µS)."""
        return 1.0 / self.factor

    @property
    def capacity(self) -> float:
        """Sum at which the ring saturates (nA or µS)."""
        return float(2**STORED_BITS - 1) / self.factor


class _Sum:
    """Running mean and variance, weighted by numbers of synapses as sPyNNaker does it."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, mean: float, variance: float, count: int) -> None:
        if count <= 0:
            return
        total = self.count + count
        delta = mean - self.mean
        self.squares += variance * (count - 1.0) + delta * delta * self.count * count / total
        self.mean = (self.count * self.mean + count * mean) / total
        self.count = total

    @property
    def variance(self) -> float:
        return float(self.squares / (self.count - 1)) if self.count > 1 else 0.0


def _rates(network: Network) -> tuple[float, float]:
    """Return (spikes a step, spikes a second) that sPyNNaker expects of any cell.

    7.4.1 means to use a Poisson source's own rate, but asks an object that does not know it.
    """
    return max(1.0, DEFAULT_RATE * network.timestep * 1e-3), DEFAULT_RATE


def _weights(projection: Projection, network: Network) -> tuple[float, float, float]:
    """Return (mean, variance, largest) of the weights that sPyNNaker reckons with."""
    size = np.abs(projection.weight)
    largest = float(size.max())
    if projection.synapse.kind == "stdp":
        largest = max(largest, float(learning_rule(projection, network).w_max.max()))
    if projection.synapse.plastic:  # all of them may grow to the largest
        return largest, 0.0, largest
    return float(size.mean()), float(size.var()), largest


def ring_buffer(network: Network) -> dict[tuple[str, str], float]:
    """Return the weight step (nA or µS) of each (population, receptor) with projections.

    The grid of the numerics choice ``ring_buffer``, for networks of all engines.
    """
    steps = {where: scale.resolution for where, scale in scales(network).items()}
    for p in network.projections:  # without synapses: as if all were 0
        receptor = network.population(p.post).cell.receptor(p.receptor)
        unit = WEIGHT_SCALE if receptor.conductance else 1.0
        steps.setdefault((p.post, p.receptor), 2.0 ** (1 - STORED_BITS) / unit)
    return steps


def scales(network: Network, options: Options | None = None) -> dict[tuple[str, str], Scale]:
    """Return the scale of each (population, receptor) that has inputs.

    Parameters
    ----------
    network : Network
    options : Options, optional
        Whether the machine makes synapses by itself.

    Returns
    -------
    dict
        (label, receptor name) -> :class:`Scale`.
    """
    result: dict[tuple[str, str], Scale] = {}
    for label, projections in incoming(network).items():
        cell = network.population(label).cell
        for receptor in cell.receptors:
            mine = [p for p in projections if p.receptor == receptor.name and p.size]
            if mine:
                result[label, receptor.name] = _scale(
                    network, mine, WEIGHT_SCALE if receptor.conductance else 1.0,
                    options or Options(),
                )
    return result


def _scale(
    network: Network, projections: list[Projection], unit: float, options: Options
) -> Scale:
    weights, delays, rates = _Sum(), _Sum(), _Sum()
    total = biggest = 0.0
    inputs = 0
    for projection in projections:
        count = most_inputs(projection, network, options)
        mean, variance, largest = _weights(projection, network)
        per_step, per_second = _rates(network)
        weights.add(mean * unit, variance * unit**2, count)
        delays.add(0.0, float(projection.delay.var()) * network.timestep**2, count)
        rates.add(per_second, 0.0, count)
        biggest = max(biggest, largest * unit)
        # Not in units of the ring for conductances: so it is in 7.4.1, and it is what decides.
        total += per_step * largest * count
        inputs += count
    busy = _busy(weights, rates.mean * network.timestep * 1e-3)
    if delays.variance == 0.0:
        needed = max(total, biggest)
    else:
        needed = max(min(busy, total), biggest)
    shift = 0 if needed <= 0 else math.ceil(max(0.0, math.log2(needed)))
    if 2**shift <= needed:
        shift += 1
    factor = 2.0 ** (STORED_BITS - 1 - shift) * unit
    return Scale(shift, factor, needed / unit, busy / unit, rates.mean, inputs)


def _busy(weights: _Sum, rate_per_step: float) -> float:
    """Return mean + 5 standard deviations of the sum that arrives in one step."""
    spikes = weights.count * rate_per_step
    if spikes <= 0:
        return 0.0
    poisson = spikes * weights.mean**2
    spread = 0.0
    if weights.variance > 0:
        # Variance by the spread of the weights, under a truncated Poisson number of spikes.
        bound = round(spikes + 3.0 * math.sqrt(spikes))
        ratio = math.log(spikes) * bound - float(special.gammaln(1 + bound))
        inside = math.exp(min(spikes, 700.0)) * float(special.gammaincc(1 + bound, spikes))
        if -701.0 < ratio < 701.0 and ratio != 0.0 and inside > math.exp(ratio):
            spread = math.exp(
                -spikes + math.log(spikes) + math.log(weights.variance)
                + math.log(inside - math.exp(ratio))
            )
    return spikes * weights.mean + SIGMA * math.sqrt(poisson + spread)


def stored(weight: FloatArray, scale: Scale) -> IntArray:
    """Return the whole numbers that the chip holds for weights (nA or µS, either sign)."""
    return np.rint(np.abs(weight) * scale.factor).astype(np.int64)


def effective(weight: FloatArray, scale: Scale) -> FloatArray:
    """Return the weights that the chip will use, with their sign."""
    return np.sign(weight) * stored(weight, scale) / scale.factor

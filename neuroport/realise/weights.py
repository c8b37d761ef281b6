"""Stored weights: the grid on which a machine keeps them.

SpiNNaker sums the input of a step in 16 bits. The unit of that sum, and so of every weight to one
receptor of one population, is 2^(shift − 15), where the shift comes from an estimate of the largest
sum (sPyNNaker 7.4.1, ``population_vertex``). The estimate is made again here from realised
synapses; for random connectors and drawn weights sPyNNaker uses expected values, so its unit can
be another there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from neuroport.findings import Finding, Severity, finding
from neuroport.network.description import Network, Projection

__all__ = ["ring_buffer_shift", "store_weights", "weight_findings"]

_WORD_BITS = 15  # of a 16-bit weight word, below the ring buffer's unit
_CONDUCTANCE_SCALE = 1024.0  # the chip keeps conductances in 1/1024 µS
_SPIKES_PER_SECOND = 30.0  # sPyNNaker's assumption about a presynaptic cell
_SIGMA = 5.0  # standard deviations above the mean that must still fit
_SUM_LIMIT = 3.0  # standard deviations up to which the Poisson sum is taken
# More than this of a weight lost by rounding is worth a warning.
_WORTH_A_WARNING = 0.05


def _largest(projection: Projection) -> float:
    largest = float(np.abs(projection.weight).max(initial=0.0))
    if projection.synapse.kind == "stdp":
        for name in ("w_min", "w_max"):
            bound = projection.parameters.get(name)
            if bound is not None:
                largest = max(largest, float(np.abs(bound).max(initial=0.0)))
    return largest


def ring_buffer_shift(projections: Iterable[Projection], network: Network) -> int:
    """Return sPyNNaker's ring-buffer shift for the projections into one receptor.

    Parameters
    ----------
    projections : iterable of Projection
        All projections into one receptor of one population.
    network : Network
        For the time step, the presynaptic cells and the receptor.

    Returns
    -------
    int
        The summed input is kept in units of 2^(shift − 15); 0 or more.

    Notes
    -----
    With equal delays everywhere the bound is the sum of the largest weight of each projection times
    its largest number of synapses on one cell. Otherwise it is the mean plus five standard
    deviations of Poisson input at 30 Hz a cell, no less than the largest weight and no more than
    that sum.
    """
    count = 0
    mean = mean_square = delay_spread = 0.0
    total = biggest = 0.0
    # Of Poisson sources as well: 7.4.1 means to use their own rate, but asks an object that does
    # not know it, and realised spike trains are arrays to it in any case.
    per_step = max(1.0, _SPIKES_PER_SECOND * network.timestep * 1e-3)
    for p in projections:
        if not p.size:
            continue
        receptor = network.population(p.post).cell.receptor(p.receptor)
        scale = _CONDUCTANCE_SCALE if receptor.conductance else 1.0
        n = int(np.bincount(p.post_index).max())
        largest = _largest(p) * scale
        size = np.abs(p.weight) * scale
        here, spread = (
            (largest, 0.0) if p.synapse.plastic else (float(size.mean()), float(size.var()))
        )
        # The running mean and sum of squares of a pooled sample.
        apart = here - mean
        mean_square += spread * (n - 1) + apart * apart * count * n / (count + n)
        mean = (count * mean + n * here) / (count + n)
        delay_spread += float(p.delay.var()) * (n - 1)
        count += n
        biggest = max(biggest, largest)
        total += per_step * largest * n
    if not count:
        return 0
    bound = max(total, biggest)
    if delay_spread > 0:
        spread = math.sqrt(mean_square / (count - 1)) if count > 1 else 0.0
        expected = _expected_bound(mean, spread, _SPIKES_PER_SECOND, count, network.timestep)
        bound = max(min(expected, total), biggest)
    shift = 0 if bound <= 0 else math.ceil(max(0.0, math.log2(bound)))
    return shift + 1 if 2.0**shift <= bound else shift


def _expected_bound(
    mean: float, spread: float, rate: float, count: int, timestep: float
) -> float:
    """Return mean + 5 standard deviations of the summed weights of Poisson spikes in a step."""
    spikes = count * rate * timestep * 1e-3
    variance = spikes * mean**2
    if spread > 0:
        limit = round(spikes + _SUM_LIMIT * math.sqrt(spikes))
        size = math.log(spikes) * limit - float(special.gammaln(1 + limit))
        if -701.0 < size < 701.0 and size != 0.0:  # beyond it sPyNNaker leaves this part out
            variance += spikes * spread**2 * float(special.gammaincc(limit, spikes))
    return spikes * mean + _SIGMA * math.sqrt(variance)


def _steps(network: Network) -> dict[tuple[str, str], float]:
    into: dict[tuple[str, str], list[Projection]] = {}
    for p in network.projections:
        into.setdefault((p.post, p.receptor), []).append(p)
    result = {}
    for (post, name), projections in into.items():
        shift = ring_buffer_shift(projections, network)
        conductance = network.population(post).cell.receptor(name).conductance
        scale = _CONDUCTANCE_SCALE if conductance else 1.0
        result[post, name] = 2.0 ** (shift - _WORD_BITS) / scale
    return result


def _on_grid(weight: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    return np.asarray(np.rint(weight / step) * step)


def store_weights(network: Network) -> Network:
    """Return the network with its weights as they are stored under its numerics.

    Parameters
    ----------
    network : Network
        With weights as the user wrote them.

    Returns
    -------
    Network
        Its projections have their ``weight_step``, and weights that are multiples of it; the same
        network where the numerics have no grid.
    """
    static, plastic = network.numerics.static_weight_step, network.numerics.plastic_weight_step
    if static is None and plastic is None:
        return network
    steps = _steps(network) if "ring_buffer" in (static, plastic) else {}
    projections = []
    for p in network.projections:
        # Synapses given by equations write their weights themselves.
        choice = {"stdp": plastic, "equations": None}.get(p.synapse.kind, static)
        step = steps[p.post, p.receptor] if choice == "ring_buffer" else choice
        if not isinstance(step, float | int):
            projections.append(p)
            continue
        projections.append(
            replace(p, weight=_on_grid(p.weight, float(step)), weight_step=float(step))
        )
    return replace(network, projections=tuple(projections))


def weight_findings(written: Network, stored: Network) -> list[Finding]:
    """Return a finding for every projection whose weights the grid changed.

    Parameters
    ----------
    written, stored : Network
        Before and after :func:`store_weights`.
    """
    found = []
    for before, after in zip(written.projections, stored.projections, strict=True):
        change = np.abs(after.weight - before.weight)
        if after.weight_step is None or not change.size or not change.max() > 0:
            continue
        part = change / np.abs(np.where(before.weight == 0, 1.0, before.weight))
        worst = int(part.argmax())
        lost = int(((after.weight == 0) & (before.weight != 0)).sum())
        serious = lost > 0 or part[worst] > _WORTH_A_WARNING
        found.append(
            finding(
                "NP112",
                f"projection '{before.label}'",
                measured=f"{int((change > 0).sum())} of {change.size} weights; at worst "
                f"{before.weight[worst]:.8g} becomes {after.weight[worst]:.8g} "
                f"({part[worst]:.2g} of it)" + (f"; {lost} become 0" if lost else ""),
                limit=f"multiples of {after.weight_step:g}",
                why="the unit is set by the largest summed input to this receptor of "
                f"'{before.post}'",
                fixes=("weights on that grid", "less or smaller input to the same receptor"),
                line=before.line,
                severity=Severity.WARNING if serious else None,
                step=after.weight_step,
                largest_change=float(change.max()),
            )
        )
    return found

"""Distances between two spike trains, on one footing: 0 for equal, 1 for nothing in common.

Victor-Purpura and van Rossum come from Elephant, ISI and SPIKE from PySpike; the coincidence
factor is computed here. Wrappers deal with what the libraries leave to the caller: equal trains
(rounding gives 1e-7 or, in older versions, not-a-number: elephant issues 679 and 680), silent
trains, and spikes on the edge of the window, which PySpike cannot tell from silence.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import neo
import numpy as np
import pyspike
import quantities as pq
from elephant.spike_train_dissimilarity import van_rossum_distance, victor_purpura_distance

from neuroport.results.result import FloatArray

__all__ = [
    "TrainDistances", "coincidence_factor", "coincidences", "isi_distance", "spike_distance",
    "spike_distance_matrix", "train_distances", "van_rossum", "victor_purpura",
]


def coincidences(first: FloatArray, second: FloatArray, precision: float) -> int:
    """Largest number of one-to-one pairs of spikes at most `precision` apart.

    Parameters
    ----------
    first, second : arrays, sorted
        Spike times, ms.
    precision : float
        ms.
    """
    i = j = found = 0
    slack = precision * (1 + 1e-9)
    while i < len(first) and j < len(second):
        gap = first[i] - second[j]
        if abs(gap) <= slack:
            found, i, j = found + 1, i + 1, j + 1
        elif gap < 0:
            i += 1
        else:
            j += 1
    return found


def coincidence_factor(reference: FloatArray, target: FloatArray, *, precision: float,
                       duration: float) -> float:
    r"""Coincidence factor Gamma of two spike trains.

    .. math:: \Gamma = \frac{N_c - 2 \nu \Delta N_1}{\tfrac12 (N_1 + N_2)} \,
              \frac{1}{1 - 2 \nu \Delta}

    with :math:`N_c` coincidences within :math:`\pm\Delta` and :math:`\nu = N_2 / T` (Kistler,
    Gerstner & van Hemmen 1997, Neural Comput. 9:1015; Jolivet et al. 2008,
    J. Neurosci. Methods 169:417).

    Parameters
    ----------
    reference, target : arrays, sorted
        Spike times, ms.
    precision : float
        Delta, ms.
    duration : float
        T, ms.

    Returns
    -------
    float
        1 for equal trains, 0 for chance. 1 if both are silent. NaN if the target fires so fast
        that chance alone fills the windows (2 nu Delta > 0.9).
    """
    n1, n2 = len(reference), len(target)
    if np.array_equal(reference, target):
        return 1.0
    chance = 2 * precision * n2 / duration if duration > 0 else math.inf
    if chance > 0.9:
        return math.nan
    found = coincidences(reference, target, precision)
    return (found - chance * n1) / (0.5 * (n1 + n2)) / (1 - chance)


def _neo(times: FloatArray, start: float, stop: float) -> neo.SpikeTrain:
    return neo.SpikeTrain(times, units="ms", t_start=min(start, 0.0) * pq.ms,
                          t_stop=max(stop, float(times[-1]) if len(times) else stop) * pq.ms)


def victor_purpura(first: FloatArray, second: FloatArray, *, cost: float) -> float:
    """Victor-Purpura distance divided by the number of spikes of both trains.

    Parameters
    ----------
    first, second : arrays, sorted
        Spike times, ms.
    cost : float
        Cost of moving a spike by 1 ms; adding or removing one costs 1.

    Returns
    -------
    float
        0 to 1 (Victor & Purpura 1996, J. Neurophysiol. 76:1310).
    """
    if np.array_equal(first, second):
        return 0.0
    if not len(first) or not len(second):
        return 1.0
    start, stop = min(first[0], second[0]), max(first[-1], second[-1])
    matrix = victor_purpura_distance(
        [_neo(first, start, stop), _neo(second, start, stop)], cost / pq.ms, sort=False)
    return float(np.clip(matrix[0, 1] / (len(first) + len(second)), 0.0, 1.0))


def van_rossum(first: FloatArray, second: FloatArray, *, time_constant: float) -> float:
    """Squared van Rossum distance as part of its largest value (trains that never overlap).

    Parameters
    ----------
    first, second : arrays, sorted
        Spike times, ms.
    time_constant : float
        Of the exponential kernel, ms.

    Returns
    -------
    float
        D²(a, b) / (D²(a, silence) + D²(b, silence)), 0 to 1 (van Rossum 2001, Neural Comput.
        13:751).
    """
    if np.array_equal(first, second):
        return 0.0
    if not len(first) or not len(second):
        return 1.0
    start, stop = min(first[0], second[0]), max(first[-1], second[-1])
    trains = [_neo(t, start, stop) for t in (first, second, np.empty(0))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        matrix = van_rossum_distance(trains, time_constant * pq.ms, sort=False) ** 2
    part = matrix[0, 1] / (matrix[0, 2] + matrix[1, 2])
    return float(np.clip(np.nan_to_num(part, nan=0.0), 0.0, 1.0))


def _pyspike(times: FloatArray, start: float, stop: float, pad: float) -> pyspike.SpikeTrain:
    return pyspike.SpikeTrain(np.unique(times), (start - pad, stop + pad))


def isi_distance(first: FloatArray, second: FloatArray, *, start: float, stop: float,
                 pad: float = 1.0) -> float:
    """ISI distance (Kreuz et al. 2007), 0 to 1; 1 if exactly one train is silent.

    Parameters
    ----------
    first, second : arrays, sorted
        Spike times, ms.
    start, stop : float
        Window, ms.
    pad : float
        The window is widened by this (ms) so that spikes on its edge stay visible.
    """
    if np.array_equal(first, second):
        return 0.0
    if not len(first) or not len(second):
        return 1.0
    return float(pyspike.isi_distance(_pyspike(first, start, stop, pad),
                                      _pyspike(second, start, stop, pad)))


def spike_distance(first: FloatArray, second: FloatArray, *, start: float, stop: float,
                   pad: float = 1.0) -> float:
    """SPIKE distance (Kreuz et al. 2013), 0 to 1; parameters as in `isi_distance`."""
    if np.array_equal(first, second):
        return 0.0
    if not len(first) or not len(second):
        return 1.0
    return float(pyspike.spike_distance(_pyspike(first, start, stop, pad),
                                        _pyspike(second, start, stop, pad)))


def spike_distance_matrix(reference: list[FloatArray], target: list[FloatArray], *,
                          start: float, stop: float, pad: float = 1.0) -> FloatArray:
    """SPIKE distance of every reference train to every target train.

    Returns
    -------
    array, shape (n_reference, n_target)
    """
    return np.array([[spike_distance(a, b, start=start, stop=stop, pad=pad) for b in target]
                     for a in reference], dtype=np.float64).reshape(len(reference), len(target))


@dataclass(frozen=True, slots=True)
class TrainDistances:
    """Distances of two trains of one neuron; all are 0 (Gamma: 1) for equal trains."""

    van_rossum: float
    victor_purpura: float
    spike: float
    isi: float
    coincidence_factor: float


def train_distances(reference: FloatArray, target: FloatArray, *, start: float, stop: float,
                    precision: float, time_constant: float, pad: float = 1.0,
                    longest: int | None = None) -> TrainDistances:
    """All distances of two spike trains.

    Parameters
    ----------
    reference, target : arrays, sorted
        Spike times, ms.
    start, stop : float
        Window, ms.
    precision : float
        Coincidence window, ms; the cost of Victor-Purpura is one per `precision`.
    time_constant : float
        Of van Rossum's kernel, ms.
    pad : float
        See `isi_distance`.
    longest : int, optional
        Victor-Purpura uses the window up to this many spikes of the longer train.
    """
    a, b = reference, target
    if longest is not None and max(len(a), len(b)) > longest:
        until = min(t[longest] for t in (a, b) if len(t) > longest)
        a, b = a[a < until], b[b < until]
    return TrainDistances(
        van_rossum=van_rossum(reference, target, time_constant=time_constant),
        victor_purpura=victor_purpura(a, b, cost=1.0 / precision),
        spike=spike_distance(reference, target, start=start, stop=stop, pad=pad),
        isi=isi_distance(reference, target, start=start, stop=stop, pad=pad),
        coincidence_factor=coincidence_factor(reference, target, precision=precision,
                                              duration=stop - start))

"""Firing statistics of one run: rate, irregularity (CV, LV) and pairwise correlation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import neo
import numpy as np
import quantities as pq
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import correlation_coefficient
from elephant.statistics import cv, isi, lv

from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Sampling
from neuroport.compare.measures.pairing import GRID_TOLERANCE, sample
from neuroport.results.result import FloatArray, Result

__all__ = ["QUANTITIES", "PopulationStatistics", "population_statistics"]

#: Names and units of the quantities whose distributions L3 compares.
QUANTITIES: Mapping[str, str] = {"rate": "Hz", "CV": "", "LV": "", "correlation": ""}


@dataclass(frozen=True, slots=True, eq=False)
class PopulationStatistics:
    """Statistics of one population in one run.

    Attributes
    ----------
    population : str
    start, stop : float
        Window, ms.
    neurons : int
        Recorded neurons.
    values : mapping of str to array
        For each of `QUANTITIES` one number per neuron (rate, CV, LV; neurons with too few
        intervals left out) or per pair of neurons (correlation; silent ones left out).
    left_out : mapping of str to int
        Neurons left out of CV, LV and correlation.
    tried : mapping of str to int
        Neurons that CV, LV and correlation were computed of.
    sampling : tuple of Sampling
        Where CV and LV, or the correlation, used only a part of the neurons.
    """

    population: str
    start: float
    stop: float
    neurons: int
    values: Mapping[str, FloatArray]
    left_out: Mapping[str, int]
    tried: Mapping[str, int]
    sampling: tuple[Sampling, ...]

    def mean(self, quantity: str) -> float:
        """Mean over neurons or pairs; NaN if no neuron qualifies."""
        values = self.values[quantity]
        return float(values.mean()) if len(values) else math.nan


def _irregularity(times: FloatArray, minimum: int) -> tuple[float, float]:
    intervals = isi(times)
    if len(intervals) < minimum:
        return math.nan, math.nan
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(cv(intervals)), float(lv(intervals))


def _correlations(trains: list[FloatArray], start: float, stop: float, width: float,
                  ) -> tuple[FloatArray, int]:
    bins = int((stop - start) / width + 1e-9)
    end = start + bins * width
    inside = [t[(t >= start) & (t < end)] for t in trains]
    active = [t for t in inside if len(t)]
    if len(active) < 2 or bins < 2:
        return np.empty(0), len(trains) - len(active)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # constant rows: their not-a-number is left out below
        binned = BinnedSpikeTrain(
            [neo.SpikeTrain(t, units="ms", t_start=start * pq.ms, t_stop=end * pq.ms)
             for t in active],
            bin_size=width * pq.ms, t_start=start * pq.ms, t_stop=end * pq.ms, tolerance=1e-6)
        matrix = np.asarray(correlation_coefficient(binned))
    values = matrix[np.triu_indices(len(active), k=1)]
    return values[np.isfinite(values)], len(trains) - len(active)


def population_statistics(result: Result, population: str, limits: Thresholds,
                          sampling: SamplingLimits, *, start: float | None = None,
                          stop: float | None = None) -> PopulationStatistics | None:
    """Rate, CV, LV and correlation of one population.

    Parameters
    ----------
    result : Result
    population : str
    limits : Thresholds
        `minimum_intervals` and `correlation_bin` are used.
    sampling : SamplingLimits
        `irregularity_neurons`, `correlation_neurons` and `seed` are used.
    start, stop : float, optional
        Window, ms; the recorded one if left out.

    Returns
    -------
    PopulationStatistics or None
        None if the population's spikes were not recorded.

    Notes
    -----
    CV and LV by Elephant (LV: Shinomoto et al. 2003, Neural Comput. 15:2823); correlation is
    Pearson's, of spike counts in bins of `correlation_bin`.
    """
    spikes = result.spikes(population)
    if spikes is None:
        return None
    begin = spikes.start if start is None else start
    end = spikes.stop if stop is None else stop
    slack = GRID_TOLERANCE * result.timestep
    trains = [t[(t >= begin - slack) & (t <= end + slack)] for t in spikes.times]
    counts = np.array([len(t) for t in trains], dtype=np.float64)
    some, first = sample(
        np.arange(len(trains)), sampling.irregularity_neurons, seed=sampling.seed,
        where=population, what="neurons for CV and LV")
    irregular = np.array([_irregularity(trains[int(i)], limits.minimum_intervals) for i in some],
                         dtype=np.float64).reshape(len(some), 2)
    good = np.isfinite(irregular).all(axis=1)
    chosen, second = sample(
        np.arange(len(trains)), sampling.correlation_neurons, seed=sampling.seed,
        where=population, what="neurons for the correlation")
    correlation, silent = _correlations([trains[int(i)] for i in chosen], begin, end,
                                        limits.correlation_bin)
    return PopulationStatistics(
        population, begin, end, len(trains),
        {"rate": counts * 1000.0 / (end - begin), "CV": irregular[good, 0],
         "LV": irregular[good, 1], "correlation": correlation},
        {"CV": int(np.sum(~good)), "LV": int(np.sum(~good)), "correlation": silent},
        {"CV": len(some), "LV": len(some), "correlation": len(chosen)},
        tuple(s for s in (first, second) if s is not None))

"""How much the reference differs from itself when only the seed changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from neuroport.compare.errors import InvalidCalibrationError
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.measures.statistics import PopulationStatistics, population_statistics
from neuroport.results.result import FloatArray, Result

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Firing statistics of several runs of the reference with different seeds.

    Attributes
    ----------
    name : str
        Name of the reference.
    runs : mapping of str to tuple of PopulationStatistics
        For each population one entry per seed.
    seeds : int
        Number of runs.
    """

    name: str
    runs: Mapping[str, tuple[PopulationStatistics, ...]]
    seeds: int

    def means(self, population: str, quantity: str) -> FloatArray:
        """Mean of a quantity in each run, shape (n_seeds,); NaN where undefined."""
        return np.array([run.mean(quantity) for run in self.runs[population]])

    def margin(self, population: str, quantity: str, limits: Thresholds) -> float:
        """Bound of equivalence: the largest difference two runs of the reference may show.

        ``t * sqrt(2) * s`` with *s* the standard deviation of the run means over the seeds and
        *t* the quantile of Student's distribution that corresponds to
        `Thresholds.run_difference_sigma` for a normal one. Never below the quantum of the
        quantity, one spike of one neuron for the rate. Where all runs give the same number there
        is no spread to measure, and it is `Thresholds.unvaried`.

        Returns
        -------
        float
            In the unit of the quantity; NaN if it is undefined in more than all but one run.
        """
        values = self.means(population, quantity)
        values = values[np.isfinite(values)]
        if len(values) < 2:
            return math.nan
        tail = stats.norm.sf(limits.run_difference_sigma)
        factor = float(stats.t.isf(tail, len(values) - 1))
        if self.unvaried(population, quantity, limits):
            return self.floor(population, quantity, limits)
        quantum = self._spike(population) if quantity == "rate" else limits.rounding
        return max(factor * math.sqrt(2.0) * float(values.std(ddof=1)), quantum * (1 + 1e-9))

    def floor(self, population: str, quantity: str, limits: Thresholds) -> float:
        """The bound where the seed has no effect: `Thresholds.unvaried`, one spike at least."""
        if quantity != "rate":
            return limits.unvaried
        usual = float(np.nanmean(self.means(population, quantity)))
        return max(limits.unvaried * usual, self._spike(population)) * (1 + 1e-9)

    def _spike(self, population: str) -> float:
        """What one spike of one neuron changes of a population's rate, Hz."""
        run = self.runs[population][0]
        return 1000.0 / (run.neurons * (run.stop - run.start))

    def unvaried(self, population: str, quantity: str, limits: Thresholds) -> bool:
        """Whether all runs give the same mean: the seed has no effect on it."""
        values = self.means(population, quantity)
        values = values[np.isfinite(values)]
        return len(values) > 0 and float(np.ptp(values)) <= limits.rounding * float(
            np.abs(values).max())


def calibrate(results_of_reference_seeds: Sequence[Result], *, start: float | None = None,
              thresholds: Thresholds | None = None,
              sampling: SamplingLimits | None = None) -> Calibration:
    """Measure the reference's own seed-to-seed spread.

    Parameters
    ----------
    results_of_reference_seeds : sequence of Result
        Runs of one engine that differ only in their seed; ten or more are advised, at least
        `Thresholds.calibration_seeds` are needed.
    start : float, optional
        Begin of the judged window, ms; use it to leave out the settling of the network.
    thresholds, sampling : optional
        As in `compare`.

    Returns
    -------
    Calibration

    Raises
    ------
    InvalidCalibrationError
        If there are too few runs, the windows or populations differ between them, or two runs
        are the same (the seed had no effect on a network that uses one, or a run was passed
        twice) while others differ.
    """
    limits = thresholds or Thresholds()
    bounds = sampling or SamplingLimits()
    runs = list(results_of_reference_seeds)
    if len(runs) < limits.calibration_seeds:
        raise InvalidCalibrationError(
            "calibration", f"{len(runs)} reference runs", f"at least {limits.calibration_seeds}",
            "run the reference with more seeds (ten or more are advised)")
    labels = [p for p in runs[0].populations if runs[0].spikes(p) is not None]
    table: dict[str, tuple[PopulationStatistics, ...]] = {}
    for label in labels:
        windows = []
        for number, run in enumerate(runs):
            spikes = run.spikes(label)
            if spikes is None:
                raise InvalidCalibrationError(
                    f"calibration, run {number}", f"no spikes of population {label!r}",
                    "the same populations in every run", "record the population in all runs")
            windows.append((spikes.start, spikes.stop, len(spikes.index)))
        if len(set(windows)) > 1:
            raise InvalidCalibrationError(
                f"calibration, population {label!r}", f"windows and neurons {sorted(set(windows))}",
                "the same window and number of recorded neurons in every run",
                "run all seeds for the same time and record the same neurons")
        if start is not None and not windows[0][0] <= start < windows[0][1]:
            raise InvalidCalibrationError(
                f"calibration, population {label!r}", f"start = {start} ms",
                f"inside the recorded window {windows[0][0]:g} to {windows[0][1]:g} ms",
                "choose a later end of the run or an earlier start")
        statistics = (population_statistics(run, label, limits, bounds, start=start)
                      for run in runs)
        table[label] = tuple(s for s in statistics if s is not None)
    _refuse_repeated(runs, labels)
    return Calibration(runs[0].name, table, len(runs))


def _refuse_repeated(runs: Sequence[Result], labels: Sequence[str]) -> None:
    marks = [
        hash(tuple(train.tobytes() for label in labels if (spikes := run.spikes(label)) is not None
                   for train in spikes.times))
        for run in runs
    ]
    repeated = [(marks.index(mark), k) for k, mark in enumerate(marks) if marks.index(mark) < k]
    if repeated and len(set(marks)) > 1:
        raise InvalidCalibrationError(
            "calibration", f"runs {repeated[0][0]} and {repeated[0][1]} have the same spikes",
            "runs with different seeds", "pass each seed once")

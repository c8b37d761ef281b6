"""How often the verdict itself is wrong, measured on an engine compared with itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

from neuroport.compare.calibration.spread import calibrate
from neuroport.compare.errors import ComparisonError
from neuroport.compare.ladder.ladder import compare
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Verdict
from neuroport.results.result import Result

__all__ = ["FalseVerdictRate", "Proportion", "false_verdict_rate"]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A measured frequency with its exact (Clopper-Pearson) 95 % interval."""

    count: int
    trials: int

    @property
    def rate(self) -> float:
        """Count over trials."""
        return self.count / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval (Clopper & Pearson 1934)."""
        found = stats.binomtest(self.count, self.trials).proportion_ci(0.95, method="exact")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return (f"{self.count}/{self.trials} = {self.rate:.1%} "
                f"(95 % interval {low:.1%} to {high:.1%})")


@dataclass(frozen=True, slots=True)
class FalseVerdictRate:
    """Verdicts of L3 over many independent trials.

    Attributes
    ----------
    trials : int
        Trials without, and as many with, the planted change.
    calibration_size, target_runs : int
        Runs on either side of each trial.
    same : dict of str to int
        Verdicts where reference and target are the same engine.
    planted : dict of str to int
        Verdicts where the target has the planted change; empty if none was given.
    """

    trials: int
    calibration_size: int
    target_runs: int
    same: dict[str, int]
    planted: dict[str, int]

    @property
    def false_difference(self) -> Proportion:
        """Same engine, called "different"."""
        return Proportion(self.same.get(Verdict.DIFFERENT, 0), self.trials)

    @property
    def undecided(self) -> Proportion:
        """Same engine, no decision."""
        return Proportion(self.same.get(Verdict.NOT_COMPARABLE, 0), self.trials)

    @property
    def missed_change(self) -> Proportion:
        """Planted change, called "equivalent" or "identical"."""
        missed = (self.planted.get(Verdict.EQUIVALENT, 0)
                  + self.planted.get(Verdict.IDENTICAL, 0))
        return Proportion(missed, self.trials)

    @property
    def found_change(self) -> Proportion:
        """Planted change, called "different"."""
        return Proportion(self.planted.get(Verdict.DIFFERENT, 0), self.trials)

    def __str__(self) -> str:
        lines = [f"{self.trials} trials, {self.calibration_size} reference seeds and "
                 f"{self.target_runs} target run(s) each",
                 f"same engine called different:   {self.false_difference}",
                 f"same engine, undecided:         {self.undecided}"]
        if self.planted:
            lines += [f"planted change called different: {self.found_change}",
                      f"planted change missed:           {self.missed_change}"]
        return "\n".join(lines)


def false_verdict_rate(
    reference_runner: Callable[[int], Result],
    *,
    planted_runner: Callable[[int], Result] | None = None,
    trials: int = 200,
    calibration_size: int = 10,
    target_runs: int = 1,
    start: float | None = None,
    first_seed: int = 1,
    thresholds: Thresholds | None = None,
    sampling: SamplingLimits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FalseVerdictRate:
    """Measure how often L3 says "different" about one engine, and how often it misses a change.

    Every trial draws fresh seeds for all its runs, so trials are independent and the exact
    binomial interval of the rates holds.

    Parameters
    ----------
    reference_runner : callable, (seed) -> Result
    planted_runner : callable, (seed) -> Result, optional
        The same model with a planted change, for instance one parameter off by 5 %.
    trials : int
        Number of trials; ``calibration_size + target_runs`` reference runs each.
    calibration_size : int
        Reference seeds per trial.
    target_runs : int
        Target runs per trial.
    start : float, optional
        Begin of the judged window, ms, as in `calibrate`.
    first_seed : int
        Seeds count up from here and none is used twice.
    thresholds, sampling : optional
        As in `compare`.
    progress : callable, (done, trials), optional

    Returns
    -------
    FalseVerdictRate

    Raises
    ------
    ComparisonError
        If a number of runs or trials is below one.
    """
    if min(trials, target_runs, calibration_size) < 1:
        raise ComparisonError("false_verdict_rate", f"trials={trials}, target_runs={target_runs}, "
                              f"calibration_size={calibration_size}", "at least 1 of each",
                              "choose positive numbers")
    same: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    seed = first_seed
    for trial in range(trials):
        references = [reference_runner(seed + k) for k in range(calibration_size)]
        seed += calibration_size
        calibration = calibrate(references, start=start, thresholds=thresholds, sampling=sampling)
        for runner, counter in ((reference_runner, same), (planted_runner, planted)):
            if runner is None:
                continue
            targets = [runner(seed + k) for k in range(target_runs)]
            seed += target_runs
            comparison = compare(references[0], targets, calibration=calibration,
                                 thresholds=thresholds, sampling=sampling)
            counter[comparison.rung("L3").verdict] += 1
        if progress is not None:
            progress(trial + 1, trials)
    return FalseVerdictRate(trials, calibration_size, target_runs, dict(same), dict(planted))

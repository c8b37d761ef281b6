"""L5: does the model do its task as well?"""

from __future__ import annotations

import warnings

import numpy as np
from scipy import stats

from neuroport.compare.ladder.thresholds import Thresholds
from neuroport.compare.ladder.verdict import Measurement, RungVerdict, Verdict, lacking
from neuroport.results.result import FloatArray, Result, Score

__all__ = ["judge_score"]

TITLE = "The model's own score"
#: With fewer items an interval is too rough to show agreement.
_FEW = 10


def _align(ours: Score, theirs: Score) -> tuple[FloatArray, FloatArray, bool, str]:
    if ours.items is not None and theirs.items is not None:
        place = {item: i for i, item in enumerate(theirs.items)}
        shared = [item for item in ours.items if item in place]
        note = ""
        if len(shared) < max(len(ours.items), len(theirs.items)):
            note = (f"{len(shared)} items are scored on both sides; "
                    f"{len(ours.items) - len(shared)} and {len(theirs.items) - len(shared)} "
                    "others are left out")
        first = np.array([ours.outcomes[ours.items.index(item)] for item in shared])
        second = np.array([theirs.outcomes[place[item]] for item in shared])
        return first, second, True, note
    if len(ours.outcomes) == len(theirs.outcomes):
        return ours.outcomes, theirs.outcomes, True, "items paired by position"
    return (ours.outcomes, theirs.outcomes, False,
            f"{len(ours.outcomes)} and {len(theirs.outcomes)} items without names: not paired")


def _mean_difference(first: FloatArray, second: FloatArray, axis: int = -1) -> FloatArray:
    return np.asarray(np.mean(second, axis=axis) - np.mean(first, axis=axis), dtype=np.float64)


def _interval(first: FloatArray, second: FloatArray, paired: bool, confidence: float,
              ) -> tuple[float, float]:
    change = second - first if paired else None
    if (change is not None and np.ptp(change) == 0) or (
            change is None and np.ptp(first) == 0 and np.ptp(second) == 0):
        value = float(second.mean() - first.mean())
        return value, value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in ("BCa", "percentile"):
            interval = stats.bootstrap(
                (first, second), _mean_difference, paired=paired, vectorized=True,
                confidence_level=confidence, method=method, n_resamples=4999,
                rng=np.random.default_rng(0)).confidence_interval
            if np.isfinite(interval.low) and np.isfinite(interval.high):
                break
    return float(interval.low), float(interval.high)


def _sign_test(first: FloatArray, second: FloatArray, paired: bool) -> float:
    """Probability of so one-sided a change if better and worse were equally likely.

    Guards the bootstrap, whose intervals are too narrow for a handful of items that differ.
    """
    if not paired:
        return 0.0
    better, worse = int(np.sum(second > first)), int(np.sum(second < first))
    return float(stats.binomtest(better, better + worse).pvalue) if better + worse else 1.0


def judge_score(reference: Result, target: Result, limits: Thresholds) -> RungVerdict:
    """L5: difference of the mean score with a bootstrap interval.

    Parameters
    ----------
    reference, target : Result
    limits : Thresholds

    Returns
    -------
    RungVerdict

    Notes
    -----
    `scipy.stats.bootstrap`, bias-corrected and accelerated (BCa), percentile where BCa is not
    defined; 4999 resamples with a fixed seed; paired where the items are the same.
    """
    threshold = (
        f"Equivalent: the {limits.confidence:.0%} bootstrap interval of the difference lies within "
        f"±{limits.score_margin:g} times the larger of 1 and the reference's mean, with at least "
        f"{_FEW} items. Different: the interval excludes 0, the difference is larger than that, "
        "and (paired items) a sign test over the items that differ agrees. Reason: "
        f"{Thresholds.reason('score_margin')}.")
    if reference.score is None or target.score is None:
        return RungVerdict("L5", TITLE, Verdict.NOT_COMPARABLE,
                           "No score was given for "
                           f"{lacking(reference, target, lambda r: r.score is not None)}.",
                           threshold)
    if reference.score.name != target.score.name:
        return RungVerdict("L5", TITLE, Verdict.NOT_COMPARABLE,
                           f"The scores are different ones: {reference.score.name!r} and "
                           f"{target.score.name!r}.", threshold)
    first, second, paired, note = _align(reference.score, target.score)
    if not len(first) or not len(second):
        return RungVerdict("L5", TITLE, Verdict.NOT_COMPARABLE,
                           "The two scores have no item in common.", threshold)
    name = reference.score.name
    gap = float(second.mean() - first.mean())
    low, high = _interval(first, second, paired, limits.confidence)
    margin = limits.score_margin * max(1.0, abs(float(first.mean())))
    same = paired and bool(np.all(first == second))
    undecided = False
    if same:
        verdict = Verdict.IDENTICAL
    elif -margin <= low and high <= margin and len(first) >= _FEW:
        verdict = Verdict.EQUIVALENT
    elif (low > 0 or high < 0) and abs(gap) > margin and _sign_test(first, second, paired) <= (
            1 - limits.confidence):
        verdict = Verdict.DIFFERENT
    else:
        verdict, undecided = Verdict.NOT_COMPARABLE, True
    scores = f"{name}: {first.mean():.4g} on the reference, {second.mean():.4g} on the target"
    changed = f", {int(np.sum(first != second))} of {len(first)} items differ" if paired else ""
    span = f"difference {gap:+.3g}, interval {low:+.3g} to {high:+.3g}"
    summary = {
        Verdict.IDENTICAL: f"{scores}; all {len(first)} items come out the same.",
        Verdict.EQUIVALENT: f"{scores}{changed} ({span}).",
        Verdict.DIFFERENT: f"{scores}{changed} ({span}).",
        Verdict.NOT_COMPARABLE: f"{scores}{changed} ({span}): {min(len(first), len(second))} items "
                                f"are too few to decide at ±{margin:g}; score more items.",
    }[verdict]
    found = [
        Measurement(name, "difference of the mean score", gap, "", margin, "at most ±", verdict,
                    f"interval {low:+.3g} to {high:+.3g}"),
        Measurement(name, "reference", float(first.mean()), "", note=f"{len(first)} items"),
        Measurement(name, "target", float(second.mean()), "", note=f"{len(second)} items"),
    ]
    return RungVerdict("L5", TITLE, verdict, summary, threshold, tuple(found), (),
                       (note,) if note else (), undecided)

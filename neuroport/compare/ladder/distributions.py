"""L3: do the populations fire alike, measured against the reference's own spread?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from neuroport.compare.calibration.spread import Calibration
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Measurement, RungVerdict, Sampling, Verdict, worst
from neuroport.compare.measures.equivalence import (
    EquivalenceTest,
    equivalence_of_means,
    equivalence_of_pairs,
    equivalence_of_runs,
    holm,
)
from neuroport.compare.measures.pairing import GRID_TOLERANCE
from neuroport.compare.measures.statistics import (
    QUANTITIES,
    PopulationStatistics,
    population_statistics,
)
from neuroport.results.result import FloatArray, Result

__all__ = ["judge_distributions"]

TITLE = "Distributions of rate, irregularity and correlation"


@dataclass(slots=True)
class _Tested:
    """A measurement that waits for the correction over all tests of the rung."""

    measurement: Measurement
    p_difference: float
    equivalent: bool | None  # None: a test for difference only
    unvaried: bool = False  # the reference's seeds all give the same: there is nothing to test


def _cohen(first: FloatArray, second: FloatArray) -> float:
    """Effect size over neurons (Cohen's d with pooled standard deviation)."""
    if len(first) < 2 or len(second) < 2:
        return math.nan
    pooled = math.sqrt(((len(first) - 1) * first.var(ddof=1) + (len(second) - 1)
                        * second.var(ddof=1)) / (len(first) + len(second) - 2))
    return float((second.mean() - first.mean()) / pooled) if pooled > 0 else math.nan


def _described(where: str, quantity: str, first: FloatArray, second: FloatArray,
               ) -> list[Measurement]:
    """Wasserstein distance, Kolmogorov-Smirnov distance and effect size: shown, not judged."""
    if not len(first) or not len(second):
        return []
    with np.errstate(all="ignore"):  # only the distance is used, not its p value
        kolmogorov = float(stats.ks_2samp(first, second, method="asymp").statistic)
    return [
        Measurement(where, f"{quantity}: Wasserstein distance",
                    float(stats.wasserstein_distance(first, second)), QUANTITIES[quantity]),
        Measurement(where, f"{quantity}: Kolmogorov-Smirnov distance", kolmogorov, "0 to 1"),
        Measurement(where, f"{quantity}: effect size over neurons", _cohen(first, second),
                    "Cohen's d"),
    ]


def _centred(values: FloatArray) -> FloatArray:
    return np.asarray(values - values.mean(), dtype=np.float64)


def _shape_test(where: str, quantity: str, runs: Sequence[FloatArray],
                targets: Sequence[FloatArray], same_seed: FloatArray | None, floor: float,
                limits: Thresholds) -> _Tested | None:
    """Is the target's distribution, its mean removed, further off than a reference run's is?

    The Wasserstein distance of each reference run to all other reference runs together, and of
    each target run to all reference runs together (or to the reference's run of the same seed,
    where that is nearer), on a logarithmic scale; one-sided prediction test with Student's t.
    """
    own = [_centred(r) for r in runs if len(r) > 1]
    theirs = [_centred(t) for t in targets if len(t) > 1]
    if len(own) < limits.calibration_seeds or not theirs:
        return None
    reference = np.array([
        stats.wasserstein_distance(run, np.concatenate(own[:k] + own[k + 1:]))
        for k, run in enumerate(own)])
    pooled = np.concatenate(own)
    target = np.array([stats.wasserstein_distance(t, pooled) for t in theirs])
    if same_seed is not None and len(same_seed) > 1:
        partner = _centred(same_seed)
        target = np.minimum(target, [stats.wasserstein_distance(t, partner) for t in theirs])
    usual, unit = float(np.median(reference)), QUANTITIES[quantity]
    value = float(target.mean())
    unvaried = bool(reference.min() <= 0 or np.ptp(reference) == 0)
    if unvaried:
        p = 1.0 if value <= max(float(reference.max()), floor) * (1 + 1e-9) else 0.0
    else:
        logs = np.log(reference)
        error = logs.std(ddof=1) * math.sqrt(1 / len(logs) + 1 / len(target))
        score = (np.mean(np.log(np.maximum(target, 1e-300))) - logs.mean()) / error
        p = float(stats.t.sf(score, len(logs) - 1))
    note = (f"means aligned; reference seeds {reference.min():.3g} to {reference.max():.3g}, "
            f"usually {usual:.3g}; " + (
                f"no spread: bound {floor:.3g}" if unvaried else f"p = {p:.2g}"))
    return _Tested(Measurement(where, f"{quantity}: shape (Wasserstein)", value, unit, None, "",
                               None, note), p, None, unvaried)


def _mean_test(where: str, quantity: str, calibration: Calibration,
               targets: Sequence[PopulationStatistics], same_seed: PopulationStatistics | None,
               limits: Thresholds, remarks: list[str]) -> _Tested | None:
    reference = calibration.means(where, quantity)
    reference = reference[np.isfinite(reference)]
    target = np.array([t.mean(quantity) for t in targets])
    target = target[np.isfinite(target)]
    if len(reference) < limits.calibration_seeds or not len(target):
        who = calibration.name if len(reference) < limits.calibration_seeds else "the target"
        remarks.append(f"{where}: {quantity} not compared, too few spikes in {who}")
        return None
    margins = limits.stated_margins or {}
    stated = margins.get(quantity)
    margin = calibration.margin(where, quantity, limits) if stated is None else stated
    if calibration.unvaried(where, quantity, limits):
        return _unvaried(where, quantity, reference, target, margin)
    test = equivalence_of_means(reference, target, margin)
    low, high = test.interval(1 - 2 * limits.equivalence_level)
    partner = math.nan if same_seed is None else same_seed.mean(quantity)
    agrees, differs, more = test.p_equivalence, test.p_difference, ""
    if math.isfinite(partner):
        # Also a run that is an outlier among the seeds is met by who does the same as it.
        met = equivalence_of_runs(reference, partner, float(target[0]), margin)
        agrees, differs = min(agrees, met.p_equivalence), max(differs, met.p_difference)
        more = f"; {met.difference:+.3g} from the reference's own run"
    note = (f"reference {reference.mean():.4g} ± {reference.std(ddof=1):.2g} over "
            f"{len(reference)} seeds, target {target.mean():.4g}; interval {low:.3g} to "
            f"{high:.3g}{more}; TOST p = {agrees:.2g}, difference p = {differs:.2g}")
    return _Tested(
        Measurement(where, f"{quantity}: difference of means", test.difference,
                    QUANTITIES[quantity], margin, "at most ±", None, note),
        differs, agrees <= limits.equivalence_level)


def _unvaried(where: str, quantity: str, reference: FloatArray, target: FloatArray,
              margin: float) -> _Tested:
    difference = float(target.mean() - reference.mean())
    inside = abs(difference) <= margin
    return _Tested(
        Measurement(where, f"{quantity}: difference of means", difference, QUANTITIES[quantity],
                    margin, "at most ±", None,
                    f"all {len(reference)} seeds give {reference[0]:.4g}, target "
                    f"{target.mean():.4g}; without a spread nothing is calibrated: the bound is "
                    "the fixed one"),
        0.0 if not inside else 1.0, inside, unvaried=True)


def _settle(tests: list[_Tested], limits: Thresholds) -> list[Measurement]:
    shape = limits.false_difference * limits.shape_part
    rejected = [False] * len(tests)
    for level, is_shape in ((limits.false_difference - shape, False), (shape, True)):
        family = [k for k, t in enumerate(tests) if (t.equivalent is None) is is_shape]
        for k, reject in zip(family, holm([tests[k].p_difference for k in family], level),
                             strict=True):
            rejected[k] = reject
    settled = []
    for test, reject in zip(tests, rejected, strict=True):
        if test.equivalent is None:
            verdict = Verdict.DIFFERENT if reject else None
        elif test.equivalent:
            verdict = Verdict.EQUIVALENT
        else:
            verdict = Verdict.DIFFERENT if reject else Verdict.NOT_COMPARABLE
        settled.append(replace(test.measurement, verdict=verdict))
    return settled


def _threshold(limits: Thresholds) -> str:
    return (
        "Equivalent: for each mean the two one-sided tests at level "
        f"{limits.equivalence_level:g} show a difference smaller than the largest that two "
        "reference runs with different seeds are expected to show "
        f"({limits.run_difference_sigma:g}-sigma limit; {limits.unvaried:g} of the rate, or of CV, "
        "LV and correlation, where the seed has no effect). Different: a difference, or another "
        f"shape, is significant at {limits.false_difference:g} over all tests together (Holm; "
        f"{limits.shape_part:.0%} of it for shapes) and not shown to be within the bound. Reason: "
        f"{Thresholds.reason('run_difference_sigma')}.")


def judge_distributions(reference: Result, targets: Sequence[Result],
                        calibration: Calibration | None, limits: Thresholds,
                        sampling: SamplingLimits, *, exact: bool = False) -> RungVerdict:
    """L3: means and shapes of the distributions of rate, CV, LV and correlation.

    Parameters
    ----------
    reference : Result
        A single target run agrees where it is as near to this run as to the calibration.
    targets : sequence of Result
        Runs of the target, with different seeds if more than one.
    calibration : Calibration or None
    limits : Thresholds
    sampling : SamplingLimits
    exact : bool
        The spikes are known to be identical; then the distributions are too.

    Returns
    -------
    RungVerdict
        `undecided` is True if the data are too few for either answer.
    """
    threshold = _threshold(limits)
    if exact:
        return RungVerdict("L3", TITLE, Verdict.IDENTICAL,
                           "The spikes are identical, so every statistic of them is.", threshold)
    if not any(_fired(result) for result in (reference, *targets)):
        return RungVerdict("L3", TITLE, Verdict.NOT_COMPARABLE,
                           "No recorded neuron fired on either side.", threshold)
    if calibration is None:
        return _uncalibrated(reference, targets[0], limits, sampling, threshold)
    remarks: list[str] = []
    drawn: list[Sampling] = []
    tests: list[_Tested] = []
    shown: list[Measurement] = []
    for label, runs in calibration.runs.items():
        found = []
        for target in targets:
            statistics = _in_window(target, label, runs[0], limits, sampling, remarks)
            if statistics is not None:
                found.append(statistics)
        if not found:
            continue
        own = _in_window(reference, label, runs[0], limits, sampling, []) if (
            len(targets) == 1) else None
        drawn += found[0].sampling
        if found[0].neurons != runs[0].neurons:
            remarks.append(f"{label}: {found[0].neurons} neurons recorded by the target, "
                           f"{runs[0].neurons} by the reference")
        for quantity in QUANTITIES:
            values = [r.values[quantity] for r in runs]
            theirs = [t.values[quantity] for t in found]
            test = _mean_test(label, quantity, calibration, found, own, limits, remarks)
            if test is not None:
                tests.append(test)
            shape = _shape_test(label, quantity, values, theirs,
                                None if own is None else own.values[quantity],
                                calibration.floor(label, quantity, limits), limits)
            if shape is not None:
                tests.append(shape)
            shown += _described(label, quantity, np.concatenate(values), np.concatenate(theirs))
            left_out = found[0].left_out.get(quantity, 0)
            if left_out:
                remarks.append(f"{label}: {left_out} of {found[0].tried[quantity]} target neurons "
                               f"fire too little for {quantity}")
    if not tests:
        return RungVerdict("L3", TITLE, Verdict.NOT_COMPARABLE,
                           "Calibration and target have no recorded population in common. "
                           + " ".join(dict.fromkeys(remarks)),
                           threshold, remarks=tuple(dict.fromkeys(remarks)))
    settled = _settle(tests, limits)
    verdict = worst(m.verdict for m in settled if m.verdict is not None)
    summary = _summary(verdict, settled, tests, calibration, len(targets))
    return RungVerdict("L3", TITLE, verdict, summary, threshold, tuple(settled + shown),
                       tuple(drawn), tuple(dict.fromkeys(remarks)),
                       undecided=verdict is Verdict.NOT_COMPARABLE)


def _fired(result: Result) -> bool:
    return any(spikes.count for spikes in map(result.spikes, result.populations)
               if spikes is not None)


def _in_window(target: Result, label: str, run: PopulationStatistics, limits: Thresholds,
               sampling: SamplingLimits, remarks: list[str]) -> PopulationStatistics | None:
    spikes = target.spikes(label)
    if spikes is None:
        remarks.append(f"{label}: no spikes recorded by {target.name}; left out")
        return None
    slack = target.timestep * (1 + GRID_TOLERANCE)
    if spikes.start > run.start + slack or spikes.stop < run.stop - slack:
        remarks.append(
            f"{label}: not compared, {target.name} recorded {spikes.start:g} to {spikes.stop:g} "
            f"ms, the calibration needs {run.start:g} to {run.stop:g} ms")
        return None
    return population_statistics(target, label, limits, sampling, start=run.start, stop=run.stop)


def _summary(verdict: Verdict, settled: list[Measurement], tests: list[_Tested],
             calibration: Calibration, target_runs: int) -> str:
    means = [m for m, t in zip(settled, tests, strict=True) if t.equivalent is not None]
    fixed = [m for m, t in zip(settled, tests, strict=True)
             if t.unvaried and t.equivalent is not None]
    if verdict is Verdict.EQUIVALENT:
        number = f"{len(means) - len(fixed)} of" if fixed else "All"
        how = "" if len(fixed) == len(means) else (
            f"{number} {len(means)} means differ by less than two runs of {calibration.name} "
            f"with different seeds may ({calibration.seeds} seeds), and no distribution has "
            f"another shape. {_sharpness(means, calibration)}")
        return " ".join(filter(None, (how, _not_calibrated(fixed, calibration))))
    bad = [(m, t) for m, t in zip(settled, tests, strict=True) if m.verdict is verdict]
    bad.sort(key=lambda pair: pair[1].p_difference)
    m = bad[0][0]
    named = f"{m.where}, {m.quantity} {m.value:.4g} {m.unit}".rstrip()
    more = f"; {len(bad) - 1} further of {len(tests)} tests" if len(bad) > 1 else ""
    if verdict is Verdict.DIFFERENT:
        return f"The target fires differently: {named} ({m.note}){more}."
    return (f"The data cannot decide: {len(bad)} of {len(means)} means are neither shown to agree "
            f"nor to differ, first {named} (bound ±{m.limit:.3g}). With {target_runs} target "
            f"run{'s' if target_runs > 1 else ''} and {calibration.seeds} reference seeds; more "
            "target runs or seeds, or longer runs, decide it.")


def _not_calibrated(fixed: Sequence[Measurement], calibration: Calibration) -> str:
    """Say where the seeds of the calibration had no effect."""
    if not fixed:
        return ""
    return (f"Not calibrated: {len(fixed)} means are the same with all {calibration.seeds} seeds "
            f"of {calibration.name} (first {fixed[0].where}, {fixed[0].quantity}); they are within "
            "a fixed bound, one spike in twenty.")


def _sharpness(means: Sequence[Measurement], calibration: Calibration) -> str:
    """How small a change of rate this calibration can still tell from its own spread."""
    bounds = []
    for m in means:
        usual = float(np.nanmean(calibration.means(m.where, "rate")))
        if m.quantity.startswith("rate") and m.limit is not None and usual > 0:
            bounds.append((m.limit / usual, m.where))
    if not bounds:
        return ""
    finest = min(bounds)
    return (f"Smallest change of rate that would have shown: about {finest[0]:.1%} "
            f"({finest[1]}).")


def _uncalibrated(reference: Result, target: Result, limits: Thresholds,
                  sampling: SamplingLimits, threshold: str) -> RungVerdict:
    shown: list[Measurement] = []
    drawn: list[Sampling] = []
    remarks: list[str] = []
    stated: list[tuple[Measurement, EquivalenceTest]] = []
    for label in reference.populations:
        ours, theirs = reference.spikes(label), target.spikes(label)
        if ours is None or theirs is None:
            remarks.append(f"{label}: spikes not recorded on both sides; left out")
            continue
        start, stop = max(ours.start, theirs.start), min(ours.stop, theirs.stop)
        if stop <= start:
            remarks.append(f"{label}: no common window")
            continue
        both = [population_statistics(r, label, limits, sampling, start=start, stop=stop)
                for r in (reference, target)]
        if both[0] is None or both[1] is None:  # pragma: no cover - excluded above
            continue
        drawn += both[0].sampling
        for quantity in QUANTITIES:
            first, second = both[0].values[quantity], both[1].values[quantity]
            shown += _described(label, quantity, first, second)
            margin = (limits.stated_margins or {}).get(quantity)
            if margin is None or not len(first) or not len(second):
                continue
            if quantity == "rate" and np.array_equal(ours.index, theirs.index):
                test = equivalence_of_pairs(second - first, margin)
            elif len(first) > 1:
                test = equivalence_of_means(first, second, margin)
            else:
                continue
            stated.append((Measurement(
                label, f"{quantity}: difference of means", test.difference,
                QUANTITIES[quantity], margin, "at most ±", None,
                f"bound stated by the user; TOST p = {test.p_equivalence:.2g}"), test))
    if not stated:
        return RungVerdict(
            "L3", TITLE, Verdict.NOT_COMPARABLE,
            "It is not known how much the reference differs from itself. Run it with ten or more "
            "seeds and pass calibration=calibrate(results), or state bounds in "
            "Thresholds(stated_margins=...).",
            threshold, tuple(shown), tuple(drawn), tuple(remarks))
    settled = _settle([_Tested(m, t.p_difference, t.p_equivalence <= limits.equivalence_level)
                       for m, t in stated], limits)
    verdict = worst(m.verdict for m in settled if m.verdict is not None)
    remarks.append("bounds stated by the user; neurons of one run were taken as independent, "
                   "which overstates the certainty for correlated activity")
    text = {
        Verdict.EQUIVALENT: "All means agree within the stated bounds.",
        Verdict.DIFFERENT: "A mean differs by more than is shown to be within the stated bounds: ",
        Verdict.NOT_COMPARABLE: "The data cannot decide at the stated bounds: ",
    }[verdict]
    if verdict is not Verdict.EQUIVALENT:
        m = next(m for m in settled if m.verdict is verdict)
        text += f"{m.where}, {m.quantity} {m.value:.4g} {m.unit} (bound ±{m.limit:g})."
    return RungVerdict("L3", TITLE, verdict, text, threshold, tuple(settled + shown),
                       tuple(drawn), tuple(remarks),
                       undecided=verdict is Verdict.NOT_COMPARABLE)

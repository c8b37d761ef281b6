"""L3 and its calibration: agreement of seeds, a planted change, and honest indecision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from neuroport.compare import (
    InvalidCalibrationError,
    SamplingLimits,
    Thresholds,
    Verdict,
    calibrate,
    compare,
    false_verdict_rate,
    from_spike_times,
)
from neuroport.compare.measures.statistics import population_statistics


@pytest.fixture(scope="module")
def calibration(reference_seeds):
    return calibrate(reference_seeds)


def test_another_seed_of_the_reference_is_equivalent(reference_seeds, calibration, poisson):
    comparison = compare(reference_seeds[0], poisson(100), calibration=calibration)
    assert comparison.rung("L2").verdict is Verdict.DIFFERENT
    assert comparison.rung("L3").verdict is Verdict.EQUIVALENT
    assert comparison.verdict is Verdict.EQUIVALENT
    assert "not spike by spike" in comparison.summary


def test_a_changed_rate_is_different(reference_seeds, calibration, poisson):
    comparison = compare(reference_seeds[0], poisson(100, rate=26.0), calibration=calibration)
    rung = comparison.rung("L3")
    assert rung.verdict is Verdict.DIFFERENT and "rate" in rung.summary
    assert comparison.verdict is Verdict.DIFFERENT


def test_same_mean_with_another_shape_is_different(reference_seeds, calibration):
    random = np.random.default_rng(5)
    trains = [np.unique(np.rint(random.uniform(0, 999, random.poisson(rate))))
              for rate in [5] * 30 + [35] * 30]
    target = from_spike_times({"cells": trains}, stop=1000.0)
    rung = compare(reference_seeds[0], target, calibration=calibration).rung("L3")
    found = [m.quantity for m in rung.measurements if m.verdict is Verdict.DIFFERENT]
    assert "rate: shape (Wasserstein)" in found


def test_silent_target_is_different_without_not_a_number(reference_seeds, calibration):
    silent = from_spike_times({"cells": [[]] * 60}, stop=1000.0)
    rung = compare(reference_seeds[0], silent, calibration=calibration).rung("L3")
    assert rung.verdict is Verdict.DIFFERENT
    assert "rate" in rung.summary and "nan" not in rung.summary
    assert any("CV not compared" in r for r in rung.remarks)


def test_between_bound_and_proof_it_says_undecided(reference_seeds, calibration, poisson):
    found = {compare(reference_seeds[0], poisson(300, rate=rate),
                     calibration=calibration, thresholds=Thresholds(false_difference=1e-9)
                     ).rung("L3").undecided for rate in (20.0, 24.0, 26.0)}
    assert found == {True, False}


def test_bound_is_the_three_sigma_limit_of_two_runs(calibration):
    means = calibration.means("cells", "rate")
    t = stats.t.isf(stats.norm.sf(3.0), len(means) - 1)
    expected = t * math.sqrt(2) * means.std(ddof=1)
    # closed form of the definition; 1e-6 covers the guard against a zero bound
    assert calibration.margin("cells", "rate", Thresholds()) == pytest.approx(expected, rel=1e-6)


def test_deterministic_reference_tolerates_nothing_but_one_spike():
    trains = [[10.0, 20.0, 40.0, 50.0, 80.0]] * 4
    runs = [from_spike_times({"a": trains}, stop=100.0) for _ in range(5)]
    calibration = calibrate(runs)
    one_less = from_spike_times({"a": [*trains[:3], trains[0][:4]]}, stop=100.0)
    two_less = from_spike_times({"a": [*trains[:2], trains[0][:4], trains[0][:4]]}, stop=100.0)
    rates = [next(m for m in compare(runs[0], t, calibration=calibration).rung("L3").measurements
                  if m.quantity.startswith("rate: difference")).verdict
             for t in (one_less, two_less)]
    assert rates == [Verdict.EQUIVALENT, Verdict.DIFFERENT]


def test_without_calibration_it_says_what_to_do(poisson):
    comparison = compare(poisson(1), poisson(2))
    rung = comparison.rung("L3")
    assert rung.verdict is Verdict.NOT_COMPARABLE and "calibrate" in rung.summary
    assert comparison.verdict is Verdict.DIFFERENT
    quantities = {m.quantity for m in rung.measurements}
    assert "rate: Kolmogorov-Smirnov distance" in quantities
    assert "rate: effect size over neurons" in quantities


def test_stated_bounds_replace_the_calibration(poisson):
    wide = Thresholds(stated_margins={"rate": 5.0})
    narrow = Thresholds(stated_margins={"rate": 0.01})
    assert compare(poisson(1), poisson(2), thresholds=wide).rung("L3").verdict is (
        Verdict.EQUIVALENT)
    assert compare(poisson(1), poisson(2), thresholds=narrow).rung("L3").verdict is (
        Verdict.NOT_COMPARABLE)
    assert compare(poisson(1), poisson(2, rate=40.0), thresholds=wide).rung("L3").verdict is (
        Verdict.DIFFERENT)


def test_calibration_refuses_what_cannot_be_calibrated(reference_seeds, poisson):
    with pytest.raises(InvalidCalibrationError, match="3 reference runs"):
        calibrate(reference_seeds[:3])
    with pytest.raises(InvalidCalibrationError, match="same spikes"):
        calibrate([*reference_seeds[:5], reference_seeds[2]])
    with pytest.raises(InvalidCalibrationError, match="same window"):
        calibrate([*reference_seeds[:5], poisson(50, duration=500.0)])
    with pytest.raises(InvalidCalibrationError, match="start = 5000"):
        calibrate(reference_seeds, start=5000.0)


def test_shorter_target_is_not_compared_and_says_so(reference_seeds, calibration, poisson):
    rung = compare(reference_seeds[0], poisson(7, duration=500.0), calibration=calibration
                   ).rung("L3")
    assert rung.verdict is Verdict.NOT_COMPARABLE
    assert "calibration needs 0 to 1000 ms" in rung.summary


def test_statistics_match_hand_computation():
    times = np.array([0.0, 10.0, 30.0, 60.0, 100.0])
    result = from_spike_times({"a": [times, times, []]}, stop=200.0)
    found = population_statistics(result, "a", Thresholds(), SamplingLimits())
    intervals = np.diff(times)
    assert found.values["rate"].tolist() == [25.0, 25.0, 0.0]
    assert found.values["CV"] == pytest.approx([intervals.std() / intervals.mean()] * 2)
    lv = 3 / 3 * np.sum((np.diff(intervals) / (intervals[1:] + intervals[:-1])) ** 2)
    assert found.values["LV"] == pytest.approx([lv, lv])
    assert found.values["correlation"] == pytest.approx([1.0])
    assert found.left_out == {"CV": 1, "LV": 1, "correlation": 1}


def test_large_population_is_sampled_for_the_correlation(poisson):
    result = poisson(1, neurons=50)
    found = population_statistics(result, "cells", Thresholds(),
                                  SamplingLimits(correlation_neurons=20))
    assert (found.sampling[0].used, found.sampling[0].total) == (20, 50)
    assert len(found.values["correlation"]) == 20 * 19 / 2
    assert len(found.values["rate"]) == 50


def test_large_population_is_sampled_for_its_irregularity(poisson):
    found = population_statistics(poisson(1, neurons=50), "cells", Thresholds(),
                                  SamplingLimits(irregularity_neurons=30))
    assert [(s.used, s.total, s.what) for s in found.sampling] == [
        (30, 50, "neurons for CV and LV")]
    assert len(found.values["CV"]) + found.left_out["CV"] == found.tried["CV"] == 30
    assert len(found.values["rate"]) == 50


def test_false_verdict_rate_counts(poisson):
    def small(seed, rate=20.0):
        return poisson(seed, neurons=10, duration=300.0, rate=rate)
    rates = false_verdict_rate(small, planted_runner=lambda s: small(s, 80.0), trials=2,
                               calibration_size=5)
    assert sum(rates.same.values()) == sum(rates.planted.values()) == 2
    assert rates.found_change.count == 2  # four times the rate


@pytest.mark.slow
def test_false_verdict_rate_keeps_its_promise(poisson):
    seen = []

    def small(seed, rate=20.0):
        return poisson(seed, neurons=20, duration=500.0, rate=rate)
    rates = false_verdict_rate(small, planted_runner=lambda s: small(s, 40.0), trials=15,
                               calibration_size=6, progress=lambda done, all_: seen.append(done))
    assert seen == list(range(1, 16))
    assert sum(rates.same.values()) == sum(rates.planted.values()) == 15
    # P(3 or more of 15 | 2 %) = 0.3 %
    assert rates.false_difference.count <= 2
    assert rates.found_change.count >= 13 and rates.missed_change.count == 0
    low, high = rates.false_difference.interval
    assert low <= rates.false_difference.rate <= high

"""Each rung says what it should about results whose difference is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neuroport.compare import (
    ComparisonError,
    ProjectionStructure,
    Result,
    ResultsDisagreeError,
    SamplingLimits,
    Score,
    Structure,
    Thresholds,
    Verdict,
    calibrate,
    compare,
    from_spike_times,
    make_block,
)

IDENTICAL, EQUIVALENT = Verdict.IDENTICAL, Verdict.EQUIVALENT
DIFFERENT, NOT_COMPARABLE = Verdict.DIFFERENT, Verdict.NOT_COMPARABLE


def verdicts(comparison):
    return {r.rung: r.verdict for r in comparison.rungs}


def test_a_result_is_identical_to_itself_at_every_rung(full):
    comparison = compare(full(), full("other"))
    assert set(verdicts(comparison).values()) == {IDENTICAL}
    assert comparison.verdict is IDENTICAL and comparison.first_failing is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 99), max_size=10), min_size=1, max_size=6))
def test_identity_means_identical_for_any_spikes(trains):
    assume(any(trains))
    trains = [np.unique(np.array(t, dtype=float)) for t in trains]
    a = from_spike_times({"x": trains}, stop=100.0)
    assert compare(a, from_spike_times({"x": trains}, stop=100.0)).rung("L2").verdict is IDENTICAL


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 99), max_size=10), min_size=2, max_size=5),
       st.lists(st.lists(st.integers(0, 99), max_size=10), min_size=2, max_size=5))
def test_verdict_on_spike_trains_is_symmetric(first, second):
    n = min(len(first), len(second))
    a, b = (from_spike_times({"x": [np.unique(np.array(t, dtype=float)) for t in trains[:n]]},
                             stop=100.0) for trains in (first, second))
    forth, back = compare(a, b).rung("L2"), compare(b, a).rung("L2")
    assert forth.verdict is back.verdict
    for m, w in zip(forth.measurements, back.measurements, strict=True):
        if m.quantity != "coincidence factor":  # its chance term uses the target's rate
            assert m.value == pytest.approx(w.value, abs=1e-9, nan_ok=True)


def test_permuted_neurons_are_caught_and_named(full):
    order = np.roll(np.arange(12), 1)
    rung = compare(full(), full("permuted", permute=order)).rung("L2")
    assert rung.verdict is DIFFERENT
    assert "other neuron numbers" in rung.summary


def test_constant_label_offset_is_named(full):
    rung = compare(full(), full("late", shift=1.0)).rung("L2")
    assert rung.verdict is not IDENTICAL
    assert "Moved by 1 step earlier" in rung.summary and "offset" in rung.summary


def test_one_missing_spike_is_found_with_its_place(full):
    reference = full()
    comparison = compare(reference, full("target", drop=True))
    rung = comparison.rung("L2")
    last = reference.spikes("cells").times[0][-1]
    assert rung.verdict is not IDENTICAL
    assert f"First difference at {last:g} ms" in rung.summary
    assert "neuron 0 of cells fires in the reference but not in the target" in rung.summary


# --- L0 ---------------------------------------------------------------------------------------

def test_synapse_order_does_not_matter(full):
    order = np.random.default_rng(0).permutation(48)
    assert compare(full(), full("x", order=order)).rung("L0").verdict is IDENTICAL


def test_rounding_to_the_target_grid_is_equivalent_and_more_is_different(full):
    def rounded(step):
        return lambda w: np.rint(w / step) * step

    fine = full("x", weight=rounded(1e-3), weight_resolution=1e-3)
    assert compare(full(), fine).rung("L0").verdict is EQUIVALENT
    off = full("x", weight=lambda w: rounded(1e-3)(w) + 2e-3, weight_resolution=1e-3)
    assert compare(full(), off).rung("L0").verdict is DIFFERENT


def test_weights_lost_to_zero_are_different_even_within_one_step(full):
    comparison = compare(full(), full("x", weight=lambda w: np.where(w < 0.2, 0.0, w),
                                      weight_resolution=0.25))
    rung = comparison.rung("L0")
    lost = next(m for m in rung.measurements if m.quantity == "weights lost to zero")
    assert rung.verdict is DIFFERENT and lost.value > 0 and lost.verdict is DIFFERENT
    assert comparison.first_failing is rung and comparison.verdict is DIFFERENT


def test_truncation_that_lowers_the_summed_weight_is_different(full):
    # every weight is within one step, but together they lose more than 1 %
    floor = full("x", weight=lambda w: np.floor(w / 0.05) * 0.05, weight_resolution=0.05)
    rung = compare(full(), floor).rung("L0")
    failed = [m.quantity for m in rung.measurements if m.verdict is DIFFERENT]
    assert failed == ["change of the summed weight"]


@pytest.mark.parametrize(("change", "grid", "expected"), [
    (lambda d: d + 0.4, 1.0, EQUIVALENT), (lambda d: d + 1.0, 1.0, DIFFERENT),
    (lambda d: d + 0.4, None, DIFFERENT), (lambda d: d, None, IDENTICAL)])
def test_delays(full, change, grid, expected):
    assert compare(full(), full("x", delay=change, delay_resolution=grid)
                   ).rung("L0").verdict is expected


def test_size_missing_synapses_and_unit_are_different(full):
    assert compare(full(), full("x", size=13)).rung("L0").verdict is DIFFERENT
    assert compare(full(), full("x", order=np.arange(47))).rung("L0").verdict is DIFFERENT
    arrays = [0], [0], [1.0], [1.0]
    a, b = (Result(n, {}, 1.0, structure=Structure({}, {"p": ProjectionStructure(
        "a", "b", *arrays, weight_unit=unit)})) for n, unit in (("a", "nA"), ("b", "µS")))
    rung = compare(a, b).rung("L0")
    assert rung.verdict is DIFFERENT and "conductance" in rung.summary


def test_several_synapses_between_two_neurons_are_all_compared():
    def result(weights):
        p = ProjectionStructure("a", "b", [0, 0, 0], [1, 1, 1], weights, [1.0, 2.0, 2.0])
        return Result("r", {}, 1.0, structure=Structure({"a": 1, "b": 2}, {"p": p}))
    assert compare(result([1, 2, 3]), result([1, 3, 2])).rung("L0").verdict is IDENTICAL
    assert compare(result([1, 2, 3]), result([1, 2, 4])).rung("L0").verdict is DIFFERENT


# --- L1 ---------------------------------------------------------------------------------------

@pytest.mark.parametrize(("offset", "lsb", "expected"), [
    (0.0, None, IDENTICAL), (0.05, 1e-3, EQUIVALENT), (0.07, 1e-3, DIFFERENT),
    (0.005, None, EQUIVALENT), (1.0, None, DIFFERENT)])
def test_traces_are_judged_in_steps_of_the_target(full, offset, lsb, expected):
    changes = {"v": offset} | ({"lsb": lsb} if lsb else {})
    rung = compare(full(), full("x", **changes)).rung("L1")
    assert rung.verdict is expected
    value = rung.measurements[0].value
    if lsb:
        # differences of numbers near 65 carry about 1e-14 absolute, 1e-11 in steps
        assert value == pytest.approx(offset / lsb, rel=1e-9)


def test_traces_on_other_grids_and_with_extra_samples():
    fine = np.sin(np.arange(0, 100, 0.1) / 7)[:, None]

    def result(values, period, unit="mV"):
        return Result("r", {"a": make_block("a", stop=100.0, signals={"v": values},
                                            period=period, units={"v": unit})}, period)
    rung = compare(result(fine, 0.1), result(fine[::10], 1.0)).rung("L1")
    assert rung.verdict is IDENTICAL and "100 at common times" in rung.remarks[0]
    longer = np.vstack((fine[::10], [[0.0]]))
    rung = compare(result(fine[::10], 1.0), result(longer, 1.0)).rung("L1")
    assert rung.verdict is IDENTICAL and "100 and 101 samples" in rung.remarks[0]
    rung = compare(result(fine, 0.1), result(fine[:50], 0.15)).rung("L1")
    assert rung.verdict is NOT_COMPARABLE and "share no grid" in rung.summary
    rung = compare(result(fine, 0.1), result(fine, 0.1, "nA")).rung("L1")
    assert rung.verdict is NOT_COMPARABLE and "cannot be converted" in rung.summary


def test_trace_that_is_late_by_one_sample_is_named():
    v = np.sin(np.arange(200) / 5)[:, None]

    def result(values):
        return Result("r", {"a": make_block("a", stop=200.0, signals={"v": values})}, 1.0)
    rung = compare(result(v), result(np.vstack(([[0.0]], v[:-1])))).rung("L1")
    assert rung.verdict is DIFFERENT and "Moved by 1 sample earlier" in rung.summary


def test_not_a_number_on_one_side_is_different_on_both_is_not():
    v = np.zeros((20, 2))
    broken = v.copy()
    broken[3, 1] = np.nan

    def result(values):
        return Result("r", {"a": make_block("a", stop=20.0, signals={"v": values})}, 1.0)
    assert compare(result(v), result(broken)).rung("L1").verdict is DIFFERENT
    assert compare(result(broken), result(broken)).rung("L1").verdict is IDENTICAL


# --- L2 windows, silence, sampling ------------------------------------------------------------

def test_silent_against_silent_is_not_comparable_and_against_firing_different():
    silent = from_spike_times({"a": [[], []]}, stop=100.0)
    firing = from_spike_times({"a": [[5.0, 50.0], []]}, stop=100.0)
    comparison = compare(silent, silent)
    assert comparison.verdict is comparison.rung("L3").verdict is NOT_COMPARABLE
    assert "None of the 2 recorded neurons fired" in comparison.summary
    for pair in ((silent, firing), (firing, silent)):
        rung = compare(*pair).rung("L2")
        assert rung.verdict is DIFFERENT
        assert all(np.isfinite(m.value) for m in rung.measurements)


def test_a_network_that_is_silent_is_never_identical(full):
    def quiet(name, v=-60.0, n=3):
        block = make_block("a", [[]] * n, stop=50.0, signals={"v": np.full((50, n), v)})
        return Result(name, {"a": block}, 1.0, score=Score("none", np.ones(20)))
    comparison = compare(quiet("a"), quiet("b"))
    assert comparison.rung("L1").verdict is comparison.rung("L5").verdict is IDENTICAL
    assert comparison.verdict is NOT_COMPARABLE and "3 recorded neurons" in comparison.summary
    seeds = calibrate([quiet(str(k)) for k in range(5)])
    assert compare(quiet("a"), quiet("b"), calibration=seeds).verdict is NOT_COMPARABLE
    assert compare(quiet("a"), quiet("b", -50.0)).verdict is DIFFERENT
    # Nothing recorded is not silence: there is nothing but the traces, and they agree.
    only = [Result("r", {"a": make_block("a", stop=50.0, signals={"v": np.ones((50, 1))})}, 1.0)
            for _ in range(2)]
    assert compare(*only).verdict is IDENTICAL
    part = {"a": [[5.0, 9.0]], "b": [[], []]}
    some = compare(from_spike_times(part, stop=20.0), from_spike_times(part, stop=20.0))
    assert some.verdict is IDENTICAL
    assert "b: no neuron fired on either side" in some.rung("L2").remarks


def test_different_windows_and_one_sided_populations_are_stated():
    a = from_spike_times({"a": [[5.0, 95.0]], "b": [[1.0]]}, stop=100.0)
    b = from_spike_times({"a": [[5.0]], "c": [[1.0]]}, stop=60.0, name="short")
    rung = compare(a, b).rung("L2")
    text = " ".join(rung.remarks)
    assert rung.verdict is IDENTICAL
    assert "leaves out 1 and 0 spikes" in text
    assert "b: spikes recorded only by" in text and "c: spikes recorded only by short" in text


def test_coarser_time_step_is_never_identical_but_may_agree():
    fine = Result("fine", {"a": make_block("a", [[5.1, 20.3, 41.0]], stop=100.0)}, 0.1)
    coarse = Result("coarse", {"a": make_block("a", [[5.0, 20.0, 41.0]], stop=100.0)}, 1.0)
    rung = compare(fine, coarse).rung("L2")
    assert rung.verdict is not IDENTICAL
    assert rung.measurements[0].value == 1.0
    assert any("coarser grid" in r for r in rung.remarks)


def test_sampling_is_stated_and_repeatable(poisson):
    a, b = poisson(1, neurons=40), poisson(2, neurons=40)
    limits = SamplingLimits(pair_neurons=10, spikes_per_train=5)
    first, second = (compare(a, b, sampling=limits).rung("L2") for _ in range(2))
    assert first.measurements == second.measurements
    assert (first.sampling[0].used, first.sampling[0].total) == (10, 40)
    assert any("Victor-Purpura" in s.what for s in first.sampling)
    other = compare(a, b, sampling=SamplingLimits(pair_neurons=10, seed=1)).rung("L2")
    assert other.measurements != first.measurements


def test_nothing_in_common_is_not_comparable(full):
    comparison = compare(from_spike_times({"a": [[1.0]]}), from_spike_times({"b": [[1.0]]}))
    assert comparison.verdict is NOT_COMPARABLE
    assert set(verdicts(comparison).values()) == {NOT_COMPARABLE}
    with pytest.raises(ComparisonError, match="no target"):
        compare(full(), [])


# --- L4, L5 -----------------------------------------------------------------------------------

def test_inverted_learning_is_named(full):
    rung = compare(full(), full("x", final=lambda w, f: np.clip(2 * w - f, 0, 1.2))).rung("L4")
    assert rung.verdict is DIFFERENT
    sign = rung.measurements[0]
    assert sign.quantity == "synapses that change in another direction"
    assert sign.verdict is DIFFERENT and sign.value > 0.5
    assert "opposite direction" in rung.summary and "delay convention" in rung.summary


def test_small_noise_on_learnt_weights_is_equivalent(full):
    rung = compare(full(), full("x", final=lambda w, f: np.where(
        (f > 0) & (f < 1.2), f * (1 + 1e-5), f))).rung("L4")
    assert rung.verdict is EQUIVALENT


def test_saturated_weights_are_different(full):
    rung = compare(full(), full("x", final=lambda w, f: np.full_like(f, 1.2))).rung("L4")
    names = [m.quantity for m in rung.measurements if m.verdict is DIFFERENT]
    assert "change of the fraction at the upper bound" in names


def score_result(outcomes, items=None):
    return Result("r", {}, 1.0, score=Score("recall", np.array(outcomes, dtype=float), items))


@pytest.mark.parametrize(("reference", "target", "expected"), [
    ([1] * 20, [1] * 20, IDENTICAL),
    ([1] * 200, [1] * 199 + [0], EQUIVALENT),
    ([1] * 40, [1] * 20 + [0] * 20, DIFFERENT),
    ([1] * 6, [0] * 6, DIFFERENT),
    ([1] * 40, [1] * 37 + [0] * 3, NOT_COMPARABLE),
    ([1] * 5, [1] * 4 + [0], NOT_COMPARABLE)])
def test_score(reference, target, expected):
    rung = compare(score_result(reference), score_result(target)).rung("L5")
    assert rung.verdict is expected
    assert rung.undecided is (expected is NOT_COMPARABLE)


def test_score_items_are_paired_by_name_and_missing_ones_stated():
    a = score_result([1, 0, 1], ("x", "y", "z"))
    b = score_result([1, 0], ("x", "y"))
    rung = compare(a, b).rung("L5")
    assert rung.verdict is IDENTICAL and "1 and 0 others are left out" in rung.remarks[0]
    swapped = score_result([0, 1, 1], ("y", "x", "z"))
    assert compare(a, swapped).rung("L5").verdict is IDENTICAL


# --- all together -----------------------------------------------------------------------------

def test_first_failing_rung_is_the_lowest(full):
    comparison = compare(full(), full("x", v=1.0, drop=True, outcomes=np.zeros(40)))
    assert comparison.first_failing.rung == "L1"
    assert "First rung that fails: L1" in comparison.summary


def test_require_is_a_gate(full):
    compare(full(), full()).require("identical")
    with pytest.raises(ResultsDisagreeError, match="different"):
        compare(full(), full("x", v=1.0)).require("equivalent")
    compare(full(), full("x", v=1.0)).require("identical", rung="L2")
    with pytest.raises(ValueError, match="at_least"):
        compare(full(), full()).require("different")


def test_every_threshold_has_a_reason_and_is_checked():
    rows = Thresholds.table()
    assert {r[0][:2] for r in rows} == {"L0", "L1", "L2", "L3", "L4", "L5"}
    assert all(len(reason) > 20 for *_, reason in rows)
    with pytest.raises(ComparisonError, match="trace_steps"):
        Thresholds(trace_steps=-1.0)

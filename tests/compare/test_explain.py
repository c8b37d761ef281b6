"""A planted difference of each kind is found again."""

from __future__ import annotations

import numpy as np
import pytest

from neuroport.compare import (
    ExplanationError,
    Share,
    Verdict,
    compare,
    explain,
    from_spike_times,
    spike_step_distance,
    spike_time_distance,
    trace_distance,
)


@pytest.mark.parametrize("planted", [
    "time step", "input rule", "refractory rule", "delay convention", "update order", "A scaling",
    "weight grid", "arithmetic", "seed"])
def test_each_planted_choice_is_found_alone(planted, simulator, choices):
    value = choices[planted][1][0]
    target = simulator({planted: value})
    assert compare(simulator({}), target).verdict is not Verdict.IDENTICAL
    distance = trace_distance if planted == "arithmetic" else spike_step_distance
    found = explain(simulator, choices, target, distance)
    assert found.explained and found.smallest
    assert [(s.choice, s.value) for s in found.shares] == [(planted, value)]
    assert found.shares[0].share == pytest.approx(1.0) and found.remaining == 0.0


def test_several_planted_choices_are_found_and_their_shares_sum_to_the_gap(simulator, choices):
    planted = {"input rule": "step", "refractory rule": "next step", "A scaling": "absolute"}
    target = simulator(planted)
    found = explain(simulator, choices, target, spike_time_distance, max_runs=400)
    assert found.explained and found.smallest
    assert {s.choice: s.value for s in found.shares} == planted
    # Shapley's efficiency: exact up to the rounding of a sum of eight terms
    assert sum(s.share for s in found.shares) == pytest.approx(1.0, abs=1e-9)
    assert "exact" in found.method
    assert "input rule" in found.summary and "No smaller set does it" in found.summary


def test_right_alternative_of_several_is_chosen(simulator, choices):
    many = {**choices, "weight grid": (None, [1.0, 0.25, 0.5])}
    found = explain(simulator, many, simulator({"weight grid": 0.5}))
    assert [(s.choice, s.value) for s in found.shares] == [("weight grid", 0.5)]


def numbers(assignment):
    """A 'result' whose spike counts are a known function of the choices."""
    a, b, c = assignment["a"], assignment["b"], assignment["c"]
    level = 10 + 30 * (a and b) + 4 * a - 4 * b + 20 * c
    return from_spike_times({"x": [np.arange(level, dtype=float)]}, stop=100.0)


def counts(first, second):
    return float(abs(first.spikes("x").count - second.spikes("x").count))


BINARY = {name: (0, [1]) for name in "abc"}


def test_shapley_values_of_a_known_function():
    found = explain(numbers, BINARY, numbers({"a": 1, "b": 1, "c": 0}), counts)
    # gap 30, a alone closes 4, b alone -4: phi_a = (4 + 34) / 2 = 19, phi_b = (-4 + 26) / 2 = 11
    assert {s.choice: round(s.share * 30) for s in found.shares} == {"a": 19, "b": 11}
    assert {s.choice: round(s.alone * 30) for s in found.shares} == {"a": 4, "b": -4}


def test_a_pure_interaction_is_found():
    def runner(assignment):
        both = assignment["a"] and assignment["b"]
        return from_spike_times({"x": [np.arange(20 if both else 10, dtype=float)]}, stop=100.0)
    found = explain(runner, BINARY, runner({"a": 1, "b": 1, "c": 0}), counts)
    assert found.explained and {s.choice for s in found.shares} == {"a", "b"}
    assert {s.choice: s.share for s in found.shares} == pytest.approx({"a": 0.5, "b": 0.5})


def test_what_no_choice_explains_is_said():
    target = from_spike_times({"x": [np.arange(90, dtype=float)]}, stop=100.0)
    found = explain(numbers, BINARY, target, counts)
    assert not found.explained
    assert found.remaining == 90 - 60 and "stays unexplained" in found.summary
    away = from_spike_times({"x": [[]]}, stop=100.0)
    nothing = explain(lambda a: numbers({"a": 0, "b": 0, **a}), {"c": (0, [1])}, away, counts)
    assert not nothing.explained and nothing.shares == ()
    assert "lies elsewhere" in nothing.summary


def test_agreement_needs_no_explanation():
    found = explain(numbers, BINARY, numbers({"a": 0, "b": 0, "c": 0}), counts)
    assert found.explained and found.shares == () and found.runs == 2


def test_runs_are_memoised_bounded_and_reported():
    calls, seen = [], []

    def runner(assignment):
        calls.append(tuple(sorted(assignment.items())))
        return numbers(assignment)
    explain(runner, BINARY, numbers({"a": 1, "b": 1, "c": 1}), counts, check_repeatable=False,
            progress=lambda run, limit, what: seen.append((run, limit, what)))
    assert len(calls) == len(set(calls)) == len(seen) <= 8
    assert seen[0] == (1, 200, "reference")
    calls.clear()
    found = explain(runner, BINARY, numbers({"a": 1, "b": 1, "c": 1}), counts, max_runs=5)
    assert len(calls) == found.runs == 5
    assert not found.smallest


def test_refused_assignments_are_reported_not_fatal():
    def runner(assignment):
        if assignment["c"]:
            raise NotImplementedError("this engine has no c")
        return numbers(assignment)
    found = explain(runner, BINARY, numbers({"a": 1, "b": 1, "c": 0}), counts)
    assert {s.choice for s in found.shares} == {"a", "b"}
    assert any("c = 1: NotImplementedError: this engine has no c" in f for f in found.failed)

    def broken(assignment):
        raise RuntimeError("nothing runs")
    with pytest.raises(RuntimeError, match="nothing runs"):
        explain(broken, BINARY, numbers({"a": 1, "b": 1, "c": 0}), counts)


def test_a_reference_that_does_not_repeat_itself_widens_the_tolerance():
    state = iter(range(1000))

    def runner(assignment):
        noise = next(state) % 2
        level = 10 + noise + 30 * assignment["a"]
        return from_spike_times({"x": [np.arange(level, dtype=float)]}, stop=100.0)
    target = from_spike_times({"x": [np.arange(40, dtype=float)]}, stop=100.0)
    found = explain(runner, {"a": (0, [1])}, target, counts)
    assert found.tolerance == 1.0 and found.explained


@pytest.mark.parametrize(("choices_", "runs", "message"), [
    ({}, 10, "no choices"), ({"a": (0, [])}, 10, "no alternative"),
    ({"a": (0, [0])}, 10, "own value"), ({"a": (0, [1])}, 1, "max_runs")])
def test_impossible_requests_are_refused_by_name(choices_, runs, message):
    with pytest.raises(ExplanationError, match=message):
        explain(numbers, choices_, numbers({"a": 0, "b": 0, "c": 0}), counts, max_runs=runs)


def test_many_choices_get_estimated_shares():
    names = [f"choice {k}" for k in range(8)]

    def runner(assignment):
        level = sum((k + 1) * assignment[n] for k, n in enumerate(names))
        return from_spike_times({"x": [np.arange(level, dtype=float)]}, stop=100.0)
    many = {n: (0, [1]) for n in names}
    found = explain(runner, many, runner(dict.fromkeys(names, 1)), counts, max_runs=2000)
    assert found.explained and len(found.shares) == 8 and "random orders" in found.method
    # additive function: every order gives the same shares, so the estimate is exact
    assert found.shares[0].choice == "choice 7"
    assert found.shares[0].share == pytest.approx(8 / 36)


@pytest.mark.parametrize(("share", "words"), [
    (0.66, "carries 66% of the gap"), (0.004, "carries 0.4% of the gap"),
    (0.00051, "carries 0.05% of the gap"), (1e-6, "carries less than 0.01% of the gap"),
    (0.0, "only together with the others"), (-0.12, "widens the gap by 12%"),
    (float("nan"), "its share is not known")])
def test_a_necessary_choice_never_carries_nothing(share, words):
    text = Share("rule", 0, 1, share, 0.0).words
    assert words in text and "carries 0%" not in text


@pytest.mark.parametrize("most", range(4, 9))
def test_shares_that_were_not_measured_are_not_nothing(most):
    """a closes most by itself, b only after a; the budget ends before all subsets were run."""
    def runner(assignment):
        level = 10 + 20 * assignment["a"] + 10 * (assignment["a"] and assignment["b"])
        return from_spike_times({"x": [np.arange(level, dtype=float)]}, stop=100.0)
    found = explain(runner, BINARY, runner({"a": 1, "b": 1, "c": 0}), counts, max_runs=most,
                    check_repeatable=False)
    assert "carries 0%" not in found.summary
    if {s.choice for s in found.shares} == {"a", "b"}:
        assert all(np.isnan(s.share) or s.share > 0.1 for s in found.shares), found.shares
        assert sum(s.share for s in found.shares) == pytest.approx(1.0, nan_ok=True)

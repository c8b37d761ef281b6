"""A verdict never gets worse as the agreement gets better, nor because a run is shorter."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport.compare import (
    Calibration,
    Result,
    Verdict,
    calibrate,
    compare,
    make_block,
)

IDENTICAL, EQUIVALENT = Verdict.IDENTICAL, Verdict.EQUIVALENT
DIFFERENT, NOT_COMPARABLE = Verdict.DIFFERENT, Verdict.NOT_COMPARABLE
ORDER = [IDENTICAL, EQUIVALENT, NOT_COMPARABLE, DIFFERENT]
NEURONS, RATE, STEP = 30, 40.0, 1.0
#: Far apart: two neighbours differ by more than the chance of which spikes are changed.
FRACTIONS = (0.0, 0.01, 0.1, 0.4, 1.0)


def trains_of(seed: int, duration: float) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [np.flatnonzero(random.random(round(duration)) < RATE / 1000.0) * STEP
            for _ in range(NEURONS)]


def potential(trains: list[np.ndarray], duration: float) -> np.ndarray:
    """What a membrane does: it forgets its past at every spike of its own."""
    v = np.zeros((round(duration), NEURONS))
    for k, train in enumerate(trains):
        since = np.arange(len(v)) - np.concatenate(([0], train))[
            np.searchsorted(train, np.arange(len(v)), side="right")]
        v[:, k] = -65.0 + 15.0 * (1.0 - np.exp(-since / 20.0))
    return v


def result(trains: list[np.ndarray], duration: float, name: str = "engine") -> Result:
    block = make_block("cells", trains, stop=duration,
                       signals={"v": potential(trains, duration)})
    return Result(name, {"cells": block}, STEP)


def jittered(trains: list[np.ndarray], fraction: float, seed: int, duration: float,
             ) -> list[np.ndarray]:
    """Move this part of the spikes by up to 20 steps; a larger part holds the smaller."""
    random = np.random.default_rng(seed)
    changed = []
    for train in trains:
        lot, move = random.random(len(train)), random.integers(1, 20, len(train))
        moved = train + np.where(lot < fraction, move, 0) * STEP
        changed.append(np.unique(moved[moved < duration]))
    return changed


def exchanged(trains: list[np.ndarray], fraction: float, seed: int, duration: float,
              ) -> list[np.ndarray]:
    """Keep the spikes until a moment, and have another draw of the same process after it."""
    other = trains_of(seed + 10_000, duration)
    end = (1.0 - fraction) * duration
    return [np.concatenate((a[a < end], b[b >= end])) for a, b in zip(trains, other, strict=True)]


@cache
def calibration_of(duration: float) -> Calibration:
    return calibrate([result(trains_of(500 + k, duration), duration) for k in range(10)])


PERTURBATIONS: dict[str, Any] = {"jittered": jittered, "exchanged": exchanged}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 400), kind=st.sampled_from(sorted(PERTURBATIONS)),
       duration=st.sampled_from([200.0, 500.0]), calibrated=st.booleans(),
       offset=st.sampled_from([0.0, 0.01, 3.0]))
def test_better_agreement_is_never_a_worse_verdict(
    seed: int, kind: str, duration: float, calibrated: bool, offset: float
) -> None:
    """`offset` (mV) is what one side's recorded potentials are always off by."""
    trains = trains_of(seed, duration)
    reference = result(trains, duration)
    found = []
    for fraction in FRACTIONS:
        spikes = PERTURBATIONS[kind](trains, fraction, seed, duration)
        block = make_block("cells", spikes, stop=duration,
                           signals={"v": potential(spikes, duration) + offset})
        comparison = compare(reference, Result("target", {"cells": block}, STEP),
                             calibration=calibration_of(duration) if calibrated else None)
        found.append(ORDER.index(comparison.verdict))
    assert found == sorted(found), (FRACTIONS, [ORDER[k] for k in found])
    if not offset:
        assert found[0] == 0


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 400))
def test_a_shorter_run_of_two_that_part_is_not_different_where_the_longer_is_not(
    seed: int
) -> None:
    """Two runs share their first 180 ms and are two draws of one process from there on."""
    long = 1200.0
    ours = trains_of(seed, long)
    theirs = exchanged(ours, 1.0 - 180.0 / long, seed, long)
    shared = {}
    for duration in (240.0, 500.0, long):
        a, b = ([t[t < duration] for t in trains] for trains in (ours, theirs))
        comparison = compare(result(a, duration), result(b, duration, "target"),
                             calibration=calibration_of(duration))
        assert comparison.rung("L1").verdict is IDENTICAL  # until they part
        assert comparison.verdict is EQUIVALENT, comparison.summary
        shared[duration] = comparison.rung("L2").measurements[0].value
    assert shared[240.0] > 0.5 > 0.25 > shared[long]


def test_traces_are_judged_until_the_first_spike_that_differs() -> None:
    duration = 500.0
    trains = trains_of(1, duration)
    later = [t.copy() for t in trains]
    later[3] = later[3][later[3] < 300.0]
    first = trains[3][trains[3] >= 300.0][0]
    comparison = compare(result(trains, duration), result(later, duration, "target"))
    rung = comparison.rung("L1")
    assert rung.verdict is IDENTICAL
    assert f"first spike that differs, at {first:g} ms" in rung.summary
    whole = next(m for m in rung.measurements if "whole run" in m.quantity)
    assert whole.value > 5.0 and whole.verdict is None
    assert comparison.rung("L2").verdict is EQUIVALENT
    assert comparison.verdict is EQUIVALENT  # without a calibration, too


def test_traces_that_differ_before_any_spike_does_decide_where_nothing_else_can() -> None:
    duration = 500.0
    trains = trains_of(1, duration)
    moved = jittered(trains, 0.01, 1, duration)
    block = make_block("cells", moved, stop=duration,
                       signals={"v": potential(moved, duration) + 3.0})
    target = Result("target", {"cells": block}, STEP)
    reference = result(trains, duration)
    alone = compare(reference, target)
    assert (alone.verdict, alone.first_failing and alone.first_failing.rung) == (DIFFERENT, "L1")
    decided = compare(reference, target, calibration=calibration_of(duration))
    assert decided.verdict is EQUIVALENT
    assert decided.first_failing is not None  # it is said all the same
    assert "First rung that fails: L1" in decided.summary


@pytest.mark.parametrize("fraction", [0.0, 0.02])
def test_a_reference_that_is_an_outlier_of_its_seeds_agrees_with_who_does_the_same(
    fraction: float
) -> None:
    """Its rate is fifteen standard deviations off; the target fires as it does."""
    duration = 500.0
    spread = calibration_of(duration).means("cells", "rate")
    extra = 15.0 * spread.std(ddof=1) / RATE
    random = np.random.default_rng(77)
    trains = [np.union1d(t, np.flatnonzero(random.random(500) < extra * RATE / 1000.0) * STEP)
              for t in trains_of(2, duration)]
    target = jittered(trains, fraction, 2, duration)
    comparison = compare(result(trains, duration), result(target, duration, "target"),
                         calibration=calibration_of(duration))
    assert comparison.verdict is (EQUIVALENT if fraction else IDENTICAL), comparison.summary
    usual = result(trains_of(3, duration), duration, "usual")
    against_usual = compare(usual, result(target, duration), calibration=calibration_of(duration))
    assert against_usual.verdict is DIFFERENT

"""The pattern detector under the chip's numerics, against the published figures."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import neuroport_experiments.pattern_detector
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neuroport_models.pattern_detector import (
    NoFactorError,
    PatternDetector,
    detection,
    measure,
    train_detectors,
    try_detectors,
)
from neuroport_models.pattern_detector.banks import banks
from neuroport_models.pattern_detector.detection import Case, detect, detection_network
from neuroport_models.pattern_detector.online import online_homeostasis
from neuroport_models.pattern_detector.parameters import TRAINING
from neuroport_models.pattern_detector.training import train_patterns

import neuroport
from neuroport.errors import InvalidValueError, NotReadyError
from neuroport.reproduce.claims import load_claims


def new(**settings):
    return neuroport.simulator(
        "brian2", **{"timestep": 1.0, "numerics": "spinnaker", **settings}
    )


@pytest.mark.parametrize(
    # 10 lines of at most 20 nA and a teacher: units of 1/128; fewer lines have a finer unit.
    ("n_bits", "weight"), [(10, 47 / 128), (4, 95 / 256)]
)
def test_training_marks_the_active_lines(n_bits, weight):
    patterns = sorted({0, 2**n_bits - 1, 2 ** (n_bits - 1)})
    for run in train_patterns(new(), patterns, n_bits):
        bits = [run.pattern >> (n_bits - 1 - k) & 1 for k in range(n_bits)]
        assert run.spikes == {"exc": [31.0], "inh": [31.0]}
        assert run.weights.ones.tolist() == [weight * b for b in bits]
        assert run.weights.zeros.tolist() == [weight * (1 - b) for b in bits]


def test_many_patterns_begin_in_turn_and_each_is_trained_alike():
    patterns = list(range(0, 1024, 37))
    assert len(patterns) > 3 * TRAINING["at_once"]
    for run in train_patterns(new(), patterns):
        active = np.array([run.pattern >> (9 - k) & 1 for k in range(10)])
        np.testing.assert_array_equal(run.weights.ones, active * 47 / 128)
        np.testing.assert_array_equal(run.weights.zeros, (1 - active) * 47 / 128)
        assert run.spikes == {"exc": [31.0], "inh": [31.0]}


def test_without_the_grid_inactive_lines_keep_a_rest():
    numerics = {"base": "spinnaker", "plastic_weight_step": None, "trace_bits": None}
    run = train_patterns(new(numerics=numerics), [992], 10)[0]
    assert run.weights.ones[0] == pytest.approx(0.37573, abs=2e-5)
    assert run.weights.ones[9] > 0


def test_one_pattern_is_detected_perfectly():
    detector = PatternDetector(new)
    trained = detector.train([992])
    assert trained.factor == pytest.approx(4.18817, abs=1e-9)
    found = detector.metrics()
    assert (found.positives, found.TP, found.FP, found.FN) == (1, 1, 0, 0)
    assert found.accuracy == found.precision == found.sensitivity == found.specificity == 1.0
    assert detector.detect([992, 993]).tolist() == [True, False]


@pytest.mark.slow
def test_every_recorded_row_comes_out():
    """All 82 rows of the authors' hardware study; the claims hold them with their source."""
    folder = Path(neuroport_experiments.pattern_detector.__file__).parent
    rows = {
        tuple(int(p) for p in c.id.removeprefix("row-").split("-")): c
        for c in load_claims(folder / "claims.toml").claims
        if c.id.startswith("row-")
    }
    assert sorted(map(len, rows)) == [1] + 14 * [2] + 67 * [3]
    overflow = {patterns for patterns, claim in rows.items() if claim.known_deviation}
    assert overflow == {(0, 0, 511), (0, 0, 1023)}
    made, _ = train_detectors(new, [*rows, (992, 31)])
    assert made[-1].factor is None
    fired = try_detectors(new, made[:-1], range(1024))
    for detector, f in zip(made, fired, strict=False):
        recorded = rows[detector.patterns].value
        if detector.patterns in overflow:  # beyond the search: tried at the recorded factor
            assert detector.factor < 100 < recorded["h"]
            case = Case(detector.learned.scaled(recorded["h"]), range(1024))
            f = detect(new(), [case])[0] > 0
        else:
            assert detector.factor == pytest.approx(recorded["h"], abs=1e-9)
        found = measure(detector.patterns, range(1024), f).as_dict()
        counts = ("positives", "TP", "FP", "TN", "FN")
        assert {k: found[k] for k in counts} == {k: recorded[k] for k in counts}
    with pytest.raises(NoFactorError, match="cancel"):
        _ = made[-1].weights


@pytest.mark.slow
def test_searches_side_by_side_equal_searches_alone():
    sets = [[992], [992, 1023], [0, 1, 6]]
    together, _ = train_detectors(new, sets)
    alone = [train_detectors(new, [s])[0][0] for s in sets]
    assert [d.factors for d in together] == [d.factors for d in alone]


@given(
    st.dictionaries(st.integers(0, 60), st.sets(st.integers(0, 4), min_size=1)),
    st.integers(1, 9),
)
def test_banks_hold_each_input_once(used_by, size):
    made = banks(used_by, size)
    assert sorted(i for bank in made for i in bank) == sorted(used_by)
    assert all(len(bank) <= size for bank in made)
    assert all(len(a) + len(b) > size for a, b in pairwise(made))


def test_inputs_in_several_banks_fire_as_in_one(monkeypatch):
    made, _ = train_detectors(new, [[992], [0, 3], [5, 6]])
    # Not in order, some asked by one network only, and one network that has several banks.
    cases = [
        Case(made[0].weights, [992, 5, 993, 0, 31]),
        Case(made[1].weights, [3, 0, 1, 2, 992]),
        Case(made[2].weights, [7, 6, 5, 4]),
    ]
    together = [f.tolist() for f in detect(new(), cases)]
    assert together == [[1, 0, 0, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1]]
    monkeypatch.setattr(detection, "banks", lambda used_by: banks(used_by, 3))
    sim = new()
    assert len(detection_network(sim, cases)) > len(cases)
    assert [f.tolist() for f in detect(new(), cases)] == together


def test_output_comes_two_steps_after_the_input():
    made, _ = train_detectors(new, [[5]], 4)
    sim = new()
    networks = detection_network(sim, [Case(made[0].weights, [5])])
    sim.run(20.0)
    train = networks[0].cells.get_data("spikes").segments[0].spiketrains[0]
    assert train.magnitude.tolist() == [12.0]


def test_online_homeostasis_finds_the_same_factor():
    made, _ = train_detectors(new, [[12], [12, 14]], 4)
    found = online_homeostasis(new(), [(d.learned, d.patterns) for d in made])
    for detector, online in zip(made, found, strict=True):
        assert online.factor == pytest.approx(detector.factor, rel=5e-3)


def test_metrics_count_repeated_patterns_once():
    found = measure([3, 3, 1], range(4), np.array([True, True, False, False]))
    assert (found.TP, found.FP, found.TN, found.FN) == (1, 1, 1, 1)
    assert found.accuracy == found.precision == found.sensitivity == 0.5
    assert measure([1], [0], np.array([False])).as_dict()["sensitivity"] is None


@pytest.mark.parametrize(
    ("n_bits", "patterns", "text"),
    [(10, [1024], "0 to 1023"), (10, [-1], "not a pattern"), (10, [], "no pattern"),
     (10, [1.5], "1.5"), (0, [0], "number of bits"), (10, [True], "True")],
)
def test_wrong_patterns_are_named(n_bits, patterns, text):
    with pytest.raises(InvalidValueError, match=text):
        PatternDetector(new, n_bits).train(patterns)


def test_wrong_use_is_refused():
    with pytest.raises(NotReadyError, match="train"):
        PatternDetector(new).detect([1])
    with pytest.raises(InvalidValueError, match="1 ms"):
        PatternDetector(lambda: new(timestep=0.1)).train([1])

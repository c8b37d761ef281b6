"""The pattern detector under the chip's numerics, against the published figures."""

from __future__ import annotations

import numpy as np
import pytest
from neuroport_models.pattern_detector import (
    NoFactorError,
    PatternDetector,
    measure,
    train_detectors,
    try_detectors,
)
from neuroport_models.pattern_detector.detection import Case, detection_network
from neuroport_models.pattern_detector.online import online_homeostasis
from neuroport_models.pattern_detector.parameters import TRAINING
from neuroport_models.pattern_detector.training import train_patterns

import neuroport
from neuroport.errors import InvalidValueError, NotReadyError


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


def test_two_and_three_patterns_give_the_recorded_rows():
    recorded = {
        (992, 1008): (2.32647, 2, 2),
        (992, 0): (4.18751, 32, 2),
        (992, 512): (3.49070, 16, 2),
        (992, 30): (20.94149, 512, 2),
        (0, 0, 7): (2.32669, 15, 2),
        (0, 0, 63): (6.98405, 232, 2),
    }
    made, _ = train_detectors(new, [*recorded, (992, 31)])
    assert made[-1].factor is None
    fired = try_detectors(new, made[:-1], range(1024))
    for detector, f in zip(made, fired, strict=False):
        found = measure(detector.patterns, range(1024), f)
        h, positives, hits = recorded[detector.patterns]
        assert detector.factor == pytest.approx(h, abs=1e-9)
        assert (found.positives, found.TP) == (positives, hits)
    with pytest.raises(NoFactorError, match="cancel"):
        _ = made[-1].weights


def test_searches_side_by_side_equal_searches_alone():
    sets = [[992], [992, 1023], [0, 1, 6]]
    together, _ = train_detectors(new, sets)
    alone = [train_detectors(new, [s])[0][0] for s in sets]
    assert [d.factors for d in together] == [d.factors for d in alone]


def test_output_comes_two_steps_after_the_input():
    made, _ = train_detectors(new, [[5]], 4)
    sim = new()
    networks = detection_network(sim, [Case(made[0].weights, [5])])
    sim.run(20.0)
    train = networks[0][0].get_data("spikes").segments[0].spiketrains[0]
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

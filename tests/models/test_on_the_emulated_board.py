"""The pattern detector on the emulated board, unchanged but for the backend's name."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np
import pytest
from neuroport_models.pattern_detector import PatternDetector, Weights
from neuroport_models.pattern_detector.detection import Case, detect
from neuroport_models.pattern_detector.training import train_patterns

import neuroport

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def board() -> None:
    """Skip where sPyNNaker or the compiled engine is not there."""
    if not os.environ.get("NEUROPORT_SPINNAKER_PYTHON") and (
        importlib.util.find_spec("spynnaker") is None
    ):
        pytest.skip("sPyNNaker is not installed: pip install 'neuroport[spinnaker]'")
    pytest.importorskip(
        "neuroport_spinnaker.board", reason="the compiled engine is not built",
        exc_type=ImportError,
    )


def new(backend: str = "spinnaker-emulated") -> Any:
    return neuroport.simulator(backend, timestep=1.0, numerics="spinnaker")


def test_pattern_detector_training_search_and_detection() -> None:
    detector = PatternDetector(new)
    trained = detector.train([992])
    run = detector.training[992]
    assert run.spikes == {"exc": [31.0], "inh": [31.0]}
    assert run.weights.ones.tolist() == [47 / 128] * 5 + [0.0] * 5
    assert run.weights.zeros.tolist() == [0.0] * 5 + [47 / 128] * 5
    assert trained.factor == pytest.approx(4.18817, abs=1e-9)
    assert np.flatnonzero(detector.detect(range(1024))).tolist() == [992]


def test_many_patterns_are_trained_without_a_loss() -> None:
    """All at once they would be: 480 plastic lines in one step, of which a core loses some."""
    patterns = list(range(0, 1024, 22))
    sim = new()
    for run in train_patterns(sim, patterns):
        active = np.array([run.pattern >> (9 - k) & 1 for k in range(10)])
        np.testing.assert_array_equal(run.weights.ones, active * 47 / 128)
        np.testing.assert_array_equal(run.weights.zeros, (1 - active) * 47 / 128)
    assert "NP341" not in [f.code for f in sim.state.findings]
    sim.end()


def test_weights_that_wrap_round_fire_what_was_recorded_on_hardware() -> None:
    """Recorded counts of two rows whose factors overflow (claims of experiments/pattern_detector).

    An input of -65,600 mV becomes one of 65,400, so trained patterns fire by their inhibition.
    """
    cases, recorded = [], []
    for patterns, factor, positives, hits in (
        ((0, 0, 1023), 892.25532, 386, [1023]), ((0, 0, 511), 28268.93618, 512, [0, 511]),
    ):
        lines = np.array([[p >> (9 - k) & 1 for k in range(10)] for p in patterns])
        learned = Weights(lines.sum(0) * 47 / 128, (1 - lines).sum(0) * 47 / 128)
        cases.append(Case(learned.scaled(factor), range(1024)))
        recorded.append((patterns, positives, hits))
    for backend in ("brian2", "spinnaker-emulated"):
        sim = new(backend)
        for (patterns, positives, hits), spikes in zip(recorded, detect(sim, cases), strict=True):
            assert int((spikes > 0).sum()) == positives
            assert [p for p in sorted(set(patterns)) if spikes[p]] == hits
        sim.end()

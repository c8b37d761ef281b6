"""The pattern detector on the emulated board, unchanged but for the backend's name."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np
import pytest
from neuroport_models.pattern_detector import PatternDetector
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

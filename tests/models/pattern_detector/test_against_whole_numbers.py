"""Factors and metrics of arbitrary rows against a model of the chip in whole numbers.

The model shares no code with neuroport: weights are multiples of 1/128 nA, scaled by the factor and
rounded to the unit of the output cell's input (2^(shift - 15), room for all lines at once), and a
cell fires in the step in which 20 MOhm x (1 - 31170/32768) x current reaches 15 mV.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from neuroport_models.pattern_detector import measure, train_detectors, try_detectors

import neuroport

BITS = 10
THRESHOLD = 15.0 / (20.0 * (1.0 - 31170 / 32768))
INPUTS = (np.arange(2**BITS)[:, None] >> np.arange(BITS - 1, -1, -1)) & 1


def new():
    return neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")


def learned(patterns):
    ones = sum(INPUTS[p] for p in patterns) * 47 / 128
    return ones, 47 / 128 * len(patterns) - ones


def current(patterns, factor, inputs):
    """Return the summed current into the output cell for each input."""
    ones, zeros = (w * factor for w in learned(patterns))
    most = ones.max() * np.count_nonzero(ones) + zeros.max() * np.count_nonzero(zeros)
    # The estimate is made from the rounded weights' maxima per projection; all lines at once.
    shift = max(0, math.ceil(math.log2(most))) + (2 ** math.ceil(math.log2(most)) <= most)
    unit = 2.0 ** (shift - 15)
    ones, zeros = (np.rint(w / unit).astype(int) for w in (ones, zeros))
    b = INPUTS[inputs]
    return (b @ (ones - zeros) - (1 - b) @ (ones - zeros)) * unit


def smallest(patterns, pattern):
    """Return the published search's factor for one pattern, or None."""

    def fires(factor):
        return bool(current(patterns, factor, [pattern])[0] >= THRESHOLD)

    low, high = 1e-4, 100.0
    if not fires(high):
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if fires(middle) else (middle, high)
    first, last = round(low, 5) - 1e-5, round(high, 5) + 1e-5
    return next((float(h) for h in np.arange(first, last + 1e-5, 1e-5) if fires(h)), None)


def rows():
    """Return pairs at every distance and triples, drawn once and for all."""
    draw = np.random.default_rng(2312)
    found = []
    for distance in range(1, BITS + 1):
        for _ in range(2):
            a = int(draw.integers(2**BITS))
            flipped = draw.choice(BITS, distance, replace=False)
            found.append((a, a ^ int((1 << flipped).sum())))
    found += [tuple(int(p) for p in draw.integers(2**BITS, size=3)) for _ in range(20)]
    return found + [(0, 0, 1023), (5, 5, 5), (0, 0, 511), (7, 1016, 7)]


@pytest.mark.slow
def test_arbitrary_rows_equal_a_model_in_whole_numbers():
    sets = rows()
    made, _ = train_detectors(new, sets, BITS)
    for detector in made:
        expected = {p: smallest(detector.patterns, p) for p in dict.fromkeys(detector.patterns)}
        assert detector.factors == pytest.approx(expected, abs=1e-9), detector.patterns
    found = [d for d in made if d.factor is not None]
    assert len(found) >= len(sets) - 3  # opposite pairs cancel
    fired = try_detectors(new, found, range(2**BITS))
    for detector, f in zip(found, fired, strict=True):
        expected = current(detector.patterns, detector.factor, np.arange(2**BITS)) >= THRESHOLD
        assert np.array_equal(f, expected), detector.patterns
        counts = measure(detector.patterns, range(2**BITS), f)
        assert counts.positives == int(expected.sum())

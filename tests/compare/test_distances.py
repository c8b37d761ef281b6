"""Invariants of the spike-train distances, and the traps of the libraries behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport.compare.measures.distances import (
    coincidence_factor,
    coincidences,
    isi_distance,
    spike_distance,
    train_distances,
    van_rossum,
    victor_purpura,
)

WINDOW = {"start": 0.0, "stop": 200.0}
trains = st.lists(st.integers(0, 200), max_size=25, unique=True).map(
    lambda t: np.sort(np.array(t, dtype=np.float64)))
DISTANCES = {
    "van Rossum": lambda a, b: van_rossum(a, b, time_constant=10.0),
    "Victor-Purpura": lambda a, b: victor_purpura(a, b, cost=0.5),
    "SPIKE": lambda a, b: spike_distance(a, b, **WINDOW),
    "ISI": lambda a, b: isi_distance(a, b, **WINDOW),
}


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=60, deadline=None)
@given(a=trains, b=trains)
def test_distance_is_symmetric_bounded_and_zero_for_equal_trains(name, a, b):
    distance = DISTANCES[name]
    forth, back = distance(a, b), distance(b, a)
    assert distance(a, a.copy()) == 0.0
    assert 0.0 <= forth <= 1.0
    # 1e-9: the libraries sum in another order when the arguments are exchanged
    assert forth == pytest.approx(back, abs=1e-9)


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=40, deadline=None)
@given(a=trains)
def test_silence_against_spikes_is_the_largest_distance(name, a):
    expected = 1.0 if len(a) else 0.0
    assert DISTANCES[name](a, np.empty(0)) == expected
    assert DISTANCES[name](np.empty(0), a) == expected


@pytest.mark.parametrize("name", ["Victor-Purpura", "van Rossum"])
def test_moving_one_spike_further_never_brings_trains_nearer(name):
    a = np.array([20.0, 60.0, 100.0, 140.0])
    measured = []
    for shift in np.arange(0.0, 15.0, 0.5):
        b = a.copy()
        b[1] += shift
        measured.append(DISTANCES[name](a, b))
    assert np.all(np.diff(measured) >= -1e-12)
    assert measured[-1] > measured[0] == 0.0


@settings(max_examples=40, deadline=None)
@given(a=trains.filter(lambda t: len(t) > 2), data=st.data())
def test_removing_more_spikes_never_brings_trains_nearer(a, data):
    order = data.draw(st.permutations(range(len(a))))
    measured = [victor_purpura(a, np.delete(a, order[:k]), cost=0.5) for k in range(len(a) + 1)]
    assert np.all(np.diff(measured) >= -1e-12)


def test_victor_purpura_matches_hand_count():
    # one spike moved by 1 ms at 0.5 per ms, one spike removed: 0.5 + 1, of 5 spikes
    value = victor_purpura(np.array([10.0, 50.0, 90.0]), np.array([11.0, 50.0]), cost=0.5)
    assert value == pytest.approx(1.5 / 5, abs=1e-12)


def test_van_rossum_of_far_spikes_is_one_and_of_near_ones_follows_the_kernel():
    # closed form for two single spikes: D^2 = 2 (1 - exp(-d / tau)), largest value 2
    near = van_rossum(np.array([10.0]), np.array([12.0]), time_constant=10.0)
    assert near == pytest.approx(1 - np.exp(-0.2), abs=1e-9)
    far = van_rossum(np.array([10.0]), np.array([900.0]), time_constant=10.0)
    assert far == pytest.approx(1.0, abs=1e-9)


def test_equal_dense_trains_do_not_become_not_a_number():
    # elephant issues 679/680: equal trains gave NaN (older versions) or 1e-7 (newer ones)
    dense = np.sort(np.random.default_rng(0).uniform(0, 1, 400))
    assert van_rossum(dense, dense.copy(), time_constant=10.0) == 0.0
    almost = dense.copy()
    almost[7] += 1e-9
    assert 0.0 <= van_rossum(dense, almost, time_constant=10.0) < 1e-6


def test_spikes_on_the_edges_are_not_taken_for_silence():
    # PySpike puts auxiliary spikes on the edges, so that these two look equal to it
    edges = np.array([0.0, 200.0])
    inside = np.array([100.0])
    assert isi_distance(edges, np.empty(0), **WINDOW) == 1.0
    assert isi_distance(edges, inside, **WINDOW) > 0.05
    assert spike_distance(edges, inside, **WINDOW) > 0.05


@settings(max_examples=60, deadline=None)
@given(a=trains, b=trains, precision=st.floats(0.0, 10.0))
def test_coincidences_are_the_largest_matching(a, b, precision):
    found = coincidences(a, b, precision)
    assert found == coincidences(b, a, precision)
    assert found <= min(len(a), len(b))
    assert found >= len(np.intersect1d(a, b)) or precision < 0
    assert coincidences(a, b, precision + 1.0) >= found


def test_coincidence_factor_is_one_for_equal_and_near_zero_for_chance():
    random = np.random.default_rng(1)
    values = []
    for _ in range(200):
        a, b = (np.sort(random.uniform(0, 1000, random.poisson(20))) for _ in range(2))
        values.append(coincidence_factor(a, b, precision=2.0, duration=1000.0))
    # standard error of 200 values is about 0.006; the expectation corrects all but the edges
    assert abs(np.mean(values)) < 0.03
    assert coincidence_factor(a, a.copy(), precision=2.0, duration=1000.0) == 1.0
    assert coincidence_factor(a, np.empty(0), precision=2.0, duration=1000.0) == 0.0


def test_coincidence_factor_is_undefined_where_chance_fills_the_windows():
    fast = np.arange(0.0, 100.0, 2.0)
    assert np.isnan(coincidence_factor(np.array([5.0]), fast, precision=2.0, duration=100.0))


def test_long_trains_are_cut_to_the_stated_number_of_spikes():
    a = np.arange(0.0, 200.0, 2.0)
    b = np.concatenate((a[:50], a[50:] + 1.0))
    cut = train_distances(a, b, start=0.0, stop=200.0, precision=2.0, time_constant=10.0,
                          longest=50)
    assert cut.victor_purpura == 0.0
    assert cut.van_rossum > 0.0

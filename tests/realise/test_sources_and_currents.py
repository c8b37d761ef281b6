"""Poisson trains and injected currents."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroport.network import CurrentSource, PoissonSource
from neuroport.realise.currents import current_samples
from neuroport.realise.sources import MOST_BERNOULLI, source_spikes


def poisson(rate: float, n: int = 200, start: float = 0.0, duration: float = 1e9) -> PoissonSource:
    return PoissonSource(np.full(n, rate), np.full(n, start), np.full(n, duration), (3, 1))


@pytest.mark.parametrize("rate", [5.0, 100.0, 3000.0])  # 3000 Hz: three spikes a step of 1 ms
def test_rate_and_independence_of_steps(rate: float) -> None:
    step, cell = source_spikes(poisson(rate), 0, 2000, 1.0, 1)
    mean = rate * 1e-3 * 2000 * 200
    assert abs(step.size - mean) < 5 * mean**0.5  # Poisson: five standard deviations
    counts = np.zeros((2000, 200))
    np.add.at(counts, (step, cell), 1)
    # The variance of Poisson counts is their mean, and p(1 - p) where sources are so slow that a
    # step has at most one spike; its error over 400,000 counts is sqrt((2 + 1/mean)/400000) of it.
    per = rate * 1e-3
    variance = per * (1 - per) if per <= MOST_BERNOULLI else per
    assert abs(counts.var() / variance - 1) < 5 * ((2 + 1 / per) / 400_000) ** 0.5
    # Neighbouring steps and neighbouring cells are not correlated: five over sqrt(n).
    for one, other in ((counts[1:], counts[:-1]), (counts[:, 1:], counts[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / 398_000**0.5


@pytest.mark.parametrize("rate", [0.0, 1e-18, 1e-300])
def test_vanishing_rates_give_no_spikes(rate: float) -> None:
    assert source_spikes(poisson(rate), 0, 2000, 1.0, 1)[0].size == 0


def test_start_and_duration() -> None:
    step, _ = source_spikes(poisson(500.0, start=10.0, duration=20.0), 0, 100, 1.0, 1)
    assert set(step.tolist()) == set(range(10, 30))


@given(cuts=st.lists(st.integers(0, 3000), max_size=6))
def test_trains_do_not_depend_on_how_a_run_is_cut(cuts: list[int]) -> None:
    source = poisson(40.0, n=5)
    whole = source_spikes(source, 0, 3000, 1.0, 1)
    edges = [0, *sorted(cuts), 3000]
    parts = [source_spikes(source, a, b, 1.0, 1) for a, b in pairwise(edges)]
    for k in (0, 1):
        np.testing.assert_array_equal(np.concatenate([p[k] for p in parts]), whole[k])


def current(kind: str, **parameters: object) -> CurrentSource:
    return CurrentSource(kind, parameters, (), (20, 1))


def test_currents_follow_their_formulas() -> None:
    dc = current_samples(current("DCSource", amplitude=0.5, start=2.0, stop=4.0), 0, 6, 1.0, 1)
    assert dc.tolist() == [0, 0, 0.5, 0.5, 0, 0]
    step = current_samples(current("StepCurrentSource", times=[1.0, 3.0], amplitudes=[0.2, -0.1]),
                           0, 5, 1.0, 1)
    assert step.tolist() == [0, 0.2, 0.2, -0.1, -0.1]
    ac = current_samples(current("ACSource", amplitude=0.3, offset=0.1, frequency=20.0, phase=90.0,
                                 start=10.0, stop=60.0), 0, 80, 1.0, 1)
    t = np.arange(80.0)
    want = 0.1 + 0.3 * np.sin(2 * np.pi * 20.0 * (t - 10.0) / 1000.0 + np.pi / 2)
    np.testing.assert_allclose(ac, np.where((t >= 10) & (t < 60), want, 0.0), atol=1e-14)


@given(cut=st.integers(0, 4000))
def test_noise_does_not_depend_on_how_a_run_is_cut(cut: int) -> None:
    noise = current("NoisyCurrentSource", mean=0.2, stdev=0.1, dt=2.0, start=0.0, stop=1e6)
    whole = current_samples(noise, 0, 4000, 1.0, 1)
    parts = [current_samples(noise, 0, cut, 1.0, 1), current_samples(noise, cut, 4000, 1.0, 1)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (whole[::2] == whole[1::2]).all()  # one value for each dt
    # 2,000 values: five standard errors of the mean and of the deviation.
    assert abs(whole.mean() - 0.2) < 5 * 0.1 / 2000**0.5
    assert abs(whole.std() - 0.1) < 5 * 0.1 / 4000**0.5

"""Random numbers inside a time step: uniform, independent, and the same on every engine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport.realise.draws import binomial, streams, uniform


def test_numbers_are_uniform_and_do_not_depend_on_each_other():
    stream = streams(42, (6, 1), 300)
    numbers = uniform(stream[:, None], np.arange(1000.0)[None, :])
    assert numbers.min() >= 0 and numbers.max() < 1
    n = numbers.size
    # Bounds of five standard deviations of the mean, of each tenth and of neighbours' products.
    assert abs(numbers.mean() - 0.5) < 5 / np.sqrt(12 * n)
    tenths = np.bincount((numbers * 10).astype(int).ravel(), minlength=10) / n
    assert np.abs(tenths - 0.1).max() < 5 * np.sqrt(0.09 / n)
    for a, b in ((numbers[:, 1:], numbers[:, :-1]), (numbers[1:], numbers[:-1])):
        product = ((a - 0.5) * (b - 0.5)).mean()
        assert abs(product) < 5 / 12 / np.sqrt(a.size)


def test_known_numbers_stay_as_they_are():
    """A stored network must give the same run with every later version."""
    found = uniform(np.array([0.0, 1.0, 2.0**53 - 1]), np.array([0.0, 9.0, 2.0**52]))
    assert found == pytest.approx(KNOWN, abs=0.0)


def _by_hand(stream: int, number: int) -> float:
    """The same in Python's whole numbers."""
    most = 2**64 - 1

    def mixed(z: int) -> int:
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & most
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & most
        return z ^ (z >> 31)

    golden = 0x9E3779B97F4A7C15
    return (mixed(stream ^ mixed((number * golden + golden) & most)) >> 11) / 2**53


KNOWN = [_by_hand(0, 0), _by_hand(1, 9), _by_hand(2**53 - 1, 2**52)]


@given(n=st.integers(0, 1000), p=st.floats(0, 1), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_binomial_number_is_the_inverse_of_the_distribution(n, p, seed):
    from scipy.stats import binom

    u = np.random.default_rng(seed).random(50)
    found = binomial(u, np.full(50, float(n)), np.full(50, p))
    assert ((found >= 0) & (found <= n)).all() and (found == np.rint(found)).all()
    # The sum of up to 1000 terms is off by less than 1e-12.
    assert (binom.cdf(found, n, p) >= u - 1e-12).all()
    assert (binom.cdf(found - 1, n, p) <= u + 1e-12).all()


def test_ends_of_the_binomial():
    u = np.array([0.0, 0.5, 1 - 2**-53])
    assert binomial(u, np.full(3, 4.0), np.zeros(3)).tolist() == [0, 0, 0]
    assert binomial(u, np.full(3, 4.0), np.ones(3)).tolist() == [4, 4, 4]
    assert binomial(u, np.zeros(3), np.full(3, 0.3)).tolist() == [0, 0, 0]

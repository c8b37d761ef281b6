"""Random numbers inside a time step: a function of a stream and a count, the same on every engine.

An engine needs no generator of its own and no state: whatever it computes, and in whatever order,
the k-th number of a cell's step or of a synapse's spike is the same. This is the reference; an
engine that compiles has the same lines in its own language.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.realise.streams import generator

__all__ = ["PER_EVENT", "binomial", "mixed", "streams", "uniform"]

FloatArray = NDArray[np.float64]

PER_EVENT = 8
"""Numbers that an event can take: number k of event m is ``uniform(stream, 8*m + k)``."""


def streams(seed: int, key: tuple[int, ...], size: int) -> FloatArray:
    """Return the streams of some cells or synapses, shape (size,), as doubles without loss."""
    return generator(seed, key).integers(0, 2**53, size).astype(float)


def uniform(stream: FloatArray, number: FloatArray) -> FloatArray:
    """Return numbers in [0, 1).

    The stream and the count are mixed by the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
    doi 10.1145/2660193.2660195), twice; the upper 53 bits are the result.

    Parameters
    ----------
    stream, number : ndarray of float
        Whole numbers below 2**53.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        count = np.asarray(number).astype(np.uint64) * golden
        word = mixed(np.asarray(stream).astype(np.uint64) ^ mixed(count + golden))
    return np.asarray((word >> np.uint64(11)) * 2.0**-53)


def mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return whole numbers whose bits all depend on all bits of others (SplitMix64)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def binomial(u: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Return the number of successes of n trials of probability p that belongs to u.

    The inverse of the cumulative distribution: P(result <= k) is the part of u in [0, 1) for which
    it is k or less.

    Parameters
    ----------
    u, n, p : ndarray of float
        u in [0, 1), n whole numbers from 0 to 1000, p from 0 to 1.
    """
    u, n, p = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (u, n, p)))
    many = p > 0.5  # counted from the other end, so that nothing underflows
    q = np.where(many, 1.0 - p, p)
    left = np.where(many, 1.0 - u, u)
    term = (1.0 - q) ** n
    odds = q / (1.0 - q)
    count = np.zeros_like(term)
    reached = term.copy()
    while True:
        # From the other end 1 - u lies in (0, 1]: there a bound itself still belongs to the lower.
        more = np.where(many, left > reached, left >= reached) & (count < n)
        if not more.any():
            break
        term = np.where(more, term * odds * (n - count) / (count + 1.0), term)
        reached = np.where(more, reached + term, reached)
        count = np.where(more, count + 1.0, count)
    return np.asarray(np.where(many, n - count, count))

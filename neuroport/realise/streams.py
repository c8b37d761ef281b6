"""Random streams: one seed, one independent stream for each thing that draws.

A stream is named by a key, so what one object draws does not depend on how much another drew.
Where a script passes its own ``rng``, that generator is used, in PyNN's order of drawing.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.random import AbstractRNG, NumpyRNG, RandomDistribution

__all__ = ["Draw", "generator", "stream_name", "stream_seed", "is_default_rng", "draw_distribution"]

# The seed that PyNN gives to every connector whose script passes no rng (pyNN.connectors._get_rng).
_PYNN_DEFAULT_CONNECTOR_SEED = 151985012


def _sequence(seed: int, key: tuple[int, ...]) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=key)


def stream_name(kind: int, *names: str) -> tuple[int, ...]:
    """Return the key of the stream of a named object, whatever else there is beside it."""
    return (kind, *(zlib.crc32(name.encode()) for name in names))


def generator(seed: int, key: tuple[int, ...]) -> np.random.Generator:
    """Return the generator of one stream.

    Parameters
    ----------
    seed : int
        The network's seed.
    key : tuple of int
        Name of the stream.
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, key)))


def stream_seed(seed: int, key: tuple[int, ...]) -> int:
    """Return a 32-bit seed for generators that take a plain number."""
    return int(_sequence(seed, key).generate_state(1)[0])


def is_default_rng(rng: Any) -> bool:
    """Tell whether PyNN made this generator because the script passed none."""
    return rng is None or (
        isinstance(rng, NumpyRNG) and type(rng)._next is NumpyRNG._next
        and rng.seed in (None, _PYNN_DEFAULT_CONNECTOR_SEED)
    )


class Draw:
    """Random draws for a connector, from a stream of the seed or from the script's own generator.

    Parameters
    ----------
    seed : int
        The network's seed.
    key : tuple of int
        Stream to use where the script passed no generator.
    rng : pyNN AbstractRNG, optional
        The script's generator.
    """

    def __init__(self, seed: int, key: tuple[int, ...], rng: AbstractRNG | None = None) -> None:
        self.rng = None if is_default_rng(rng) else rng
        self._generator = generator(seed, key)

    def uniform(self, n: int) -> NDArray[np.float64]:
        """Return `n` numbers in [0, 1)."""
        if self.rng is None:
            return self._generator.random(n)
        return np.atleast_1d(
            np.asarray(self.rng.next(n, "uniform", {"low": 0.0, "high": 1.0}), dtype=float)
        )

    def integers(self, n: int, high: int) -> NDArray[np.int64]:
        """Return `n` whole numbers in [0, `high`)."""
        if self.rng is None:
            return self._generator.integers(0, high, n)
        drawn = self.rng.next(n, "uniform_int", {"low": 0, "high": high})
        return np.atleast_1d(np.asarray(drawn, dtype=np.int64))

    def choose(self, values: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        """Return `n` different elements of `values`."""
        if self.rng is None:
            return self._generator.choice(values, n, replace=False, shuffle=False)
        return np.asarray(self.rng.permutation(values)[:n], dtype=np.int64)

    def choose_below(self, high: int, n: int) -> NDArray[np.int64]:
        """Return `n` different whole numbers in [0, `high`), without listing all of them."""
        if self.rng is None:
            return self._generator.choice(high, n, replace=False, shuffle=False)
        return self.choose(np.arange(high, dtype=np.int64), n)

    def bernoulli_hits(self, n: int, p: float) -> NDArray[np.int64]:
        """Return the positions, ascending, of successes in `n` trials of probability `p`."""
        if p <= 0 or n == 0:
            return np.empty(0, dtype=np.int64)
        if p >= 1:
            return np.arange(n, dtype=np.int64)
        if self.rng is not None or p > 0.3:
            return np.flatnonzero(self.uniform(n) < p)
        return geometric_hits(self._generator, n, p)


def geometric_hits(rng: np.random.Generator, n: int, p: float) -> NDArray[np.int64]:
    """Return the positions, ascending, of successes in `n` trials of probability 0 < `p` < 1.

    Gaps between successes are geometric: as many draws as successes, not as trials.
    """
    hits: list[NDArray[np.int64]] = []
    reached = -1
    while reached < n:
        expected = (n - reached) * p
        gaps = rng.geometric(p, int(expected + 4 * expected**0.5 + 16))
        # A gap beyond the end is as good as any: tiny probabilities overflow otherwise.
        positions = reached + np.cumsum(np.minimum(gaps, n + 1))
        hits.append(positions)
        reached = int(positions[-1])
    found = np.concatenate(hits)
    return found[found < n]


def draw_distribution(
    distribution: RandomDistribution, n: int, seed: int, key: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return `n` values of a PyNN distribution.

    A distribution made without ``rng`` draws from the stream `key`; one with its own generator
    draws from that.
    """
    if is_default_rng(distribution.rng):
        distribution = RandomDistribution(
            distribution.name,
            rng=NumpyRNG(seed=stream_seed(seed, key)),
            **distribution.parameters,
        )
    return np.atleast_1d(np.asarray(distribution.next(n), dtype=float))

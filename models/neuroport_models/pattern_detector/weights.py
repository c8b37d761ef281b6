"""Learned weights of one or several patterns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weights", "add"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """What was learned, as magnitudes.

    Attributes
    ----------
    ones : ndarray of float, shape (n_bits,)
        Weight of the lines that spike for a 1 (nA).
    zeros : ndarray of float, shape (n_bits,)
        Weight of the lines that spike for a 0 (nA).
    """

    ones: FloatArray
    zeros: FloatArray

    @property
    def n_bits(self) -> int:
        """Number of bits."""
        return int(self.ones.size)

    def scaled(self, factor: float) -> Weights:
        """Return these weights times a homeostatic factor."""
        return Weights(self.ones * factor, self.zeros * factor)


def add(weights: Iterable[Weights]) -> Weights:
    """Return the weights of several patterns stored together: their sum."""
    weights = list(weights)
    return Weights(
        np.sum([w.ones for w in weights], axis=0), np.sum([w.zeros for w in weights], axis=0)
    )

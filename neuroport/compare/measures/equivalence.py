"""Equivalence tests: a thin layer over scipy.stats.

A test for difference that finds nothing shows nothing. The two one-sided tests (TOST; Schuirmann
1987, J. Pharmacokinet. Biopharm. 15:657) ask instead whether a difference is shown to be *smaller*
than a bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from neuroport.compare.errors import ComparisonError

__all__ = ["EquivalenceTest", "equivalence_of_means", "equivalence_of_pairs",
           "equivalence_of_runs", "holm"]


@dataclass(frozen=True, slots=True)
class EquivalenceTest:
    """Outcome of two one-sided tests and of the usual test for difference.

    Attributes
    ----------
    difference : float
        Mean of the target minus mean of the reference.
    standard_error : float
    degrees_of_freedom : float
    margin : float
        Bound of equivalence.
    p_equivalence : float
        Probability of data like these if the true difference were as large as the margin. Small
        means equivalent.
    p_difference : float
        Probability of data like these if there were no difference. Small means different.
    """

    difference: float
    standard_error: float
    degrees_of_freedom: float
    margin: float
    p_equivalence: float
    p_difference: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided confidence interval of the difference."""
        if self.standard_error == 0:
            return self.difference, self.difference
        half = self.standard_error * float(
            stats.t.ppf(0.5 + confidence / 2, self.degrees_of_freedom))
        return self.difference - half, self.difference + half


def _tost(difference: float, error: float, freedom: float, margin: float) -> EquivalenceTest:
    if error == 0:
        inside = abs(difference) <= margin
        return EquivalenceTest(difference, 0.0, freedom, margin, 0.0 if inside else 1.0,
                               0.0 if difference else 1.0)
    upper = float(stats.t.cdf((difference - margin) / error, freedom))
    lower = float(stats.t.sf((difference + margin) / error, freedom))
    both = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return EquivalenceTest(difference, error, freedom, margin, max(upper, lower), both)


def equivalence_of_means(reference: ArrayLike, target: ArrayLike, margin: float,
                         ) -> EquivalenceTest:
    """Test whether two groups of runs have means that differ by less than `margin`.

    The spread is pooled, so a single target run is enough; it is then assumed to scatter like
    the reference's runs.

    Parameters
    ----------
    reference, target : array_like, shape (n_runs,)
        One number per run. At least two for the reference, one for the target.
    margin : float
        Positive bound, in the same unit.

    Raises
    ------
    ComparisonError
        If there are too few runs or the margin is negative.
    """
    a = np.asarray(reference, dtype=np.float64)
    b = np.asarray(target, dtype=np.float64)
    if len(a) < 2 or len(b) < 1 or margin < 0:
        raise ComparisonError(
            "equivalence test", f"{len(a)} reference runs, {len(b)} target runs, margin {margin}",
            "at least 2 reference runs, 1 target run and a margin of 0 or more",
            "run the reference with more seeds")
    freedom = len(a) + len(b) - 2
    square = np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2)
    error = math.sqrt(square / freedom * (1 / len(a) + 1 / len(b)))
    if error <= 1e-12 * max(abs(a.mean()), abs(b.mean())):
        error = 0.0  # equal runs: what remains is the rounding of the mean
    return _tost(float(b.mean() - a.mean()), error, freedom, margin)


def equivalence_of_runs(runs: ArrayLike, reference: float, target: float, margin: float,
                        ) -> EquivalenceTest:
    """Test one run against one other, given how much runs scatter.

    Parameters
    ----------
    runs : array_like, shape (n_runs,)
        One number per run, at least two; only their spread is used.
    reference, target : float
        The two runs; each is assumed to scatter like `runs`.
    margin : float
        Positive bound, in the same unit.
    """
    scatter = np.asarray(runs, dtype=np.float64)
    return _tost(target - reference, math.sqrt(2.0) * float(scatter.std(ddof=1)),
                 len(scatter) - 1, margin)


def equivalence_of_pairs(differences: ArrayLike, margin: float) -> EquivalenceTest:
    """Test whether paired differences have a mean smaller than `margin`.

    Parameters
    ----------
    differences : array_like, shape (n_pairs,)
        Target minus reference, at least two.
    margin : float
        Positive bound, in the same unit.

    Raises
    ------
    ComparisonError
        If there are fewer than two pairs.
    """
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2 or margin < 0:
        raise ComparisonError("equivalence test", f"{len(d)} pairs, margin {margin}",
                              "at least 2 pairs and a margin of 0 or more",
                              "record more neurons")
    return _tost(float(d.mean()), float(stats.sem(d)), len(d) - 1, margin)


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of several tests reject, with the error of all of them together at most `level`.

    Parameters
    ----------
    p_values : sequence of float
    level : float

    Returns
    -------
    list of bool
        In the order of `p_values` (Holm 1979, Scand. J. Stat. 6:65).
    """
    rejected = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected

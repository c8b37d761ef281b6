"""How well a detector tells its patterns from other inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Metrics", "measure"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts over the inputs, and what follows from them.

    Attributes
    ----------
    positives, negatives : int
        Inputs that fire and that do not.
    TP, FP, TN, FN : int
        Trained patterns that fire, others that fire, others that do not, trained that do not.
    """

    positives: int
    negatives: int
    TP: int
    FP: int
    TN: int
    FN: int

    @property
    def accuracy(self) -> float:
        """(TP + TN)/all."""
        return (self.TP + self.TN) / (self.positives + self.negatives)

    @property
    def precision(self) -> float:
        """TP/(TP + FP); NaN where nothing fires."""
        return _part(self.TP, self.TP + self.FP)

    @property
    def npv(self) -> float:
        """Negative predictive value, TN/(TN + FN); NaN where everything fires."""
        return _part(self.TN, self.TN + self.FN)

    @property
    def sensitivity(self) -> float:
        """TP/(TP + FN); NaN where no trained pattern was tried."""
        return _part(self.TP, self.TP + self.FN)

    @property
    def specificity(self) -> float:
        """TN/(TN + FP); NaN where only trained patterns were tried."""
        return _part(self.TN, self.TN + self.FP)

    def as_dict(self) -> dict[str, Any]:
        """Return counts and rates as plain data; a rate that is not defined is None."""
        names = ("accuracy", "precision", "npv", "sensitivity", "specificity")
        rates = {name: float(getattr(self, name)) for name in names}
        return {**asdict(self), **{k: None if v != v else v for k, v in rates.items()}}


def _part(count: int, of: int) -> float:
    return count / of if of else float("nan")


def measure(
    patterns: Iterable[int], inputs: Sequence[int], fired: NDArray[np.bool_]
) -> Metrics:
    """Return the metrics of a detector.

    Parameters
    ----------
    patterns : iterable of int
        Trained patterns; repeated ones count once.
    inputs : sequence of int
        Inputs that were tried.
    fired : ndarray of bool, shape (n_inputs,)
        Which of them made the output fire.
    """
    trained = np.isin(np.asarray(inputs), np.asarray(sorted(set(patterns))))
    fired = np.asarray(fired, dtype=bool)
    tp, fp = int((trained & fired).sum()), int((~trained & fired).sum())
    fn, tn = int((trained & ~fired).sum()), int((~trained & ~fired).sum())
    return Metrics(tp + fp, tn + fn, tp, fp, tn, fn)

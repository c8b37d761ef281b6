"""The detector as an object: train, detect, metrics; and many detectors at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import InvalidValueError, NotReadyError, Problem, UserError
from neuroport_models.pattern_detector.detection import Case, detect
from neuroport_models.pattern_detector.homeostasis import NewSimulator, find_factors
from neuroport_models.pattern_detector.metrics import Metrics, measure
from neuroport_models.pattern_detector.parameters import SEARCH, TIMESTEP
from neuroport_models.pattern_detector.patterns import checked, every_pattern
from neuroport_models.pattern_detector.training import TrainingRun, train_patterns
from neuroport_models.pattern_detector.weights import Weights, add

__all__ = ["PatternDetector", "Trained", "NoFactorError", "train_detectors", "try_detectors"]

BoolArray = NDArray[np.bool_]
Progress = Callable[[str], None]

# Output cells in one simulation: about 20 synapses each.
_CELLS_AT_ONCE = 65_536


class NoFactorError(UserError, ValueError):
    """No factor makes any of the trained patterns fire, as where two opposite patterns cancel."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained detector.

    Attributes
    ----------
    patterns : tuple of int
        As given, repetitions included.
    n_bits : int
    learned : Weights
        Sum over the patterns, before homeostasis.
    factors : dict of int to float or None
        For each distinct pattern the smallest factor at which it fires; None: it never does.
    factor : float or None
        The largest of them, the homeostatic factor; None where no pattern fires.
    """

    patterns: tuple[int, ...]
    n_bits: int
    learned: Weights
    factors: dict[int, float | None]

    @property
    def factor(self) -> float | None:
        """The homeostatic factor."""
        return max((f for f in self.factors.values() if f is not None), default=None)

    @property
    def weights(self) -> Weights:
        """The weights with the factor.

        Raises
        ------
        NoFactorError
            Where there is none.
        """
        if self.factor is None:
            raise NoFactorError(
                Problem(
                    "no homeostatic factor makes any trained pattern fire",
                    measured=f"patterns {', '.join(map(str, self.patterns))}: learned weights "
                    f"{self.learned.ones.round(4).tolist()} and "
                    f"{self.learned.zeros.round(4).tolist()} nA",
                    limit=f"factors up to {SEARCH['highest']:g}",
                    fix="store patterns that do not cancel: fewer, or closer to each other",
                ),
                where="PatternDetector",
            )
        return self.learned.scaled(self.factor)


def _simulator(new_simulator: NewSimulator, where: str) -> NewSimulator:
    def checked_simulator() -> object:
        sim = new_simulator()
        if abs(sim.get_time_step() - TIMESTEP) > 1e-9:
            raise InvalidValueError(
                Problem(
                    "the pattern detector is defined in steps of 1 ms",
                    measured=f"time step {sim.get_time_step():g} ms",
                    limit="1 ms",
                    fix="simulator(..., timestep=1.0)",
                ),
                where=where,
            )
        return sim

    return checked_simulator


def train_detectors(
    new_simulator: NewSimulator,
    sets: Sequence[Iterable[int]],
    n_bits: int = 10,
    progress: Progress | None = None,
) -> tuple[list[Trained], dict[int, TrainingRun]]:
    """Train many detectors side by side.

    Parameters
    ----------
    new_simulator : callable
        Returns a fresh simulator with steps of 1 ms, e.g.
        ``lambda: neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")``.
    sets : sequence of iterables of int
        The patterns of each detector.
    n_bits : int
    progress : callable, optional
        Called with lines of text.

    Returns
    -------
    detectors : list of Trained
    runs : dict of int to TrainingRun
        The training of each distinct pattern.
    """
    where = "PatternDetector.train"
    new = _simulator(new_simulator, where)
    rows = [tuple(checked(patterns, n_bits, where)) for patterns in sets]
    distinct = sorted({p for row in rows for p in row})
    sim = new()
    try:
        runs = {run.pattern: run for run in train_patterns(sim, distinct, n_bits)}
    finally:
        sim.end()
    if progress is not None:
        progress(f"trained {len(distinct)} patterns")
    sums = [add([runs[p].weights for p in row]) for row in rows]
    factors = find_factors(new, list(zip(sums, rows, strict=True)), progress)
    made = [
        Trained(row, n_bits, total, found)
        for row, total, found in zip(rows, sums, factors, strict=True)
    ]
    return made, runs


def try_detectors(
    new_simulator: NewSimulator,
    detectors: Sequence[Trained],
    inputs: Sequence[int],
    progress: Progress | None = None,
) -> list[BoolArray]:
    """Try the same inputs on many trained detectors.

    Parameters
    ----------
    new_simulator : callable
    detectors : sequence of Trained
        Each with a factor.
    inputs : sequence of int
    progress : callable, optional

    Returns
    -------
    list of ndarray of bool, shape (n_inputs,)
        Whether the output fired.

    Raises
    ------
    NoFactorError
        For a detector without a factor.
    """
    new = _simulator(new_simulator, "PatternDetector.detect")
    inputs = list(inputs)
    cases = [Case(d.weights, inputs) for d in detectors]
    at_once = max(1, _CELLS_AT_ONCE // max(1, len(inputs)))
    fired: list[BoolArray] = []
    for start in range(0, len(cases), at_once):
        sim = new()
        try:
            found = detect(sim, cases[start : start + at_once])
        finally:
            sim.end()
        fired += [spikes > 0 for spikes in found]
        if progress is not None:
            progress(f"tried {len(inputs)} inputs on {len(fired)} of {len(cases)} detectors")
    return fired


class PatternDetector:
    """A spiking detector of trained bit patterns.

    Parameters
    ----------
    new_simulator : callable
        Returns a fresh simulator with steps of 1 ms. The published results need the chip's
        numerics: ``lambda: neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")``.
    n_bits : int
        Bits of a pattern.
    progress : callable, optional
        Called with lines of text while it works.

    Attributes
    ----------
    trained : Trained or None
        Learned weights and factors.
    training : dict of int to TrainingRun
        Output spikes and weights of the training of each pattern.

    Examples
    --------
    >>> import neuroport
    >>> from neuroport_models.pattern_detector import PatternDetector
    >>> new = lambda: neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")
    >>> detector = PatternDetector(new, n_bits=4)
    >>> detector.train([0b1100]).factor is not None
    True
    >>> detector.detect([0b1100, 0b1101]).tolist()
    [True, False]
    """

    def __init__(
        self, new_simulator: NewSimulator, n_bits: int = 10, progress: Progress | None = None
    ) -> None:
        checked([0], n_bits, "PatternDetector")
        self.new_simulator = new_simulator
        self.n_bits = n_bits
        self.progress = progress
        self.trained: Trained | None = None
        self.training: dict[int, TrainingRun] = {}

    def train(self, patterns: int | Iterable[int]) -> Trained:
        """Train patterns and find the homeostatic factor.

        Raises
        ------
        InvalidValueError
            For patterns that do not fit into the bits.
        """
        rows = checked(patterns, self.n_bits, "PatternDetector.train")
        made, self.training = train_detectors(
            self.new_simulator, [rows], self.n_bits, self.progress
        )
        self.trained = made[0]
        return self.trained

    def _ready(self) -> Trained:
        if self.trained is None:
            raise NotReadyError(
                Problem("this detector has not been trained", fix="call train(patterns) first"),
                where="PatternDetector",
            )
        return self.trained

    def detect(self, inputs: int | Iterable[int]) -> BoolArray:
        """Return for each input whether the output fires.

        Raises
        ------
        NotReadyError, NoFactorError, InvalidValueError
        """
        tried = checked(inputs, self.n_bits, "PatternDetector.detect")
        return try_detectors(self.new_simulator, [self._ready()], tried, self.progress)[0]

    def metrics(self, inputs: Iterable[int] | None = None) -> Metrics:
        """Return the counts over inputs; default: all 2^n_bits of them."""
        trained = self._ready()
        tried = (
            every_pattern(self.n_bits, "PatternDetector.metrics")
            if inputs is None
            else checked(inputs, self.n_bits, "PatternDetector.metrics")
        )
        return measure(trained.patterns, tried, self.detect(tried))

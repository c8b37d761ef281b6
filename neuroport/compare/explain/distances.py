"""How far two results are apart, as one number: 0 for agreement."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from neuroport.compare.errors import ExplanationError
from neuroport.compare.ladder.traces import common_signals
from neuroport.compare.measures.distances import victor_purpura
from neuroport.compare.measures.pairing import pair_spikes
from neuroport.compare.measures.spike_sets import spike_sets
from neuroport.results.result import Result

__all__ = ["spike_step_distance", "spike_time_distance", "trace_distance"]


def spike_step_distance(reference: Result, target: Result) -> float:
    """Part of all spikes that are not in the same neuron and step: 0 to 1, 0 for identical.

    Raises
    ------
    ExplanationError
        If no population's spikes were recorded on both sides.
    """
    pairs, _ = pair_spikes(reference, target)
    sets = [spike_sets(p, reference, target) for p in pairs]
    _need(sets, "spikes")
    total = sum(s.total for s in sets)
    return 1.0 - sum(s.shared() for s in sets) / total if total else 0.0


def spike_time_distance(reference: Result, target: Result, *, precision: float = 2.0) -> float:
    """Victor-Purpura distance of all neurons per spike: 0 to 1, graded where steps are not.

    Parameters
    ----------
    reference, target : Result
    precision : float
        Moving a spike by this much (ms) costs as much as adding one.

    Raises
    ------
    ExplanationError
        If no population's spikes were recorded on both sides.
    """
    pairs, _ = pair_spikes(reference, target)
    _need(pairs, "spikes")
    cost = total = 0.0
    for pair in pairs:
        for first, second in zip(pair.reference, pair.target, strict=True):
            number = len(first) + len(second)
            cost += victor_purpura(first, second, cost=1.0 / precision) * number
            total += number
    return cost / total if total else 0.0


def trace_distance(reference: Result, target: Result) -> float:
    """Root-mean-square difference of all recorded traces, each in units of its own range.

    Raises
    ------
    ExplanationError
        If no signal was recorded on both sides.
    """
    squares = []
    for pair in common_signals(reference, target):
        span = float(np.ptp(pair.reference)) or 1.0
        squares.append(float(np.mean((pair.target - pair.reference) ** 2)) / span**2)
    _need(squares, "traces")
    return math.sqrt(sum(squares) / len(squares))


def _need(found: Sequence[object], what: str) -> None:
    if not found:
        raise ExplanationError("distance", f"no {what} recorded on both sides",
                               f"{what} of one population at least",
                               "record them on both engines, or pass another distance")

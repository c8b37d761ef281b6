"""Which numerics choices carry the difference between two engines?

The reference is run again with single choices switched until it agrees with the target; the
smallest set of choices that does it is the explanation. The share of each choice in the set is
its Shapley value: the mean reduction of the distance over all orders in which the choices of the
set can be switched (Shapley 1953, Contributions to the Theory of Games 2:307).
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroport.compare.errors import ExplanationError
from neuroport.compare.ladder.traces import common_signals
from neuroport.compare.measures.distances import victor_purpura
from neuroport.compare.measures.pairing import pair_spikes
from neuroport.compare.measures.spike_sets import spike_sets
from neuroport.results.result import Result

__all__ = [
    "Explanation", "Share", "explain", "spike_step_distance", "spike_time_distance",
    "trace_distance",
]

#: Shapley values need 2^n runs; above this many choices they are estimated from random orders.
_EXACT_SHARES = 6

Choices = Mapping[str, tuple[Any, Sequence[Any]]]
Distance = Callable[[Result, Result], float]
_Switches = tuple[tuple[str, int], ...]  # (choice, number of the alternative), sorted


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


@dataclass(frozen=True, slots=True)
class Share:
    """What one choice of the explanation carries.

    Attributes
    ----------
    choice : str
    reference_value, value : object
        The value that the reference used and the one that the target behaves like.
    share : float
        Part of the gap, over the set they sum to the part that the set closes. May be negative:
        then the choice compensates another.
    alone : float
        Part of the gap that this choice closes when it is the only one switched; NaN if it was
        not run alone.
    """

    choice: str
    reference_value: Any
    value: Any
    share: float
    alone: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a target differs from the reference.

    Attributes
    ----------
    explained : bool
        With the choices of `shares` switched, the reference agrees with the target.
    shares : tuple of Share
        The choices, largest share first; empty if nothing is to explain or nothing helps.
    gap : float
        Distance before.
    remaining : float
        Distance with all choices of `shares` switched.
    tolerance : float
        Distance that counts as agreement.
    smallest : bool
        All smaller sets were tried and do not agree. False if the budget ended before.
    method : str
        How the shares were computed.
    runs : int
        Runs of the reference.
    failed : tuple of str
        Assignments that the reference refused, with its words.
    summary : str
        The explanation in words.
    idle : tuple of str
        Choices none of whose alternatives, switched alone, moves the distance.
    """

    explained: bool
    shares: tuple[Share, ...]
    gap: float
    remaining: float
    tolerance: float
    smallest: bool
    method: str
    runs: int
    failed: tuple[str, ...]
    summary: str
    idle: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [self.summary]
        lines += [f"  {s.choice}: {s.reference_value!r} -> {s.value!r}: {s.share:.0%} of the gap"
                  for s in self.shares]
        return "\n".join(lines)


class _BudgetSpent(Exception):
    """The allowed number of runs is used up."""


class _Search:
    """Memoised, counted runs of the reference."""

    def __init__(self, runner: Callable[[dict[str, Any]], Result], choices: Choices,
                 target: Result, distance: Distance, maximum: int,
                 progress: Callable[[int, int, str], None] | None,
                 seconds: float | None = None) -> None:
        self.end = None if seconds is None else time.monotonic() + seconds
        self.runner, self.choices, self.target, self.distance = runner, choices, target, distance
        self.maximum, self.progress = maximum, progress
        self.known: dict[_Switches, float] = {}
        self.failed: list[str] = []
        self.runs = 0

    def assignment(self, switches: _Switches) -> dict[str, Any]:
        values = {name: reference for name, (reference, _) in self.choices.items()}
        values.update({name: self.choices[name][1][k] for name, k in switches})
        return values

    def words(self, switches: _Switches) -> str:
        if not switches:
            return "reference"
        return ", ".join(f"{name} = {self.choices[name][1][k]!r}" for name, k in switches)

    def run(self, switches: _Switches) -> Result:
        late = self.end is not None and time.monotonic() > self.end
        if self.runs >= self.maximum or (late and () in self.known):
            raise _BudgetSpent
        self.runs += 1
        if self.progress is not None:
            self.progress(self.runs, self.maximum, self.words(switches))
        return self.runner(self.assignment(switches))

    def __call__(self, switches: Sequence[tuple[str, int]]) -> float:
        """Distance to the target with these switches; infinite if the reference refuses them."""
        key = tuple(sorted(switches))
        if key not in self.known:
            try:
                value = float(self.distance(self.run(key), self.target))
            except (_BudgetSpent, ExplanationError):
                raise
            except Exception as problem:
                if not key:
                    raise
                self.failed.append(f"{self.words(key)}: {type(problem).__name__}: {problem}")
                value = math.inf
            if math.isnan(value):
                self.failed.append(f"{self.words(key)}: the distance is not a number")
                value = math.inf
            self.known[key] = value
        return self.known[key]


def explain(
    reference_runner: Callable[[dict[str, Any]], Result],
    choices: Choices,
    target_result: Result,
    distance: Distance = spike_step_distance,
    *,
    tolerance: float = 0.0,
    max_runs: int = 200,
    check_repeatable: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
    seconds: float | None = None,
    claimed: Iterable[str] | None = None,
) -> Explanation:
    """Find the smallest set of numerics choices that makes the reference agree with the target.

    Parameters
    ----------
    reference_runner : callable, (assignment) -> Result
        Runs the reference with a value for every choice. It should give the same result for the
        same assignment (fix the seed).
    choices : mapping of str to (reference value, sequence of alternative values)
        The numerics choices that may be switched.
    target_result : Result
        What is to be explained.
    distance : callable, (Result, Result) -> float
        0 for agreement. `spike_step_distance`, `spike_time_distance` (graded; better where
        single switches help only a little), `trace_distance`, or one's own.
    tolerance : float
        Largest distance that counts as agreement. Raised to the reference's own difference
        between two equal runs if that is larger.
    max_runs : int
        Largest number of runs of the reference. Equal assignments are run once.
    check_repeatable : bool
        Spend one run on measuring whether the reference repeats itself.
    progress : callable, (run number, max_runs, what is switched), optional
    seconds : float, optional
        Wall time after which no further run is begun.
    claimed : iterable of str, optional
        The choices whose first alternative is what the target says of itself; they are tried
        together. All, if left out.

    Returns
    -------
    Explanation

    Raises
    ------
    ExplanationError
        If there is no choice, a choice has no alternative, or the budget is below two runs.

    Notes
    -----
    1. Every alternative alone. 2. All claimed first alternatives at once; if that agrees, the
    needless ones are dropped. Else greedy: the alternative that helps most is added until the
    distance is within the tolerance, then every choice that is not needed is dropped. If that
    fails, all best alternatives are switched at once and the needless ones dropped. 3. All smaller
    sets are tried, most promising first, which proves the set smallest or finds a smaller one. 4.
    Shapley values over the set, exact up to six choices, else from random orders. Each step ends
    early if the budget does, and the explanation says so.
    """
    _check(choices, max_runs)
    search = _Search(reference_runner, choices, target_result, distance, max_runs, progress,
                     seconds)
    gap = search(())
    if check_repeatable:
        search_again = float(distance(search.run(()), target_result))
        tolerance = max(tolerance, abs(search_again - gap))
    if gap <= tolerance:
        return Explanation(True, (), gap, gap, tolerance, True, "nothing to attribute",
                           search.runs, (), "The reference agrees with the target as it is.")
    best: _Switches = ()
    proven = False
    try:
        singles = {(name, k): search([(name, k)]) for name, (_, others) in choices.items()
                   for k in range(len(others))}
        first = set(choices if claimed is None else claimed)
        best = _from_first(search, [s for s in singles if s[0] in first and s[1] == 0], tolerance)
        if search(best) > tolerance:
            best = min(best, _greedy(search, singles, tolerance), key=search)
        if search(best) > tolerance:
            best = _from_all(search, singles, best, tolerance)
        if len(best) <= _EXACT_SHARES:
            _shapley(search, best)  # before the proof, which may use up the budget
        best, proven = _smaller(search, singles, best, tolerance)
    except _BudgetSpent:
        best = _best_known(search, tolerance)
    explained = search.known[best] <= tolerance
    shares, method = _shares(search, best, gap)
    return Explanation(
        explained, shares, gap, search.known[best], tolerance, proven and explained, method,
        search.runs, tuple(search.failed),
        _words(explained, shares, gap, search.known[best], proven, search),
        _idle(search, gap))


def _idle(search: _Search, gap: float) -> tuple[str, ...]:
    """The choices that were tried alone in full and move nothing."""
    return tuple(
        name for name, (_, others) in search.choices.items()
        if all(search.known.get(((name, k),)) == gap for k in range(len(others))))


def _check(choices: Choices, max_runs: int) -> None:
    if not choices:
        raise ExplanationError("explain", "no choices", "at least one numerics choice",
                               "pass {'input rule': ('exact', ['step'])}")
    for name, (reference, others) in choices.items():
        if not len(others):
            raise ExplanationError(f"choice {name!r}", "no alternative value",
                                   "at least one", "remove the choice or add a value")
        if any(other is reference or (type(other) is type(reference) and other == reference)
               for other in others):
            raise ExplanationError(f"choice {name!r}", f"the alternative {reference!r} is the "
                                   "reference's own value", "other values", "remove it")
    if max_runs < 2:
        raise ExplanationError("explain", f"max_runs = {max_runs}", "at least 2", "allow more runs")


def _greedy(search: _Search, singles: Mapping[tuple[str, int], float], tolerance: float,
            ) -> _Switches:
    chosen: _Switches = ()
    current = search(())
    while current > tolerance:
        free = [s for s in singles if s[0] not in dict(chosen)]
        if not free:
            break
        value, switch = min(((search([*chosen, s]), s) for s in free), key=lambda pair: pair[0])
        if value >= current:
            break
        chosen, current = tuple(sorted((*chosen, switch))), value
    return _prune(search, chosen, tolerance)


def _prune(search: _Search, switches: _Switches, tolerance: float) -> _Switches:
    """Drop every switch without which the distance does not grow beyond the tolerance."""
    for switch in sorted(switches, key=lambda s: -search([s])):
        rest = tuple(s for s in switches if s != switch)
        if search(rest) <= max(tolerance, search(switches)):
            switches = rest
    return switches


def _from_all(search: _Search, singles: Mapping[tuple[str, int], float], best: _Switches,
              tolerance: float) -> _Switches:
    everything: dict[str, int] = {}
    for (name, k), value in sorted(singles.items(), key=lambda item: item[1]):
        if math.isfinite(value):
            everything.setdefault(name, k)
    start = tuple(sorted(everything.items()))
    if start and search(start) < search(best):
        return _prune(search, start, tolerance)
    return best


def _from_first(search: _Search, first: Sequence[tuple[str, int]], tolerance: float) -> _Switches:
    """Switch all these at once, since a convention may help as a whole only; drop the needless."""
    start = tuple(sorted(s for s in first if math.isfinite(search([s]))))
    if len(start) < 2 or search(start) > tolerance:
        return ()
    return _prune(search, start, tolerance)


def _smaller(search: _Search, singles: Mapping[tuple[str, int], float], best: _Switches,
             tolerance: float) -> tuple[_Switches, bool]:
    """Try all sets smaller than `best` (all sets if it does not agree), promising ones first."""
    agrees = search(best) <= tolerance
    names = len({name for name, _ in singles})
    largest = len(best) - 1 if agrees else names
    for size in range(1, largest + 1):
        candidates = [c for c in itertools.combinations(sorted(singles), size)
                      if len({name for name, _ in c}) == size]
        candidates.sort(key=lambda c: sum(min(singles[s], 1e9) for s in c))
        for candidate in candidates:
            if search(candidate) <= tolerance:
                return tuple(sorted(candidate)), True
    return _best_known(search, tolerance) if not agrees else best, True


def _best_known(search: _Search, tolerance: float) -> _Switches:
    agreeing = [s for s, value in search.known.items() if value <= tolerance]
    if agreeing:
        return min(agreeing, key=lambda s: (len(s), search.known[s]))
    return min(search.known, key=lambda s: (search.known[s], len(s)))


def _shares(search: _Search, best: _Switches, gap: float) -> tuple[tuple[Share, ...], str]:
    if not best:
        return (), "nothing to attribute"
    weights: dict[tuple[str, int], float]
    try:
        if len(best) <= _EXACT_SHARES:
            weights = _shapley(search, best)
            method = "Shapley values over the set, exact"
        else:
            weights, orders = _shapley_from_orders(search, best)
            method = f"Shapley values over the set, estimated from {orders} random orders"
        if not all(math.isfinite(w) for w in weights.values()):
            raise _BudgetSpent
    except _BudgetSpent:
        alone = {s: max(gap - search.known.get((s,), gap), 0.0) for s in best}
        total = sum(alone.values()) or 1.0
        closed = gap - search.known[best]
        weights = {s: closed * (value / total if sum(alone.values()) else 1 / len(best))
                   for s, value in alone.items()}
        method = ("in proportion to what each choice closes alone, since not all subsets could "
                  "be run")
    shares = [Share(name, search.choices[name][0], search.choices[name][1][k],
                    weights[name, k] / gap,
                    (gap - search.known[((name, k),)]) / gap
                    if math.isfinite(search.known.get(((name, k),), math.inf)) else math.nan)
              for name, k in best]
    return tuple(sorted(shares, key=lambda s: -s.share)), method


def _shapley(search: _Search, best: _Switches) -> dict[tuple[str, int], float]:
    n = len(best)
    values = {}
    for switch in best:
        others = [s for s in best if s != switch]
        total = 0.0
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for subset in itertools.combinations(others, size):
                total += weight * (search(subset) - search((*subset, switch)))
        values[switch] = total
    return values


def _shapley_from_orders(search: _Search, best: _Switches,
                         ) -> tuple[dict[tuple[str, int], float], int]:
    stream = np.random.default_rng(0)
    sums = dict.fromkeys(best, 0.0)
    orders = 0
    try:
        for _ in range(20):
            order = [best[int(i)] for i in stream.permutation(len(best))]
            steps = [search(order[:k]) for k in range(len(order) + 1)]
            for k, switch in enumerate(order):
                sums[switch] += steps[k] - steps[k + 1]
            orders += 1
    except _BudgetSpent:
        if orders == 0:
            raise
    return {s: total / orders for s, total in sums.items()}, orders


def _words(explained: bool, shares: Sequence[Share], gap: float, remaining: float, proven: bool,
           search: _Search) -> str:
    failed = (f" {len(search.failed)} assignments were refused by the reference."
              if search.failed else "")
    if not shares:
        return (f"None of the {len(search.choices)} choices brings the reference nearer to the "
                f"target (distance {gap:.3g}). The cause lies elsewhere.{failed}")
    named = "; ".join(f"{s.choice} ({s.reference_value!r} -> {s.value!r}) carries {s.share:.0%}"
                      for s in shares)
    if explained:
        size = (" No smaller set does it." if proven else
                " Smaller sets were not all tried: the budget of runs ended.")
        return (f"With {len(shares)} choice{'s' if len(shares) > 1 else ''} switched the reference "
                f"agrees with the target: {named}.{size}{failed}")
    return (f"No set that was tried makes the reference agree with the target. Nearest: {named}; "
            f"{remaining / gap:.0%} of the gap (distance {gap:.3g}) stays unexplained.{failed}")

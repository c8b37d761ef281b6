"""Which numerics choices carry the difference between two engines?

The reference is run again with single choices switched until it agrees with the target; the
smallest set of choices that does it is the explanation. The share of each choice in the set is
its Shapley value: the mean reduction of the distance over all orders in which the choices of the
set can be switched (Shapley 1953, Contributions to the Theory of Games 2:307).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuroport.compare.errors import ExplanationError
from neuroport.compare.explain.distances import spike_step_distance
from neuroport.compare.explain.search import BudgetSpent, Choices, Distance, Search, Switches
from neuroport.compare.explain.shares import EXACT_SHARES, Share, shapley, shares_of
from neuroport.results.result import Result

__all__ = ["Explanation", "explain"]


LIES_ELSEWHERE = " The cause lies elsewhere."
#: Part of the gap that a choice has to close before a search goes on where the cause is known.
_WORTH = 0.05


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
        lines += [f"  {s.choice}: {s.reference_value!r} -> {s.value!r}: {s.words}"
                  for s in self.shares]
        return "\n".join(lines)


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
    exhaustive: bool = True,
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
    exhaustive : bool
        False: give up where neither a single choice nor all claimed ones close a twentieth of the
        gap, since a cause that is not among the choices is known.

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
    search = Search(reference_runner, choices, target_result, distance, max_runs, progress,
                     seconds)
    gap = search(())
    if check_repeatable:
        search_again = float(distance(search.run(()), target_result))
        tolerance = max(tolerance, abs(search_again - gap))
    if gap <= tolerance:
        return Explanation(True, (), gap, gap, tolerance, True, "nothing to attribute",
                           search.runs, (), "The reference agrees with the target as it is.")
    best: Switches = ()
    proven = False
    try:
        singles = {(name, k): search([(name, k)]) for name, (_, others) in choices.items()
                   for k in range(len(others))}
        first = set(choices if claimed is None else claimed)
        best = _from_first(search, [s for s in singles if s[0] in first and s[1] == 0], tolerance)
        if not exhaustive and min(search.known.values()) > (1 - _WORTH) * gap:
            raise BudgetSpent
        if search(best) > tolerance:
            best = min(best, _greedy(search, singles, tolerance), key=search)
        if search(best) > tolerance:
            best = _from_all(search, singles, best, tolerance)
        if len(best) <= EXACT_SHARES:
            shapley(search, best)  # before the proof, which may use up the budget
        best, proven = _smaller(search, singles, best, tolerance)
    except BudgetSpent:
        best = _best_known(search, tolerance)
        if not exhaustive and search.known[best] > (1 - _WORTH) * gap:
            best = ()  # by chance: in a chaotic network any switch moves the distance a little
    explained = search.known[best] <= tolerance
    shares, method = shares_of(search, best, gap)
    return Explanation(
        explained, shares, gap, search.known[best], tolerance, proven and explained, method,
        search.runs, tuple(search.failed),
        _words(explained, shares, gap, search.known[best], proven, search),
        _idle(search, gap))


def _idle(search: Search, gap: float) -> tuple[str, ...]:
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


def _greedy(search: Search, singles: Mapping[tuple[str, int], float], tolerance: float,
            ) -> Switches:
    chosen: Switches = ()
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


def _prune(search: Search, switches: Switches, tolerance: float) -> Switches:
    """Drop every switch without which the distance does not grow beyond the tolerance."""
    for switch in sorted(switches, key=lambda s: -search([s])):
        rest = tuple(s for s in switches if s != switch)
        if search(rest) <= max(tolerance, search(switches)):
            switches = rest
    return switches


def _from_all(search: Search, singles: Mapping[tuple[str, int], float], best: Switches,
              tolerance: float) -> Switches:
    everything: dict[str, int] = {}
    for (name, k), value in sorted(singles.items(), key=lambda item: item[1]):
        if math.isfinite(value):
            everything.setdefault(name, k)
    start = tuple(sorted(everything.items()))
    if start and search(start) < search(best):
        return _prune(search, start, tolerance)
    return best


def _from_first(search: Search, first: Sequence[tuple[str, int]], tolerance: float) -> Switches:
    """Switch all these at once, since a convention may help as a whole only; drop the needless."""
    start = tuple(sorted(s for s in first if math.isfinite(search([s]))))
    if len(start) < 2 or search(start) > tolerance:
        return ()
    return _prune(search, start, tolerance)


def _smaller(search: Search, singles: Mapping[tuple[str, int], float], best: Switches,
             tolerance: float) -> tuple[Switches, bool]:
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


def _best_known(search: Search, tolerance: float) -> Switches:
    agreeing = [s for s, value in search.known.items() if value <= tolerance]
    if agreeing:
        return min(agreeing, key=lambda s: (len(s), search.known[s]))
    return min(search.known, key=lambda s: (search.known[s], len(s)))


def _words(explained: bool, shares: Sequence[Share], gap: float, remaining: float, proven: bool,
           search: Search) -> str:
    failed = (f" {len(search.failed)} assignments were refused by the reference."
              if search.failed else "")
    if not shares:
        return (f"None of the {len(search.choices)} choices brings the reference nearer to the "
                f"target (distance {gap:.3g}).{LIES_ELSEWHERE}{failed}")
    named = "; ".join(f"{s.choice} ({s.reference_value!r} -> {s.value!r}) {s.words}"
                      for s in shares)
    if explained:
        size = (" No smaller set does it." if proven else
                " Smaller sets were not all tried: the budget of runs ended.")
        return (f"With {len(shares)} choice{'s' if len(shares) > 1 else ''} switched the reference "
                f"agrees with the target: {named}.{size}{failed}")
    return (f"No set that was tried makes the reference agree with the target. Nearest: {named}; "
            f"{remaining / gap:.0%} of the gap (distance {gap:.3g}) stays unexplained.{failed}")

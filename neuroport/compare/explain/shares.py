"""What each switched choice carries of a difference: its Shapley value.

Shapley 1953, Contributions to the Theory of Games 2:307: the mean reduction of the distance over
all orders in which the choices can be switched.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroport.compare.explain.search import BudgetSpent, Search, Switches

__all__ = ["EXACT_SHARES", "Share", "shapley", "shares_of"]

#: Shapley values need 2^n runs; above this many choices they are estimated from random orders.
EXACT_SHARES = 6


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
        then the choice compensates another. NaN where the runs that would tell it were not made.
    alone : float
        Part of the gap that this choice closes when it is the only one switched; NaN if it was
        not run alone.
    """

    choice: str
    reference_value: Any
    value: Any
    share: float
    alone: float

    @property
    def words(self) -> str:
        """What the choice carries, in words; a necessary one never carries "0 %"."""
        if not math.isfinite(self.share):
            return "is needed; its share is not known, since not all subsets could be run"
        size = abs(self.share)
        if size < 1e-12:
            return "is needed, but only together with the others: it closes nothing by itself"
        digits = f"{size:.0%}" if size >= 0.01 else (
            f"{100 * size:.1g}%" if size >= 1e-4 else "less than 0.01%")
        return f"carries {digits} of the gap" if self.share > 0 else (
            f"is needed though it widens the gap by {digits}: it compensates another")


def shares_of(search: Search, best: Switches, gap: float) -> tuple[tuple[Share, ...], str]:
    """Return the share of each choice of a set, largest first, and how they were computed."""
    if not best:
        return (), "nothing to attribute"
    weights: dict[tuple[str, int], float]
    try:
        if len(best) <= EXACT_SHARES:
            weights = shapley(search, best)
            method = "Shapley values over the set, exact"
        else:
            weights, orders = _shapley_from_orders(search, best)
            method = f"Shapley values over the set, estimated from {orders} random orders"
        if not all(math.isfinite(w) for w in weights.values()):
            raise BudgetSpent
    except BudgetSpent:
        weights = _from_ends(search, best, gap)
        method = ("in proportion to what each choice closes as the first and as the last that is "
                  "switched, since not all subsets could be run")
    shares = [Share(name, search.choices[name][0], search.choices[name][1][k],
                    weights[name, k] / gap,
                    (gap - search.known[((name, k),)]) / gap
                    if math.isfinite(search.known.get(((name, k),), math.inf)) else math.nan)
              for name, k in best]
    known = (s.share if math.isfinite(s.share) else 0.0 for s in shares)
    return tuple(s for _, s in sorted(zip(known, shares, strict=True), key=lambda p: -p[0])), method


def _from_ends(search: Search, best: Switches, gap: float) -> dict[tuple[str, int], float]:
    """Estimate shares from the runs that were made: each choice alone, and all but each."""
    closed = gap - search.known[best]
    rough: dict[tuple[str, int], float] = {}
    for switch in best:
        alone = search.known.get((switch,), math.inf)
        without = search.known.get(tuple(s for s in best if s != switch), math.inf)
        parts = [p for p in (gap - alone, without - search.known[best]) if math.isfinite(p)]
        rough[switch] = max(sum(parts) / len(parts), 0.0) if len(parts) == 2 or (
            parts and parts[0] > 0) else math.nan
    total = sum(value for value in rough.values() if math.isfinite(value))
    if not total or not all(math.isfinite(value) for value in rough.values()):
        return dict.fromkeys(best, math.nan if len(best) > 1 else closed)
    return {switch: closed * value / total for switch, value in rough.items()}


def shapley(search: Search, best: Switches) -> dict[tuple[str, int], float]:
    """Return the exact values of a set; it takes 2^n runs."""
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


def _shapley_from_orders(search: Search, best: Switches,
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
    except BudgetSpent:
        if orders == 0:
            raise
    return {s: total / orders for s, total in sums.items()}, orders

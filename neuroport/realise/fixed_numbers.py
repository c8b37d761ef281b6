"""Connectors that draw a given number of partners."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.random import RandomDistribution

from neuroport.errors import ConnectorError, Problem
from neuroport.realise.streams import Draw, draw_distribution
from neuroport.realise.wiring import Connections, IntArray, Wiring, by_post, empty

__all__ = ["fixed_number_post", "fixed_number_pre", "fixed_total_number"]


def _sets(draw: Draw, cells: IntArray, n: int) -> IntArray:
    """Return `n` of `cells`: all of them as often as they fit, the rest without repetition."""
    whole, rest = divmod(n, max(1, cells.size))
    chosen = [cells] * whole
    if rest:
        chosen.append(draw.choose(cells, rest))
    return np.concatenate(chosen) if chosen else empty()


def _numbers(connector: Any, wiring: Wiring, how_many: int) -> IntArray:
    n = connector.n
    if isinstance(n, RandomDistribution):
        return draw_distribution(n, how_many, wiring.seed, (*wiring.key, 1)).astype(np.int64)
    return np.full(how_many, int(n), dtype=np.int64)


def _fixed_number(
    connector: Any, wiring: Wiring, n_each: int, n_other: int
) -> tuple[IntArray, IntArray]:
    """Return (each, other): for each cell of one side its drawn partners on the other side."""
    draw = wiring.draw(connector)
    exclude = connector.allow_self_connections is not True and wiring.same
    counts = _numbers(connector, wiring, n_each)
    everyone = np.arange(n_other, dtype=np.int64)
    if exclude and n_other < 2 and counts.any():
        raise ConnectorError(
            Problem(
                f"{type(connector).__name__} forbids self-connections in a population of one cell",
                measured=f"n = {connector.n}, one cell",
                limit="at least two cells",
                fix="allow_self_connections=True, or a larger population",
            )
        )
    if connector.with_replacement:
        total = int(counts.sum())
        each = np.repeat(np.arange(n_each, dtype=np.int64), counts)
        if exclude:  # draw among the others, then step over oneself
            other = draw.integers(total, n_other - 1)
            other = other + (other >= each)
        else:
            other = draw.integers(total, n_other)
        return each, other
    chosen = [
        _sets(draw, everyone[everyone != k] if exclude else everyone, int(n))
        for k, n in enumerate(counts)
    ]
    each = np.repeat(np.arange(n_each, dtype=np.int64), counts)
    return each, np.concatenate(chosen) if chosen else empty()


def fixed_number_pre(connector: Any, wiring: Wiring) -> Connections:
    """Return `n` drawn presynaptic cells for each postsynaptic one."""
    post, pre = _fixed_number(connector, wiring, wiring.n_post, wiring.n_pre)
    return by_post(pre, post)


def fixed_number_post(connector: Any, wiring: Wiring) -> Connections:
    """Return `n` drawn postsynaptic cells for each presynaptic one."""
    pre, post = _fixed_number(connector, wiring, wiring.n_pre, wiring.n_post)
    return by_post(pre, post)


def fixed_total_number(connector: Any, wiring: Wiring) -> Connections:
    """Return `n` drawn pairs of cells."""
    draw = wiring.draw(connector)
    n = int(_numbers(connector, wiring, 1)[0])
    pairs = wiring.n_pre * wiring.n_post
    exclude = connector.allow_self_connections is not True and wiring.same
    if exclude:
        pairs -= wiring.n_pre
    if n and not pairs:
        raise ConnectorError(
            Problem(
                "FixedTotalNumberConnector has no pair of cells to choose from",
                measured=f"n = {n}",
                limit="0 possible pairs",
            )
        )
    if connector.with_replacement:
        chosen = draw.integers(n, pairs)
    else:
        if n > pairs:
            raise ConnectorError(
                Problem(
                    "FixedTotalNumberConnector without replacement asks for more synapses than "
                    "there are pairs of cells",
                    measured=f"n = {n}",
                    limit=f"{pairs} pairs",
                    fix="with_replacement=True, or a smaller n",
                )
            )
        chosen = draw.choose_below(pairs, n)
    if exclude:
        post, pre = np.divmod(chosen, max(1, wiring.n_pre - 1))
        pre = pre + (pre >= post)
    else:
        post, pre = np.divmod(chosen, max(1, wiring.n_pre))
    return by_post(pre, post)

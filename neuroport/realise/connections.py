"""PyNN's connectors, vectorised: which cell is joined to which.

The connector objects are PyNN's own; only how they become arrays is written here. Synapses come
out in PyNN's order: by postsynaptic cell, then by presynaptic cell. A connector class that is not
known here is asked to connect in PyNN's own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import connectors
from pyNN.random import RandomDistribution

from neuroport.errors import ConnectorError, Problem, UnknownParameterError
from neuroport.realise.streams import Draw, is_default_rng

__all__ = ["Connections", "Wiring", "connect", "estimate_synapses"]

IntArray = NDArray[np.int64]
# Pairs looked at in one go by connectors that evaluate a probability for every pair.
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """Which cells are joined.

    Attributes
    ----------
    pre, post : ndarray of int, shape (n_synapses,)
        Cells, counted within the two groups.
    columns : mapping of str to ndarray
        Parameters given by the connector itself (lists), in the user's units.
    """

    pre: IntArray
    post: IntArray
    columns: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """What a connector may look at.

    Attributes
    ----------
    pre_ids, post_ids : ndarray of int
        Identities of the cells, to recognise a cell in both groups.
    distance : callable
        ``distance(pre, post)`` in µm.
    projection : object
        The front end's projection, for index expressions and connectors of the user's own.
    seed : int
        The network's seed.
    key : tuple of int
        Random stream of this projection.
    """

    pre_ids: IntArray
    post_ids: IntArray
    distance: Callable[[IntArray, IntArray], NDArray[np.float64]]
    projection: Any
    seed: int
    key: tuple[int, ...]

    @property
    def n_pre(self) -> int:
        """Size of the presynaptic group."""
        return int(self.pre_ids.size)

    @property
    def n_post(self) -> int:
        """Size of the postsynaptic group."""
        return int(self.post_ids.size)

    @property
    def same(self) -> bool:
        """Whether both groups are the same cells."""
        return bool(np.array_equal(self.pre_ids, self.post_ids))

    def draw(self, connector: Any) -> Draw:
        """Return where the connector draws from."""
        return Draw(self.seed, (*self.key, 0), getattr(connector, "rng", None))

    def blocks(self) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield all pairs by postsynaptic cell, a bounded number at a time."""
        step = max(1, _BLOCK // max(1, self.n_pre))
        pre = np.arange(self.n_pre, dtype=np.int64)
        for first in range(0, self.n_post, step):
            post = np.arange(first, min(first + step, self.n_post), dtype=np.int64)
            yield np.tile(pre, post.size), np.repeat(post, pre.size)


def _empty() -> IntArray:
    return np.empty(0, dtype=np.int64)


def _allowed(
    connector: Any, wiring: Wiring, pre: IntArray, post: IntArray
) -> NDArray[np.bool_] | None:
    """Return which pairs ``allow_self_connections`` leaves, or None for all."""
    allow = connector.allow_self_connections
    if allow is True:
        return None
    if allow == "NoMutual":
        if not wiring.same:
            raise ConnectorError(
                Problem(
                    f"{type(connector).__name__} with allow_self_connections='NoMutual' joins "
                    "two different groups",
                    limit="'NoMutual' is defined within one population",
                    fix="use allow_self_connections=False",
                )
            )
        mutual: NDArray[np.bool_] = pre > post
        return mutual
    return np.asarray(wiring.pre_ids[pre] != wiring.post_ids[post])


def _filter(
    connector: Any, wiring: Wiring, pre: IntArray, post: IntArray
) -> tuple[IntArray, IntArray]:
    keep = _allowed(connector, wiring, pre, post)
    return (pre, post) if keep is None else (pre[keep], post[keep])


def _join(parts: list[tuple[IntArray, IntArray]]) -> Connections:
    if not parts:
        return Connections(_empty(), _empty())
    return Connections(
        np.concatenate([p for p, _ in parts]), np.concatenate([q for _, q in parts])
    )


@singledispatch
def connect(connector: Any, wiring: Wiring) -> Connections:
    """Return the connections that a connector makes.

    Parameters
    ----------
    connector : pyNN connector
        Any subclass of ``pyNN.connectors.Connector``.
    wiring : Wiring
        The two groups.

    Raises
    ------
    ConnectorError
        If the connector contradicts itself or the groups.
    """
    collected: list[tuple[IntArray, int, dict[str, Any]]] = []
    wiring.projection._collect(connector, collected.append)
    if not collected:
        return Connections(_empty(), _empty())
    pre = np.concatenate([np.asarray(p, dtype=np.int64) for p, _, _ in collected])
    sizes = [np.asarray(p).size for p, _, _ in collected]
    post = np.repeat(np.array([q for _, q, _ in collected], dtype=np.int64), sizes)
    names = collected[0][2].keys()
    columns = {
        name: np.concatenate(
            [np.broadcast_to(np.asarray(c[name], dtype=float), (n,))
             for (_, _, c), n in zip(collected, sizes, strict=True)]
        )
        for name in names
    }
    return Connections(pre, post, columns)


@connect.register
def _(connector: connectors.AllToAllConnector, wiring: Wiring) -> Connections:
    return _join([_filter(connector, wiring, p, q) for p, q in wiring.blocks()])


@connect.register
def _(connector: connectors.OneToOneConnector, wiring: Wiring) -> Connections:
    index = np.arange(min(wiring.n_pre, wiring.n_post), dtype=np.int64)
    return Connections(index, index.copy())


@connect.register
def _(connector: connectors.FixedProbabilityConnector, wiring: Wiring) -> Connections:
    p = connector.p_connect
    if not 0 <= p <= 1:
        raise ConnectorError(
            Problem(
                "FixedProbabilityConnector has an impossible probability",
                measured=f"p_connect = {p:g}",
                limit="0 to 1",
            )
        )
    hits = wiring.draw(connector).bernoulli_hits(wiring.n_pre * wiring.n_post, p)
    post, pre = np.divmod(hits, max(1, wiring.n_pre))
    return Connections(*_filter(connector, wiring, pre, post))


def _by_probability(
    connector: Any,
    wiring: Wiring,
    probability: Callable[[IntArray, IntArray], NDArray[np.float64]],
) -> Connections:
    draw = wiring.draw(connector)
    parts = []
    for pre, post in wiring.blocks():
        chance = np.broadcast_to(np.asarray(probability(pre, post), dtype=float), pre.shape)
        if np.isnan(chance).any() or (chance < 0).any():
            worst = float(np.nanmin(chance)) if not np.isnan(chance).all() else float("nan")
            raise ConnectorError(
                Problem(
                    f"{type(connector).__name__} gives impossible probabilities",
                    measured="NaN" if np.isnan(chance).any() else f"{worst:g}",
                    limit="0 or more",
                    fix="check the expression at the distances that occur",
                )
            )
        hit = draw.uniform(pre.size) < chance
        parts.append(_filter(connector, wiring, pre[hit], post[hit]))
    return _join(parts)


@connect.register
def _(connector: connectors.DistanceDependentProbabilityConnector, wiring: Wiring) -> Connections:
    def probability(pre: IntArray, post: IntArray) -> NDArray[np.float64]:
        return np.asarray(connector.distance_function(wiring.distance(pre, post)), dtype=float)

    return _by_probability(connector, wiring, probability)


@connect.register
def _(connector: connectors.IndexBasedProbabilityConnector, wiring: Wiring) -> Connections:
    expression = connector.index_expression

    def probability(pre: IntArray, post: IntArray) -> NDArray[np.float64]:
        expression.projection = wiring.projection
        return np.asarray(expression(pre, post), dtype=float)

    return _by_probability(connector, wiring, probability)


@connect.register
def _(connector: connectors.FromListConnector, wiring: Wiring) -> Connections:
    return _from_rows(np.asarray(connector.conn_list), connector.column_names, wiring)


@connect.register
def _(connector: connectors.FromFileConnector, wiring: Wiring) -> Connections:
    names = list(connector.file.get_metadata().get("columns", ("weight", "delay")))
    names = [n for n in names if n not in ("i", "j")]
    return _from_rows(np.atleast_2d(np.asarray(connector.file.read())), tuple(names), wiring)


def _from_rows(rows: NDArray[Any], names: tuple[str, ...], wiring: Wiring) -> Connections:
    if rows.size == 0:
        return Connections(_empty(), _empty())
    valid = wiring.projection.synapse_type.get_parameter_names()
    unknown = [n for n in names if n not in valid]
    if unknown:
        raise UnknownParameterError(
            unknown, type(wiring.projection.synapse_type).__name__, valid, where="connection list"
        )
    problems = []
    sides = ((0, wiring.n_pre, "presynaptic"), (1, wiring.n_post, "postsynaptic"))
    for column, size, side in sides:
        index = rows[:, column].astype(float)
        bad = np.flatnonzero((index < 0) | (index >= size) | (index != np.floor(index)))
        if bad.size:
            problems.append(
                Problem(
                    f"connection list: {bad.size} {side} cell number(s) do not exist",
                    measured=f"{index[bad[0]]:g} in row {bad[0]}",
                    limit=f"whole numbers 0 to {size - 1}",
                )
            )
    if problems:
        raise ConnectorError(problems)
    order = np.argsort(rows[:, 1], kind="stable")
    rows = rows[order]
    columns = {name: rows[:, k].astype(float) for k, name in enumerate(names, 2)}
    return Connections(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), columns)


@connect.register
def _(connector: connectors.ArrayConnector, wiring: Wiring) -> Connections:
    array = np.asarray(connector.array)
    if array.shape != (wiring.n_pre, wiring.n_post):
        raise ConnectorError(
            Problem(
                "ArrayConnector: the array does not fit the populations",
                measured=f"shape {array.shape}",
                limit=f"shape ({wiring.n_pre}, {wiring.n_post}): presynaptic x postsynaptic cells",
                fix="transpose the array" if array.shape == (wiring.n_post, wiring.n_pre) else "",
            )
        )
    post, pre = np.nonzero(array.T)
    return Connections(pre.astype(np.int64), post.astype(np.int64))


@connect.register
def _(connector: connectors.CloneConnector, wiring: Wiring) -> Connections:
    reference = connector.reference_projection
    mine = wiring.projection
    if mine.pre != reference.pre or mine.post != reference.post:
        raise ConnectorError(
            Problem(
                "CloneConnector: the reference joins other populations",
                measured=f"{reference.pre.label} -> {reference.post.label}",
                limit=f"{mine.pre.label} -> {mine.post.label}",
            )
        )
    made = reference.made
    return Connections(made.pre, made.post)


def _sets(draw: Draw, cells: IntArray, n: int) -> IntArray:
    """Return `n` of `cells`: all of them as often as they fit, the rest without repetition."""
    whole, rest = divmod(n, max(1, cells.size))
    chosen = [cells] * whole
    if rest:
        chosen.append(draw.choose(cells, rest))
    return np.concatenate(chosen) if chosen else _empty()


def _numbers(connector: Any, wiring: Wiring, how_many: int) -> IntArray:
    n = connector.n
    if isinstance(n, RandomDistribution):
        from neuroport.realise.streams import draw_distribution

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
    return each, np.concatenate(chosen) if chosen else _empty()


def _by_post(pre: IntArray, post: IntArray) -> Connections:
    order = np.lexsort((pre, post))
    return Connections(pre[order], post[order])


@connect.register
def _(connector: connectors.FixedNumberPreConnector, wiring: Wiring) -> Connections:
    post, pre = _fixed_number(connector, wiring, wiring.n_post, wiring.n_pre)
    return _by_post(pre, post)


@connect.register
def _(connector: connectors.FixedNumberPostConnector, wiring: Wiring) -> Connections:
    pre, post = _fixed_number(connector, wiring, wiring.n_pre, wiring.n_post)
    return _by_post(pre, post)


@connect.register
def _(connector: connectors.FixedTotalNumberConnector, wiring: Wiring) -> Connections:
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
        chosen = draw.choose(np.arange(pairs, dtype=np.int64), n)
    if exclude:
        post, pre = np.divmod(chosen, max(1, wiring.n_pre - 1))
        pre = pre + (pre >= post)
    else:
        post, pre = np.divmod(chosen, max(1, wiring.n_pre))
    return _by_post(pre, post)


@connect.register
def _(connector: connectors.SmallWorldConnector, wiring: Wiring) -> Connections:
    # Watts & Strogatz (1998): join neighbours within `degree`, then move the far end of each
    # synapse to a random cell with probability `rewiring`.
    degree = float(connector.d_expression.split("<")[1])
    draw = wiring.draw(connector)
    parts = []
    for pre, post in wiring.blocks():
        near = np.asarray(wiring.distance(pre, post)) < degree
        parts.append(_filter(connector, wiring, pre[near], post[near]))
    made = _join(parts)
    pre, post = made.pre, made.post.copy()
    if connector.n_connections is not None:
        keep = np.zeros(pre.size, dtype=bool)
        for cell in np.unique(pre):
            mine = np.flatnonzero(pre == cell)
            keep[draw.choose(mine, min(connector.n_connections, mine.size))] = True
        pre, post = pre[keep], post[keep]
    moved = np.flatnonzero(draw.uniform(pre.size) < connector.rewiring)
    post[moved] = draw.integers(moved.size, wiring.n_post)
    if connector.allow_self_connections is not True:
        while moved.size:  # a synapse that was moved onto its own cell is moved again
            moved = moved[wiring.pre_ids[pre[moved]] == wiring.post_ids[post[moved]]]
            post[moved] = draw.integers(moved.size, wiring.n_post)
            if wiring.n_post < 2:
                break
    return _by_post(pre, post)


def estimate_synapses(connector: Any, n_pre: int, n_post: int) -> float:
    """Return about how many synapses a connector will make, without making them.

    An upper bound (all pairs) where it cannot be known beforehand.
    """
    pairs = float(n_pre) * n_post
    if isinstance(connector, connectors.OneToOneConnector):
        return float(min(n_pre, n_post))
    if isinstance(connector, connectors.FixedProbabilityConnector):
        return pairs * min(1.0, max(0.0, float(connector.p_connect)))
    if isinstance(connector, connectors.FixedTotalNumberConnector):
        return float(_mean(connector.n))
    if isinstance(connector, connectors.FixedNumberPreConnector):
        return float(_mean(connector.n) * n_post)
    if isinstance(connector, connectors.FixedNumberPostConnector):
        return float(_mean(connector.n) * n_pre)
    if isinstance(connector, connectors.FromFileConnector):
        return 0.0
    if isinstance(connector, connectors.FromListConnector):
        return float(len(connector.conn_list))
    if isinstance(connector, connectors.CloneConnector):
        return float(len(connector.reference_projection))
    if isinstance(connector, connectors.ArrayConnector):
        return float(np.count_nonzero(connector.array))
    if isinstance(connector, connectors.AllToAllConnector):
        return pairs
    return pairs


def _mean(n: Any) -> float:
    if isinstance(n, RandomDistribution):
        return float(n.parameters.get("mu", n.parameters.get("high", 1)))
    return float(n)


def uses_script_rng(connector: Any) -> bool:
    """Tell whether the script passed its own generator to a connector."""
    return not is_default_rng(getattr(connector, "rng", None))

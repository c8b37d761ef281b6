"""PyNN's connectors, vectorised: which cell is joined to which.

The connector objects are PyNN's own; only how they become arrays is written here. Synapses come
out in PyNN's order: by postsynaptic cell, then by presynaptic cell. A connector class that is not
known here is asked to connect in PyNN's own way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import connectors

from neuroport.errors import ConnectorError, Problem, UnknownParameterError
from neuroport.realise.fixed_numbers import (
    fixed_number_post,
    fixed_number_pre,
    fixed_total_number,
)
from neuroport.realise.rules import RuleConnector
from neuroport.realise.wiring import (
    Connections,
    IntArray,
    Wiring,
    allowed_pairs,
    by_post,
    empty,
    join,
)

__all__ = ["connect"]


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
        return Connections(empty(), empty())
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
    return join([allowed_pairs(connector, wiring, p, q) for p, q in wiring.blocks()])


@connect.register
def _(connector: connectors.CSAConnector, wiring: Wiring) -> Connections:
    csa = sys.modules["csa"]
    block = csa.cross((0, wiring.n_pre - 1), (0, wiring.n_post - 1)) * connector.cset
    rows = np.array(list(block), dtype=float).reshape(-1, 2 + csa.arity(connector.cset))
    pre, post = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    order = np.lexsort((pre, post))
    columns = dict(zip(("weight", "delay"), rows[order, 2:].T, strict=False))
    return Connections(pre[order], post[order], columns)


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
    return Connections(*allowed_pairs(connector, wiring, pre, post))


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
        parts.append(allowed_pairs(connector, wiring, pre[hit], post[hit]))
    return join(parts)


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
        return Connections(empty(), empty())
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
def _(connector: RuleConnector, wiring: Wiring) -> Connections:
    return connector.join(wiring.n_pre, wiring.n_post)


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


@connect.register
def _(connector: connectors.SmallWorldConnector, wiring: Wiring) -> Connections:
    # Watts & Strogatz (1998): join neighbours within `degree`, then move the far end of each
    # synapse to a random cell with probability `rewiring`.
    degree = float(connector.d_expression.split("<")[1])
    draw = wiring.draw(connector)
    parts = []
    for pre, post in wiring.blocks():
        near = np.asarray(wiring.distance(pre, post)) < degree
        parts.append(allowed_pairs(connector, wiring, pre[near], post[near]))
    made = join(parts)
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
    return by_post(pre, post)


connect.register(connectors.FixedNumberPreConnector, fixed_number_pre)
connect.register(connectors.FixedNumberPostConnector, fixed_number_post)
connect.register(connectors.FixedTotalNumberConnector, fixed_total_number)

"""What a connector is given and what it returns: two groups of cells, and pairs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import ConnectorError, Problem
from neuroport.realise.streams import Draw

__all__ = ["Connections", "IntArray", "Wiring", "allowed_pairs", "by_post", "empty", "join"]

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


def empty() -> IntArray:
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


def allowed_pairs(
    connector: Any, wiring: Wiring, pre: IntArray, post: IntArray
) -> tuple[IntArray, IntArray]:
    keep = _allowed(connector, wiring, pre, post)
    return (pre, post) if keep is None else (pre[keep], post[keep])


def join(parts: list[tuple[IntArray, IntArray]]) -> Connections:
    if not parts:
        return Connections(empty(), empty())
    return Connections(
        np.concatenate([p for p, _ in parts]), np.concatenate([q for _, q in parts])
    )


def by_post(pre: IntArray, post: IntArray) -> Connections:
    order = np.lexsort((pre, post))
    return Connections(pre[order], post[order])

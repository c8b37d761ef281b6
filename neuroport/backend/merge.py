"""Populations put together for an engine, and the way back to the names that the user wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from neuroport.backend.recorded import Piece
from neuroport.network.description import Network

__all__ = ["Merge", "Place", "named", "own_pieces"]

Place = tuple[str, int, int]
"""Label in the merged network, first cell or synapse there, number of them."""


class Merge(Protocol):
    """What a pass that puts populations together says of it."""

    @property
    def network(self) -> Network:
        """The merged network."""
        ...

    @property
    def populations(self) -> Mapping[str, Place]:
        """Where each population of the user's is."""
        ...

    @property
    def projections(self) -> Mapping[str, Place]:
        """Where the synapses of each projection of the user's are, in their order."""
        ...

    def again(self, network: Network) -> Merge:
        """Put the same populations of an edited network together."""
        ...


def named(merge: Merge, where: str) -> str:
    """Return a finding's place under the names of the user's populations."""
    members = [
        f"'{label}'" for label, (there, _, _) in merge.populations.items()
        if where == f"population '{there}'"
    ]
    if len(members) < 2:
        return f"population {members[0]}" if members else where
    return f"populations {', '.join(members)}, which share cores"


def own_pieces(merge: Merge | None, piece: Piece) -> Iterable[Piece]:
    """Return what an engine recorded as pieces of the user's own populations."""
    if merge is None:
        return [piece]
    return [
        piece.part(label, first, size)
        for label, (there, first, size) in merge.populations.items()
        if there == piece.population
    ]

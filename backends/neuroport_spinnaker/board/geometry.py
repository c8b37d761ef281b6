"""Shapes of the boards: 4 chips (version 3) and 48 chips (version 5).

Chips sit on a triangular mesh; link *n* of a chip leads to the chip displaced by
``LINK_STEPS[n]``.  Source: the public description of the SpiNNaker boards and the
tables of SpiNNMachine.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from neuroport_spinnaker.board.errors import GeometryError

Chip = tuple[int, int]

LINK_STEPS: tuple[Chip, ...] = ((1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1))
NO_ROUTE = 6
SELF = 7


@dataclass(frozen=True)
class Geometry:
    """One board.

    Attributes
    ----------
    version : int
        Hardware version that the host tool-chain knows the board by.
    width, height : int
        Extent in chips.
    chips : tuple of (int, int)
        Existing chips; the first one carries the Ethernet.
    wraps : bool
        Whether links at the edge lead to the opposite edge.
    """

    version: int
    width: int
    height: int
    chips: tuple[Chip, ...]
    wraps: bool

    def neighbour(self, chip: Chip, link: int) -> Chip | None:
        """Chip at the end of `link`, or None where there is no link."""
        step = LINK_STEPS[link]
        x, y = chip[0] + step[0], chip[1] + step[1]
        if self.wraps:
            # the board wraps from top to bottom only
            if (chip, link) in _UNWIRED_4:
                return None
            x, y = x % self.width, y % self.height
        return (x, y) if (x, y) in self.chips else None

    def routes_from(self, chip: Chip) -> dict[Chip, int]:
        """First link of a shortest path to every other chip."""
        first: dict[Chip, int] = {chip: SELF}
        queue: deque[Chip] = deque([chip])
        while queue:
            here = queue.popleft()
            for link in range(6):
                there = self.neighbour(here, link)
                if there is not None and there not in first:
                    first[there] = link if here == chip else first[here]
                    queue.append(there)
        return first


# Link pairs of the 4-chip board that are missing, as SpiNNMachine lists them for version 3.
_UNWIRED_4 = frozenset(
    {((0, 0), 3), ((0, 0), 4), ((0, 1), 3), ((0, 1), 4)}
    | {((1, 0), 0), ((1, 0), 1), ((1, 1), 0), ((1, 1), 1)}
)

_ROWS_48 = ((0, 4), (0, 5), (0, 6), (0, 7), (1, 7), (2, 7), (3, 7), (4, 7))


def geometry(chips: int) -> Geometry:
    """Board with 4 or 48 chips.

    Raises
    ------
    GeometryError
        For any other number.
    """
    if chips == 4:
        return Geometry(3, 2, 2, ((0, 0), (0, 1), (1, 0), (1, 1)), True)
    if chips == 48:
        all_chips = tuple(
            (x, y) for y, (low, high) in enumerate(_ROWS_48) for x in range(low, high + 1)
        )
        return Geometry(5, 8, 8, all_chips, False)
    raise GeometryError(f"a board of {chips} chips does not exist: choose 4 or 48")

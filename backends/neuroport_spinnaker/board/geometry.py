"""Shapes of machines: 4 chips (version 3), 48 chips (version 5) and several 48-chip boards.

Chips sit on a triangular mesh; link *n* of a chip leads to the chip displaced by
``LINK_STEPS[n]``.  Three 48-chip boards tile a triad of 12 by 12 chips without gaps, their first
chips at ``TRIAD``.  Source: the public description of the SpiNNaker boards and the tables of
SpiNNMachine.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from dataclasses import dataclass

from neuroport_spinnaker.board.errors import GeometryError

Chip = tuple[int, int]

LINK_STEPS: tuple[Chip, ...] = ((1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1))
NO_ROUTE = 6
SELF = 7
TRIAD: tuple[Chip, ...] = ((0, 0), (4, 8), (8, 4))
TRIAD_EXTENT = 12
MOST_BOARDS = 24


@dataclass(frozen=True)
class Geometry:
    """One machine.

    Attributes
    ----------
    version : int
        Hardware version that the host tool-chain knows the boards by.
    width, height : int
        Extent in chips.
    boards : tuple of tuple of (int, int)
        Chips of each board; the first chip of a board carries its Ethernet, the very first one
        is where the host starts the machine.
    wraps : bool
        Whether links at the edge lead to the opposite edge.
    """

    version: int
    width: int
    height: int
    boards: tuple[tuple[Chip, ...], ...]
    wraps: bool

    @functools.cached_property
    def chips(self) -> tuple[Chip, ...]:
        """All chips, board by board."""
        return tuple(chip for board in self.boards for chip in board)

    @functools.cached_property
    def ethernet(self) -> dict[Chip, Chip]:
        """The Ethernet chip of each chip's board."""
        return {chip: board[0] for board in self.boards for chip in board}

    def neighbour(self, chip: Chip, link: int) -> Chip | None:
        """Chip at the end of `link`, or None where there is no link."""
        step = LINK_STEPS[link]
        x, y = chip[0] + step[0], chip[1] + step[1]
        if self.wraps:
            # the 4-chip board wraps from top to bottom only
            if self.version == 3 and (chip, link) in _UNWIRED_4:
                return None
            x, y = x % self.width, y % self.height
        return (x, y) if (x, y) in self.ethernet else None

    def routes_from(self, chip: Chip) -> dict[Chip, int]:
        """First link of a shortest path to every other chip."""
        first: dict[Chip, int] = {chip: SELF}
        queue: deque[Chip] = deque([chip])
        while queue:
            here = queue.popleft()
            for link, there in enumerate(self._neighbours[here]):
                if there is not None and there not in first:
                    first[there] = link if here == chip else first[here]
                    queue.append(there)
        return first

    @functools.cached_property
    def _neighbours(self) -> dict[Chip, list[Chip | None]]:
        return {chip: [self.neighbour(chip, link) for link in range(6)] for chip in self.chips}


# Link pairs of the 4-chip board that are missing, as SpiNNMachine lists them for version 3.
_UNWIRED_4 = frozenset(
    {((0, 0), 3), ((0, 0), 4), ((0, 1), 3), ((0, 1), 4)}
    | {((1, 0), 0), ((1, 0), 1), ((1, 1), 0), ((1, 1), 1)}
)

_ROWS_48 = ((0, 4), (0, 5), (0, 6), (0, 7), (1, 7), (2, 7), (3, 7), (4, 7))
_BOARD_48 = tuple((x, y) for y, (low, high) in enumerate(_ROWS_48) for x in range(low, high + 1))


def geometry(chips: int = 4, boards: int = 1) -> Geometry:
    """A machine of one 4-chip board, or of one or several 48-chip boards.

    Parameters
    ----------
    chips : int
        Chips of one board: 4 or 48.
    boards : int
        Number of 48-chip boards.  Multiples of three are whole triads and wrap around into a
        torus, as large machines are wired; other numbers are a part of one without wrap-around.

    Raises
    ------
    GeometryError
        If no such machine exists.
    """
    if not 1 <= boards <= MOST_BOARDS:
        raise GeometryError(f"{boards} boards: choose 1 to {MOST_BOARDS}")
    if chips == 4 and boards == 1:
        return Geometry(3, 2, 2, (((0, 0), (0, 1), (1, 0), (1, 1)),), True)
    if chips == 4:
        raise GeometryError(
            f"{boards} boards of 4 chips cannot be joined: several boards have 48 chips each"
        )
    if chips != 48:
        raise GeometryError(f"a board of {chips} chips does not exist: choose 4 or 48")
    if boards == 1:
        return Geometry(5, 8, 8, (_BOARD_48,), False)
    wraps = boards % 3 == 0
    triads = math.ceil(boards / 3)
    columns = math.ceil(math.sqrt(triads))
    while wraps and triads % columns:
        columns += 1  # a rectangle without gaps
    rows = math.ceil(triads / columns)
    edge = 0 if wraps else 4  # without wrap-around the last boards reach over the triad's edge
    width, height = TRIAD_EXTENT * columns + edge, TRIAD_EXTENT * rows + edge
    starts = [
        (TRIAD_EXTENT * column + x, TRIAD_EXTENT * row + y)
        for row in range(rows)
        for column in range(columns)
        for x, y in TRIAD
    ][:boards]
    return Geometry(
        5,
        width,
        height,
        tuple(
            tuple(((x0 + x) % width, (y0 + y) % height) for x, y in _BOARD_48) for x0, y0 in starts
        ),
        wraps,
    )

"""Blocks in the order of their addresses, the free ones in a list of their own.

SARK keeps its heaps and the router's table in this way, in emulated memory, because programs on
the cores take blocks from them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from neuroport_spinnaker.board.errors import MemoryDamagedError

__all__ = ["Blocks", "Read", "Write"]

Read = Callable[[int, int], bytes]
Write = Callable[[int, bytes], None]


class Blocks:
    """What heaps and the router's table have in common; 0 stands for no block.

    Attributes
    ----------
    most : int
        More blocks than this mean that a list is damaged.
    called : str
        What it is, for the error.
    """

    most: int
    called: str

    def _get(self, block: int) -> tuple[int, int]:
        """Return the block after this one, and the free one after it or its owner."""
        raise NotImplementedError

    def _set(self, block: int, following: int, free: int) -> None:
        raise NotImplementedError

    def _first_free(self) -> int:
        raise NotImplementedError

    def _set_first_free(self, block: int) -> None:
        raise NotImplementedError

    def _chain(self, block: int, field: int) -> Iterator[int]:
        """Blocks from `block` on, along the next (0) or the next free (1) pointer.

        Raises
        ------
        MemoryDamagedError
            The chain does not end.
        """
        for _ in range(self.most):
            if not self._inside(block):
                return
            yield block
            block = self._get(block)[field]
        raise MemoryDamagedError(
            f"{self.called} has more than {self.most} blocks: its list is damaged (something "
            "wrote over it); boot the board again"
        )

    def _inside(self, block: int) -> bool:
        return block != 0

    def _link(self, previous: int, block: int) -> None:
        """Make `block` the free one after `previous`."""
        if previous:
            self._set(previous, self._get(previous)[0], block)
        else:
            self._set_first_free(block)

    def _release(self, block: int) -> None:
        """Enter a block among the free ones and join it with free neighbours."""
        previous = after = 0
        for after in self._chain(self._first_free(), 1):
            if block < after:
                break
            previous = after
        else:
            after = 0
        following = self._get(block)[0]
        self._set(block, following, after)
        self._link(previous, block)
        if after and following == after:
            self._set(block, *self._get(after))
        if previous and self._get(previous)[0] == block:
            self._set(previous, *self._get(block))

    def _largest_span(self) -> int:
        """Distance from the largest free block to the one after it, 0 where there is none."""
        ends = ((block, self._get(block)[0]) for block in self._chain(self._first_free(), 1))
        return max((end - block for block, end in ends if end), default=0)

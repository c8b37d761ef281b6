"""Patterns: whole numbers read as bits, the most significant first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import InvalidValueError, Problem

__all__ = ["bits", "checked", "every_pattern", "distance", "MOST_BITS", "MOST_FOR_ALL"]

IntArray = NDArray[np.int64]

MOST_BITS = 62  # patterns are 64-bit whole numbers
MOST_FOR_ALL = 16  # beyond 65,536 inputs an exhaustive test is a choice to be made knowingly


def checked(patterns: Any, n_bits: int, where: str) -> list[int]:
    """Return patterns as whole numbers.

    Raises
    ------
    InvalidValueError
        For something that is not a whole number from 0 to 2^n_bits − 1, or for no pattern at all.
    """
    if not isinstance(n_bits, int) or isinstance(n_bits, bool) or not 1 <= n_bits <= MOST_BITS:
        raise InvalidValueError(
            Problem("n_bits is not a number of bits", f"{n_bits!r}", f"1 to {MOST_BITS}"),
            where=where,
        )
    given = [patterns] if isinstance(patterns, int | np.integer) else list(patterns)
    problems = [
        Problem("this is not a pattern", f"{p!r}", f"whole numbers from 0 to {2**n_bits - 1} "
                f"({n_bits} bits)")
        for p in given
        if isinstance(p, bool) or not isinstance(p, int | np.integer) or not 0 <= p < 2**n_bits
    ]
    if not given:
        problems.append(Problem("there is no pattern", fix="give at least one"))
    if problems:
        raise InvalidValueError(problems, where=where)
    return [int(p) for p in given]


def bits(patterns: Iterable[int], n_bits: int) -> IntArray:
    """Return the bits of patterns, shape (n_patterns, n_bits), most significant first."""
    numbers = np.asarray(list(patterns), dtype=np.int64)
    return (numbers[:, np.newaxis] >> np.arange(n_bits - 1, -1, -1)) & 1


def every_pattern(n_bits: int, where: str = "every_pattern") -> list[int]:
    """Return all 2^n_bits patterns.

    Raises
    ------
    InvalidValueError
        Beyond 16 bits.
    """
    if n_bits > MOST_FOR_ALL:
        raise InvalidValueError(
            Problem(
                "there are too many inputs to try all of them",
                measured=f"2^{n_bits}",
                limit=f"2^{MOST_FOR_ALL}",
                fix="name the inputs to try: metrics(inputs=[...])",
            ),
            where=where,
        )
    return list(range(2**n_bits))


def distance(a: int, b: int) -> int:
    """Return the Hamming distance of two patterns."""
    return (a ^ b).bit_count()

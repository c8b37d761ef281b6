"""Banks: which inputs share the populations that drive their lines.

A machine keeps on each core a row of synapses for every cell of a population that projects to it,
also where the row is empty. With 1,024 inputs in one population nearly all rows are, because an
output cell listens to the lines of one input only. So inputs are divided into banks, and each
output population listens to one bank.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from neuroport_models.pattern_detector.parameters import BANK

__all__ = ["banks"]


def banks(used_by: Mapping[int, Collection[int]], size: int = BANK) -> list[list[int]]:
    """Divide inputs into banks, those together that the same groups of networks use.

    Parameters
    ----------
    used_by : mapping of int to collection of int
        The groups that use each input.
    size : int
        Most inputs in a bank.

    Returns
    -------
    list of list of int
        Each input once; one bank where all fit into it. Two banks side by side never fit into one.
    """
    if len(used_by) <= size:
        return [sorted(used_by)]
    alike: dict[tuple[int, ...], list[int]] = {}
    for pattern in sorted(used_by):
        alike.setdefault(tuple(sorted(used_by[pattern])), []).append(pattern)
    made: list[list[int]] = [[]]
    for _, inputs in sorted(alike.items()):
        for first in range(0, len(inputs), size):
            part = inputs[first : first + size]
            if len(made[-1]) + len(part) > size:
                made.append([])
            made[-1] += part
    return made

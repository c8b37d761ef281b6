"""A kernel: a Python function of one item of work, and what stands in its table.

Every kernel has the same form, ``kernel(table, step)``: `table` is the address of 64-bit words, in
which numbers stand as they are and arrays as address and size. So the loop over time steps is the
same for every network, and needs no compilation when a network changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Entry", "Kernel", "kernel_source"]

NUMBER = "number"


@dataclass(frozen=True)
class Entry:
    """What stands in a table under one name.

    Attributes
    ----------
    name : str
    kind : str
        ``number`` (a whole one), or the element type of an array.
    """

    name: str
    kind: str = NUMBER


@dataclass(frozen=True)
class Kernel:
    """Source of a kernel.

    Attributes
    ----------
    source : str
        Defines ``kernel(table, step)``, and what it calls with the table's entries as arguments.
    entries : tuple of Entry
        The table, in order.
    """

    source: str
    entries: tuple[Entry, ...]


def kernel_source(
    entries: Iterable[Entry], work: str, bare: bool = False, calls: tuple[str, ...] = ("work",)
) -> Kernel:
    """Return the kernel that calls a function with what stands in its table.

    Parameters
    ----------
    entries : iterable of Entry
        Arguments of `work`, after ``step``.
    work : str
        Source of functions, ``work(step, ...)`` for one.
    bare : bool
        Whether arrays are handed over as pointers: an index is then never looked at, which is
        quicker where memory is met here and there.
    calls : tuple of str
        The functions that `work` defines, called one after the other.
    """
    entries = tuple(entries)
    lines = ["def kernel(table, step):", "    word = pointer_int64(table)"]
    arguments, place = [], 0
    for entry in entries:
        if entry.kind == NUMBER:
            arguments.append(f"word[{place}]")
            place += 1
        elif bare:
            arguments.append(f"pointer_{entry.kind}(word[{place}])")
            place += 2
        else:
            arguments.append(
                f"carray(pointer_{entry.kind}(word[{place}]), (word[{place + 1}],))")
            place += 2
    lines += [f"    {name} = {value}" for name, value in
              zip((e.name for e in entries), arguments, strict=True)]
    names = ", ".join(("step", *(e.name for e in entries)))
    lines += [f"    {function}({names})" for function in calls]
    return Kernel(work.rstrip() + "\n\n\n" + "\n".join(lines) + "\n", entries)

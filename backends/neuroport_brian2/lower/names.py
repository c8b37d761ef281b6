"""Names inside Brian2: a prefix keeps PyNN's names apart from Brian2's own (cm, t, i ...)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["inside", "inside_synapse", "rename"]


def inside(name: str) -> str:
    """Return the Brian2 variable for one of PyNN's names, e.g. ``AMPA.gsyn`` -> ``x_AMPA_gsyn``."""
    return "x_" + name.replace(".", "_")


def inside_synapse(name: str) -> str:
    """Return the Brian2 variable of a synapse; cells and synapses must not share names."""
    return "s_" + name.replace(".", "_")


def rename(
    expression: str, names: Iterable[str], to: Callable[[str], str] = inside
) -> str:
    """Return an expression with the given names replaced by their Brian2 variables."""
    pattern = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    if not pattern:
        return expression
    return re.sub(rf"\b({pattern})\b", lambda m: to(m.group(1)), expression)

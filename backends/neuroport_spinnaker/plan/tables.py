"""Rows as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["columns", "count"]


def columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return rows with the same keys as aligned lines, the keys first; none for no rows."""
    if not rows:
        return []
    head = list(rows[0])
    table = [head, *([str(row[h]) for h in head] for row in rows)]
    width = [max(len(line[k]) for line in table) for k in range(len(head))]
    return ["  ".join(t.ljust(w) for t, w in zip(line, width, strict=True)).rstrip()
            for line in table]


def count(number: int, thing: str) -> str:
    """Return e.g. ``1 chip`` or ``3 chips``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")

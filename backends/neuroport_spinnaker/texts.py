"""Rows as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["columns"]


def columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return rows with the same keys as aligned lines, the keys first; none for no rows."""
    if not rows:
        return []
    head = list(rows[0])
    table = [head, *([str(row[h]) for h in head] for row in rows)]
    width = [max(len(line[k]) for line in table) for k in range(len(head))]
    return ["  ".join(t.ljust(w) for t, w in zip(line, width, strict=True)).rstrip()
            for line in table]

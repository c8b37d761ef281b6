"""What JSON has no word for, as what it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Return a value that JSON cannot hold as one that it can; for ``json.dumps(default=...)``.

    Arrays become lists, numbers of NumPy's those of Python, sets sorted lists, dataclasses and
    other mappings dictionaries; anything else becomes its text.
    """
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else str(value)

"""Why a script cannot run here; everything else that fails is a defect."""

from __future__ import annotations

from typing import Any

# Script (or part of its name), result to show, reason.
_KNOWN: list[tuple[str, str, str]] = []


def known(record: dict[str, Any]) -> tuple[str, str] | None:
    """Result to show and reason, if the script is known not to run."""
    for part, result, reason in _KNOWN:
        if part in record["script"]:
            return result, reason
    return None

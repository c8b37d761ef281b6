"""Findings about a population or projection, at the user's line that made it."""

from __future__ import annotations

from typing import Any

from neuroport.findings.finding import Finding, finding
from neuroport.network.parts import Population, Projection

__all__ = ["about", "place"]


def place(thing: Population | Projection) -> str:
    """Return how findings name a population or projection."""
    kind = "population" if isinstance(thing, Population) else "projection"
    return f"{kind} '{thing.label}'"


def about(thing: Population | Projection, code: str, **more: Any) -> Finding:
    """Make a finding; further arguments are those of :func:`neuroport.findings.finding`."""
    return finding(code, place(thing), line=thing.line, **more)

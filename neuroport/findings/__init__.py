"""Findings: what a check saw, with the measured value, the limit, the reason and ways out."""

import neuroport.findings.codes  # noqa: F401  registers the kinds
from neuroport.findings.finding import (
    KINDS,
    Finding,
    FindingKind,
    Severity,
    explain,
    finding,
    register,
    without_superseded,
    worst,
)

__all__ = [
    "Severity",
    "Finding",
    "FindingKind",
    "KINDS",
    "register",
    "finding",
    "explain",
    "worst",
    "without_superseded",
]

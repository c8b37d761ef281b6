"""Findings: what a check saw, with the measured value, the limit, the reason and ways out."""

from neuroport.findings.finding import (
    KINDS,
    Finding,
    FindingKind,
    Severity,
    explain,
    finding,
    register,
    register_file,
    without_superseded,
    worst,
)

__all__ = [
    "Severity",
    "Finding",
    "FindingKind",
    "KINDS",
    "register",
    "register_file",
    "finding",
    "explain",
    "worst",
    "without_superseded",
]

register_file("neuroport.findings")

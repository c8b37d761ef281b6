"""All checks together."""

from __future__ import annotations

from dataclasses import replace

import neuroport_spinnaker.codes  # noqa: F401  registers the kinds
from neuroport.findings import Finding, Severity
from neuroport_spinnaker.checks.case import Case
from neuroport_spinnaker.checks.delays import delays, rows
from neuroport_spinnaker.checks.learning import learning, rules
from neuroport_spinnaker.checks.load import machine, names, rates
from neuroport_spinnaker.checks.memory import memory, stages
from neuroport_spinnaker.checks.support import cells, currents, numerics, parameters, recordings
from neuroport_spinnaker.checks.weights import saturation, signs, weights
from neuroport_spinnaker.options import ALLOWABLE

__all__ = ["check"]

_CHECKS = (cells, rules, signs, weights, saturation, learning, rows, delays, stages,
           memory, parameters, recordings, currents, rates, names, machine,
           numerics)


def _allowed(case: Case, found: Finding) -> Finding:
    """Return the finding; a warning where the user lets it pass, else with that way out."""
    if found.code not in ALLOWABLE or not found.severity.blocks:
        return found
    if found.code in case.options.allowed:
        return replace(found, severity=Severity.WARNING)
    return replace(found, fixes=(*found.fixes, f"run it as it is: allow='{found.code}'"))


def check(case: Case) -> list[Finding]:
    """Return all findings, errors first, in the order of the network within each severity."""
    found = [_allowed(case, f) for one in _CHECKS for f in one(case)]
    return sorted(found, key=lambda f: -f.severity.rank)

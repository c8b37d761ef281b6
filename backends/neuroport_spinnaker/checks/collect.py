"""All checks together."""

from __future__ import annotations

import neuroport_spinnaker.codes  # noqa: F401  registers the kinds
from neuroport.findings import Finding
from neuroport_spinnaker.checks.case import Case
from neuroport_spinnaker.checks.delays import delays, rows
from neuroport_spinnaker.checks.learning import learning, rules
from neuroport_spinnaker.checks.load import machine, rates
from neuroport_spinnaker.checks.support import cells, currents, numerics, parameters, recordings
from neuroport_spinnaker.checks.weights import saturation, signs, weights

__all__ = ["check"]

_CHECKS = (cells, rules, signs, weights, saturation, learning, rows, delays, parameters,
           recordings, currents, rates, machine, numerics)


def check(case: Case) -> list[Finding]:
    """Return all findings, errors first, in the order of the network within each severity."""
    found = [f for one in _CHECKS for f in one(case)]
    return sorted(found, key=lambda f: -f.severity.rank)

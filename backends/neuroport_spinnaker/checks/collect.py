"""All checks together."""

from __future__ import annotations

from dataclasses import replace

import neuroport_spinnaker.codes  # noqa: F401  registers the kinds
from neuroport.findings import Finding, Severity
from neuroport.findings.judge import judge
from neuroport.network.description import Network
from neuroport_spinnaker.capabilities import CAPABILITIES
from neuroport_spinnaker.checks.delays import delays, dendrites, rows
from neuroport_spinnaker.checks.learning import learning, rules
from neuroport_spinnaker.checks.load import machine, names, rates
from neuroport_spinnaker.checks.memory import memory, stages
from neuroport_spinnaker.checks.support import cells, parameters, speed_and_draws
from neuroport_spinnaker.checks.weights import saturation, weights
from neuroport_spinnaker.options import ALLOWABLE
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.placed import Placed

__all__ = ["check", "check_placed"]

# Findings about cores, which a packed network has fewer of and with more cells, and about
# connectors that the machine carries out, which are none of merged populations.
_ABOUT_CORES = frozenset({
    "NP305", "NP306", "NP307", "NP308", "NP316", "NP323", "NP329", "NP330", "NP331",
    "NP344", "NP345",
})


_CHECKS = (cells, rules, weights, saturation, learning, rows, delays, dendrites, stages, memory,
           parameters, rates, names, machine, speed_and_draws)


def _allowed(case: Case, found: Finding) -> Finding:
    """Return the finding; a warning where the user lets it pass, else with that way out."""
    if found.code not in ALLOWABLE or not found.severity.blocks:
        return found
    if found.code in case.options.allowed:
        return replace(found, severity=Severity.WARNING)
    return replace(found, fixes=(*found.fixes, f"run it as it is: allow='{found.code}'"))


def check(case: Case) -> list[Finding]:
    """Return what cannot be declared: errors first, in the order of the network."""
    found = [_allowed(case, f) for one in _CHECKS for f in one(case)]
    return sorted(found, key=lambda f: -f.severity.rank)


def check_placed(placed: Placed, written: Network) -> list[Finding]:
    """Return all findings about a network on the machine that was found for it.

    Parameters
    ----------
    placed : Placed
    written : Network
        With the weights as the user wrote them.
    """
    alone = placed.alone
    case = alone if written is alone.network else replace(alone, network=written)
    found = [*(_allowed(case, f) for f in judge(written, CAPABILITIES)), *check(case)]
    found.sort(key=lambda f: -f.severity.rank)
    if placed.packing is None:
        return found
    return [
        *(f for f in check(placed.case) if f.code in _ABOUT_CORES),
        *(f for f in found if f.code not in _ABOUT_CORES),
    ]

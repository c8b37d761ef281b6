"""Synapse types in NEST's words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Network, Projection
from neuroport.network.plasticity import learning_rule
from neuroport_nest.lower.timing import next_step, pairing_offset

__all__ = ["model", "values", "tau_minus", "refusals"]

FloatArray = NDArray[np.float64]

# A receptor without a time constant releases in an instant (ms).
_INSTANT = 1e-6


def model(projection: Projection) -> str:
    """Return NEST's synapse model; the labelled kind, so that synapses can be told apart."""
    if projection.synapse.kind == "stdp":
        return "stdp_synapse_lbl"
    if projection.synapse.kind == "tsodyks_markram":
        return "tsodyks_synapse_lbl"
    return "static_synapse_lbl"


def values(
    projection: Projection, network: Network, factor: float
) -> dict[str, FloatArray]:
    """Return NEST's parameters for each synapse, the delay excepted.

    Parameters
    ----------
    projection : Projection
    network : Network
    factor : float
        From PyNN's weight to NEST's.
    """
    result = {"weight": projection.weight * factor}
    p = projection.parameters
    if projection.synapse.kind == "tsodyks_markram":
        target = network.population(projection.post)
        tau = target.cell.receptor(projection.receptor).tau
        psc = (target.parameters[tau][projection.post_index] if tau
               else np.full(projection.size, _INSTANT))
        recover = p["tau_rec"]
        # Equal time constants are a removable singularity; a relative 1e-7 away from it the
        # result is the limit to nine digits.
        psc = np.where(np.abs(psc - recover) < 1e-7 * recover, psc * (1 + 1e-7), psc)
        result |= {"U": p["U"], "tau_rec": recover, "tau_fac": p["tau_facil"], "tau_psc": psc,
                   "x": np.ones(projection.size), "y": np.zeros(projection.size),
                   "u": np.zeros(projection.size)}
    elif projection.synapse.kind == "stdp":
        rule = learning_rule(projection, network)
        sign = rule.sign * factor
        # With the sign also where they are 0: by it NEST tells the receptor.
        result["weight"] = rule.weight * sign
        # NEST writes weight changes as parts of w_max, and the depression as alpha*lambda.
        fixed_up, fixed_down = rule.absolute
        up = rule.A_plus / (rule.w_max if fixed_up else 1.0)
        down = rule.A_minus / (rule.w_max if fixed_down else 1.0)
        result |= {
            "Wmax": rule.w_max * sign, "lambda": up,
            "alpha": np.divide(down, up, out=np.zeros_like(down), where=up != 0),
            "tau_plus": rule.tau_plus, "mu_plus": rule.mu_plus, "mu_minus": rule.mu_minus,
        }
    return result


def tau_minus(network: Network, population: str, size: int) -> FloatArray | None:
    """Return the time constant of the postsynaptic trace that NEST keeps in each cell (ms)."""
    result: FloatArray | None = None
    for p in network.projections:
        if p.post == population and p.synapse.kind == "stdp" and p.size:
            if result is None:
                result = np.full(size, 20.0)
            result[p.post_index] = p.parameters["tau_minus"]
    return result


def refusals(
    network: Network, projection: Projection, early: set[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield (measured, limit, way out) for the values that NEST computes in another way."""
    numbers = network.numerics
    p = projection.parameters
    offset = pairing_offset(network, projection, early)
    if offset:
        yield (f"spike pairs are {abs(offset)} step off under delay_rule '{numbers.delay_rule}'",
               "delay_rule 'next_step'; no other projection of a source with a delay below one "
               "step in NEST", next_step(network))
    rule = learning_rule(projection, network)
    if (rule.w_max <= 0).any():
        yield ("w_max = 0", "above 0 in size", "a larger w_max")
    elif (rule.weight > rule.w_max * (1 + 1e-12)).any():
        worst = int((rule.weight - rule.w_max).argmax())
        yield (f"a weight of {projection.weight[worst]:g} beyond w_max = {rule.w_max[worst]:g}",
               "weights within the bounds", "weights up to w_max")
    if ((p["A_plus"] == 0) & (p["A_minus"] != 0)).any():
        yield ("A_plus = 0", "above 0: NEST writes A_minus as a multiple of it",
               "a tiny A_plus, e.g. 1e-12")
    if (p["tau_minus"] <= 0).any() or _two_traces(network, projection):
        yield ("different tau_minus onto one cell", "one for all plastic synapses onto a cell",
               "the same tau_minus in all projections")


def _two_traces(network: Network, projection: Projection) -> bool:
    found: dict[int, float] = {}
    for q in network.projections:
        if q.post != projection.post or q.synapse.kind != "stdp":
            continue
        for cell, tau in zip(q.post_index.tolist(), q.parameters["tau_minus"].tolist(),
                             strict=True):
            if found.setdefault(cell, tau) != tau:
                return True
    return False

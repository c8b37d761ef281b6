"""The rule of a plastic projection in sPyNNaker's words."""

from __future__ import annotations

from neuroport.network.description import FloatArray, Network, Projection
from neuroport.network.plasticity import learning_rule

__all__ = ["chip_rule"]


def chip_rule(projection: Projection, network: Network) -> dict[str, float | str]:
    """Return the rule of a plastic projection; a core holds each number once.

    Bounds are magnitudes, and A_plus and A_minus of additive rules are weight changes.
    """
    rule = learning_rule(projection, network)
    result: dict[str, float | str] = {
        "timing": rule.timing, "weight": rule.weight_dependence or "additive",
    }
    numbers: dict[str, FloatArray] = {
        "A_plus": rule.A_plus, "A_minus": rule.A_minus, "w_min": rule.w_min, "w_max": rule.w_max,
    }
    if rule.timing == "vogels":
        numbers |= {"tau": rule.tau_plus, "alpha": rule.alpha}
    else:
        numbers |= {"tau_plus": rule.tau_plus, "tau_minus": rule.tau_minus}
    return result | {name: float(values.flat[0]) for name, values in numbers.items()}

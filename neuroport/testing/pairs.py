"""Weights of plastic synapses as sums over pairs of spikes, without traces.

The rules are those of ``docs/numerics.md``: a presynaptic spike of step t acts at t + axonal delay,
a postsynaptic one of step s at s + dendritic delay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

__all__ = ["plastic_weight"]


def plastic_weight(
    timing: str, dependence: str, p: Mapping[str, float], weight: float,
    pre: Sequence[float], post: Sequence[float], *, axonal: int, dendritic: int, timestep: float,
    absolute: bool = False,
) -> float:
    """Return the weight after all spikes, of which the last is a presynaptic one.

    Parameters
    ----------
    timing, dependence : str
        The rules, see :class:`neuroport.network.synapses.SynapseModel`.
    p : mapping of str to float
        PyNN's parameters; weights and their bounds as magnitudes.
    weight : float
        At the start.
    pre, post : sequence of float
        Steps of the spikes; none act at the same moment.
    axonal, dendritic : int
        Parts of the delay, in steps.
    timestep : float
        ms.
    absolute : bool
        Whether A_plus and A_minus are weight changes.
    """
    events = sorted([(t + axonal, "pre") for t in pre] + [(s + dendritic, "post") for s in post])
    seen: dict[str, list[float]] = {"pre": [], "post": []}
    low, high = p["w_min"], p["w_max"]
    scale = 1.0 if absolute else high

    def pairs(side: str, now: float, tau: float) -> float:
        times = seen[side][-1:] if timing == "nearest_pair" else seen[side]
        return sum(exp(-(now - t) * timestep / tau) for t in times)

    for now, kind in events:
        if timing == "vogels":
            found = pairs("post" if kind == "pre" else "pre", now, p["tau"])
            target = 2e-3 * p["rho"] * p["tau"] if kind == "pre" else 0.0
            weight += p["eta"] * (found - target)
        elif kind == "post":
            weight += pairs("pre", now, p["tau_plus"]) * p["A_plus"] * {
                "multiplicative": high - weight,
                "gutig": scale * (1.0 - weight / high) ** p.get("mu_plus", 0.0),
            }.get(dependence, scale)
        else:
            weight -= pairs("post", now, p["tau_minus"]) * p["A_minus"] * {
                "multiplicative": weight - low, "additive_multiplicative": weight - low,
                "gutig": scale * (weight / high) ** p.get("mu_minus", 0.0),
            }.get(dependence, scale)
        weight = min(max(weight, low), high)
        seen[kind].append(now)
    return weight

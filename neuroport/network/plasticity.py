"""A rule of spike-timing-dependent plasticity with all conventions resolved.

Users write amplitudes as fractions of w_max or as weight changes, and bounds with or without a
sign. Engines are given magnitudes, from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuroport.network.cells import CellModel
from neuroport.network.description import FloatArray, Network, Projection
from neuroport.network.signs import weight_sign
from neuroport.network.synapses import TimingRule, WeightRule
from neuroport.numerics import Numerics

__all__ = ["StdpRule", "stdp_rule", "learning_rule"]

# Exponents of Gütig et al. (2003), J. Neurosci. 23:3697, whose rule has the others as its ends.
_EXPONENTS: dict[str, tuple[float, float]] = {
    "additive": (0.0, 0.0), "multiplicative": (1.0, 1.0), "additive_multiplicative": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class StdpRule:
    """A plastic projection's rule; all arrays have shape (n_synapses,).

    Attributes
    ----------
    timing : str
        ``pair``, ``nearest_pair`` or ``vogels``.
    weight_dependence : str
        ``additive``: a pairing changes the weight by A_plus or A_minus. ``multiplicative``: by
        A_plus (w_max - w) or A_minus (w - w_min). ``additive_multiplicative``: by A_plus or
        A_minus (w - w_min). ``gutig``: by A_plus (1 - w/w_max)^mu_plus or
        A_minus (w/w_max)^mu_minus.
    sign : float
        1.0 or -1.0: of all weights of the projection, see :mod:`neuroport.network.signs`.
    weight, w_min, w_max : ndarray of float
        Magnitudes (nA, µS or mV), w_min <= w_max.
    A_plus, A_minus : ndarray of float
        In the weight's unit; factors of a distance, without a unit, where the dependence is
        multiplicative. ``vogels``: η, both.
    tau_plus, tau_minus : ndarray of float
        Time constants of the traces (ms). ``vogels``: τ, both.
    mu_plus, mu_minus : ndarray of float
        Exponents.
    alpha : ndarray of float
        ``vogels``: 2 ρ τ, the trace at which a presynaptic spike changes nothing (Vogels et al.
        2011, Science 334:1569). Elsewhere 0.
    """

    timing: TimingRule
    weight_dependence: WeightRule
    sign: float
    weight: FloatArray
    w_min: FloatArray
    w_max: FloatArray
    A_plus: FloatArray
    A_minus: FloatArray
    tau_plus: FloatArray
    tau_minus: FloatArray
    mu_plus: FloatArray
    mu_minus: FloatArray
    alpha: FloatArray

    @property
    def absolute(self) -> tuple[bool, bool]:
        """Whether A_plus and A_minus are weight changes, and not factors of a distance."""
        return _absolute(self.weight_dependence)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the largest weight, with their sign; None where there is no one range."""
        ends = {*zip(self.w_min.tolist(), self.w_max.tolist(), strict=True)}
        if len(ends) != 1:
            return None
        low, high = ends.pop()
        if low == high:
            return None
        return (low, high) if self.sign > 0 else (-high, 0.0 - low)


def _absolute(rule: str) -> tuple[bool, bool]:
    return rule != "multiplicative", rule not in ("multiplicative", "additive_multiplicative")


def stdp_rule(projection: Projection, cell: CellModel, numerics: Numerics) -> StdpRule:
    """Return the rule of a projection.

    Parameters
    ----------
    projection : Projection
        Of kind ``stdp``.
    cell : CellModel
        Its postsynaptic cells.
    numerics : Numerics
        ``plasticity_amplitude`` says how A_plus and A_minus are meant.
    """
    p, synapse = projection.parameters, projection.synapse
    ends = np.abs(p["w_min"]), np.abs(p["w_max"])
    w_min, w_max = np.minimum(*ends), np.maximum(*ends)
    nothing = np.zeros(projection.size)
    if synapse.timing == "vogels":
        up = down = p["eta"]
        tau_plus = tau_minus = p["tau"]
        alpha = 2.0 * p["tau"] * p["rho"] * 1e-3  # ρ is in Hz, τ in ms
        mu_plus = mu_minus = nothing
    else:
        up, down = p["A_plus"], p["A_minus"]
        tau_plus, tau_minus = p["tau_plus"], p["tau_minus"]
        alpha = nothing
        rule = synapse.weight_dependence
        if numerics.plasticity_amplitude == "fraction":
            fixed_up, fixed_down = _absolute(rule)
            up = up * w_max if fixed_up else up
            down = down * w_max if fixed_down else down
        if rule == "gutig":
            mu_plus, mu_minus = p["mu_plus"], p["mu_minus"]
        else:
            mu_plus, mu_minus = (nothing + mu for mu in _EXPONENTS.get(rule, (0.0, 0.0)))
    return StdpRule(
        synapse.timing, synapse.weight_dependence,
        weight_sign(projection, cell),
        np.abs(projection.weight), w_min, w_max, up, down, tau_plus, tau_minus,
        mu_plus, mu_minus, alpha,
    )


def learning_rule(projection: Projection, network: Network) -> StdpRule:
    """Return the rule of a plastic projection of a network."""
    return stdp_rule(projection, network.population(projection.post).cell, network.numerics)

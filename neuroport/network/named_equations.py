"""PyNN's cells and synapses that are given by their equations, as data for every engine.

Units are PyNN's. ``uniform(k)`` is the k-th random number of an event and ``binomial(u, n, p)``
the number of successes that belongs to it, see :mod:`neuroport.realise.draws`.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuroport.network.cells import CellEquations
from neuroport.network.synapses import SynapseEquations, SynapseModel

__all__ = ["GSFA_GRR", "STOCHASTIC_SYNAPSES", "STREAM", "gif_equations"]

STREAM = "random_stream"
"""Parameter that holds the random stream of each cell or synapse that draws: a whole number."""

GSFA_GRR = CellEquations(
    # Muller et al. (2007), Neural Computation 19:2958; g_s and g_r are in nS.
    derivatives={
        "v": "((v_rest - v)*cm/tau_m + I + 1e-3*g_s*(e_rev_sfa - v) "
             "+ 1e-3*g_r*(e_rev_rr - v))/cm",
        "g_s": "-g_s/tau_sfa",
        "g_r": "-g_r/tau_rr",
    },
    threshold="v >= v_thresh",
    reset=("v = v_reset", "g_s = g_s + q_sfa", "g_r = g_r + q_rr"),
    refractory="tau_refrac",
    clamped=("v",),
)


def gif_equations(currents: int, thresholds: int) -> CellEquations:
    """Return the equations of the generalized integrate-and-fire cell.

    The membrane leaks; each spike adds to currents eta (nA) that hyperpolarise and to parts gamma
    (mV) of the threshold, which decay. A cell fires with the intensity λ0 exp((v − v_t)/Δv), so in
    a step with the probability 1 − exp(−λ dt) (Pozzorini et al. 2015, PLoS Comput. Biol.
    11:e1004275; Mensi et al. 2012, J. Neurophysiol. 107:1756).

    Parameters
    ----------
    currents, thresholds : int
        How many exponential parts each of them has.
    """
    etas = [f"eta_{k + 1}" for k in range(currents)]
    gammas = [f"gamma_{k + 1}" for k in range(thresholds)]
    return CellEquations(
        derivatives={
            "v": "((v_rest - v)*cm/tau_m + I - i_eta)/cm",
            **{name: f"-{name}/tau_{name}" for name in (*etas, *gammas)},
        },
        threshold="uniform(1) < 1 - exp(-1e-3*dt*lambda0*exp(clip((v - v_t)/delta_v, -200, 200)))",
        reset=("v = v_reset", *(f"{name} = {name} + a_{name}" for name in (*etas, *gammas))),
        refractory="tau_refrac",
        clamped=("v",),
        definitions={"i_eta": " + ".join(etas) or "0.0",
                     "v_t": " + ".join(["v_t_star", *gammas])},
    )


_FACILITATION = ("u = u*int(tau_facil > 0)", "u = u + U*(1 - u)")
STOCHASTIC_SYNAPSES: Mapping[str, SynapseModel] = {
    # A spike is passed on with the probability p.
    "SimpleStochasticSynapse": SynapseModel(
        "SimpleStochasticSynapse", "equations", parameters=("p", STREAM),
        equations=SynapseEquations(
            {}, ("released = int(uniform(1) < p)",), (),
            initial={"released": 0.0}, delivers="weight*released"),
    ),
    # Fuhrmann et al. (2002), J. Neurophysiol. 87:140: one site, which recovers at a rate
    # 1/tau_rec after it has released, and releases with the probability u when it has recovered.
    "StochasticTsodyksMarkramSynapse": SynapseModel(
        "StochasticTsodyksMarkramSynapse", "equations",
        parameters=("U", "tau_rec", "tau_facil", STREAM),
        equations=SynapseEquations(
            {"u": "tau_facil", "empty": "tau_rec"},
            (*_FACILITATION,
             "recovered = recovered + (1 - recovered)*int(uniform(1) > empty)",
             "released = recovered*int(uniform(2) < u)",
             "recovered = recovered - released", "empty = 1.0"),
            (), initial={"recovered": 1.0, "released": 0.0}, delivers="weight*released"),
    ),
    # n such sites (the release sites of NEST's quantal_stp_synapse); the first spike finds all of
    # them recovered.
    "MultiQuantalSynapse": SynapseModel(
        "MultiQuantalSynapse", "equations",
        parameters=("U", "n", "tau_rec", "tau_facil", STREAM),
        equations=SynapseEquations(
            {"u": "tau_facil", "empty": "tau_rec"},
            (*_FACILITATION,
             "available = available + binomial(uniform(1), n - available, 1 - empty)",
             "released = binomial(uniform(2), available, u)",
             "available = available - released", "empty = 1.0"),
            (), initial={"available": 0.0, "released": 0.0}, delivers="weight*released/n"),
    ),
}

"""Adaptive exponential integrate-and-fire (Brette & Gerstner 2005, J. Neurophysiol. 94:3637).

cm dv/dt = g_leak (v_rest − v) + g_leak δ_T exp((v − v_thresh)/δ_T) − w + I,
τ_w dw/dt = a (v − v_rest) − w; at v ≥ v_spike: v ← v_reset, w ← w + b. Fourth-order Runge-Kutta.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.network.cells import CellModel
from neuroport.numerics import Numerics
from neuroport.statements.names import inside
from neuroport.statements.neurons.code import (
    ACTIVE,
    CLAMP,
    FloatArray,
    NeuronCode,
    gain_equations,
    receptor_arrivals,
    receptor_coefficients,
    receptor_equations,
    receptor_parameters,
)

__all__ = ["code"]

_PARAMETERS = ("cm", "tau_m", "v_rest", "v_reset", "v_spike", "v_thresh", "delta_T", "tau_w",
               "b", "i_offset")


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of an adaptive exponential cell."""
    declared, currents, _ = receptor_equations(cell.receptors, differential=True)
    constants = (*_PARAMETERS, *receptor_parameters(cell.receptors))
    # The exponent is bounded: beyond the spike it only has to be large, not infinite.
    equations = [
        "dx_v/dt = x_active*(x_g_leak*(x_v_rest - x_v) + "
        "x_g_leak*x_delta_T*exp(clip((x_v - x_v_thresh)/x_slope, -100.0, 10.0)) "
        f"- x_w + x_i_offset + x_i_inj + {' + '.join(currents) or '0'})/x_cm/ms : 1",
        "dx_w/dt = (x_a*(x_v - x_v_rest) - x_w)/x_tau_w/ms : 1",
        "x_i_inj : 1", "x_active : integer", "x_until : integer",
        "x_refractory_steps : integer (constant)",
        *(f"{inside(p)} : 1 (constant)" for p in (*constants, "a", "g_leak", "slope")),
        *declared,
        *gain_equations(cell.receptors, numerics),
    ]

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        result = {inside(name): p[name] for name in constants}
        result["x_a"] = p["a"] * 1e-3  # nS to µS
        result["x_g_leak"] = p["cm"] / p["tau_m"]
        result["x_slope"] = np.where(p["delta_T"] > 0, p["delta_T"], 1.0)
        # Without an upswing the threshold itself is where a spike begins.
        result["x_v_spike"] = np.where(p["delta_T"] > 0, p["v_spike"], p["v_thresh"])
        result["x_refractory_steps"] = numerics.refractory_steps(p["tau_refrac"], timestep)
        result.update(receptor_coefficients(cell.receptors, p, numerics, timestep, decay=False))
        return result

    return NeuronCode(
        equations="\n".join(equations),
        method="rk4",
        before=ACTIVE,
        threshold=f"x_active > 0 and x_v {numerics.threshold_rule} x_v_spike",
        reset=f"x_v = x_v_reset\nx_w = x_w + x_b\n{CLAMP}",
        coefficients=coefficients,
        arrivals=receptor_arrivals(cell, numerics),
        variables=cell.states,
    )

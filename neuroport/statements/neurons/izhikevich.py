"""Izhikevich's cell (2003, IEEE Trans. Neural Networks 14:1569).

dv/dt = 0.04 v² + 5 v + 140 − u + I, du/dt = a (b v − u); at v ≥ 30: v ← c, u ← u + d. The
accurate scheme is fourth-order Runge-Kutta; the chip's is a midpoint step whose first step after a
spike is longer (Hopkins & Furber 2015, Neural Computation 27:2148).
"""

from __future__ import annotations

from collections.abc import Mapping

from neuroport.network.cells import CellModel
from neuroport.numerics import Numerics
from neuroport.statements.names import inside
from neuroport.statements.neurons.code import (
    FloatArray,
    NeuronCode,
    gain_equations,
    receptor_arrivals,
    receptor_coefficients,
    receptor_equations,
    receptor_parameters,
)

__all__ = ["code"]

# PyNN's cell takes i_offset in nA over a capacitance of 1 pF; sPyNNaker's counts nA as mV/ms.
_CURRENT = {"Izhikevich": "1000.0*", "Izhikevich_curr_exp": ""}
_PARAMETERS = ("a", "b", "c", "d", "i_offset")


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of an Izhikevich cell."""
    chip = numerics.integrator == "chip"
    declared, currents, decays = receptor_equations(cell.receptors, differential=not chip)
    factor = _CURRENT.get(cell.name, "")
    current = f"{factor}(x_i_offset + x_i_inj)" + "".join(f" + {c}" for c in currents)
    constants = (*_PARAMETERS, *receptor_parameters(cell.receptors))
    shared = [
        "x_i_inj : 1",
        *(f"{inside(p)} : 1 (constant)" for p in constants),
        *declared,
        *gain_equations(cell.receptors, numerics),
    ]
    if chip:
        # The constants are the chip's: 0.04 in its fixed point, and 1.85 steps after a spike.
        equations = ["x_v : 1", "x_u : 1", "x_h : 1", *shared]
        step = [
            f"x_in = 140.0 + {current} - x_u",
            "x_eta = x_v + 0.5*x_h*(x_in + (5.0 + 0.040008544921875*x_v)*x_v)",
            "x_beta = 0.5*x_h*(x_b*x_v - x_u)*x_a",
            "x_v = x_v + x_h*(x_in - x_beta + (5.0 + 0.040008544921875*x_eta)*x_eta)",
            "x_u = x_u + x_a*x_h*(-x_u - x_beta + x_b*x_eta)",
            f"x_h = {timestep!r}",
            *decays,
        ]
        reset = f"x_v = x_c\nx_u = x_u + x_d\nx_h = {1.85 * timestep!r}"
    else:
        # Beyond the spike the parabola only has to be steep, not infinite.
        bound = "clip(x_v, -200.0, 100.0)"
        equations = [
            f"dx_v/dt = (0.04*{bound}**2 + 5.0*{bound} + 140.0 - x_u + {current})/ms : 1",
            "dx_u/dt = x_a*(x_b*clip(x_v, -200.0, 40.0) - x_u)/ms : 1",
            *shared,
        ]
        step, reset = [], "x_v = x_c\nx_u = x_u + x_d"

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        result = {inside(name): p[name] for name in constants}
        result.update(receptor_coefficients(cell.receptors, p, numerics, timestep, decay=chip))
        return result

    return NeuronCode(
        equations="\n".join(equations),
        method=None if chip else "rk4",
        step="\n".join(step),
        threshold=f"x_v {numerics.threshold_rule} 30.0",
        reset=reset,
        coefficients=coefficients,
        arrivals=receptor_arrivals(cell, numerics, clamped=False),
        variables=cell.states,
        initial={"x_h": timestep} if chip else {},
    )

"""Hodgkin-Huxley cells with Traub's kinetics (Traub & Miles 1991), as PyNN's HH_cond_exp.

Gates and potential are each linear in themselves, so a step is taken with the exponential Euler
scheme, which stays stable at any time step; its error is of first order.
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

_PARAMETERS = ("gbar_Na", "gbar_K", "g_leak", "cm", "v_offset", "e_rev_Na", "e_rev_K",
               "e_rev_leak", "i_offset")


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of a Hodgkin-Huxley cell."""
    declared, currents, _ = receptor_equations(cell.receptors, differential=True)
    constants = (*_PARAMETERS, *receptor_parameters(cell.receptors))
    equations = [
        "dx_v/dt = (x_g_leak*(x_e_rev_leak - x_v) - x_gbar_Na*x_m**3*x_h*(x_v - x_e_rev_Na) "
        "- x_gbar_K*x_n**4*(x_v - x_e_rev_K) + x_i_offset + x_i_inj "
        f"+ {' + '.join(currents) or '0'})/x_cm/ms : 1",
        "x_u = x_v - x_v_offset : 1",
        "dx_m/dt = (1.28/exprel((13.0 - x_u)/4.0)*(1.0 - x_m) "
        "- 1.4/exprel((x_u - 40.0)/5.0)*x_m)/ms : 1",
        "dx_n/dt = (0.16/exprel((15.0 - x_u)/5.0)*(1.0 - x_n) "
        "- 0.5*exp((10.0 - x_u)/40.0)*x_n)/ms : 1",
        "dx_h/dt = (0.128*exp((17.0 - x_u)/18.0)*(1.0 - x_h) "
        "- 4.0/(1.0 + exp((40.0 - x_u)/5.0))*x_h)/ms : 1",
        "x_i_inj : 1", "x_before : 1",
        *(f"{inside(p)} : 1 (constant)" for p in constants),
        *declared,
        *gain_equations(cell.receptors, numerics),
    ]

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        result = {inside(name): p[name] for name in constants}
        result.update(receptor_coefficients(cell.receptors, p, numerics, timestep, decay=False))
        return result

    return NeuronCode(
        equations="\n".join(equations),
        method="exponential_euler",
        before="x_before = x_v",
        # A spike is the upward crossing of 30 mV above v_offset, as NEST's Traub cell has it.
        threshold="x_v >= x_v_offset + 30.0 and x_before < x_v_offset + 30.0",
        reset="",
        coefficients=coefficients,
        arrivals=receptor_arrivals(cell, numerics, clamped=False),
        variables=cell.states,
    )

"""Leaky integrate-and-fire cells: τ_m dv/dt = v_rest − v + R·I (PyNN's IF family).

With currents only, the step has a closed form (Rotter & Diesmann 1999, Biol. Cybern. 81:381) and
is exact. With conductances the step uses the exact mean of each conductance over the step, which
makes it exponential and second-order accurate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neuroport.network.cells import CellModel, Receptor
from neuroport.numerics import Numerics
from neuroport.statements.names import inside
from neuroport.statements.neurons import fixed_point
from neuroport.statements.neurons.code import (
    ACTIVE,
    CLAMP,
    FloatArray,
    NeuronCode,
    gain_equations,
    receptor_arrivals,
    receptor_coefficients,
    receptor_equations,
)

__all__ = ["code"]

_COMMON = [
    "x_v : 1",
    "x_v_thresh : 1 (constant)",
    "x_v_reset : 1 (constant)",
    "x_v_rest : 1 (constant)",
    "x_i_offset : 1 (constant)",
    "x_i_inj : 1",
    "x_until : integer",
    "x_refractory_steps : integer (constant)",
    "x_active : integer",
]


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of a leaky integrate-and-fire cell."""
    if any(r.conductance for r in cell.receptors):
        return _conductance(cell, numerics, timestep)
    if fixed_point.has(cell, numerics):
        return fixed_point.code(cell, numerics, timestep)
    return _current(cell, numerics, timestep)


def _fires(cell: CellModel, numerics: Numerics) -> tuple[list[str], str, list[str]]:
    """Return (statements before the update, threshold, extra equations).

    A delta jump that lifts the potential over the threshold fires in the step in which it is due,
    before the leak can pull it back.
    """
    test = f"x_v {numerics.threshold_rule} x_v_thresh"
    jumps = any(r.kind == "delta" for r in cell.receptors) and numerics.delta_input == "voltage"
    if jumps:
        return (
            [f"x_jumped = int({test})"],
            f"x_active > 0 and ({test} or x_jumped > 0)",
            ["x_jumped : integer"],
        )
    return [], f"x_active > 0 and {test}", []


def _lasting(cell: CellModel) -> list[tuple[Receptor, str]]:
    """Return the receptors whose input lasts, each with its variable."""
    return [(r, inside(r.variable)) for r in cell.receptors if r.kind != "delta"]


def _constants(cell: CellModel, p: Mapping[str, FloatArray], numerics: Numerics, timestep: float
               ) -> dict[str, FloatArray]:
    """Return the values of the constants that all leaky cells have."""
    return {
        **{inside(name): p[name] for name in ("v_thresh", "v_reset", "v_rest", "i_offset")},
        "x_refractory_steps": numerics.refractory_steps(p["tau_refrac"], timestep),
        **receptor_coefficients(cell.receptors, p, numerics, timestep, decay=True),
    }


def _made(cell: CellModel, numerics: Numerics, equations: list[str], step: list[str],
          coefficients: Callable[[Mapping[str, FloatArray]], dict[str, FloatArray]]
          ) -> NeuronCode:
    before, threshold, extra = _fires(cell, numerics)
    return NeuronCode(
        equations="\n".join([*_COMMON, *equations, *extra,
                             *gain_equations(cell.receptors, numerics)]),
        threshold=threshold,
        reset=f"x_v = x_v_reset\n{CLAMP}",
        coefficients=coefficients,
        arrivals=receptor_arrivals(cell, numerics),
        variables=cell.states,
        step="\n".join([ACTIVE, *before, *step]),
    )


def _current(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    declared, _, decays = receptor_equations(cell.receptors, differential=False)
    terms = ["(x_v - x_v_rest)*x_v_decay", "(x_i_offset + x_i_inj)*x_v_gain"]
    equations = ["x_v_decay : 1 (constant)", "x_v_gain : 1 (constant)", *declared]
    for receptor, s in _lasting(cell):
        terms.append(f"{s}*{s}_into_v")
        equations.append(f"{s}_into_v : 1 (constant)")
        if receptor.kind.endswith("alpha"):
            terms.append(f"{s}_rise*{s}_rise_into_v")
            equations.append(f"{s}_rise_into_v : 1 (constant)")
    clear = []
    if any(r.kind == "delta" for r in cell.receptors) and numerics.delta_input == "current":
        equations.append("x_delta : 1")
        terms.append("x_delta*x_v_gain")
        clear = ["x_delta = 0"]
    step = [
        f"x_v = x_active*(x_v_rest + {' + '.join(terms)}) + (1 - x_active)*x_v",
        *decays,
        *clear,
    ]
    if any(r.kind.endswith("alpha") for r in cell.receptors):
        equations.append("x_dt : 1 (constant)")

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        tau_m, cm = p["tau_m"], p["cm"]
        decay, gone = _leak(tau_m, numerics, timestep)
        result = {
            "x_v_decay": decay,
            "x_v_gain": (tau_m / cm) * gone,
            **_constants(cell, p, numerics, timestep),
        }
        for receptor, s in _lasting(cell):
            if numerics.input_rule == "step" and receptor.kind == "current_exp":
                result[f"{s}_into_v"] = result["x_v_gain"]
                continue
            x = timestep * (1.0 / tau_m - 1.0 / p[receptor.tau])
            result[f"{s}_into_v"] = decay * timestep / cm * _phi(x)
            if receptor.kind.endswith("alpha"):
                result[f"{s}_rise_into_v"] = decay * timestep**2 / cm * _psi(x)
        if any(r.kind.endswith("alpha") for r in cell.receptors):
            result["x_dt"] = np.full_like(tau_m, timestep)
        return result

    return _made(cell, numerics, equations, step, coefficients)


def _leak(
    tau_m: FloatArray, numerics: Numerics, timestep: float
) -> tuple[FloatArray, FloatArray]:
    """Return e^(−dt/τ_m) and its complement, on the chip's grid where asked."""
    if numerics.decay_bits is None:
        return np.exp(-timestep / tau_m), -np.expm1(-timestep / tau_m)
    scale = float(2**numerics.decay_bits)
    exponent = np.floor(timestep / tau_m * scale + 1e-9) / scale
    decay = np.floor(np.exp(-exponent) * scale + 1e-9) / scale
    return decay, 1.0 - decay


def _phi(x: FloatArray) -> FloatArray:
    """Return (e^x − 1)/x, also at x = 0: the integral of e^(xs) over 0..1."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


def _psi(x: FloatArray) -> FloatArray:
    """Return the integral of s·e^(xs) over 0..1, by its series where the formula cancels."""
    small = np.abs(x) < 1e-2
    safe = np.where(small, 1.0, x)
    closed = (np.exp(safe) * (safe - 1.0) + 1.0) / safe**2
    series = 1 / 2 + x / 3 + x**2 / 8 + x**3 / 30 + x**4 / 144
    return np.where(small, series, closed)


def _conductance(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    declared, _, decays = receptor_equations(cell.receptors, differential=False)
    equations = ["x_cm : 1 (constant)", "x_g_leak : 1 (constant)", "x_dt : 1 (constant)",
                 *declared]
    means: list[str] = []
    total = ["x_g_leak"]
    drive = ["x_g_leak*x_v_rest", "x_i_offset", "x_i_inj"]
    held: list[str] = []
    for receptor, s in _lasting(cell):
        mean = f"{s}_mean"
        if numerics.input_rule == "step":
            means.append(f"{mean} = {s}")
        else:
            equations.append(f"{s}_share : 1 (constant)")
            rise = ""
            if receptor.kind.endswith("alpha"):
                equations.append(f"{s}_rise_share : 1 (constant)")
                rise = f" + {s}_rise*{s}_rise_share"
            means.append(f"{mean} = {s}*{s}_share{rise}")
        if receptor.conductance:
            reversal = inside(receptor.reversal)
            equations.append(f"{reversal} : 1 (constant)")
            total.append(mean)
            drive.append(f"{mean}*{reversal}")
            held.append(f"{mean}*({reversal} - x_v)")
        else:
            drive.append(mean)
            held.append(mean)
    if numerics.integrator == "chip":  # driving force from the old potential, then the exact leak
        equations.append("x_v_decay : 1 (constant)")
        update = [
            f"x_inf = x_v_rest + ({' + '.join(held)} + x_i_offset + x_i_inj)/x_g_leak",
            "x_next = x_inf + (x_v - x_inf)*x_v_decay",
        ]
    else:
        update = [
            f"x_total = {' + '.join(total)}",
            f"x_inf = ({' + '.join(drive)})/x_total",
            "x_next = x_inf + (x_v - x_inf)*exp(-x_dt*x_total/x_cm)",
        ]
    step = [*means, *update, "x_v = x_active*x_next + (1 - x_active)*x_v", *decays]

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        result = {
            "x_cm": p["cm"],
            "x_g_leak": p["cm"] / p["tau_m"],
            "x_dt": np.full_like(p["cm"], timestep),
            "x_v_decay": _leak(p["tau_m"], numerics, timestep)[0],
            **_constants(cell, p, numerics, timestep),
        }
        for receptor, s in _lasting(cell):
            if receptor.conductance:
                result[inside(receptor.reversal)] = p[receptor.reversal]
            if numerics.input_rule == "exact":
                tau = p[receptor.tau]
                gone = -np.expm1(-timestep / tau)
                result[f"{s}_share"] = tau / timestep * gone
                if receptor.kind.endswith("alpha"):
                    result[f"{s}_rise_share"] = (
                        tau**2 * gone - tau * timestep * (1 - gone)
                    ) / timestep
        return result

    return _made(cell, numerics, equations, step, coefficients)

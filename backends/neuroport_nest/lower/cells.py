"""Cell types in NEST's words: its model, names and units (pF, nS, pA).

The models' update rules were read in NEST 3.10's sources and measured, see ``tests/nest``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Population
from neuroport.numerics import Numerics

__all__ = ["NestCell", "CELLS", "arrays", "weight_factor"]

FloatArray = NDArray[np.float64]
Values = Mapping[str, FloatArray]

_NANO_TO_PICO = 1000.0  # nA to pA, nF to pF
_MICRO_TO_NANO = 1000.0  # µS to nS


@dataclass(frozen=True)
class NestCell:
    """One of NEST's models as one of PyNN's cells.

    Attributes
    ----------
    model : str
    parameters : callable
        ``parameters(values, timestep) -> {NEST's name: values}``, the refractory period excepted.
    states : mapping of str to (str, float)
        PyNN's state -> NEST's name and factor.
    signs : mapping of str to float
        Receptor -> factor from PyNN's weight to NEST's.
    at_once : bool
        Whether an input acts on the potential at the end of the step in which it is due; elsewhere
        at its beginning.
    early : bool
        Whether spikes are known a step earlier than the contract's label, see ``timing``.
    highest_reset : str
        Parameter that the reset potential must stay below.
    """

    model: str
    parameters: Callable[[Values, float], dict[str, FloatArray]]
    states: Mapping[str, tuple[str, float]]
    signs: Mapping[str, float] = field(default_factory=dict)
    at_once: bool = False
    early: bool = False
    highest_reset: str = "v_thresh"


def _common(p: Values) -> dict[str, FloatArray]:
    return {
        "C_m": p["cm"] * _NANO_TO_PICO, "E_L": p["v_rest"], "V_reset": p["v_reset"],
        "V_th": p["v_thresh"], "I_e": p["i_offset"] * _NANO_TO_PICO,
    }


def _delta(p: Values, timestep: float) -> dict[str, FloatArray]:
    # A jump fires the cell at the beginning of a step and the reset lasts to its end; NEST's cell
    # leaks during that step, from a reset potential that ends up where the contract's begins.
    decay = np.exp(-timestep / p["tau_m"])
    drift = p["i_offset"] * p["tau_m"] / p["cm"] * (1.0 - decay)
    reset = p["v_rest"] + (p["v_reset"] - p["v_rest"] - drift) / decay
    return {**_common(p), "tau_m": p["tau_m"], "V_reset": reset}


def _current(p: Values, timestep: float) -> dict[str, FloatArray]:
    return {**_common(p), "tau_m": p["tau_m"],
            "tau_syn_ex": p["tau_syn_E"], "tau_syn_in": p["tau_syn_I"]}


def _conductance(p: Values, timestep: float) -> dict[str, FloatArray]:
    return {
        **_common(p), "g_L": p["cm"] / p["tau_m"] * _MICRO_TO_NANO,
        "E_ex": p["e_rev_E"], "E_in": p["e_rev_I"],
        "tau_syn_ex": p["tau_syn_E"], "tau_syn_in": p["tau_syn_I"],
    }


def _adaptive(p: Values, timestep: float) -> dict[str, FloatArray]:
    return {
        **_conductance(p, timestep), "V_peak": p["v_spike"], "Delta_T": p["delta_T"],
        "tau_w": p["tau_w"], "a": p["a"], "b": p["b"] * _NANO_TO_PICO,  # PyNN's a is in nS already
    }


def _adapting(p: Values, timestep: float) -> dict[str, FloatArray]:
    return {
        **_conductance(p, timestep), "tau_sfa": p["tau_sfa"], "E_sfa": p["e_rev_sfa"],
        "q_sfa": p["q_sfa"], "tau_rr": p["tau_rr"], "E_rr": p["e_rev_rr"], "q_rr": p["q_rr"],
    }


def _izhikevich(p: Values, timestep: float) -> dict[str, FloatArray]:
    return {
        **{name: p[name] for name in "abcd"}, "V_th": np.full_like(p["a"], 30.0),
        "I_e": p["i_offset"] * _NANO_TO_PICO,  # over a capacitance of 1 pF
    }


_V = {"v": ("V_m", 1.0)}
_ISYN = {**_V, "isyn_exc": ("I_syn_ex", 1 / _NANO_TO_PICO),
         "isyn_inh": ("I_syn_in", 1 / _NANO_TO_PICO)}
_GSYN = {**_V, "gsyn_exc": ("g_ex", 1 / _MICRO_TO_NANO), "gsyn_inh": ("g_in", 1 / _MICRO_TO_NANO)}
_CURRENTS = {"excitatory": _NANO_TO_PICO, "inhibitory": _NANO_TO_PICO}
# NEST tells an inhibitory conductance by the sign of its weight.
_CONDUCTANCES = {"excitatory": _MICRO_TO_NANO, "inhibitory": -_MICRO_TO_NANO}
_JUMPS = {"excitatory": 1.0, "inhibitory": 1.0}

# What each is integrated with stands in capabilities.toml.
CELLS: dict[str, NestCell] = {
    "IF_curr_exp": NestCell("iaf_psc_exp", _current, _ISYN, _CURRENTS),
    "IF_curr_alpha": NestCell("iaf_psc_alpha", _current, _ISYN, _CURRENTS),
    "IF_curr_delta": NestCell("iaf_psc_delta", _delta, _V, _JUMPS, early=True),
    "IF_cond_exp": NestCell("iaf_cond_exp", _conductance, _GSYN, _CONDUCTANCES),
    "IF_cond_alpha": NestCell("iaf_cond_alpha", _conductance, _GSYN, _CONDUCTANCES),
    "IF_cond_exp_gsfa_grr": NestCell(
        "iaf_cond_exp_sfa_rr", _adapting, {**_GSYN, "g_s": ("g_sfa", 1.0), "g_r": ("g_rr", 1.0)},
        _CONDUCTANCES),
    "EIF_cond_exp_isfa_ista": NestCell(
        "aeif_cond_exp", _adaptive, {**_GSYN, "w": ("w", 1 / _NANO_TO_PICO)}, _CONDUCTANCES,
        highest_reset="v_spike"),
    "EIF_cond_alpha_isfa_ista": NestCell(
        "aeif_cond_alpha", _adaptive, {**_GSYN, "w": ("w", 1 / _NANO_TO_PICO)}, _CONDUCTANCES,
        highest_reset="v_spike"),
    "Izhikevich": NestCell(
        "izhikevich", _izhikevich, {**_V, "u": ("U_m", 1.0)}, _JUMPS, at_once=True,
        highest_reset=""),
}


def arrays(
    population: Population, parameters: Values, timestep: float, numerics: Numerics
) -> dict[str, FloatArray]:
    """Return NEST's parameters of a population of cells."""
    result = CELLS[population.cell.name].parameters(parameters, timestep)
    if "tau_refrac" in parameters:
        steps = numerics.refractory_steps(parameters["tau_refrac"], timestep)
        result["t_ref"] = steps * timestep
    return result


def weight_factor(population: Population, receptor: str) -> float:
    """Return the factor from PyNN's weight to NEST's."""
    return CELLS[population.cell.name].signs[receptor]

"""Cells of sPyNNaker's ``extra_models``, by their equations: any engine that runs those runs them.

Names, arguments and defaults are those of sPyNNaker 7.4.1. How the chip integrates them is not
known here.
"""

from __future__ import annotations

from typing import Any

from neuroport.pynn.equations import cell_by_equations

__all__ = ["SPYNNAKER_CELLS"]

_LEAKY: dict[str, float] = {
    "tau_m": 20.0, "cm": 1.0, "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0,
    "tau_refrac": 0.1,
}
_TAUS = {"tau_syn_E": 5.0, "tau_syn_I": 5.0}
_UNITS = {
    "v": "mV", "u": "mV/ms", "gsyn_exc": "uS", "gsyn_inh": "uS", "isyn_exc": "nA",
    "isyn_inh": "nA", "isyn_excitatory2": "nA", "i_ca2": "nA", "tau_m": "ms", "cm": "nF",
    "v_rest": "mV", "v_reset": "mV", "v_thresh": "mV", "tau_refrac": "ms", "tau_syn_E": "ms",
    "tau_syn_E2": "ms", "tau_syn_I": "ms", "i_offset": "nA", "e_rev_E": "mV", "e_rev_I": "mV",
    "tau_ca2": "ms", "i_alpha": "nA",
}


def _current(tau: str) -> dict[str, str]:
    return {"kind": "current_exp", "tau": tau}


def _conductance(side: str) -> dict[str, str]:
    return {"kind": "conductance_exp", "tau": f"tau_syn_{side}", "reversal": f"e_rev_{side}"}


def _cell(name: str, **equations: Any) -> Any:
    used = {*equations["parameters"], *equations["initial"], "i_offset", "isyn_exc", "isyn_inh",
            "gsyn_exc", "gsyn_inh", "isyn_excitatory2"}
    return cell_by_equations(
        name, units={key: unit for key, unit in _UNITS.items() if key in used}, **equations)


SPYNNAKER_CELLS: dict[str, Any] = {
    "IF_curr_dual_exp": _cell(
        "IF_curr_dual_exp",
        derivatives={"v": "(v_rest - v)/tau_m + I/cm"},
        threshold="v >= v_thresh",
        reset="v = v_reset",
        refractory="tau_refrac",
        parameters={**_LEAKY, **_TAUS, "tau_syn_E2": 5.0},
        initial={"v": -65.0},
        receptors={"excitatory": _current("tau_syn_E"), "excitatory2": _current("tau_syn_E2"),
                   "inhibitory": _current("tau_syn_I")},
    ),
    # Each spike adds i_alpha to a current that decays and is taken away from the input.
    "IFCurrExpCa2Adaptive": _cell(
        "IFCurrExpCa2Adaptive",
        derivatives={"v": "(v_rest - v)/tau_m + (I - i_ca2)/cm", "i_ca2": "-i_ca2/tau_ca2"},
        threshold="v >= v_thresh",
        reset="v = v_reset; i_ca2 += i_alpha",
        refractory="tau_refrac",
        parameters={**_LEAKY, **_TAUS, "tau_ca2": 50.0, "i_alpha": 0.1},
        initial={"v": -65.0, "i_ca2": 0.0},
        receptors={"excitatory": _current("tau_syn_E"), "inhibitory": _current("tau_syn_I")},
    ),
    # 1 nA counts as 1 mV/ms, as in Izhikevich_curr_exp. Beyond the spike the parabola only has to
    # be steep, not infinite.
    "Izhikevich_cond": _cell(
        "Izhikevich_cond",
        derivatives={
            "v": "0.04*clip(v, -200, 100)**2 + 5*clip(v, -200, 100) + 140 - u + I",
            "u": "a*(b*clip(v, -200, 40) - u)",
        },
        threshold="v >= 30",
        reset="v = c; u += d",
        parameters={"a": 0.02, "b": 0.2, "c": -65.0, "d": 2.0, **_TAUS, "e_rev_E": 0.0,
                    "e_rev_I": -70.0},
        initial={"v": -70.0, "u": -14.0},
        receptors={"excitatory": _conductance("E"), "inhibitory": _conductance("I")},
    ),
}

"""Parameters of the published CA3 memory (units: ms, mV, nF, nA).

From the authors' configuration, as tabulated for the paper (sections "architecture" and "STDP").
Every step of the memory is one time step of 1 ms.
"""

from __future__ import annotations

__all__ = ["CELL_A", "CELL_B", "OUTPUT_THRESHOLD", "STDP", "WEIGHT", "TIMESTEP", "V_INITIAL"]

TIMESTEP = 1.0
V_INITIAL = -60.0

_COMMON = {
    "i_offset": 0.0,
    "tau_refrac": 1.0,
    "tau_syn_E": 0.3,
    "tau_syn_I": 0.3,
    "v_rest": -60.0,
    "v_reset": -60.0,
    "v_thresh": -57.0,
}
# Set A integrates over a few steps; set B is nearly memoryless.
CELL_A = {**_COMMON, "cm": 0.27, "tau_m": 3.0}
CELL_B = {**_COMMON, "cm": 0.14, "tau_m": 0.5}
OUTPUT_THRESHOLD = -57.5

WEIGHT = {
    "drive": 6.0,  # one spike makes its target fire
    "content_to_condition": 9.0,
    "interneuron": 2.0,
    "inhibition_per_content": 6.0,  # times the content size: outweighs every content spike
}

STDP = {
    "tau_plus": 3.0,
    "tau_minus": 3.0,
    "A_plus": 6.0,  # absolute weight changes (sPyNNaker's convention), in nA
    "A_minus": 6.0,
    "w_min": 0.0,
    "w_max": 6.0,
}

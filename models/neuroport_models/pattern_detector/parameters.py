"""Parameters of the published pattern detector (units: ms, mV, nA, nF).

Davies, Gait, Rowley, Di Nuovo: "Supervised learning of spatial features with STDP and homeostasis
using spiking neural networks on SpiNNaker", Neurocomputing 611 (2025) 128650, arXiv:2312.02659;
values from the authors' public code (CC BY), which is named in each comment.
"""

from __future__ import annotations

from typing import Any

__all__ = ["CELL", "STDP", "DRIVE", "DELAY", "TRAINING", "TESTING", "TURNS", "BANK", "SEARCH",
           "TIMESTEP"]

TIMESTEP = 1.0
DELAY = 1.0
DRIVE = 20.0  # one spike makes its target fire

CELL = {
    "tau_m": 20.0,
    "cm": 1.0,
    "v_rest": -65.0,
    "v_reset": -65.0,
    "v_thresh": -50.0,
    "tau_refrac": 1.0,  # published as 0.1, which the chip makes one step
    "i_offset": 0.0,
}

# train_bit_pattern.py. A_minus is negative: both orders of spikes add weight.
STDP = {
    "tau_plus": 5.0,
    "tau_minus": 5.0,
    "A_plus": 1.0,
    "A_minus": -1.0,
    "w_min": 0.0,
    "w_max": 20.0,
}
TRAINING: dict[str, Any] = {
    "one": (1.0, 26.0, 56.0),  # spikes of the lines of bits that are 1
    "zero": (6.0, 36.0, 59.0),  # and of those that are 0
    "teacher": 29.0,
    "teacher_delay": 2.0,
    "save": 65.0,  # one more spike everywhere: weights are written at presynaptic spikes
    "duration": 75.0,
    # Of many patterns so many begin together, the next ones a step later: all their plastic lines
    # spike in one step, of which a chip's core took 160 but lost some of 440 (emulated, measured).
    "at_once": 8,
}

# testing.py. Where many inputs are tried side by side they come in turn, one step after another:
# a chip's core cannot take the spikes of hundreds of networks in one step.
TESTING = {"spike": 10.0, "duration": 20.0}
TURNS = 64
# Inputs that share populations. An output population of one network with a bank fills a chip's
# core, which holds 256 cells.
BANK = 256

# homeostasis.py
SEARCH = {
    "lowest": 1e-4,
    "highest": 100.0,
    "binary_until": 1e-4,
    "step": 1e-5,
    "decimals": 5,
}

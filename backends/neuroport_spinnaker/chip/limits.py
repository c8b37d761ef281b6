"""Figures of the SpiNNaker software, sPyNNaker 7.4.1, with where each was read.

They are kept apart from the code that asks sPyNNaker itself, so that one can check the other.
"""

from __future__ import annotations

import math

__all__ = [
    "CELLS", "DEFAULT_RATE", "FIXED_BITS", "FIXED_LARGEST", "NEURONS_PER_CORE",
    "POISSON_PER_CORE", "RECORDABLE", "RING_BITS", "ROW_WORDS", "SIGMA", "SOURCES_PER_CORE",
    "STORED_BITS", "SYNAPSES_PER_SECOND", "VERSIONS", "WEIGHT_SCALE", "bits", "slow_down",
]

CELLS: dict[str, str] = {
    # neuroport's cell -> sPyNNaker's class (pyNN.spiNNaker)
    "IF_curr_exp": "IF_curr_exp",
    "IF_cond_exp": "IF_cond_exp",
    "IF_curr_alpha": "IF_curr_alpha",
    "IF_curr_delta": "IF_curr_delta",
    "Izhikevich_curr_exp": "Izhikevich",
    "SpikeSourceArray": "SpikeSourceArray",
    "SpikeSourcePoisson": "SpikeSourcePoisson",
}
RECORDABLE: dict[str, str] = {
    # neuroport's variable -> sPyNNaker's
    "spikes": "spikes",
    "v": "v",
    "isyn_exc": "gsyn_exc",
    "isyn_inh": "gsyn_inh",
    "gsyn_exc": "gsyn_exc",
    "gsyn_inh": "gsyn_inh",
}

VERSIONS = (2, 3, 4, 5)  # boards of SpiNNaker 1 that spinn_machine has (version_factory)
NEURONS_PER_CORE = 256  # POP_TABLE_MAX_ROW_LENGTH; default of all neuron models
POISSON_PER_CORE = 500  # spike_source_poisson.DEFAULT_MAX_ATOMS_PER_CORE
SOURCES_PER_CORE = 1 << 30  # SpikeSourceArray: not limited
RING_BITS = 14  # MAX_RING_BUFFER_BITS: delay, receptor and cell share them
ROW_WORDS = 256  # POP_TABLE_MAX_ROW_LENGTH
STORED_BITS = 16  # a stored weight
DEFAULT_RATE = 30.0  # [Simulation] spikes_per_second, Hz
SIGMA = 5.0  # [Simulation] ring_buffer_sigma
WEIGHT_SCALE = 1024.0  # InputTypeConductance.get_global_weight_scale
SYNAPSES_PER_SECOND = {"static": 13_000_000, "stdp": 1_400_000}  # SynapseDynamics*
FIXED_BITS = 15  # fraction bits of s16.15
FIXED_LARGEST = 65536.0


def slow_down(timestep: float) -> int:
    """Return how many times slower than real time the machine runs at a time step (ms)."""
    return max(1, math.ceil(1.0 / timestep - 1e-9))


def bits(values: int) -> int:
    """Return how many bits number that many values; sPyNNaker's rule (1 for a single value)."""
    return 0 if values == 0 else max(1, (values - 1).bit_length())

"""Synapses in Brian2: static, short-term plastic, spike-timing-dependent and by equations."""

from neuroport_brian2.lower.synapses.code import SynapseCode
from neuroport_brian2.lower.synapses.factory import synapse_code

__all__ = ["SynapseCode", "synapse_code"]

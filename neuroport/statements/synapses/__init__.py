"""Synapses as statements: static, short-term plastic, spike-timing-dependent and by equations."""

from neuroport.statements.synapses.code import SynapseCode
from neuroport.statements.synapses.edits import written_by
from neuroport.statements.synapses.factory import synapse_code

__all__ = ["SynapseCode", "synapse_code", "written_by"]

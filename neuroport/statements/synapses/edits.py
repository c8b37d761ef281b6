"""Which variables of synapses an edit writes."""

from __future__ import annotations

from neuroport.network.edits import SynapseEdit
from neuroport.statements.names import inside_synapse

__all__ = ["written_by"]

# What follows from what: amplitudes may be scaled by the bounds.
_BOUNDS = {"s_A_plus", "s_A_minus", "s_w_max", "s_w_min"}
_TARGET = {"s_rho", "s_tau"}


def written_by(edit: SynapseEdit) -> set[str]:
    """Return the variables that an edit of synapses writes; some exist in few types only."""
    wanted = {inside_synapse(name) for name in edit.values if name != "weight"}
    if "weight" in edit.values:
        wanted |= {"s_w", "s_pending", "s_sign"}
    if edit.weight_step is not None:
        wanted |= {"s_step"}
    for together in (_BOUNDS, _TARGET):
        if together & wanted:
            wanted |= _BOUNDS if together is _BOUNDS else {"s_target"}
    return wanted

"""The thing that a backend has and that is most like one that it has not."""

from __future__ import annotations

from neuroport.backend.capabilities import Capabilities
from neuroport.network.cells import CELLS, CellModel
from neuroport.network.synapses import TIMING_RULES, WEIGHT_RULES, SynapseModel

__all__ = ["nearest_cell", "nearest_synapse"]


def nearest_cell(cell: CellModel, capabilities: Capabilities) -> str:
    """Return the cell type of a backend that is most like another one; empty if it has none.

    The backend's own word counts first; then equal kinds of receptors, then an equal membrane.
    """
    if cell.name in capabilities.nearest:
        return capabilities.nearest[cell.name]
    kinds = {r.kind for r in cell.receptors}

    def alike(name: str) -> tuple[int, int, bool]:
        membrane, receptors, _ = CELLS[name]
        theirs = {r.kind for r in receptors}
        conductance = [any(k.startswith("conductance") for k in some) for some in (kinds, theirs)]
        return (int(conductance[0] == conductance[1]), len(kinds & theirs),
                membrane == cell.membrane)

    choice = [n for n in capabilities.cells if (CELLS[n][0] == "source") == cell.is_source]
    return max(choice, key=alike, default="")


def nearest_synapse(synapse: SynapseModel, capabilities: Capabilities) -> str:
    """Return the synapse type of a backend that is most like another one; empty if none is."""
    if synapse.name in capabilities.nearest:
        return capabilities.nearest[synapse.name]
    if synapse.plastic and capabilities.stdp:
        rules = capabilities.stdp
        timing = synapse.timing if synapse.timing in rules else next(iter(rules))
        return f"{TIMING_RULES[timing]} with {WEIGHT_RULES[rules[timing].weights[0]]}"
    return next(iter(capabilities.synapses), "")

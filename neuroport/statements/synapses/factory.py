"""Choose the code for a projection."""

from __future__ import annotations

from collections.abc import Mapping

from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.numerics import Numerics
from neuroport.statements.synapses import by_equations, plasticity, short_term
from neuroport.statements.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["synapse_code"]


def synapse_code(
    projection: Projection,
    target: CellModel,
    arrival: str,
    numerics: Numerics,
    timestep: float,
    shortest_interval: int | None,
) -> SynapseCode:
    """Return the statements for a projection.

    Parameters
    ----------
    projection : Projection
    target : CellModel
        The postsynaptic cell type.
    arrival : str
        Statement that takes a weight ``{w}`` in.
    numerics : Numerics
    timestep : float
        ms.
    shortest_interval : int
        Fewest steps between two spikes of a presynaptic cell, where the statements are to keep
        the weights that are under way; None: the engine does, see ``SynapseCode.under_way``.
    """
    kind = projection.synapse.kind
    later = 0 if numerics.delay_rule == "same_step" else 1
    if kind == "static":
        return _static(arrival, later)
    if kind == "tsodyks_markram":
        return short_term.code(projection, target, arrival, timestep, later)
    if kind == "stdp":
        return plasticity.code(
            projection, target, arrival, numerics, timestep, shortest_interval, later
        )
    return by_equations.code(projection, arrival, timestep, later)


def _static(arrival: str, later: int) -> SynapseCode:
    def delay(projection: Projection) -> IntArray:
        return projection.delay - 1 + later

    def values(
        projection: Projection, target: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        return {"s_w": projection.weight}

    return SynapseCode(
        "s_w : 1",
        (Pathway("pre", "pre", arrival.format(w="s_w"), delay, 0),),
        values,
        key=("static", arrival),
    )

"""Which choices of the numerics matter to a cell, a synapse or a network.

A backend that lacks a choice lacks nothing where the choice changes nothing. This module says
where each one does; see the contract (:class:`neuroport.numerics.Numerics`) for what it does.
"""

from __future__ import annotations

from collections.abc import Callable

from neuroport.network.cells import CellModel
from neuroport.network.description import Network, Projection
from neuroport.numerics import Numerics

__all__ = ["relevant", "has_closed_solution"]


def has_closed_solution(cell: CellModel) -> bool:
    """Return whether a time step of the cell can be computed exactly, whatever the engine."""
    return cell.is_source or (
        cell.membrane == "leaky" and not any(r.conductance for r in cell.receptors)
    )


def _delta_current(cell: CellModel) -> bool:
    return cell.membrane == "leaky" and any(r.kind == "delta" for r in cell.receptors)


def _fixed_point(cell: CellModel, numerics: Numerics) -> bool:
    """Whether the contract knows the cell's arithmetic in few bits."""
    return numerics.input_rule == "step" and cell.membrane == "leaky" and all(
        r.kind in ("current_exp", "delta") for r in cell.receptors
    )


_OF_CELLS: dict[str, Callable[[CellModel, Numerics], bool]] = {
    "input_rule": lambda cell, _: any(r.tau for r in cell.receptors),
    "refractory_rule": lambda cell, _: "tau_refrac" in cell.parameters or (
        cell.equations is not None and bool(cell.equations.refractory)),
    "threshold_rule": lambda cell, _: cell.membrane != "equations",
    "delta_input": lambda cell, _: _delta_current(cell),
    "integrator": lambda cell, _: not has_closed_solution(cell),
    "decay_bits": lambda cell, _: cell.membrane == "leaky",
    "state_bits": _fixed_point,
}
_OF_SYNAPSES: dict[str, Callable[[Projection], bool]] = {
    "delay_rule": lambda p: True,
    "static_weight_step": lambda p: True,
    "plasticity_update": lambda p: p.synapse.kind == "stdp",
    "plasticity_amplitude": lambda p: p.synapse.kind == "stdp" and p.synapse.timing != "vogels"
    and p.synapse.weight_dependence != "multiplicative",
    "dendritic_delay": lambda p: p.synapse.kind == "stdp" and p.dendritic_fraction != 1.0,
    "coincidence": lambda p: p.synapse.timing in ("pair", "nearest_pair"),
    "initial_presynaptic_spike": lambda p: p.synapse.timing == "nearest_pair",
    "plastic_weight_step": lambda p: p.synapse.kind == "stdp",
    "trace_bits": lambda p: p.synapse.kind == "stdp",
    "state_bits": lambda p: p.synapse.kind == "stdp",
}


def relevant(choice: str, network: Network) -> bool:
    """Return whether a choice of the numerics changes anything in a network.

    Parameters
    ----------
    choice : str
        An attribute of :class:`~neuroport.numerics.Numerics`.
    network : Network

    Raises
    ------
    KeyError
        If there is no such choice.
    """
    of_cell, of_synapse = _OF_CELLS.get(choice), _OF_SYNAPSES.get(choice)
    if of_cell is None and of_synapse is None:
        raise KeyError(choice)
    if of_cell is not None and any(
        not p.cell.is_source and of_cell(p.cell, network.numerics) for p in network.populations
    ):
        return True
    return of_synapse is not None and any(p.size and of_synapse(p) for p in network.projections)

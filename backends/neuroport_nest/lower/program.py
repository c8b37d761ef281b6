"""A network lowered to NEST's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Network, Population, Projection
from neuroport_nest.capabilities import CAPABILITIES
from neuroport_nest.lower import cells, synapses
from neuroport_nest.lower.timing import early_populations, nest_delay

__all__ = ["NestProgram", "factor", "states"]

FloatArray = NDArray[np.float64]


class NestProgram:
    """What NEST's network is made from.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self.early = early_populations(network)
        # Every synapse has a number: its label in NEST, by which it is found again.
        sizes = [p.size for p in network.projections]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        self.first_label = {
            p.label: int(start) for p, start in zip(network.projections, starts, strict=False)
        }
        self.number = {p.label: k for k, p in enumerate(network.projections)}

    def populations(self, network: Network) -> list[dict[str, Any]]:
        """Return the populations in NEST's words, but for the spikes of sources."""
        result: list[dict[str, Any]] = []
        for p in network.populations:
            if p.cell.is_source:
                result.append({"label": p.label, "size": p.size, "model": None})
                continue
            parameters = cells.arrays(p, p.parameters, network.timestep, network.numerics)
            trace = synapses.tau_minus(network, p.label, p.size)
            if trace is not None:
                parameters["tau_minus"] = trace
            result.append({
                "label": p.label, "size": p.size, "model": cells.CELLS[p.cell.name].model,
                "parameters": parameters, "states": states(p, p.initial),
            })
        return result

    def projections(self, network: Network) -> list[dict[str, Any]]:
        """Return the projections in NEST's words."""
        result = []
        for p in network.projections:
            first = self.first_label[p.label]
            result.append({
                "source": p.pre, "target": p.post, "model": synapses.model(p),
                "number": self.own_model(p),
                "pre": p.pre_index, "post": p.post_index,
                "delay": nest_delay(network, p, self.early),
                "label": np.arange(first, first + p.size),
                "values": synapses.values(p, network, factor(network, p)),
            })
        return result

    def own_model(self, projection: Projection) -> int | None:
        """Return the number of a projection whose synapses have a model of their own."""
        return None if projection.synapse.kind == "static" else self.number[projection.label]

    def longest_delay(self, network: Network) -> int:
        """Return NEST's longest delay (steps)."""
        return max(
            (int(nest_delay(network, p, self.early).max()) for p in network.projections if p.size),
            default=1,
        )


def factor(network: Network, projection: Projection) -> float:
    """Return the factor from PyNN's weight to NEST's."""
    return cells.weight_factor(network.population(projection.post), projection.receptor)


def states(population: Population, values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return states in NEST's names and units; those that NEST lets nobody set are left out."""
    cell = cells.CELLS[population.cell.name]
    fixed = CAPABILITIES.cells[population.cell.name].fixed_states
    return {
        cell.states[name][0]: value / cell.states[name][1]
        for name, value in values.items() if name in cell.states and name not in fixed
    }

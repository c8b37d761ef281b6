"""Stored weights: a network with its weights on the grid that its numerics name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neuroport.findings import Finding, Severity
from neuroport.findings.about import about
from neuroport.network.description import FloatArray, Network
from neuroport.numerics.grids import load_grid

__all__ = ["store_weights", "weight_findings"]

# More than this of a weight lost by rounding is worth a warning.
_WORTH_A_WARNING = 0.05

_Steps = Mapping[str, Mapping[tuple[str, str], float]]


def store_weights(network: Network) -> Network:
    """Return the network with its weights as they are stored under its numerics.

    Parameters
    ----------
    network : Network
        With weights as the user wrote them.

    Returns
    -------
    Network
        Its projections have their ``weight_step``, and weights that are multiples of it; the same
        network where the numerics have no grid.

    Notes
    -----
    A grid may depend on the weights, and rounding can move a sum over the border to the next grid.
    So it is asked again for the rounded weights until it stays: a machine that is given these
    weights stores just them.

    Raises
    ------
    UnknownNumericsError
        If no installed package has the grid.
    """
    choices = {network.numerics.static_weight_step, network.numerics.plastic_weight_step}
    if choices == {None}:
        return network
    names = {choice for choice in choices if isinstance(choice, str)}
    steps: _Steps = {name: load_grid(name)(network) for name in names}
    while True:
        stored = _stored(network, steps)
        if not _moved(network, stored):
            return stored
        again = {name: load_grid(name)(stored) for name in names}
        if again == steps:
            return stored
        network, steps = stored, again


def _stored(network: Network, steps: _Steps) -> Network:
    static, plastic = network.numerics.static_weight_step, network.numerics.plastic_weight_step
    projections = []
    for p in network.projections:
        # Synapses given by equations write their weights themselves.
        step = {"stdp": plastic, "equations": None}.get(p.synapse.kind, static)
        if isinstance(step, str):
            step = steps[step][p.post, p.receptor]
        if step is not None:
            p = replace(p, weight=_on_grid(p.weight, float(step)), weight_step=float(step))
        projections.append(p)
    return replace(network, projections=tuple(projections))


def _on_grid(weight: FloatArray, step: float) -> FloatArray:
    return np.asarray(np.rint(weight / step) * step)


def _moved(before: Network, after: Network) -> bool:
    return any(not np.array_equal(a.weight, b.weight)
               for a, b in zip(before.projections, after.projections, strict=True))


def weight_findings(written: Network, stored: Network) -> list[Finding]:
    """Return a finding for every projection whose weights the grid changed.

    Parameters
    ----------
    written, stored : Network
        Before and after :func:`store_weights`.
    """
    found = []
    for before, after in zip(written.projections, stored.projections, strict=True):
        change = np.abs(after.weight - before.weight)
        if after.weight_step is None or not change.size or not change.max() > 0:
            continue
        part = change / np.abs(np.where(before.weight == 0, 1.0, before.weight))
        worst = int(part.argmax())
        lost = int(((after.weight == 0) & (before.weight != 0)).sum())
        serious = lost > 0 or part[worst] > _WORTH_A_WARNING
        found.append(
            about(
                before, "NP112",
                measured=f"{int((change > 0).sum())} of {change.size} weights; at worst "
                f"{before.weight[worst]:.8g} becomes {after.weight[worst]:.8g} "
                f"({part[worst]:.2g} of it)" + (f"; {lost} become 0" if lost else ""),
                limit=f"multiples of {after.weight_step:g}",
                why="the unit is set by the largest summed input to this receptor of "
                f"'{before.post}'",
                fixes=("weights on that grid", "less or smaller input to the same receptor"),
                severity=Severity.WARNING if serious else None,
                step=after.weight_step,
                largest_change=float(change.max()),
            )
        )
    return found

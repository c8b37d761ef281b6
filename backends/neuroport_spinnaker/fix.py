"""Apply the ways out that change nothing a user meant, and show what changed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuroport.findings import Finding
from neuroport.network.description import Network, Projection
from neuroport.target import Target
from neuroport_spinnaker.checks import Case, check
from neuroport_spinnaker.options import Options

__all__ = ["fix", "Fixed", "SAFE"]

SAFE = ("NP305", "NP308", "NP324")
"""Codes whose ways out keep the meaning: where cells lie, and what the chip does anyway."""
_ROUNDS = 8


@dataclass(frozen=True)
class Fixed:
    """A network after fixing.

    Attributes
    ----------
    network : Network
    options : Options
    done : tuple of str
        What was changed, one line each.
    left : tuple of Finding
        What is still found.
    difference : str
        The network's text before and after, as a unified diff, with the options.
    """

    network: Network
    options: Options
    done: tuple[str, ...]
    left: tuple[Finding, ...]
    difference: str


def fix(
    network: Network, target: Target, options: Options, rescale: Sequence[str] = ()
) -> Fixed:
    """Apply safe ways out until none is left.

    Parameters
    ----------
    network : Network
    target : Target
    options : Options
    rescale : sequence of str
        Projections whose weights may be multiplied so that none becomes zero (NP301). That
        changes the model, so it is done only where asked for.
    """
    before_network, before_options = network, options
    done: list[str] = []
    for _ in range(_ROUNDS):
        found = check(Case(network, target, options))
        changed = False
        for one in found:
            if one.code == "NP305":
                options, line = _per_core(options, one.data["population"],
                                          one.data["neurons_per_core"], network)
            elif one.code == "NP308":
                options, line = _per_core(options, one.data["population"], None, network)
            elif one.code == "NP324":
                network, line = _refractory(network, one)
            elif one.code == "NP301" and one.data["projection"] in rescale:
                network, line = _rescale(network, one)
            else:
                continue
            if line:
                done.append(line)
                changed = True
                break  # what is left is found anew
        if not changed:
            break
    left = tuple(check(Case(network, target, options)))
    return Fixed(network, options, tuple(done), left,
                 _difference(before_network, before_options, network, options))


def _per_core(
    options: Options, label: str, number: int | None, network: Network
) -> tuple[Options, str]:
    old = options.most(label)
    if number is not None and old is not None and old <= number:
        return options, ""
    numbers = (
        {p.label: options.neurons_per_core for p in network.populations}
        if isinstance(options.neurons_per_core, int) else dict(options.neurons_per_core)
    )
    if number is None:
        numbers.pop(label, None)
        line = f"neurons_per_core of '{label}' is left to neuroport"
    else:
        numbers[label] = number
        line = f"neurons_per_core of '{label}' = {number}"
    return replace(options, neurons_per_core=numbers), line


def _refractory(network: Network, one: Finding) -> tuple[Network, str]:
    populations = []
    line = ""
    for p in network.populations:
        if one.where == f"population '{p.label}'":
            steps = p.parameters["tau_refrac"] / network.timestep
            up = np.ceil(steps - 1e-9) * network.timestep
            p = replace(p, parameters={**p.parameters, "tau_refrac": up})
            line = f"tau_refrac of '{p.label}' = {float(up.max()):g} ms"
        populations.append(p)
    return replace(network, populations=tuple(populations)), line


def _rescale(network: Network, one: Finding) -> tuple[Network, str]:
    # To one step exactly; should the larger weights make the step coarser, it is found again.
    factor = float(one.data["factor"])
    projections: list[Projection] = []
    for p in network.projections:
        if p.label == one.data["projection"]:
            p = replace(p, weight=p.weight * factor)
        projections.append(p)
    return (
        replace(network, projections=tuple(projections)),
        f"weights of '{one.data['projection']}' times {factor:.6g}",
    )


def _difference(a: Network, x: Options, b: Network, y: Options) -> str:
    def lines(network: Network, options: Options) -> list[str]:
        shown: Any = options.neurons_per_core
        return [*str(network).splitlines(), f"neurons_per_core = {shown}"]

    return "\n".join(
        difflib.unified_diff(lines(a, x), lines(b, y), "before", "after", lineterm="", n=1)
    )

"""Apply the ways out that change nothing a user meant, and show what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from neuroport.backend import Backend
from neuroport.backend.prepare import prepare
from neuroport.backend.prepared import Prepared
from neuroport.findings import Finding
from neuroport.findings.about import place
from neuroport.network.description import Network
from neuroport.network.edits import SynapseEdit, apply_edit, with_population
from neuroport.network.text import difference
from neuroport.numerics import SPINNAKER
from neuroport_spinnaker.options import Options

__all__ = ["fix", "Fixed", "SAFE", "WithOptions"]

SAFE = ("NP305", "NP308", "NP324", "NP330")
"""Codes whose ways out keep the meaning: where cells lie, and what the chip does anyway."""
_ROUNDS = 8


class WithOptions(Backend, Protocol):
    """A backend whose options can be changed."""

    options: Options

    def with_options(self, **changes: Any) -> Self:
        """Return the same backend with some options changed."""
        ...


@dataclass(frozen=True)
class Fixed:
    """A network after fixing.

    Attributes
    ----------
    prepared : Prepared
        The network with the numbers of cells on a core that were chosen
        (:attr:`Population.per_core`), and what is still found.
    done : tuple of str
        What was changed, one line each.
    difference : str
        The network's text before and after, as a unified diff.
    per_core : mapping of str to int
        The numbers of cells on a core that were changed, as the option of a run takes them.
    """

    prepared: Prepared
    done: tuple[str, ...]
    difference: str
    per_core: dict[str, int] = field(default_factory=dict)

    @property
    def run_options(self) -> dict[str, str]:
        """What a run of the unchanged model needs, as the command line takes it."""
        if not self.per_core:
            return {}
        pairs = ",".join(f"{label}={number}" for label, number in self.per_core.items())
        return {"--neurons-per-core": pairs}


def fix(prepared: Prepared, backend: WithOptions, rescale: Sequence[str] = ()) -> Fixed:
    """Apply safe ways out until none is left.

    Parameters
    ----------
    prepared : Prepared
    backend : WithOptions
        That it was prepared for.
    rescale : sequence of str
        Projections whose weights may be multiplied so that none becomes zero (NP301). That
        changes the model, so it is done only where asked for.
    """
    network, options = prepared.written, backend.options
    front = prepared.front
    before = network = replace(network, populations=tuple(
        replace(p, per_core=options.most(p.label) or p.per_core) for p in network.populations
    ))
    # Their numbers are now in the network.
    backend = backend.with_options(neurons_per_core={})
    done: list[str] = []
    for _ in range(_ROUNDS):
        prepared = prepare(network, backend, front)
        changed = False
        for one in prepared.findings:
            if one.code in ("NP305", "NP330") and one.data["neurons_per_core"]:
                network, line = _per_core(network, one.data["population"],
                                          one.data["neurons_per_core"])
            elif one.code == "NP308":
                network, line = _per_core(network, one.data["population"], None)
            elif one.code == "NP324":
                network, line = _refractory(network, one)
            elif one.code == "NP301" and one.data["projection"] in rescale:
                network, line = _rescale(network, one)
            else:
                continue
            if line:
                done.append(line)
                changed = True  # what is left is found anew
        if not changed:
            break
    else:
        prepared = prepare(network, backend, front)
    changed_numbers = {
        new.label: new.per_core
        for old, new in zip(before.populations, network.populations, strict=True)
        if new.per_core is not None and new.per_core != old.per_core
    }
    return Fixed(prepared, tuple(done), difference(before, network), changed_numbers)


def _per_core(network: Network, label: str, number: int | None) -> tuple[Network, str]:
    p = network.population(label)
    if number is not None and p.per_core is not None and p.per_core <= number:
        return network, ""
    how = "left to neuroport" if number is None else f"at most {number}"
    return (with_population(network, replace(p, per_core=number)),
            f"cells of '{label}' on a core: {how}")


def _refractory(network: Network, one: Finding) -> tuple[Network, str]:
    p = next(p for p in network.populations if place(p) == one.where)
    steps = SPINNAKER.refractory_steps(p.parameters["tau_refrac"], network.timestep)
    up = steps * network.timestep
    return (with_population(network, replace(p, parameters={**p.parameters, "tau_refrac": up})),
            f"tau_refrac of '{p.label}' = {float(up.max()):g} ms")


def _rescale(network: Network, one: Finding) -> tuple[Network, str]:
    # To one step exactly; should the larger weights make the step coarser, it is found again.
    factor, label = float(one.data["factor"]), one.data["projection"]
    weight = network.projection(label).weight * factor
    return (apply_edit(network, SynapseEdit(label, {"weight": weight})),
            f"weights of '{label}' times {factor:.6g}")

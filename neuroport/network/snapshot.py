"""The state of a network that runs, at the beginning of a time step: what an engine goes on from.

Names are PyNN's for states that PyNN names (``v``, ``gsyn_exc``), else those of
:mod:`neuroport.statements`, which every engine that renders statements has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neuroport.network.description import FloatArray, IntArray, Network

__all__ = ["SavedState", "Snapshot", "SpikeTrains", "differences"]


@dataclass(frozen=True, slots=True, eq=False)
class SpikeTrains:
    """Spikes of a population in the last steps.

    Attributes
    ----------
    step, cell : ndarray of int, shape (n_spikes,)
        By step. A source may have several spikes in a step.
    """

    step: IntArray
    cell: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What a network is at the beginning of a step, beside its description.

    Attributes
    ----------
    step : int
        Time steps done.
    cells : mapping of str to mapping of str to ndarray, shape (size,)
        Population -> variable -> values. ``x_until`` is the step in which a cell that is
        refractory becomes active again.
    synapses : mapping of str to mapping of str to ndarray, shape (n_synapses,)
        Projection -> variable -> values, in the network's order: weights, traces.
    spikes : mapping of str to SpikeTrains
        Population -> the spikes that are still under way to some target, and perhaps others.
    since : mapping of str to int
        Projection that was made after a run -> the step of the first spikes that it carries.
    """

    step: int
    cells: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)
    synapses: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)
    spikes: Mapping[str, SpikeTrains] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class SavedState:
    """A network and its state, as they stand in a file.

    Attributes
    ----------
    network : Network
        As it was then, with the weights that were written.
    snapshot : Snapshot
    backend : str
        Where it ran.
    """

    network: Network
    snapshot: Snapshot
    backend: str


def differences(saved: Network, now: Network) -> list[tuple[str, str, str]]:
    """Return (what, saved, now) of everything that keeps a state from fitting a network.

    Values that may change between two runs (parameters, weights, rates) do not count.
    """
    found = [
        (what, str(a), str(b)) for what, a, b in (
            ("time step", f"{saved.timestep:g} ms", f"{now.timestep:g} ms"),
            ("seed", saved.seed, now.seed),
            ("numerics", saved.numerics.text, now.numerics.text),
            ("populations", [p.label for p in saved.populations],
             [p.label for p in now.populations]),
            ("projections", [p.label for p in saved.projections],
             [p.label for p in now.projections]),
        ) if a != b
    ]
    populations = {p.label: p for p in now.populations}
    for old in saved.populations:
        new = populations.get(old.label)
        if new is not None and (old.size, old.cell) != (new.size, new.cell):
            found.append((f"population '{old.label}'", f"{old.size} of {old.cell.name}",
                          f"{new.size} of {new.cell.name}"))
    projections = {p.label: p for p in now.projections}
    for one in saved.projections:
        other = projections.get(one.label)
        if other is None:
            continue
        wanted, there = ((p.pre, p.post, p.receptor, p.synapse, p.dendritic_fraction)
                         for p in (one, other))
        if wanted != there:
            found.append((f"projection '{one.label}'", _words(wanted), _words(there)))
        elif not all(np.array_equal(getattr(one, name), getattr(other, name))
                     for name in ("pre_index", "post_index", "delay")):
            found.append((f"synapses of projection '{one.label}'", f"{one.size} synapses",
                          f"{other.size} synapses, other cells or delays"))
    return found


def _words(parts: tuple[object, ...]) -> str:
    pre, post, receptor, synapse, _ = parts
    return f"{getattr(synapse, 'name', '')} from {pre} to {post} ({receptor})"

"""Many small populations on few cores: populations of one kind become one for the machine.

A core holds cells of one population, so a script that builds many small networks side by side
needs a core for each of their populations, however few cells it has. Here populations of one kind
are put together, and so are the projections between them; who is connected to whom, with which
weight, delay and rule, stays. Populations are only put together where each keeps the weight scale
that it has alone, so that what the chip computes does not change.

Networks side by side often do the same at the same moment, which a single network never asks of a
core. So no more of them share a core than it can serve if all their inputs fire in one time step.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import (
    CurrentSource,
    Network,
    Population,
    Projection,
    Recording,
    SpikeTimes,
)
from neuroport_spinnaker.chip.limits import SYNAPSES_PER_SECOND, slow_down
from neuroport_spinnaker.chip.weight_grid import Scale, scales
from neuroport_spinnaker.lower.rules import chip_rule
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.core_memory import most_cells

__all__ = ["Packing", "grouping", "pack", "together"]

Groups = tuple[tuple[str, ...], ...]
"""Labels of the populations that are put together, group by group, in the network's order."""

_PART = 0.4  # of a time step for all inputs at once; the rest is for the cells themselves
_ROW_SECONDS = 2e-6  # to fetch a row and begin with it, however short it is
_LEVELS = 3
_ROUNDS = 16  # of refinement; the depth of a feed-forward network that is told apart


@dataclass(frozen=True)
class Packing:
    """A network with populations put together.

    Attributes
    ----------
    network : Network
    populations : mapping of str to (str, int, int)
        Label -> label in the packed network, first cell there, number of cells.
    projections : mapping of str to (str, int, int)
        Label -> label in the packed network, first synapse there, number of synapses.
    groups : tuple of tuple of str
        Populations that were put together.
    options : Options
        With the neurons on a core of those that share cores.
    """

    network: Network
    populations: Mapping[str, tuple[str, int, int]]
    projections: Mapping[str, tuple[str, int, int]]
    groups: Groups
    options: Options = field(default_factory=Options)

    def again(self, network: Network) -> Packing:
        """Put the same populations of an edited network together."""
        return replace(together(network, self.groups), options=self.options)


def pack(case: Case) -> Packing:
    """Put populations of one kind together wherever the chip computes the same.

    Parameters
    ----------
    case : Case
        A population with a number of neurons on a core of its own stays alone.
    """
    packing = together(case.network, grouping(case))
    return replace(packing, options=_spread(case, packing))


# -- who goes with whom ----------------------------------------------------------------------------


def grouping(case: Case) -> Groups:
    """Return which populations can be put together."""
    network = case.network
    # Of merged populations the machine makes no synapses: each keeps the scale of its listed ones.
    options = replace(case.options, connectors="realised")
    alone = scales(network, options)
    level = {p.label: 0 for p in network.populations}
    while True:
        groups = _groups(case, alone, level)
        packed = together(network, groups)
        changed = _changed(packed, alone, scales(packed.network, options))
        if not changed:
            return groups
        # First by the sizes of their weights as well; what then still changes stays alone.
        for label in changed:
            level[label] += 1
        if min(level[label] for label in changed) > _LEVELS:
            return tuple((p.label,) for p in network.populations)


def _changed(
    packed: Packing,
    alone: Mapping[tuple[str, str], Scale],
    found: Mapping[tuple[str, str], Scale],
) -> set[str]:
    """Return the populations whose group changes a weight scale of one of its members."""
    guilty = {
        packed.populations[label][0]
        for (label, receptor), scale in alone.items()
        if found[packed.populations[label][0], receptor].shift != scale.shift
    }
    return {
        label for label, (where, _, _) in packed.populations.items() if where in guilty
    }


def _groups(
    case: Case,
    alone: Mapping[tuple[str, str], Scale],
    level: Mapping[str, int],
) -> Groups:
    network, options, lays = case.network, case.options, case.layouts
    named = set() if isinstance(options.neurons_per_core, int) else set(options.neurons_per_core)
    into: dict[str, list[Projection]] = defaultdict(list)
    for projection in network.projections:
        if projection.size:
            into[projection.post].append(projection)
    # A population's kind, then again with the kinds of those that project to it, and so on.
    kinds: dict[str, Hashable] = {}
    for p in network.populations:
        kind: tuple[Hashable, ...] = (
            p.cell.name, p.size, lays[p.label].asked,
            tuple(sorted((r.variable, r.interval) for r in p.recordings)),
            tuple(sorted((r.name, alone[p.label, r.name].shift) for r in p.cell.receptors
                         if (p.label, r.name) in alone)),
        )
        listed = p.spikes is None or isinstance(p.spikes, SpikeTimes)
        if level[p.label] > 1 or p.label in named or not listed:
            kind = (*kind, p.label)
        kinds[p.label] = kind
    inputs = {
        label: [
            (p.pre, _rule(p, network), int(np.bincount(p.post_index).max()),
             _sizes(p) if level[label] else ())
            for p in projections
        ]
        for label, projections in into.items()
    }
    colour = _numbered(kinds)
    for _ in range(_ROUNDS):
        finer = _numbered({
            label: (colour[label], tuple(sorted(
                (colour[pre], rule, count, sizes)
                for pre, rule, count, sizes in inputs.get(label, ())
            )))
            for label in colour
        })
        if len(set(finer.values())) == len(set(colour.values())):
            break
        colour = finer
    groups: dict[int, list[str]] = defaultdict(list)
    for label, number in colour.items():
        groups[number].append(label)
    return tuple(tuple(labels) for labels in groups.values())


def _numbered(kinds: Mapping[str, Hashable]) -> dict[str, int]:
    numbers: dict[Hashable, int] = {}
    return {label: numbers.setdefault(kind, len(numbers)) for label, kind in kinds.items()}


def _rule(p: Projection, network: Network) -> str:
    """Return what projections must share to become one: receptor and plasticity."""
    rule = sorted(chip_rule(p, network).items()) if p.synapse.kind == "stdp" else p.synapse.kind
    return f"{p.receptor} {rule} {p.dendritic_fraction}"


def _sizes(p: Projection) -> tuple[float, ...]:
    size = np.abs(p.weight)
    return float(size.max()), float(size.mean()), float(size.var()), float(p.delay.var())


# -- putting together ------------------------------------------------------------------------------


def together(network: Network, groups: Groups) -> Packing:
    """Return the network with the populations of each group put together.

    Parameters
    ----------
    network : Network
    groups : tuple of tuple of str
        From :func:`grouping`, for this network or one that differs in values only.
    """
    known = {p.label: p for p in network.populations}
    populations = []
    places: dict[str, tuple[str, int, int]] = {}
    for labels in groups:
        members = [known[label] for label in labels]
        made = _population(members)
        populations.append(made)
        first = 0
        for member in members:
            places[member.label] = (made.label, first, member.size)
            first += member.size
    projections, synapses = _projections(network, places)
    currents = tuple(_current(c, places) for c in network.currents)
    return Packing(
        replace(network, populations=tuple(populations), projections=projections,
                currents=currents),
        places, synapses, groups,
    )


def _label(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"


def _population(members: Sequence[Population]) -> Population:
    first = members[0]
    if len(members) == 1:
        return first
    offsets = np.cumsum([0, *(m.size for m in members)])[:-1]
    spikes = first.spikes
    trains = [(m.spikes, o) for m, o in zip(members, offsets, strict=True)
              if isinstance(m.spikes, SpikeTimes)]
    if trains:
        spikes = SpikeTimes(
            np.concatenate([s.index + o for s, o in trains]),
            np.concatenate([s.time for s, _ in trains]),
        )
    # All that share cores are recorded alike; what was not asked for is not handed out.
    asked: dict[tuple[str, int], list[NDArray[np.int64]]] = {}
    for m, offset in zip(members, offsets, strict=True):
        for r in m.recordings:
            asked.setdefault((r.variable, r.interval), []).append(r.index + offset)
    recordings = [Recording(variable, np.concatenate(index), interval)
                  for (variable, interval), index in asked.items()]
    return replace(
        first,
        label=_label([m.label for m in members]),
        size=sum(m.size for m in members),
        parameters={k: np.concatenate([m.parameters[k] for m in members])
                    for k in first.parameters},
        initial={k: np.concatenate([m.initial[k] for m in members]) for k in first.initial},
        positions=None, spikes=spikes, recordings=tuple(recordings), described={},
    )


def _projections(
    network: Network, places: Mapping[str, tuple[str, int, int]]
) -> tuple[tuple[Projection, ...], dict[str, tuple[str, int, int]]]:
    members_of = Counter(where for where, _, _ in places.values())
    alone = {label for label, (where, _, _) in places.items() if members_of[where] == 1}
    groups: dict[Hashable, list[Projection]] = defaultdict(list)
    seen: dict[Hashable, int] = defaultdict(int)
    for p in network.projections:
        # What one population gets from one and the same stays apart, as it was: the weight scale
        # is reckoned projection by projection.
        pair = (places[p.pre][0], p.post, _rule(p, network) if p.size else p.label)
        groups[places[p.pre][0], places[p.post][0], pair[2], seen[pair]].append(p)
        seen[pair] += 1
    made, synapses = [], {}
    for members in groups.values():
        first = members[0]
        label = _label([m.label for m in members])
        size = 0
        for m in members:
            synapses[m.label] = (label, size, m.size)
            size += m.size
        made.append(
            replace(
                first,
                label=label, pre=places[first.pre][0], post=places[first.post][0],
                pre_index=np.concatenate([m.pre_index + places[m.pre][1] for m in members]),
                post_index=np.concatenate([m.post_index + places[m.post][1] for m in members]),
                weight=np.concatenate([m.weight for m in members]),
                delay=np.concatenate([m.delay for m in members]),
                parameters={
                    k: np.concatenate([np.broadcast_to(m.parameters[k], m.size) for m in members])
                    for k in first.parameters
                },
                # A rule is one for whole populations, and these are parts now.
                recipe=first.recipe if {first.pre, first.post} <= alone else None,
                described={},
            )
        )
    return tuple(made), synapses


# -- how many share a core -------------------------------------------------------------------------


def _spread(case: Case, packing: Packing) -> Options:
    """Return the options with a number of neurons on a core for every shared population."""
    network, options = case.network, case.options
    if isinstance(options.neurons_per_core, int):
        return options
    members = {packing.populations[labels[0]][0]: labels for labels in packing.groups}
    shared = {label for label, labels in members.items() if len(labels) > 1}
    seconds: dict[str, float] = defaultdict(float)
    for p in network.projections:
        if p.size:
            kind = "stdp" if p.synapse.plastic else "static"
            seconds[p.post] += p.size / SYNAPSES_PER_SECOND[kind]
            seconds[p.post] += np.unique(p.pre_index).size * _ROW_SECONDS
    step = _PART * network.timestep * 1e-3 * slow_down(network.timestep)
    fits = {
        label: max(1, int(step / max(max(seconds[m] for m in members[label]), 1e-9)))
        for label in shared
    }
    # Copies of one network are cut at the same places, so that no core hears spikes of copies
    # that are elsewhere.
    again = True
    while again:
        again = False
        for p in packing.network.projections:
            if p.pre in shared and p.post in shared and (
                len(members[p.pre]) == len(members[p.post]) and fits[p.pre] != fits[p.post]
            ):
                fits[p.pre] = fits[p.post] = min(fits[p.pre], fits[p.post])
                again = True
    packed = Case(packing.network, case.target, options)
    lays = packed.layouts
    sizes = {p.label: p.size for p in packing.network.populations}
    chosen = dict(options.neurons_per_core)
    for label in shared:
        each = -(-sizes[label] // len(members[label]))
        wanted = min(fits[label] * each, sizes[label])
        chosen[label] = min(wanted, lays[label].per_core)
        population = packing.network.population(label)
        if not population.cell.is_source:
            lay = replace(lays[label], per_core=chosen[label])
            chosen[label] = max(1, most_cells(packing.network, population, lay,
                                              packed.incoming.get(label, []), options,
                                              case.target.budget.data_bytes))
    return replace(options, neurons_per_core=chosen)


def _current(
    current: CurrentSource, places: Mapping[str, tuple[str, int, int]]
) -> CurrentSource:
    into: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for label, index in current.targets:
        where, first, _ = places[label]
        into[where].append(np.asarray(index) + first)
    return replace(
        current, targets=tuple((label, np.concatenate(index)) for label, index in into.items())
    )

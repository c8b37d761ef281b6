"""How populations are cut into cores, and how far a delay reaches: known without mapping."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from neuroport.network.description import Network, PoissonSource, Population, Projection
from neuroport_spinnaker.chip.dtcm import BUDGET, cell_core, most_delayed
from neuroport_spinnaker.chip.limits import (
    DEFAULT_RATE,
    NEURONS_PER_CORE,
    POISSON_PER_CORE,
    RING_BITS,
    ROW_WORDS,
    SOURCES_PER_CORE,
    SYNAPSES_PER_SECOND,
    bits,
    slow_down,
)
from neuroport_spinnaker.chip.ring import asked_reach, ring_places, undelivered
from neuroport_spinnaker.chip.static_memory import STATIC, combined_binary, split_binaries
from neuroport_spinnaker.lower.machine_made import machine_made
from neuroport_spinnaker.options import Options

__all__ = ["Layout", "layout", "row_words", "row_most", "rule_of", "longest_row", "incoming"]


@dataclass(frozen=True)
class Layout:
    """How one population lies on cores.

    Attributes
    ----------
    per_core : int
        Most neurons on a core.
    cores : int
        Cores of the population, delay extensions not counted.
    slots : int
        Time steps that the input ring of a core holds; 0 for sources.
    asked : int or None
        What was set, or None where it is sPyNNaker's own choice.
    for_delay : bool
        Whether fewer neurons share a core because of delays: so that the ring reaches the longest
        one, or so that the core that delays their spikes has room for them.
    synapse_cores : int
        Further cores that only take in spikes; for populations with inputs below 1 ms, or where
        no program has the cells and their rule together.
    stages : int
        Times that a core of its own must send the population's spikes again; 0 for none.
    stage : int
        Steps of such a time.
    """

    per_core: int
    cores: int
    slots: int
    asked: int | None
    for_delay: bool = False
    synapse_cores: int = 0
    stages: int = 0
    stage: int = 0

    @property
    def delay_cores(self) -> int:
        """Further cores that send the population's spikes again."""
        return self.cores if self.stages else 0


def incoming(network: Network) -> dict[str, list[Projection]]:
    """Return the projections into each population."""
    found: dict[str, list[Projection]] = defaultdict(list)
    for projection in network.projections:
        found[projection.post].append(projection)
    return found


def slots_of(population: Population, per_core: int) -> int:
    """Return the time steps that the ring of a core holds."""
    kinds = max(1, len(population.cell.receptors))
    return int(2 ** (RING_BITS - bits(min(population.size, per_core)) - bits(kinds)))


def rule_of(projections: list[Projection]) -> tuple[str, str] | None:
    """Return (timing, weight dependence) of the plastic projections among these, or None."""
    for p in projections:
        if p.synapse.plastic and p.size:
            weight = p.synapse.weight_dependence or "additive"
            return p.synapse.timing or "pair", weight
    return None


class _Cores:
    """Neurons on each core: a user's own numbers, and those that delays need."""

    def __init__(self, network: Network, options: Options, budget: int) -> None:
        self.network, self.options, self.budget = network, options, budget
        self.asked = {p.label: options.most(p.label) or p.per_core for p in network.populations}
        self.populations = {p.label: p for p in network.populations}
        self.per_core: dict[str, int] = {}
        for p in network.populations:
            limit = NEURONS_PER_CORE
            if p.cell.is_source:
                limit = SOURCES_PER_CORE
                if p.cell.name == "SpikeSourcePoisson" and options.poisson == "machine":
                    limit = POISSON_PER_CORE
            self.per_core[p.label] = min(self.asked[p.label] or limit, limit)
        self.longest: dict[str, dict[str, int]] = {p.label: {} for p in network.populations}
        for q in network.projections:
            if q.size and not self.populations[q.post].cell.is_source:
                there = self.longest[q.pre]
                there[q.post] = max(there.get(q.post, 0), int(q.delay.max()))
        self.for_delay: set[str] = set()
        self.into = incoming(network)
        learning = {post: [p for p in into if p.synapse.plastic and p.size]
                    for post, into in self.into.items()}
        self.plastic = {post: found for post, found in learning.items() if found}

    def slots(self, label: str) -> int:
        """Return the steps of a population's ring; 0 for sources."""
        population = self.populations[label]
        return 0 if population.cell.is_source else slots_of(population, self.per_core[label])

    def late(self, pre: str) -> dict[str, int]:
        """Return the populations that a population reaches later than their ring, and when."""
        return {post: steps for post, steps in self.longest[pre].items()
                if steps > self.slots(post)}

    def stages(self, pre: str) -> tuple[int, int]:
        """Return (stages, steps of a stage) of the core that delays a population's spikes."""
        late = self.late(pre)
        return max(
            ((-(-steps // self.slots(post)) - 1, self.slots(post)) for post, steps in late.items()),
            default=(0, 0),
        )

    def _fewer(self, label: str, number: int) -> bool:
        if self.asked[label] is not None or number >= self.per_core[label]:
            return False
        if self.populations[label].size > number:
            self.for_delay.add(label)
        self.per_core[label] = number
        return True

    def _longer_ring(self, label: str, reach: int) -> bool:
        """Put fewer neurons on a core until the ring holds so many steps."""
        changed = False
        while self.slots(label) < reach and self.per_core[label] > 1:
            number = min(self.per_core[label], self.populations[label].size)
            if not self._fewer(label, max(1, (1 << bits(number)) // 2)):
                break
            changed = True
        return changed

    def settle(self) -> None:
        """Take fewer neurons on cores until all delays can be kept; never more again."""
        while any([*map(self._reach, self.longest), *map(self._delivered, self.plastic),
                   *map(self._room, self.longest)]):
            pass

    def _reach(self, pre: str) -> bool:
        # 7.4.1 loses listed synapses beyond the second stage.
        return any([self._longer_ring(post, -(-steps // 2))
                    for post, steps in self.longest[pre].items()])

    def _delivered(self, post: str) -> bool:
        """Make room for a ring that no plastic delay fills; see `neuroport_spinnaker.chip.ring`."""
        slots, into = self.slots(post), self.into[post]
        places = ring_places(into, slots)
        lost = any(undelivered(p, places).any() for p in self.plastic[post])
        # A ring that is longer than sPyNNaker's own must not be why a core is too small.
        if not lost and asked_reach(into, slots):
            population = self.populations[post]
            lost = self.budget < cell_core(
                population, into, {label: p.size for label, p in self.populations.items()},
                self.network.timestep, self.per_core[post], slots,
                combined_binary(population.cell.name, rule_of(into)), self.network.currents,
                self.options.spike_queue).needed
        return lost and self._longer_ring(post, slots + 1)

    def _room(self, pre: str) -> bool:
        late = self.late(pre)
        if not late:
            return False
        rings = {self.slots(post) for post in late}
        fits = {ring: most_delayed(ring, 1, self.budget) for ring in rings}
        if len(rings) > 1 or not min(fits.values()):
            # One length of a stage for all, and one that a core can keep: or none at all.
            return any([self._longer_ring(post, steps) for post, steps in late.items()])
        return self._fewer(pre, fits.popitem()[1])


def layout(network: Network, options: Options, budget: int = BUDGET) -> dict[str, Layout]:
    """Return the layout of each population.

    sPyNNaker 7.4.1 loses synapses of listed connections whose delay needs a second delay stage
    (more than twice the ring). Where that would happen, fewer neurons share a core, which makes
    the ring longer; so too where a population would need delay stages of two lengths, which it
    refuses, and where plastic synapses would deliver nothing. Where the core that delays a
    population's spikes has no room for them all, fewer of them share a core. A user's own number
    is kept, and judged by the checks.
    """
    cores = _Cores(network, options, budget)
    cores.settle()
    into = cores.into
    result: dict[str, Layout] = {}
    for population in network.populations:
        label = population.label
        per_core, shorter = cores.per_core[label], label in cores.for_delay
        number = -(-population.size // per_core)
        stages, stage = cores.stages(label)
        beside = 0
        if not population.cell.is_source:
            beside = number * _synapse_cores(
                network, population, into[label], per_core, options)
        result[label] = Layout(
            per_core, number, cores.slots(label), per_core if shorter else cores.asked[label],
            shorter, beside, stages, stage,
        )
    return result


def _direct(network: Network, projection: Projection, options: Options) -> bool:
    """Return whether a Poisson source writes into the core of cells itself, as 7.4.1 decides it.

    Below 1 ms, where the machine draws both (`is_direct_poisson_source`).
    """
    pre, post = network.population(projection.pre), network.population(projection.post)
    return (
        options.poisson == "machine" and isinstance(pre.spikes, PoissonSource)
        and machine_made(projection, options) and projection.recipe is not None
        and projection.recipe[0] == "OneToOneConnector" and pre.size == post.size
        and not projection.synapse.plastic and int(projection.delay.max()) == 1
        and sum(p.pre == pre.label for p in network.projections) == 1
    )


def _synapse_cores(
    network: Network, population: Population, into: list[Projection], per_core: int,
    options: Options,
) -> int:
    """Return the cores that take in spikes beside each core of neurons, as 7.4.1 reckons them.

    It reckons with the longest row for all, and with the rate that it expects of any cell.
    """
    if network.timestep >= 1.0 and (
        combined_binary(population.cell.name, rule_of(into)) in STATIC
        or split_binaries(population.cell.name, rule_of(into))[1] not in STATIC
    ):
        return 0
    slow = slow_down(network.timestep)
    needed = 0.0
    for p in into:
        if p.size == 0 or _direct(network, p, options):
            continue
        kind = "stdp" if p.synapse.plastic else "static"
        row = longest_row(p, per_core, int(p.delay.max()))[0]
        needed += row * network.population(p.pre).size * DEFAULT_RATE / (
            SYNAPSES_PER_SECOND[kind] * slow
        )
    return int(np.ceil(needed))


def row_words(plastic: bool, synapses: int) -> int:
    """Return the words that a row of so many synapses takes, without its header."""
    if not plastic:
        return synapses
    # Time stamp and trace fill two words, then a half-word weight and a half-word address each.
    return 2 + -(-synapses // 2) + -(-synapses // 2)


def row_most(plastic: bool) -> int:
    """Return the most synapses that a row can have."""
    return ROW_WORDS if not plastic else ROW_WORDS - 2


def longest_row(projection: Projection, per_core: int, slots: int) -> tuple[int, int, int]:
    """Return (synapses, presynaptic cell, first cell of the core) of the longest row.

    Synapses within and beyond the ring lie in rows of their own.
    """
    if projection.size == 0:
        return 0, 0, 0
    core = projection.post_index // per_core
    late = (projection.delay > slots).astype(np.int64)
    n_cores = int(core.max()) + 1
    stage = np.where(late, (projection.delay - 1) // max(slots, 1), 0)
    key = (projection.pre_index * n_cores + core) * (int(stage.max()) + 1) + stage
    if projection.size < 5_000_000:
        values, counts = np.unique(key, return_counts=True)
        best = int(counts.argmax())
        longest, winner = int(counts[best]), int(values[best])
    else:  # sorting tens of millions of synapses would take longer than all other checks
        counts = np.bincount(key)
        winner = int(counts.argmax())
        longest = int(counts[winner])
    pair = winner // (int(stage.max()) + 1)
    return longest, pair // n_cores, (pair % n_cores) * per_core

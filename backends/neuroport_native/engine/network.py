"""A network in memory, ready to be stepped through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece, Spikes
from neuroport.network.description import FloatArray, IntArray, Network, Recording
from neuroport.network.snapshot import Snapshot, SpikeTrains
from neuroport.realise.currents import current_samples
from neuroport_native.arithmetic import Arithmetic
from neuroport_native.engine.cells import CellPart, Cells
from neuroport_native.engine.compiled import compiled
from neuroport_native.engine.loop import Loop
from neuroport_native.engine.recording import SampleBlock, SpikeBlock
from neuroport_native.engine.spikes import SourcePart, SpikeLists
from neuroport_native.engine.state import capture, check, restore
from neuroport_native.engine.synapses import Synapses
from neuroport_native.engine.table import Item
from neuroport_native.engine.threads import Barrier
from neuroport_native.lower.code import INJECTED
from neuroport_native.lower.fixed import inject_kernel
from neuroport_native.lower.groups import NativeProgram
from neuroport_native.lower.synapses import SynapseLayout

__all__ = ["NetworkInMemory"]


class NetworkInMemory:
    """Cells, synapses and recordings of a network, and the program that steps through them.

    Parameters
    ----------
    network : Network
    arithmetic : Arithmetic
    threads : int
    """

    def __init__(self, network: Network, arithmetic: Arithmetic, threads: int = 1) -> None:
        self._arithmetic, self._timestep, self._seed = arithmetic, network.timestep, network.seed
        self._threads = threads
        self.groups = NativeProgram(network, arithmetic)
        arriving = self._arriving()
        self._cells = [Cells(cells, arithmetic, network.timestep, arriving[number])
                       for number, cells in enumerate(self.groups.cells)]
        self._synapses = [self._split(number) for number in range(len(self.groups.joined))]
        every = [s for split in self._synapses for s in split]
        # Threads may be apart by the shortest wait, and one more: what is read is kept so long.
        self._apart = 1 + min((s.shortest_wait for s in every), default=0)
        remembered = 2 + max((s.longest_wait for s in every), default=0)
        if threads > 1:
            remembered += self._apart
        self._remembered = remembered
        self._make_parts(remembered)
        for cells in self._cells:
            cells.build()
        for split in self._synapses:
            for synapses in split:
                synapses.build(self._lists(synapses), self._parts_of(synapses))
        self._spikes: dict[str, list[SpikeBlock]] = {}
        self._samples: dict[str, list[SampleBlock]] = {}
        self._injected: list[Item] = []
        self._loop: Loop | None = None
        for population in network.populations:
            self.record(population.label, population.recordings)

    # -- making ------------------------------------------------------------------------------------

    def _arriving(self) -> list[set[str]]:
        """Return for each group of cells the constants that arriving spikes use."""
        found: list[set[str]] = [set() for _ in self.groups.groups]
        for joined in self.groups.joined:
            target = self.groups.cells[joined.group.target].code
            layout = SynapseLayout(joined.code, joined.arrival, target, (), False)
            found[joined.group.target].update(layout.arriving)
        return found

    def _bounds(self, size: int) -> list[int]:
        """Return where the cells of each thread begin in a group, and where the last ones end."""
        return [size * k // self._threads for k in range(self._threads + 1)]

    def _split(self, number: int) -> list[Synapses]:
        joined = self.groups.joined[number]
        if not joined.group.size:
            return []
        targets = self._cells[joined.group.target]
        bounds = self._bounds(targets.group.size)
        made = [Synapses(self.groups, joined, targets, bounds[k], bounds[k + 1], k)
                for k in range(self._threads)]
        return [synapses for synapses in made if synapses.size]

    def _make_parts(self, remembered: int) -> None:
        for cells in self._cells:
            bounds = self._bounds(cells.group.size)
            for member in cells.group.members.values():
                for k in range(self._threads):
                    first = max(member.first, bounds[k])
                    last = min(member.first + member.size, bounds[k + 1])
                    if last > first:
                        cells.parts.append(
                            CellPart(member.label, k, first, last - first, remembered))
        self._sources = {label: SourcePart(member.first, remembered)
                         for label, member in self.groups.sources.items()}

    def _lists(self, synapses: Synapses) -> SpikeLists:
        """Return the spikes of the populations that a group of synapses comes from."""
        group = synapses.group
        labels = {p.pre for p in group.projections}
        if group.source < 0:
            return SpikeLists([part for label, part in self._sources.items() if label in labels])
        return SpikeLists([part for part in self._cells[group.source].parts
                           if part.population in labels])

    def _parts_of(self, synapses: Synapses) -> list[CellPart]:
        labels = {p.post for p in synapses.group.projections}
        return [part for part in self._cells[synapses.group.target].parts
                if part.thread == synapses.thread and part.population in labels]

    # -- the program -------------------------------------------------------------------------------

    def _program(self, thread: int, barriers: list[Barrier]) -> list[Item]:
        """Return what a thread does in a step, in order."""
        items: list[Item] = []
        outside = [block.item for blocks in self._samples.values() for block in blocks]
        outside += self._injected
        if outside:  # looks at the cells of all threads, and sets them
            items += [barriers[0].items[thread]] if barriers else []
            items += outside if thread == 0 else []
            items += [barriers[1].items[thread]] if barriers else []
        parts = [p for cells in self._cells for p in cells.parts if p.thread == thread]
        items += [part.items[0] for part in parts]
        items += [block.item for blocks in self._spikes.values() for block in blocks
                  if block.thread == thread]
        items += [barriers[2].items[thread]] if barriers else []
        mine = [s for split in self._synapses for s in split if s.thread == thread]
        for name in ("post", "pre", "take"):
            items += [s.items[name] for s in mine if name in s.items]
        items += [item for part in parts for item in part.items[1:]]
        return items

    def changed(self) -> None:
        """Take note that items were made anew."""
        self._loop = None

    def run(self, first: int, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run some steps; return how many were done."""
        for cells in self._cells:
            cells.complete()
        if self._loop is None:
            self._barriers = [] if self._threads == 1 else [
                Barrier(self._threads, steps, self._arithmetic)
                for steps in (1, 1, self._apart)]
            programs = [self._program(k, self._barriers) for k in range(self._threads)]
            self._loop = Loop(programs, self._arithmetic)
        return self._loop.run(first, steps, self._room, stop_asked, progress, self._timestep)

    def _room(self, step: int) -> int:
        spikes = [block.room(step) for some in self._spikes.values() for block in some]
        samples = [block.room(step) for some in self._samples.values() for block in some]
        return min([*spikes, *samples], default=1 << 62)

    # -- from outside ------------------------------------------------------------------------------

    def give(
        self, first: int, last: int, network: Network,
        spikes: Callable[[str], tuple[IntArray, IntArray]],
    ) -> None:
        """Take the spikes of sources and the currents of steps `first` to `last`, that excluded."""
        for label, source in self._sources.items():
            source.give(first, last, *spikes(label))
        if self._sources:
            for split in self._synapses:
                for synapses in split:
                    if synapses.group.source < 0:
                        for name, value in self._lists(synapses).entries().items():
                            synapses.items["pre"].put(name, value)
        self._inject(first, last, network)

    def _inject(self, first: int, last: int, network: Network) -> None:
        rows: list[FloatArray] = []
        into: dict[int, list[tuple[int, IntArray]]] = {}
        for source in network.currents:
            rows.append(current_samples(source, first, last, self._timestep, self._seed))
            for label, index in source.targets:
                number, member = self.groups.place[label]
                into.setdefault(number, []).append((len(rows) - 1, index + member.first))
        if not rows and not self._injected:
            return
        kind = self._arithmetic.state
        kernel = inject_kernel(kind)
        samples = self._arithmetic.current(np.array(rows, dtype=float).reshape(len(rows), -1))
        self._injected = []
        for number, cells in enumerate(self._cells):
            given = into.get(number, [])
            if given and not cells.injected:
                cells.injected = True
                cells.refresh()
            if cells.injected:
                cells.values[INJECTED][:] = 0
            if given:
                row = np.concatenate([np.full(c.size, r, dtype=np.int64) for r, c in given])
                cell = np.concatenate([c for _, c in given]).astype(np.int64)
                self._injected.append(Item(
                    kernel, compiled(kernel, self._arithmetic.functions).address, {
                        "base": first, "rows": len(rows), "steps": last - first,
                        "samples": np.ascontiguousarray(samples, dtype=kind).reshape(-1),
                        "row": row, "cell": cell, "into": cells.values[INJECTED]}))
        self.changed()

    # -- recording ---------------------------------------------------------------------------------

    def record(self, label: str, recordings: tuple[Recording, ...]) -> None:
        """Record a population from now on, and nothing else of it."""
        number, _ = self.groups.place[label]
        if number < 0:
            return
        cells = self._cells[number]
        asked = {r.variable for r in recordings}
        self._spikes[label] = [
            SpikeBlock(part, self._arithmetic) for part in cells.parts
            if part.population == label and "spikes" in asked]
        self._samples[label] = [
            SampleBlock(cells, label, r, self._arithmetic)
            for r in recordings if r.variable != "spikes"]
        self.changed()

    def drain(self) -> Iterator[Piece]:
        """Yield what has been recorded since the last time."""
        for label, blocks in self._spikes.items():
            first = self.groups.place[label][1].first
            if len(blocks) == 1:
                yield blocks[0].drain(first)
            elif blocks:
                yield _merged(label, [block.drain(first) for block in blocks])
        for samples in self._samples.values():
            for block in samples:
                yield from block.drain()

    # -- reading and writing -----------------------------------------------------------------------

    def state(self, label: str, variable: str) -> FloatArray:
        """Return present values of a state of a population."""
        number, _ = self.groups.place[label]
        return self._cells[number].state(label, variable)

    def capture(
        self, network: Network, step: int, sources: Callable[[int], dict[str, SpikeTrains]]
    ) -> Snapshot:
        """Return the whole state at the beginning of a step."""
        synapses = [s for split in self._synapses for s in split]
        check(self._cells, synapses, self._arithmetic.name)
        return capture(self._cells, synapses, {p.label: p.size for p in network.projections},
                       step, sources(self._remembered))

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a state."""
        synapses = [s for split in self._synapses for s in split]
        check(self._cells, synapses, self._arithmetic.name)
        restore(self._cells, synapses, self._sources, snapshot)

    def weights(self, network: Network, label: str) -> FloatArray:
        """Return the present weights of a projection, in the network's order."""
        number = self.groups.find(label)
        projection = network.projection(label)
        weights = np.zeros(projection.size)
        for synapses in self._synapses[number]:
            synapses.read_weights(projection, weights)
        return weights

    def write_parameters(self, network: Network, label: str) -> None:
        """Write everything that follows from the parameters of a population."""
        number, _ = self.groups.place[label]
        if number >= 0:
            self._cells[number].write_parameters(label, network.population(label).parameters)
            self.changed()

    def write_states(self, label: str, states: dict[str, FloatArray]) -> None:
        """Write states of a population."""
        number, _ = self.groups.place[label]
        self._cells[number].write_states(label, states)

    def write_synapses(self, network: Network, label: str, variables: set[str]) -> None:
        """Write variables of a projection's synapses with what a network says."""
        number = self.groups.find(label)
        for synapses in self._synapses[number]:
            if synapses.write(network, label, variables):
                self.changed()


def _merged(label: str, pieces: list[Spikes]) -> Spikes:
    step = np.concatenate([p.step for p in pieces])
    cell = np.concatenate([p.cell for p in pieces])
    order = np.lexsort((cell, step))
    return Spikes(label, step[order], cell[order])

"""The state of a Brian2 network: handed out whole, and set so that it goes on from there.

All variables that change are those of :mod:`neuroport.statements`. Spikes under way stand in
Brian2's queues as synapses and the steps in which they are due; what is kept is the spike that was
sent, and it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import IntArray
from neuroport.network.snapshot import Snapshot, SpikeTrains
from neuroport.statements.names import inside
from neuroport.statements.program import SynapseGroup
from neuroport_brian2.engine.objects import Objects, array

__all__ = ["capture", "longest_delay", "restore"]

_DERIVED = {"x_i_inj"}  # given anew in each step
_MADE_ANEW = {"x_active", "x_jumped", "x_before"}  # computed at the beginning of each step
Arrays = dict[str, NDArray[Any]]


def capture(objects: Objects, step: int, sources: Mapping[str, SpikeTrains]) -> Snapshot:
    """Return the state at the beginning of a step.

    Parameters
    ----------
    objects : Objects
    step : int
    sources : mapping of str to SpikeTrains
        Recent spikes of the sources.
    """
    program = objects.program
    cells: dict[str, Arrays] = {}
    for group, made in zip(program.groups, objects.cells, strict=True):
        names = {inside(name): name for name in group.cell.states}
        for label, member in group.members.items():
            cells[label] = {
                names.get(variable, variable): np.array(array(made, variable)[member.slice])
                for variable in _changing(made, "x_")}
    synapses: dict[str, Arrays] = {}
    for joined, made in zip(program.synapses, objects.synapses, strict=True):
        for label, member in joined.members.items():
            synapses[label] = {} if made is None else {
                variable: np.array(array(made, variable)[member.slice])
                for variable in _changing(made, "s_")}
    found: dict[str, list[IntArray]] = {}
    for label, sent in _sent(objects, step):
        found.setdefault(label, []).append(sent)
    trains = {}
    for label, pieces in found.items():
        if label not in sources:
            rows = np.unique(np.concatenate(pieces), axis=0)
            trains[label] = SpikeTrains(rows[:, 0], rows[:, 1])
    return Snapshot(step, cells, synapses, {**trains, **sources})


def restore(objects: Objects, snapshot: Snapshot, longest: int) -> None:
    """Set the state; the objects are new, with their queues prepared.

    Parameters
    ----------
    objects : Objects
    snapshot : Snapshot
    longest : int
        Steps before the present from which spikes are sent again.
    """
    program = objects.program
    for group, made in zip(program.groups, objects.cells, strict=True):
        _fill(made, group.members, snapshot.cells,
              {name: inside(name) for name in group.cell.states}, "x_")
    for synapse_group, synapses in zip(program.synapses, objects.synapses, strict=True):
        if synapses is not None:
            _fill(synapses, synapse_group.members, snapshot.synapses, {}, "s_")
    for synapse_group, synapses in zip(program.synapses, objects.synapses, strict=True):
        if synapses is None:
            continue
        for path in synapse_group.code.pathways:
            queue = getattr(synapses, path.name).queue
            number = synapse_group.source if path.side == "pre" else synapse_group.target
            step, cell = _events(objects, number, snapshot)
            cuts = np.searchsorted(step, np.arange(snapshot.step - longest, snapshot.step + 1))
            for begin, end in pairwise(cuts.tolist()):
                if end > begin:
                    queue.push(cell[begin:end])
                queue.advance()
            since = np.concatenate([np.full(p.size, snapshot.since.get(p.label, 0))
                                    for p in synapse_group.projections])
            if (since > snapshot.step - longest).any():
                # What was sent before a projection was made does not go through it.
                delay = np.concatenate([path.delay(p) for p in synapse_group.projections])
                _keep(queue, snapshot.step - delay - since)


def _changing(group: Any, prefix: str) -> list[str]:
    return [name for name, variable in group.variables.items()
            if name.startswith(prefix) and name not in _DERIVED
            and getattr(variable, "array", False) and not variable.constant]


def _fill(
    group: Any, members: Mapping[str, Any], values: Mapping[str, Mapping[str, NDArray[Any]]],
    names: Mapping[str, str], prefix: str,
) -> None:
    lacking = []
    for label, member in members.items():
        given = {names.get(name, name): value for name, value in values.get(label, {}).items()}
        for variable in _changing(group, prefix) if label in values else ():
            if variable in given:
                array(group, variable)[member.slice] = given[variable]
            elif variable not in _MADE_ANEW:
                lacking.append(f"{variable} of '{label}'")
    if lacking:
        raise UnsupportedError(
            Problem("the saved state lacks variables", measured=", ".join(lacking),
                    fix="go on with the backend that saved it"))


def _sent(objects: Objects, now: int) -> Iterator[tuple[str, IntArray]]:
    """Yield (population, rows of (step, cell)) of the spikes in the queues."""
    program = objects.program
    for group, made in zip(program.synapses, objects.synapses, strict=True):
        if made is None:
            continue
        pre, post = program.indices(group)
        for path in group.code.pathways:
            delay = np.concatenate([path.delay(p) for p in group.projections])
            number = group.source if path.side == "pre" else group.target
            for due, synapse in _queued(getattr(made, path.name).queue, int(delay.max())):
                cell = (pre if path.side == "pre" else post)[synapse]
                step = now + due - delay[synapse]
                for label, member in _members(objects, number).items():
                    mine = (cell >= member.first) & (cell < member.first + member.size)
                    if mine.any():
                        yield label, np.stack([step[mine], cell[mine] - member.first], axis=1)


def _queued(queue: Any, longest: int) -> Iterator[tuple[int, IntArray]]:
    """Yield (steps from now, synapses that are due) and leave the queue as it was."""
    kept = queue._full_state()
    for due in range(longest + 1):
        synapses = np.array(queue.peek(), dtype=np.int64)
        if synapses.size:
            yield due, synapses
        queue.advance()
    queue._restore_from_full_state(kept)


def _keep(queue: Any, margin: IntArray) -> None:
    """Keep of a queue what a synapse is due in no less than -`margin` steps; of both kinds."""
    if hasattr(queue, "X"):  # Brian2's own without a compiler
        for due in range(queue.X.shape[0]):
            row = (queue.currenttime + due) % queue.X.shape[0]
            there = queue.X[row, : queue.n[row]]
            kept = there[margin[there] + due >= 0]
            queue.X[row, : kept.size], queue.n[row] = kept, kept.size
        return
    now, slots = queue._full_state()
    kept = [[] for _ in slots]
    for due in range(len(slots)):
        place = (now + due) % len(slots)
        kept[place] = [s for s in slots[place] if margin[s] + due >= 0]
    queue._restore_from_full_state((now, kept))


def _members(objects: Objects, number: int) -> Mapping[str, Any]:
    program = objects.program
    return program.sources if number < 0 else program.groups[number].members


def _events(
    objects: Objects, number: int, snapshot: Snapshot
) -> tuple[IntArray, NDArray[np.int32]]:
    """Return (step, cell of the group) of the recent spikes, by step and then by cell."""
    steps = [np.empty(0, dtype=np.int64)]
    cells = [np.empty(0, dtype=np.int64)]
    for label, member in _members(objects, number).items():
        train = snapshot.spikes.get(label)
        if train is not None:
            steps.append(np.asarray(train.step, dtype=np.int64))
            cells.append(np.asarray(train.cell, dtype=np.int64) + member.first)
    step, cell = np.concatenate(steps), np.concatenate(cells)
    order = np.lexsort((cell, step))
    return step[order], cell[order].astype(np.int32)


def longest_delay(groups: list[SynapseGroup]) -> int:
    """Return the longest delay of any pathway (steps)."""
    return max((int(path.delay(p).max()) for group in groups for p in group.projections if p.size
                for path in group.code.pathways), default=0)

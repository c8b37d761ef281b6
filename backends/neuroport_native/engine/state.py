"""The state of a network in memory: handed out whole, and set so that it goes on from there.

Variables are those of :mod:`neuroport.statements`, in double precision. Spikes under way are the
lists of the last steps, which synapses look back at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import IntArray
from neuroport.network.snapshot import Snapshot, SpikeTrains
from neuroport.statements.names import inside
from neuroport_native.engine.cells import CellPart, Cells
from neuroport_native.engine.spikes import SourcePart
from neuroport_native.engine.synapses import Synapses

__all__ = ["capture", "check", "restore"]


def check(cells: Iterable[Cells], synapses: Iterable[Synapses], arithmetic: str) -> None:
    """Refuse what has states that other engines do not have.

    Raises
    ------
    UnsupportedError
        For another arithmetic than double precision, and for plastic synapses with a dendritic
        delay, whose weights under way stand in a ring of the cells.
    """
    problems = []
    if arithmetic != "float64":
        problems.append(Problem("the state of whole numbers is not handed out",
                                measured=f"arithmetic {arithmetic}", limit="float64"))
    problems += [
        Problem(f"weights under way in the dendrites of projection '{label}' are not handed out",
                fix="the Brian2 backend, a delay of one step, or dendritic_delay_fraction=0")
        for label in dict.fromkeys(
            label for s in synapses if s.delayed for label in s.group.members)]
    if problems:
        raise UnsupportedError(problems, where="the state on the native engine")


def capture(
    cells: Iterable[Cells], synapses: Iterable[Synapses], sizes: Mapping[str, int], step: int,
    sources: Mapping[str, SpikeTrains],
) -> Snapshot:
    """Return the state at the beginning of a step.

    Parameters
    ----------
    cells : iterable of Cells
    synapses : iterable of Synapses
    sizes : mapping of str to int
        Projection -> number of synapses.
    step : int
    sources : mapping of str to SpikeTrains
        Recent spikes of the sources.
    """
    values: dict[str, dict[str, NDArray[Any]]] = {}
    trains: dict[str, list[IntArray]] = {}
    for group in cells:
        names = {inside(name): name for name in group.group.cell.states}
        for label, member in group.group.members.items():
            values[label] = {names.get(name, name): group.values[name][member.slice].copy()
                             for name in _own(group)}
        for part in group.parts:
            first = group.group.members[part.population].first
            trains.setdefault(part.population, []).append(_recent(part, step, first))
    kept: dict[str, dict[str, NDArray[Any]]] = {}
    for some in synapses:
        for label in some.group.members:
            into = kept.setdefault(label, {})
            here, there = some.rows_of(label)
            for name, column in some.states():
                into.setdefault(name, np.zeros(sizes[label]))[there] = column[here]
    spikes = {}
    for label, pieces in trains.items():
        rows = np.concatenate(pieces)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        spikes[label] = SpikeTrains(rows[:, 0], rows[:, 1])
    return Snapshot(step, values, kept, {**spikes, **sources})


def restore(
    cells: Iterable[Cells], synapses: Iterable[Synapses], sources: Mapping[str, SourcePart],
    snapshot: Snapshot,
) -> None:
    """Set the state of a network that has just been made.

    Raises
    ------
    UnsupportedError
        If the snapshot lacks a variable.
    """
    lacking = []
    for group in cells:
        names = {inside(name): name for name in group.group.cell.states}
        for label, member in group.group.members.items():
            held = snapshot.cells.get(label, {})
            for name in _own(group):
                if names.get(name, name) in held:
                    group.values[name][member.slice] = held[names.get(name, name)]
                else:
                    lacking.append(f"{name} of population '{label}'")
        for part in group.parts:
            first = group.group.members[part.population].first
            _remember(part, snapshot.spikes.get(part.population), snapshot.step, first)
    for some in synapses:
        for label in some.group.members:
            given = snapshot.synapses.get(label, {})
            here, there = some.rows_of(label)
            for name, column in some.states():
                if name in given:
                    column[here] = given[name][there]
                else:
                    lacking.append(f"{name} of projection '{label}'")
    for label, source in sources.items():
        train = snapshot.spikes.get(label)
        if train is not None:
            source.recall(snapshot.step, train.step, train.cell)
    if lacking:
        raise UnsupportedError(
            Problem("the saved state lacks variables", measured=", ".join(lacking),
                    fix="go on with the backend that saved it"))


def _own(group: Cells) -> list[str]:
    """Return the variables of cells that follow from no others."""
    code = group.code
    return [n for n in (*code.states, *code.counts) if n not in code.definitions]


def _recent(part: CellPart, step: int, first: int) -> IntArray:
    """Return rows of (step, cell of the population) of the spikes that are remembered."""
    rows = [np.empty((0, 2), dtype=np.int64)]
    for when in range(max(0, step - part.slots), step):
        slot = when % part.slots
        begin, count = int(part.begin[slot]), int(part.count[slot])
        cell = part.ring[begin : begin + count].astype(np.int64) - first
        rows.append(np.column_stack([np.full(count, when), cell]))
    return np.concatenate(rows)


def _remember(part: CellPart, train: SpikeTrains | None, step: int, first: int) -> None:
    part.count[:] = 0
    if train is None:
        return
    cell = np.asarray(train.cell, dtype=np.int64) + first
    mine = (cell >= part.first) & (cell < part.first + part.size)
    for when in range(max(0, step - part.slots), step):
        fired = np.sort(cell[mine & (train.step == when)])
        slot = when % part.slots
        begin = int(part.begin[slot])
        part.ring[begin : begin + fired.size] = fired
        part.count[slot] = fired.size

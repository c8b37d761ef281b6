"""Spikes of sources and injected currents in NEST's time, window by window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from neuroport.errors import BetweenRunsError, Problem
from neuroport.network.description import (
    FloatArray,
    IntArray,
    Network,
    PoissonSource,
    Population,
    SpikeTimes,
)
from neuroport.numerics import to_steps
from neuroport.realise.currents import current_samples
from neuroport.realise.sources import source_spikes
from neuroport_nest.lower.timing import AHEAD, stamp_offset

__all__ = ["CurrentSchedule", "check_not_sent", "trains"]

_HELD = 2  # steps that a current generator of NEST's is late


def trains(
    population: Population, network: Network, early: set[str], first: int, last: int
) -> list[IntArray]:
    """Return NEST's stamps of the spikes that are sent during steps `first` to `last`.

    Those of early sources are sent a step before: the ones of step `first` are under way.
    """
    if population.spikes is None:
        raise ValueError(f"'{population.label}' is no source")
    ahead = int(population.label in early)
    begin = 0 if (first, last) == (0, 0) else first + ahead
    step, cell = source_spikes(
        population.spikes, begin, last + ahead, network.timestep, network.seed)
    stamp = step + stamp_offset(population, early)
    order = np.lexsort((stamp, cell))
    cuts = np.cumsum(np.bincount(cell, minlength=population.size))[:-1]
    return list(np.split(stamp[order], cuts))


def check_not_sent(
    before: Population, after: Population, early: Iterable[str], step: int, timestep: float
) -> None:
    """Refuse to change spikes that NEST has under way: those of early sources, this step.

    Raises
    ------
    BetweenRunsError
    """
    if before.label not in early or _same_at(before, after, step, timestep):
        return
    raise BetweenRunsError(
        Problem(
            "a source cannot be changed between two runs while its spikes are under way",
            measured="a delay of one step", limit="two steps or more in NEST",
            fix="longer delays, or --numerics pynn+delay_rule=next_step",
        ),
        where=f"population '{before.label}'", line=before.line,
    )


def _same_at(old: Population, new: Population, step: int, timestep: float) -> bool:
    """Whether two descriptions of a source have the same spikes in a step, whatever the seed."""
    a, b = old.spikes, new.spikes
    if isinstance(a, SpikeTimes) and isinstance(b, SpikeTimes):
        now, then = (np.sort(s.index[to_steps(s.time, timestep) == step]) for s in (a, b))
        return np.array_equal(now, then)
    if isinstance(a, PoissonSource) and isinstance(b, PoissonSource):
        return all(np.array_equal(getattr(a, name), getattr(b, name))
                   for name in ("rate", "start", "duration")) and a.stream == b.stream
    return False


class CurrentSchedule:
    """What NEST's current generators are told, and what was told them last."""

    def __init__(self) -> None:
        self._told: tuple[int, int, FloatArray] = (0, 0, np.empty((0, 0)))

    def window(self, network: Network, first: int, last: int) -> dict[str, Any]:
        """Return the arguments of the child's ``begin`` for steps `first` to `last`."""
        dt, seed = network.timestep, network.seed
        end = max(last, first + _HELD)
        samples = np.array([current_samples(c, first, end, dt, seed) for c in network.currents])
        samples[:, last - first:] = 0.0  # what comes after this window is not known yet
        old_first, old_last, old = self._told
        held = []
        for step in range(first, min(first + _HELD, last)):
            # What the generators have sent already, where the last run was broken off.
            sent = old[:, step - old_first] if old_first <= step < old_last else ()
            extra: dict[str, FloatArray] = {}
            for k, source in enumerate(network.currents):
                value = samples[k, step - first] - (sent[k] if k < len(sent) else 0.0)
                for label, index in source.targets:
                    row = extra.setdefault(label, np.zeros(network.population(label).size))
                    np.add.at(row, index, value * 1000.0)
            held.append(extra)
        stamps = np.arange(first + _HELD, end + 1) - _HELD + 1 + AHEAD
        currents = []
        for k, source in enumerate(network.currents):
            values = np.append(samples[k, _HELD:], 0.0) * 1000.0
            change = np.concatenate([[True], np.diff(values) != 0])
            currents.append({"number": k, "times": stamps[change], "values": values[change],
                             "targets": [(label, index) for label, index in source.targets]})
        self._told = (first, last, samples[:, : last - first])
        return {"currents": currents, "held": held}

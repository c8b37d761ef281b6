"""How much a run leaves: is there room for it, and how long does it take to save?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuroport.output.checking import check_room

__all__ = ["Amount", "Room", "recorded_amount"]

# Measured with populations of 20 to 10 000 cells on a laptop's disk.
_SECONDS = {"spikes": 1.2e-6, "bytes": 2.5e-9, "synapses": 6e-7, "start": 0.5}
_BYTES = {"spikes": 8.0, "synapses": 12.0}  # a spike's time; a synapse's weight and ends, packed
_RATE = 5.0  # spikes/s of a recorded cell, where nothing has run yet


@dataclass(frozen=True)
class Amount:
    """What there is to save.

    Attributes
    ----------
    spikes, synapses : int
    bytes : int
        Of all samples.
    """

    spikes: int = 0
    bytes: int = 0
    synapses: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.spikes + other.spikes, self.bytes + other.bytes,
                      self.synapses + other.synapses)

    @property
    def seconds(self) -> float:
        """About how long saving takes, without figures."""
        return (_SECONDS["start"] + self.spikes * _SECONDS["spikes"]
                + self.bytes * _SECONDS["bytes"] + self.synapses * _SECONDS["synapses"])

    @property
    def size(self) -> float:
        """About how many bytes are written."""
        return (1e6 + self.spikes * _BYTES["spikes"] + self.bytes
                + self.synapses * _BYTES["synapses"])

    def __str__(self) -> str:
        parts = [f"{self.spikes:,} spikes"]
        if self.bytes:
            parts.append(f"{self.bytes / 1e6:,.1f} MB of samples")
        if self.synapses:
            parts.append(f"the weights of {self.synapses:,} synapses")
        return ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]


def recorded_amount(simulators: Iterable[Any]) -> Amount:
    """Return what simulators have recorded since they were made."""
    found = Amount()
    for simulator in simulators:
        state = simulator.state
        session = state.session
        if not state.kept or session is None:
            continue
        found += Amount(synapses=session.network.n_synapses)
        for population in state.populations:
            names = {str(v.name) for v in population.recorder.recorded}
            if "spikes" in names:
                found += Amount(spikes=len(session.spikes(population.label)[0]))
            for segment in population.recorder.cache:
                found += Amount(
                    len(segment.spiketrains.multiplexed[0]) if len(segment.spiketrains) else 0,
                    sum(s.nbytes for s in segment.analogsignals))
        found += _samples(state, state.t)
    return found


def _samples(state: Any, until: float) -> Amount:
    steps = until / state.dt
    return Amount(bytes=sum(
        int(8 * len(recording.index) * (steps // recording.interval + 1))
        for population in state.populations
        for recording in population.describe_frozen().recordings
        if recording.variable != "spikes"))


class Room:
    """Looks before each run whether there will be room for what it leaves.

    Parameters
    ----------
    place : path
        Where results are to go.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self._place = Path(place)
        self._looked: dict[int, tuple[float, Amount]] = {}  # simulator -> until, amount

    def __call__(self, simulator: Any, until: float) -> None:
        """Refuse a run of a simulator to a time (ms).

        Raises
        ------
        OutputError
        """
        state = simulator.state
        if not state.kept or until <= self._looked.get(id(simulator), (-1.0,))[0]:
            return
        spikes = sum(
            len(recording.index) for population in state.populations
            for recording in population.describe_frozen().recordings
            if recording.variable == "spikes")
        found = _samples(state, until) + Amount(
            spikes=int(spikes * until * 1e-3 * _RATE),
            synapses=sum(p.expected_synapses for p in state.projections))
        self._looked[id(simulator)] = 2 * until, found  # of many short runs not each is looked at
        check_room(self._place, sum((a for _, a in self._looked.values()), Amount()).size)

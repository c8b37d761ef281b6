"""A session of a packed network, under the names of the network that the user wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend import Progress
from neuroport.errors import Problem, UnsupportedError
from neuroport.findings import Finding
from neuroport.network.description import Network, Recording
from neuroport_spinnaker.place.pack import Packing, together
from neuroport_spinnaker.session import SpinnakerSession

__all__ = ["PackedSession"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class PackedSession:
    """A session whose populations share cores with others, see
    :mod:`neuroport_spinnaker.place.pack`.

    Parameters
    ----------
    session : SpinnakerSession
        Of the packed network.
    network : Network
        As the user wrote it.
    packing : Packing
    """

    def __init__(self, session: SpinnakerSession, network: Network, packing: Packing) -> None:
        self._session = session
        self._network = network
        self._packing = packing
        # Reading from the machine is slow, and many read parts of the same.
        self._read: dict[tuple[str, ...], Any] = {}

    @property
    def step(self) -> int:
        """Time steps done since the start or the last reset."""
        return self._session.step

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found during the run, under the names of the user's populations."""
        return tuple(replace(f, where=self._named(f.where)) for f in self._session.findings)

    def _named(self, where: str) -> str:
        members = [
            f"'{label}'" for label, (there, _, _) in self._packing.populations.items()
            if where == f"population '{there}'"
        ]
        if len(members) < 2:
            return f"population {members[0]}" if members else where
        return f"populations {', '.join(members)}, which share cores"

    @property
    def account(self) -> dict[str, Any]:
        """What to keep with the results."""
        return self._session.account

    def run(
        self,
        steps: int,
        progress: Progress | None = None,
        stop_asked: Callable[[], bool] | None = None,
    ) -> int:
        """Run some steps; return how many were done."""
        self._read = {}
        return self._session.run(steps, progress, stop_asked)

    def reset(self) -> None:
        """Go back to time 0."""
        self._read = {}
        self._session.reset()

    def close(self) -> None:
        """Give the machine back."""
        self._session.close()

    # -- reading -------------------------------------------------------------------------------

    def _once(self, what: Callable[..., Any], *names: str) -> Any:
        key = (what.__name__, *names)
        if key not in self._read:
            self._read[key] = what(*names)
        return self._read[key]

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the recorded spikes, by step."""
        where, first, size = self._packing.populations[population]
        step, cell = self._once(self._session.spikes, where)
        mine = (cell >= first) & (cell < first + size)
        return step[mine], cell[mine] - first

    def signal(self, population: str, variable: str) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable."""
        where, first, size = self._packing.populations[population]
        step, values = self._once(self._session.signal, where, variable)
        recorded = next(
            r.index for r in self._packing.network.population(where).recordings
            if r.variable == variable
        )
        return step, values[:, (recorded >= first) & (recorded < first + size)]

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights."""
        where, first, size = self._packing.projections[projection]
        values: FloatArray = self._once(self._session.weights, where)
        return values[first : first + size].copy()

    def synapses(self, projection: str) -> tuple[IntArray, IntArray, FloatArray, FloatArray] | None:
        """Return the synapses where the machine drew them; never those of merged populations."""
        return self._session.synapses(self._packing.projections[projection][0])

    # -- writing -------------------------------------------------------------------------------

    def write_parameters(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set cell parameters of a whole population."""
        where = self._change(population, parameters=values)
        packed = self._packing.network.population(where).parameters
        self._session.write_parameters(where, {name: packed[name] for name in values})

    def write_states(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set state variables of a whole population; before the first run, or of one alone."""
        where, _, size = self._packing.populations[population]
        if self.step and self._packing.network.population(where).size != size:
            raise UnsupportedError(
                Problem(
                    "states cannot be set between two runs where populations share cores",
                    limit="the others on the core have states that only the machine knows",
                    fix="a larger target, so that every population has cores of its own",
                ),
                where=f"population '{population}'",
            )
        where = self._change(population, initial=values)
        packed = self._packing.network.population(where).initial
        self._session.write_states(where, {name: packed[name] for name in values})

    def write_synapses(self, projection: str, values: Mapping[str, FloatArray]) -> None:
        """Set weights or parameters; only before the first run or after a reset."""
        changed = tuple(
            replace(
                p, weight=values.get("weight", p.weight),
                parameters={**p.parameters, **{k: v for k, v in values.items() if k != "weight"}},
            )
            if p.label == projection else p
            for p in self._network.projections
        )
        self._take(replace(self._network, projections=changed))
        where, _, _ = self._packing.projections[projection]
        packed = next(p for p in self._packing.network.projections if p.label == where)
        self._session.write_synapses(
            where,
            {k: packed.weight if k == "weight" else packed.parameters[k] for k in values},
        )

    def update(self, network: Network) -> None:
        """Take over spike times; currents only before the first run or after a reset."""
        self._read = {}
        populations = tuple(
            replace(mine, spikes=new.spikes)
            for mine, new in zip(self._network.populations, network.populations, strict=True)
        )
        self._take(replace(self._network, populations=populations, currents=network.currents))
        self._session.update(self._packing.network)

    def record(self, population: str, recordings: tuple[Recording, ...]) -> None:
        """Record more; only before the first run or after a reset."""
        where, _, _ = self._packing.populations[population]
        members = [
            label for label, (there, _, _) in self._packing.populations.items() if there == where
        ]
        # All that share cores are recorded alike; what was not asked for is not handed out.
        wanted = {(r.variable, r.interval): r for r in recordings}
        populations = []
        for p in self._network.populations:
            if p.label in members:
                mine = {(r.variable, r.interval): r for r in p.recordings}
                nothing = {
                    key: replace(r, index=np.empty(0, dtype=np.int64))
                    for key, r in wanted.items()
                }
                chosen = wanted if p.label == population else {**nothing, **mine}
                p = replace(p, recordings=tuple(chosen.values()))
            populations.append(p)
        self._take(replace(self._network, populations=tuple(populations)))
        self._session.record(where, self._packing.network.population(where).recordings)

    def _change(self, population: str, **values: Mapping[str, FloatArray]) -> str:
        populations = tuple(
            replace(p, **{kind: {**getattr(p, kind), **new} for kind, new in values.items()})
            if p.label == population else p
            for p in self._network.populations
        )
        self._take(replace(self._network, populations=populations))
        return self._packing.populations[population][0]

    def _take(self, network: Network) -> None:
        self._network = network
        self._packing = replace(
            together(network, self._packing.groups), options=self._packing.options
        )

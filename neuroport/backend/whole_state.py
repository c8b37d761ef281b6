"""The whole state of a session: handed out, and gone on from."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import EngineMethods
from neuroport.backend.listed import ListedSpikes
from neuroport.backend.recorded import Recorded
from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import IntArray, Network
from neuroport.network.snapshot import Snapshot, SpikeTrains

__all__ = ["WholeState"]


class WholeState(EngineMethods):
    """What a session does with states; see :class:`neuroport.backend.session.SessionBase`."""

    _capabilities: Capabilities
    _step: int
    _recorded: Recorded
    _listed: ListedSpikes
    _since: dict[str, int]  # projections made after a run, see Snapshot

    @property
    @abstractmethod
    def lowered(self) -> Network:
        """The network as the engine has it."""

    @abstractmethod
    def listed_spikes(self, population: str, until: int) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the spikes of a source before a step."""

    @abstractmethod
    def prepare(self) -> None:
        """Build the network in the engine, where that has not been done."""

    @abstractmethod
    def _check_open(self) -> None: ...

    @abstractmethod
    def _forget(self) -> None: ...

    def snapshot(self) -> Snapshot:
        """Return the state at the beginning of the present step.

        Raises
        ------
        UnsupportedError
            If the backend does not declare that it can.
        NotReadyError
            If the session has been closed.
        """
        self._check_open()
        self._check_state()
        self.prepare()
        return replace(self.capture(), since=self._since) if self._step else Snapshot(0)

    def resume(self, snapshot: Snapshot, before: WholeState | None = None) -> None:
        """Go on from a state, in place of step 0.

        Parameters
        ----------
        snapshot : Snapshot
            Of this network, or of a part of it: what it does not have begins now.
        before : SessionBase, optional
            Whose recordings are continued.

        Raises
        ------
        UnsupportedError
            If the backend does not declare that it can.
        """
        self._check_open()
        self._check_state()
        self.prepare()
        if snapshot.step:
            fresh = {p.label: snapshot.step for p in self.lowered.projections
                     if p.label not in snapshot.synapses}
            self._since = {**snapshot.since, **fresh}
            self.restore(replace(snapshot, since=self._since))
        self._step = snapshot.step
        self._forget()
        if before is not None:
            self._recorded = before._recorded
            self._listed.go_on(before._listed)

    def recent_sources(self, steps: int) -> dict[str, SpikeTrains]:
        """Return the spikes of all sources in so many steps before the present."""
        found = {}
        for population in self.lowered.populations:
            if self.is_listed(population):
                step, cell = self.listed_spikes(population.label, self._step)
                late = slice(int(np.searchsorted(step, self._step - steps)), None)
                found[population.label] = SpikeTrains(step[late], cell[late])
        return found

    def _check_state(self) -> None:
        if not self._capabilities.state:
            raise UnsupportedError(
                Problem(f"{self.engine} does not hand out the state of a network that runs",
                        limit="backends whose capabilities say state = true",
                        fix="the Brian2 backend; learnt weights alone can be kept with "
                        "projection.save('weight', ...) and set(weight=...)"))

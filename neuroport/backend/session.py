"""A network that runs: everything about it that does not depend on the engine.

The current network and its edits, the spikes of listed sources, the pieces of recordings, running
with stop and progress, and what stays readable at the end. An engine says how to build, advance,
hand out what it recorded, read, change and free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neuroport.backend.between_runs import edit_problems
from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked, Synapses
from neuroport.backend.listed import ListedSpikes
from neuroport.backend.merge import Merge, Place, named, own_pieces
from neuroport.backend.recorded import Recorded, Samples
from neuroport.backend.whole_state import WholeState
from neuroport.errors import (
    BetweenRunsError,
    NeuroportError,
    NotReadyError,
    Problem,
    UnsupportedError,
)
from neuroport.findings import Finding
from neuroport.network.description import FloatArray, IntArray, Network
from neuroport.network.edits import (
    Edit,
    RecordingEdit,
    SpikeEdit,
    StateEdit,
    SynapseEdit,
    apply_edit,
    edit_from,
)
from neuroport.process.interrupt import keeps_data

__all__ = ["SessionBase"]

class SessionBase(WholeState):
    """A network that is ready to run, running, or paused between runs.

    An engine's session derives from it and supplies the methods of
    :class:`neuroport.backend.engine.EngineMethods`.

    Parameters
    ----------
    network : Network
        As it runs, with stored weights.
    capabilities : Capabilities
        Of the backend.
    merge : Merge, optional
        Populations that the engine has put together.
    """

    def __init__(
        self,
        network: Network,
        capabilities: Capabilities,
        merge: Merge | None = None,
    ) -> None:
        self._network, self._merge = network, merge
        self._capabilities = capabilities
        self._closed = False
        self._found: tuple[Finding, ...] = ()
        self._start()

    def _start(self) -> None:
        self._step = 0
        self._stale = True  # to be built before the next step
        self._recorded = Recorded()
        self._listed = ListedSpikes(self._network)
        self._since = {}
        self._forget()

    def _forget(self) -> None:
        """Drop what was read from the engine: it is that of an earlier moment."""
        self._present: dict[tuple[str, str], FloatArray | None] = {}
        self._weights: dict[str, FloatArray] = {}
        self._synapses: dict[str, Synapses | None] = {}

    # -- the network ---------------------------------------------------------------------------

    @property
    def network(self) -> Network:
        """The network as it is now, edits included."""
        return self._network

    @property
    def lowered(self) -> Network:
        """The same as the engine has it."""
        return self._network if self._merge is None else self._merge.network

    @property
    def step(self) -> int:
        """Time steps done since the start or the last reset."""
        return self._step

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the engine found during the run, such as spikes that it lost."""
        merge = self._merge
        if merge is None:
            return self._found
        return tuple(replace(f, where=named(merge, f.where)) for f in self._found)

    @property
    def account(self) -> Mapping[str, Any]:
        """What to keep with the results.

        ``label``: what results must be shown with. ``phases_s``: wall seconds by phase.
        """
        return {}

    def listed_spikes(
        self, population: str, until: int, first: int = 0
    ) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of an engine's source from step `first` to before step `until`."""
        if self._merge is None:
            return self._listed.spikes(population, until, first)
        steps, cells = [], []
        for label, (there, offset, _) in self._merge.populations.items():
            if there == population:
                step, cell = self._listed.spikes(label, until, first)
                steps.append(step)
                cells.append(cell + offset)
        step, cell = np.concatenate(steps), np.concatenate(cells)
        order = np.lexsort((cell, step))
        return step[order], cell[order]

    # -- running -------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Build the network in the engine now, where that has not been done."""
        if self._stale:
            if self._merge is not None:
                self._merge = self._merge.again(self._network)
            self.build(self.lowered)
            self._stale = False

    def run(
        self, steps: int, progress: Progress | None = None, stop_asked: StopAsked | None = None
    ) -> int:
        """Run some steps; return how many were done (fewer when asked to stop)."""
        self._check_open()
        tell, asked = progress or (lambda now: None), stop_asked or (lambda: False)
        self.prepare()
        self._forget()
        first, last = self._step, self._step + steps
        while self._step < last and not asked():
            end = min(last, self._step + self.longest_piece)
            self.begin(self._step, end)
            while self._step < end:
                if not self._advance(end - self._step, asked, tell) or asked():
                    return self._step - first
                tell(self._step * self._network.timestep)
        return self._step - first

    def _advance(self, steps: int, asked: StopAsked, tell: Progress) -> int:
        try:
            done = self.advance(steps, asked, tell)
        except BaseException:
            self._take(self.broken_off_after())
            raise
        self._take(done)
        return done

    @keeps_data
    def _take(self, done: int) -> None:
        self._step += done
        if not done:
            return
        for piece in self.drain():
            for mine in own_pieces(self._merge, piece):
                self._recorded.add(mine, self._network.population(mine.population).recordings)

    def reset(self) -> None:
        """Go back to time 0 and the initial values; edits stay, recorded data are dropped."""
        self.rewind()
        self._start()

    def close(self) -> None:
        """Free the engine. Nothing more can be run; what was recorded and learnt stays readable."""
        if self._closed:
            return
        try:
            if self._step:
                self._read_all()
        except NeuroportError:  # it went away meanwhile; whoever asks is told
            pass
        finally:
            self._closed = True
            self.free()

    def _read_all(self) -> None:
        for population in self._network.populations:
            for recording in population.recordings:
                if recording.variable != "spikes":
                    self._state(population.label, recording.variable)
        for projection in self._network.projections:
            there = self._place(projection.label)[0]
            if self.kept_at_end(there) and self.synapses(projection.label) is None:
                self.weights(projection.label)

    def _check_open(self) -> None:
        if self._closed:
            raise NotReadyError(Problem("this simulator has been ended", fix="make a new one"))

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the recorded spikes since the last reset, by step."""
        if self.is_listed(self._network.population(population)):
            return self._listed.spikes(population, self._step)
        return self._recorded.spikes(population)

    def signal(self, population: str, variable: str) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable.

        A sample of step k is the state at time k·dt. The present state is included as the last
        sample where the sampling interval and the engine allow. Values have shape
        (n_samples, n_cells); NaN before a cell was recorded.

        Raises
        ------
        KeyError
            If it is not recorded.
        """
        for recording in self._network.population(population).recordings:
            if recording.variable == variable:
                break
        else:
            raise KeyError(variable)
        present = None
        if self._step % recording.interval == 0:
            present = self._state(population, variable)
        return self._recorded.signal(population, recording, self._step, present)

    def _state(self, population: str, variable: str) -> FloatArray | None:
        key = (population, variable)
        if key not in self._present and not self._closed:
            self.prepare()
            there, first, size = self._place_of_cells(population)
            values = self.read_state(there, variable)
            self._present[key] = None if values is None else values[first : first + size]
        return self._present.get(key)

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights of a projection, in the order of the network's synapses.

        Raises
        ------
        NotReadyError
            If the engine has gone and they were not kept.
        UnsupportedError
            If the machine drew the synapses itself.
        """
        described = self._network.projection(projection)
        if self._step == 0 or not described.size:
            return np.array(described.weight, dtype=float)
        if self.synapses(projection) is not None:
            raise UnsupportedError(
                Problem("the machine drew these synapses: they have no place in the network's list",
                        fix="read them with the projection's get(), or connectors='realised' for "
                        "the network's own"),
                where=f"projection '{projection}'",
            )
        if projection not in self._weights:
            if self._closed:
                raise NotReadyError(
                    Problem("the weights are no longer known: they were in the engine",
                            fix="read them before end()"))
            there, _, _ = self._place(projection)
            every = self.read_weights(there)
            if self._merge is None:
                self._weights[projection] = every
            else:  # reading may be slow, and others are in the same
                self._weights |= {
                    label: every[first : first + size]
                    for label, (where, first, size) in self._merge.projections.items()
                    if where == there
                }
        return self._weights[projection].copy()

    def synapses(self, projection: str) -> Synapses | None:
        """Return (pre, post, weight, delay in ms) where a machine drew them itself, else None."""
        if self._step == 0:
            return None
        if projection not in self._synapses:
            self._synapses[projection] = self.read_synapses(self._place(projection)[0])
        return self._synapses[projection]

    def _place(self, projection: str) -> Place:
        if self._merge is not None:
            return self._merge.projections[projection]
        return projection, 0, self._network.projection(projection).size

    def _place_of_cells(self, population: str) -> Place:
        if self._merge is not None:
            return self._merge.populations[population]
        return population, 0, self._network.population(population).size

    # -- changing ------------------------------------------------------------------------------

    def edit(self, edit: Edit) -> None:
        """Change the network from now on; a reset goes back to time 0 and not before the edit.

        Raises
        ------
        BetweenRunsError
            If the backend cannot change that after a run.
        NotReadyError
            If the session has been closed.
        """
        self.check_edit(type(edit), edit.label, edit.names)
        before = self._network, self._merge
        self._network = apply_edit(self._network, edit)
        try:
            if self._step == 0:
                self._stale = True
            else:
                self._pass_on(edit)
        except BaseException:
            self._network, self._merge = before
            raise
        self._note(edit)

    def _pass_on(self, edit: Edit) -> None:
        if self._merge is not None:
            self._merge = self._merge.again(self._network)
            places = (self._merge.projections if isinstance(edit, SynapseEdit)
                      else self._merge.populations)
            there = places[edit.label][0] if edit.label else ""
            edit = edit_from(edit, self.lowered, there)
        if not (isinstance(edit, RecordingEdit)
                and self.is_listed(self.lowered.population(edit.label))):
            self.apply(edit)

    def check_edit(self, edit: type[Edit], label: str, names: Sequence[str] = ()) -> None:
        """Refuse an edit that cannot be made now.

        Parameters
        ----------
        edit : type
            Its kind.
        label : str
            Of the population or projection; empty for currents.
        names : sequence of str
            The values that change.

        Raises
        ------
        BetweenRunsError, NotReadyError
        """
        self._check_open()
        if self._step == 0:
            return
        listed = edit is RecordingEdit and self.is_listed(self._network.population(label))
        problems = [] if listed else edit_problems(  # their spikes are known in any case
            self._capabilities, self._network, self.engine,
            self._step * self._network.timestep, edit, label, names)
        if edit is StateEdit and not problems:
            there, _, size = self._place_of_cells(label)
            if size != self.lowered.population(there).size:
                problems.append(Problem(
                    "states cannot be set between two runs where populations share cores",
                    limit="the others on the core have states that only the machine knows",
                    fix="a larger target, so that every population has cores of its own",
                ))
        if not problems:
            own = self.refused(edit, label, names)
            problems += [] if own is None else [own]
        if problems:
            raise BetweenRunsError(
                problems, where=f"{edit.of} '{label}'" if label else edit.of)

    def _note(self, edit: Edit) -> None:
        """Keep what follows from an edit for what is read."""
        match edit:
            case SpikeEdit(label, spikes, _) if spikes is not None:
                self._listed.change(label, self._step, spikes)
            case RecordingEdit(label, recordings):
                self._recorded.forget_unasked(label, recordings)
            case StateEdit(label, values) if self._step:
                # What was sampled of this moment was before the edit.
                for name, value in values.items():
                    cell = np.flatnonzero(~np.isnan(value))
                    present = np.asarray(value, dtype=float)[cell][np.newaxis]
                    self._recorded.add(
                        Samples(label, name, np.array([self._step]), cell, present),
                        self._network.population(label).recordings)
        self._forget()

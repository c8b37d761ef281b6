"""A network on a machine: built at the first run, read after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked, Synapses
from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.backend.session import SessionBase
from neuroport.errors import (
    BetweenRunsError,
    NeuroportError,
    NotReadyError,
    Problem,
    UnsupportedError,
)
from neuroport.network.description import FloatArray, Network, Population, Recording
from neuroport.network.edits import Edit, ParameterEdit, SpikeEdit, StateEdit
from neuroport.network.signs import weight_sign
from neuroport_spinnaker.chip.limits import RECORDABLE, slow_down
from neuroport_spinnaker.errors import MachineLostError
from neuroport_spinnaker.lower.machine_made import drawn_there
from neuroport_spinnaker.lower.network import description, spike_arrays, spikes_listed
from neuroport_spinnaker.lower.read_back import in_order
from neuroport_spinnaker.machine.board_watch import BoardWatch
from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.machine.pulse import NothingYetError, Pulse
from neuroport_spinnaker.place.placed import Placed
from neuroport_spinnaker.toolchain.parent import Worker
from neuroport_spinnaker.toolchain.phases import BUILD, END, READ, START, Phases

__all__ = ["SpinnakerSession", "SPIKE_OFFSET", "SIGNAL_OFFSET"]

# A chip's label of step k is neuroport's: a spike that arrives in step k can cause one of step k,
# and a sample of step k is the state before that step's update.
SPIKE_OFFSET = 0
SIGNAL_OFFSET = 0


class SpinnakerSession(SessionBase):
    """A network on a SpiNNaker machine.

    Parameters
    ----------
    placed : Placed
        The network on its machine, some populations on shared cores where it has too few.
    machine : callable
        Returns the configuration of the machine and what to close at the end.
    capabilities : Capabilities
    emulation : Emulation, optional
        How the board behaves, where it is an emulated one.
    """

    engine = "SpiNNaker"
    longest_piece = 20_000  # so that what was recorded survives the loss of a machine

    def __init__(
        self,
        placed: Placed,
        machine: Callable[[], tuple[dict[str, Any], Any]],
        capabilities: Capabilities,
        emulation: Emulation | None = None,
    ) -> None:
        self._options, self._layouts = placed.case.options, placed.case.layouts
        super().__init__(placed.alone.network, capabilities, placed.packing)
        self._machine = machine
        self._worker: Worker | None = None
        self._board: Any = None
        self._watch = BoardWatch(emulation, placed.target, {
            p.post for p in placed.case.network.projections
            if placed.case.undelivered[p.label].any()})
        self._uneven = False
        self._lost = False  # the machine, in mid-run
        self._phases = Phases()

    @property
    def account(self) -> Mapping[str, Any]:
        """What to keep with the results: the machine's label, its figures, the time by phase."""
        return {**self._watch.account(), "phases_s": self._phases.as_dict()}

    def is_listed(self, population: Population) -> bool:
        """Whether a population's spikes are known beforehand."""
        return spikes_listed(population, self._options)

    # -- running -------------------------------------------------------------------------------

    def build(self, network: Network) -> None:
        """Number the parts; the machine is taken when it is known how long the run will be."""
        self._populations = {p.label: k for k, p in enumerate(network.populations)}
        self._projections = {p.label: k for k, p in enumerate(network.projections)}
        self._got: list[Piece] = []
        self._spikes: dict[str, Any] | None = None  # new ones for the next run

    def begin(self, first: int, last: int) -> None:
        """Take the machine where there is none, and give it the spikes of some steps."""
        if self._lost:
            raise self._gone("a run on a machine that was lost cannot be continued")
        if self._uneven:
            raise UnsupportedError(
                Problem("a run that was stopped on the machine cannot be continued",
                        measured="its cores stopped at different steps",
                        fix="call reset() and run again")
            )
        network, options = self.lowered, self._options
        if self._worker is not None:
            if any(p.spikes is not None for p in network.populations):
                self._spikes = spike_arrays(network, options, last, self.listed_spikes)
            return
        self._spikes = None
        entries, self._board = self._machine()
        try:
            self._phases.begin()
            with self._phases.during(START):
                self._worker = Worker(entries, options)
            described = description(
                network, options, self._layouts, last, self.listed_spikes)
            with self._phases.during(BUILD):
                self._worker.ask("build", **described, spare=last * network.timestep,
                                 secrets=self._worker.secrets)
        except BaseException:
            self._give_back()
            raise

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run some steps; return how many were done.

        A request to stop is passed on to the machine within a second; what it has recorded until
        then is kept. Cores may then have stopped at different steps: the earliest counts, and the
        run cannot be continued.
        """
        worker = self._the_worker()
        dt = self.lowered.timestep
        pulse = Pulse(worker, self._board, self.step * dt, steps * dt, progress, stop_asked)
        try:
            with self._phases.running() as spent:
                told = worker.ask(
                    "run", duration=steps * dt, spikes=self._spikes, paced=self._paced,
                    waiting=pulse,
                    timeout=self._options.silence_timeout + steps * dt * 1e-3 * slow_down(dt),
                )
                spent.update(told["phases"])
            self._stopped = told["reached"] is not None
            last = self.step + steps
            if told["reached"] is not None:
                earliest, latest = told["reached"]
                self._uneven = earliest != latest
                last = max(self.step, earliest)
            with self._phases.during(READ):
                # Now: sPyNNaker gives nothing more once it has lost its machine.
                self._got = [piece for p in self.lowered.populations if not self.is_listed(p)
                             for r in p.recordings for piece in self._read(p, r, last)]
        except NothingYetError:
            self._give_back()
            return 0
        except BaseException as error:
            # What it is in the middle of cannot be gone on with.
            self._lost = worker.ran
            refused = self._watch.refused(self._board, error)
            self._give_back()
            if refused is not None:
                raise refused from error
            raise
        return last - self.step

    @property
    def _paced(self) -> bool:
        """Whether the machine keeps wall time; an emulated one does only where it is asked to."""
        return self._board is None or self._board.pace is not None

    def _read(self, population: Population, r: Recording, until: int) -> Iterator[Piece]:
        """Read what was recorded from the present step up to another."""
        worker = self._the_worker()
        number = self._populations[population.label]
        dt = self.lowered.timestep
        if r.variable == "spikes":
            found = worker.ask("spikes", population=number)
            step = np.rint(found["time"] / dt).astype(np.int64) + SPIKE_OFFSET
            cell = found["cell"].astype(np.int64)
            order = np.lexsort((cell, step))
            # Cores that stopped later went on.
            order = order[(step[order] >= self.step) & (step[order] < until)]
            yield Spikes(population.label, step[order], cell[order])
            return
        values = np.asarray(worker.ask(
            "signal", population=number, variable=RECORDABLE[r.variable]), dtype=float)
        if r.variable == "isyn_inh":
            values = -values  # the chip keeps inhibition as a magnitude, PyNN signs it
        step = np.arange(len(values), dtype=np.int64) * r.interval
        there = (step >= self.step) & (step < until)
        yield Samples(population.label, r.variable, step[there] + SIGNAL_OFFSET, r.index,
                      values[there])
        if r.variable == "v" and until % r.interval == 0:
            # The chip has not recorded the present state yet; it can be read.
            present = np.asarray(
                worker.ask("state", population=number, variable="v"), dtype=float)[r.index]
            yield Samples(population.label, "v", np.array([until + SIGNAL_OFFSET]), r.index,
                          present[np.newaxis])

    def drain(self) -> Iterator[Piece]:
        """Yield what was read after the run; then ask an emulated board what it lost."""
        yield from self._got
        self._got = []
        if self._board is None or self._stopped:
            return
        worker = self._the_worker()
        try:
            self._found = self._watch.look(self._board, lambda: worker.ask("places"))
        except MachineLostError:
            self._lost = True
            self._give_back()
            raise

    def rewind(self) -> None:
        """Give the machine back; it is taken again at the next run."""
        self._give_back()
        self._uneven = self._lost = False
        self._watch.forget()

    def free(self) -> None:
        """Give the machine back."""
        self._give_back()

    def _give_back(self) -> None:
        worker, self._worker = self._worker, None
        board, self._board = self._board, None
        if worker is not None:
            with self._phases.during(END):
                worker.close()
        if board is not None:
            board.stop()

    def _the_worker(self) -> Worker:
        if self._worker is None:
            raise self._gone("there is no machine")
        return self._worker

    def _gone(self, what: str) -> NeuroportError:
        measured = f"at {self.step * self.lowered.timestep:g} ms"
        if not self._lost:
            return NotReadyError(Problem(what, measured, fix="read them before end()"))
        return MachineLostError(
            Problem(what, measured,
                    fix="what was recorded until then can be read; call reset() and run again")
        )

    # -- reading -------------------------------------------------------------------------------

    def read_state(self, population: str, variable: str) -> None:
        """Return None: what can be told of the present state was read at the end of the run."""
        return None

    def kept_at_end(self, projection: str) -> bool:
        """Whether weights are read before the machine is given back: those that have changed."""
        return self.lowered.projection(projection).synapse.plastic

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights; NaN for synapses that the machine does not have."""
        described = self.lowered.projection(projection)
        cell = self.lowered.population(described.post).cell
        return in_order(
            described, cell, self._synapses_of(projection, "weights"), self.lowered.timestep)[0]

    def read_synapses(self, projection: str) -> Synapses | None:
        """Return the synapses where the machine drew them itself, else None."""
        described = self.lowered.projection(projection)
        if not drawn_there(described, self._options):
            return None
        found = self._synapses_of(projection, "machine's own synapses")
        sign = weight_sign(described, self.lowered.population(described.post).cell)
        return (found[:, 0].astype(np.int64), found[:, 1].astype(np.int64),
                sign * found[:, 2], found[:, 3])

    def _synapses_of(self, projection: str, what: str) -> FloatArray:
        if self._worker is None:
            raise self._gone(f"the {what} are no longer known: they were on the machine")
        with self._phases.during(READ):
            return np.asarray(self._worker.ask(
                "weights", projection=self._projections[projection]), dtype=float)

    # -- changing ------------------------------------------------------------------------------

    def refused(self, edit: type[Edit], label: str, names: Sequence[str]) -> Problem | None:
        """Return why rates that the machine draws with stay as they are."""
        if edit is SpikeEdit and not self.is_listed(self.lowered.population(label)):
            return Problem(
                "rates of sources that the machine draws cannot be changed between two runs",
                fix="poisson='realised', or call reset() before")
        return None

    def apply(self, edit: Edit) -> None:
        """Change what runs. New spike times are taken by the next run."""
        if not isinstance(edit, ParameterEdit | StateEdit):
            return
        worker, number = self._the_worker(), self._populations[edit.population]
        values = dict(edit.values)
        for name, value in values.items():
            if not np.isnan(value).any():
                continue
            if name != "v":  # the only state that can be read
                raise BetweenRunsError(
                    Problem(f"'{name}' of some cells cannot be set between two runs on SpiNNaker",
                            limit="all cells of a population at once",
                            fix="initialize the whole population"),
                    where=f"population '{edit.population}'")
            present = np.asarray(worker.ask("state", population=number, variable=name), dtype=float)
            values[name] = np.where(np.isnan(value), present, value)
        kind = "parameters" if isinstance(edit, ParameterEdit) else "states"
        worker.ask("set", population=number, kind=kind, values=values)

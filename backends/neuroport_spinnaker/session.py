"""A network on a machine: built at the first run, read after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend import Progress
from neuroport.errors import NeuroportError, NotReadyError, Problem, UnsupportedError
from neuroport.findings import Finding
from neuroport.network.description import Network, PoissonSource, Population, Recording
from neuroport.network.signs import weight_sign
from neuroport.realise.sources import source_spikes
from neuroport_spinnaker.chip.limits import RECORDABLE
from neuroport_spinnaker.errors import BoardRefusedError, MachineLostError, SpinnakerError
from neuroport_spinnaker.lower.machine_made import drawn_there
from neuroport_spinnaker.lower.network import lower, spike_arrays
from neuroport_spinnaker.lower.read_back import in_order
from neuroport_spinnaker.machine.lost_spikes import losses
from neuroport_spinnaker.program import SpinnakerProgram
from neuroport_spinnaker.toolchain.parent import Worker
from neuroport_spinnaker.toolchain.phases import BUILD, END, READ, START, Phases

__all__ = ["SpinnakerSession", "description", "SPIKE_OFFSET", "SIGNAL_OFFSET"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A chip's label of step k is neuroport's: a spike that arrives in step k can cause one of step k,
# and a sample of step k is the state before that step's update.
SPIKE_OFFSET = 0
SIGNAL_OFFSET = 0
_BOARD_PATIENCE = 5.0  # s for an emulated board to tell its time
_LOOK = 1.0  # s between two looks at an emulated board's clock
_LONGEST_RUN = 20_000  # steps in one go, so that what was recorded survives the loss of a machine


class _NothingYetError(Exception):
    """The user asked to stop before the machine began to run for the first time."""


class _Pulse:
    """Tells progress during a run, passes a wish to stop on, and sees an emulated board live.

    Called five times a second; True where the board has moved on. Raises `_NothingYetError`.
    """

    def __init__(
        self, worker: Worker, board: Any, start: float, length: float,
        progress: Progress | None, stop_asked: Callable[[], bool] | None,
    ) -> None:
        self._worker, self._board = worker, board
        self._start, self._length = start, length
        self._progress, self._stop_asked = progress, stop_asked
        self._stopped = False
        self._began: tuple[float, float] | None = None  # (running since, the board's time then)
        self._seen = self._looked = -1.0

    def __call__(self) -> bool:
        if self._stop_asked is not None and not self._stopped and self._stop_asked():
            self._stopped = True
            if not self._worker.ran:
                raise _NothingYetError  # mapping and loading may take minutes
            self._worker.stop()
        since = self._worker.running_since
        if since is None:
            return False
        now = time.monotonic()
        if self._board is not None:
            if now - self._looked < _LOOK:
                return False
            self._looked, now = now, self._board_time()
        if self._began is None or self._began[0] != since:
            self._began = (since, now)
        seconds = max(self._worker.running_seconds, 1e-9)
        part = min(1.0, (now - self._began[1]) / seconds)
        if self._progress is not None:
            self._progress(self._start + part * self._length)
        moved, self._seen = now > self._seen, now
        return moved and self._board is not None

    def _board_time(self) -> float:
        try:
            return float(self._board.report(_BOARD_PATIENCE).virtual_seconds)
        except Exception:  # it stopped: the tool-chain will say so
            return self._seen


def description(
    network: Network, options: Any, asked: Mapping[str, int | None], last: int
) -> dict[str, Any]:
    """Return what a worker builds a network from, with its spikes up to a step."""
    data, arrays = lower(network, options, asked)
    return {"network": data, "arrays": arrays, "spikes": spike_arrays(network, options, 0, last)}


class SpinnakerSession:
    """A network on a SpiNNaker machine.

    Parameters
    ----------
    program : SpinnakerProgram
    """

    def __init__(self, program: SpinnakerProgram) -> None:
        self._program = program
        self._network = program.network
        self._options = program.options
        self._worker: Worker | None = None
        self._board: Any = None
        self._step = 0
        self._uneven = False
        self._lost = False  # the machine, in mid-run
        self._phases = Phases()
        self._figures: dict[str, Any] = {}  # of an emulated board, after the last run
        self._cores: list[dict[str, Any]] = []  # what is on each
        self._kept: dict[tuple[str, str], tuple[Any, Any]] = {}
        self._weights: dict[str, FloatArray] = {}  # at the present step
        self._drawn: dict[str, tuple[IntArray, IntArray, FloatArray, FloatArray]] = {}
        self._numbers = {p.label: k for k, p in enumerate(self._network.populations)}
        self.findings: tuple[Finding, ...] = ()

    @property
    def step(self) -> int:
        """Time steps done since the start or the last reset."""
        return self._step

    # -- running -------------------------------------------------------------------------------

    def run(
        self,
        steps: int,
        progress: Progress | None = None,
        stop_asked: Callable[[], bool] | None = None,
    ) -> int:
        """Run some steps; return how many were done.

        A request to stop is passed on to the machine within a second; what it has recorded until
        then is kept. Cores may then have stopped at different steps: the earliest counts, and the
        run cannot be continued.
        """
        if self._lost:
            raise self._gone("a run on a machine that was lost cannot be continued")
        self._weights, self._drawn = {}, {}
        if self._uneven:
            raise UnsupportedError(
                Problem("a run that was stopped on the machine cannot be continued",
                        measured="its cores stopped at different steps",
                        fix="call reset() and run again")
            )
        done = 0
        dt = self._network.timestep
        while done < steps:
            if stop_asked is not None and stop_asked():
                break
            piece = min(_LONGEST_RUN, steps - done)
            last = self._step + piece
            fresh = self._worker is None
            worker = self._ready(last)
            spikes = None
            if not fresh and self._has_listed_spikes():
                spikes = spike_arrays(self._network, self._options, 0, last)
            slow = max(1.0, np.ceil(1.0 / dt))
            pulse = _Pulse(worker, self._board, self._step * dt, piece * dt, progress, stop_asked)
            try:
                with self._phases.running() as spent:
                    told = worker.ask(
                        "run", duration=piece * dt, spikes=spikes, paced=self._paced,
                        waiting=pulse,
                        timeout=self._options.silence_timeout + piece * dt * 1e-3 * slow,
                    )
                    spent.update(told["phases"])
                if told["reached"] is not None:
                    earliest, latest = told["reached"]
                    self._uneven = earliest != latest
                    last = max(self._step, earliest)
                with self._phases.during(READ):
                    self._collect(worker, last)
            except _NothingYetError:
                self._free()
                break
            except BaseException as error:
                # What it is in the middle of cannot be gone on with.
                self._lost = worker.ran
                refused = self._refused(error)
                self._free()
                if refused is not None:
                    raise refused from error
                raise
            done += last - self._step
            self._step = last
            if told["reached"] is not None:
                break
            self._look_at_board(worker)
            if progress is not None:
                progress(self._step * dt)
        return done

    @property
    def _paced(self) -> bool:
        """Whether the machine keeps wall time; an emulated one does only where it is asked to."""
        return self._board is None or getattr(self._board, "pace", None) is not None

    def _refused(self, error: BaseException) -> BoardRefusedError | None:
        """Return what an emulated board refused, where the tool-chain failed for it."""
        if self._board is None or not isinstance(error, SpinnakerError):
            return None
        try:
            problems = self._board.report(_BOARD_PATIENCE).problems
        except Exception:  # it has stopped, and that is what the tool-chain failed for
            return None
        if not problems:
            return None
        return BoardRefusedError([
            Problem("the emulated board refused what sPyNNaker asked for", measured=text,
                    fix="`pip install sPyNNaker==1!7.4.1` where it is about a program; the "
                    "tool-chain's own error follows from it")
            for text in dict.fromkeys(problems)
        ])

    def _look_at_board(self, worker: Worker) -> None:
        """Keep an emulated board's figures, and say what its programs counted as lost or late."""
        if self._board is None:
            return
        from neuroport_spinnaker.board import BoardError

        try:
            report = self._board.report(_BOARD_PATIENCE)
        except BoardError as error:
            self._lost = True
            self._free()
            raise MachineLostError(
                Problem("the emulated board stopped after a run", measured=str(error),
                        fix="what was recorded can be read; call reset() and run again")
            ) from error
        self._figures = {
            "virtual_s": round(report.virtual_seconds, 6), "cpu_s": round(report.cpu_seconds, 3),
            "cores": len(report.cores), "packets": report.packets_sent,
            "packets_dropped": report.packets_dropped,
            "counted": {k: v for k, v in report.provenance.items() if v},
        }
        if not self._cores:
            self._cores = worker.ask("places")
        emulation = self._program.emulation
        approximate = emulation is not None and emulation.approximate
        self.findings = losses(
            report, self._cores, f"timing '{emulation.timing}', approximate" if approximate else ""
        )

    @property
    def account(self) -> dict[str, Any]:
        """What to keep with the results: the machine's label, its figures, the time by phase."""
        emulation = self._program.emulation
        about: dict[str, Any] = {}
        if emulation is not None:
            about = {
                "label": emulation.label, "timing": emulation.timing,
                "approximate": emulation.approximate, "pace": emulation.pace,
                "chips": self._program.target.geometry.chips,
                "boards": self._program.target.geometry.boards, **self._figures,
            }
        return {**about, "phases_s": self._phases.as_dict()}

    def _has_listed_spikes(self) -> bool:
        return any(p.spikes is not None for p in self._network.populations)

    def _ready(self, last: int) -> Worker:
        if self._worker is None:
            entries, self._board = self._program.machine()
            try:
                self._phases.begin()
                with self._phases.during(START):
                    self._worker = Worker(entries, self._options)
                described = description(
                    self._network, self._options, self._program.asked, last)
                with self._phases.during(BUILD):
                    self._worker.ask(
                        "build", **described, spare=last * self._network.timestep,
                        secrets=self._worker.secrets)
            except BaseException:
                self._free()
                raise
        return self._worker

    def reset(self) -> None:
        """Go back to time 0; the machine is given back and taken again at the next run."""
        self._free()
        self._kept, self._weights, self._drawn = {}, {}, {}
        self._step = 0
        self._uneven = self._lost = False
        self._cores, self._figures = [], {}

    def close(self) -> None:
        """Give the machine back; what was recorded and learnt stays readable."""
        try:
            if self._worker is not None and self._step:
                for p in self._network.projections:
                    if drawn_there(p, self._options):
                        self.synapses(p.label)
                    elif p.synapse.plastic and p.size:
                        self._weights[p.label] = self.weights(p.label)
        except NeuroportError:  # it went away meanwhile; whoever asks is told
            pass
        finally:
            self._free()

    def _gone(self, what: str) -> NeuroportError:
        measured = f"at {self._step * self._network.timestep:g} ms"
        if not self._lost:
            return NotReadyError(Problem(what, measured, fix="read them before end()"))
        return MachineLostError(
            Problem(what, measured,
                    fix="what was recorded until then can be read; call reset() and run again")
        )

    def _free(self) -> None:
        worker, self._worker = self._worker, None
        board, self._board = self._board, None
        if worker is not None:
            with self._phases.during(END):
                worker.close()
        if board is not None:
            board.stop()

    def _collect(self, worker: Worker, until: int) -> None:
        """Keep what was recorded: sPyNNaker gives nothing more once it has lost its machine.

        Everything up to step `until` or, where reading fails, nothing.
        """
        dt = self._network.timestep
        kept: dict[tuple[str, str], tuple[Any, Any]] = {}
        for number, population in enumerate(self._network.populations):
            if self._listed(population):
                continue
            for recording in population.recordings:
                if recording.variable == "spikes":
                    found = worker.ask("spikes", population=number)
                    step = np.rint(found["time"] / dt).astype(np.int64) + SPIKE_OFFSET
                    cell = found["cell"].astype(np.int64)
                    order = np.lexsort((cell, step))
                    order = order[step[order] < until]  # cores that stopped later went on
                    kept[population.label, "spikes"] = (step[order], cell[order])
                    continue
                values = np.asarray(worker.ask(
                    "signal", population=number, variable=RECORDABLE[recording.variable]),
                    dtype=float)
                if recording.variable == "isyn_inh":
                    values = -values  # the chip keeps inhibition as a magnitude, PyNN signs it
                step = np.arange(len(values), dtype=np.int64) * recording.interval
                there = step < until
                step, values = step[there] + SIGNAL_OFFSET, values[there]
                if recording.variable == "v" and until % recording.interval == 0:
                    # The chip has not recorded the present state yet; it can be read.
                    present = worker.ask("state", population=number, variable="v")[recording.index]
                    step = np.append(step, until + SIGNAL_OFFSET)
                    values = np.vstack([values, present[np.newaxis]])
                kept[population.label, recording.variable] = step, values
        self._kept.update(kept)

    def _listed(self, population: Population) -> bool:
        """Whether a population's spikes are known beforehand."""
        drawn = isinstance(population.spikes, PoissonSource)
        return population.spikes is not None and not (
            drawn and self._options.poisson == "machine"
        )

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, population: str) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of the recorded spikes, by step."""
        described = self._network.populations[self._numbers[population]]
        if self._listed(described) and described.spikes is not None:
            return source_spikes(
                described.spikes, 0, self._step, self._network.timestep, self._network.seed
            )
        empty = np.empty(0, dtype=np.int64)
        step, cell = self._kept.get((population, "spikes"), (empty, empty))
        return step, cell

    def signal(self, population: str, variable: str) -> tuple[IntArray, FloatArray]:
        """Return (step, values) of a recorded variable.

        The present state is the last sample of v; of inputs the chip does not tell it.
        """
        recordings = self._network.populations[self._numbers[population]].recordings
        width = next(r.index.size for r in recordings if r.variable == variable)
        nothing = (np.empty(0, dtype=np.int64), np.empty((0, width)))
        step, values = self._kept.get((population, variable), nothing)
        return step, values

    def weights(self, projection: str) -> FloatArray:
        """Return the present weights; NaN for synapses that the machine does not have."""
        number = next(
            k for k, p in enumerate(self._network.projections) if p.label == projection
        )
        described = self._network.projections[number]
        if projection in self._weights:
            return self._weights[projection].copy()
        if self._step == 0 or described.size == 0:
            return np.array(described.weight, dtype=float)
        if drawn_there(described, self._options):
            raise UnsupportedError(
                Problem("the machine drew these synapses: they have no place in the network's list",
                        fix="read them with the projection's get(), or "
                        "connectors='realised' for the network's own"),
                where=f"projection '{projection}'",
            )
        if self._worker is None:
            raise self._gone("the weights are no longer known: they were on the machine")
        with self._phases.during(READ):
            found = self._worker.ask("weights", projection=number)
        cell = self._network.population(described.post).cell
        self._weights[projection] = in_order(described, cell, found, self._network.timestep)[0]
        return self._weights[projection].copy()

    def synapses(self, projection: str) -> tuple[IntArray, IntArray, FloatArray, FloatArray] | None:
        """Return (pre, post, weight, delay in ms) where the machine drew them; else None."""
        number = next(
            k for k, p in enumerate(self._network.projections) if p.label == projection
        )
        described = self._network.projections[number]
        if self._step == 0 or not drawn_there(described, self._options):
            return None
        if projection not in self._drawn:
            if self._worker is None:
                raise self._gone("the machine's own synapses are no longer known")
            with self._phases.during(READ):
                found = self._worker.ask("weights", projection=number)
            sign = weight_sign(described, self._network.population(described.post).cell)
            self._drawn[projection] = (
                found[:, 0].astype(np.int64), found[:, 1].astype(np.int64),
                sign * found[:, 2], found[:, 3],
            )
        return self._drawn[projection]

    # -- writing -------------------------------------------------------------------------------

    def write_parameters(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set cell parameters of a whole population."""
        self._write(population, "parameters", values)

    def write_states(self, population: str, values: Mapping[str, FloatArray]) -> None:
        """Set state variables of a whole population."""
        self._write(population, "states", values)

    def _write(self, population: str, what: str, values: Mapping[str, FloatArray]) -> None:
        number = self._numbers[population]
        old = self._network.populations[number]
        if self._worker is None or what == "parameters":
            changed = (
                replace(old, initial={**old.initial, **values})
                if what == "states"
                else replace(old, parameters={**old.parameters, **values})
            )
            self._replace(number, changed)
        if self._worker is not None:
            self._worker.ask("set", population=number, kind=what, values=values)

    def _replace(self, number: int, population: Any) -> None:
        populations = list(self._network.populations)
        populations[number] = population
        self._network = replace(self._network, populations=tuple(populations))

    def write_synapses(self, projection: str, values: Mapping[str, FloatArray]) -> None:
        """Set weights or parameters; only before the first run or after a reset."""
        if self._worker is not None:
            raise UnsupportedError(
                Problem("synapses cannot be changed between two runs on SpiNNaker",
                        limit="sPyNNaker 7.4 has no way to write them",
                        fix="call reset() before, and set them then"),
                where=f"projection '{projection}'",
            )
        changed = []
        for p in self._network.projections:
            if p.label == projection:
                rest = {k: v for k, v in values.items() if k != "weight"}
                p = replace(p, weight=values.get("weight", p.weight),
                            parameters={**p.parameters, **rest})
            changed.append(p)
        self._network = replace(self._network, projections=tuple(changed))

    def update(self, network: Network) -> None:
        """Take over spike times; currents only before the first run or after a reset."""
        if self._worker is not None and len(network.currents) != len(self._network.currents):
            raise UnsupportedError(
                Problem("currents cannot be added between two runs on SpiNNaker",
                        fix="call reset() before")
            )
        populations = tuple(
            replace(mine, spikes=new.spikes)
            for mine, new in zip(self._network.populations, network.populations, strict=True)
        )
        self._network = replace(
            self._network, populations=populations, currents=network.currents
        )

    def record(self, population: str, recordings: tuple[Recording, ...]) -> None:
        """Record more; only before the first run or after a reset."""
        number = self._numbers[population]
        old = self._network.populations[number]
        if self._worker is not None and not old.cell.is_source:
            raise UnsupportedError(
                Problem("recordings cannot be added between two runs on SpiNNaker",
                        fix="record before the first run, or call reset() before"),
                where=f"population '{population}'",
            )
        self._replace(number, replace(old, recordings=recordings))

"""The state behind one simulator: time, objects, the backend's session and findings.

PyNN keeps this in a module; here it is an object, so that several simulators live side by side.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from pyNN import common

from neuroport.backend import Backend
from neuroport.backend.prepare import prepare
from neuroport.backend.prepared import Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import (
    InvalidTimeError,
    NotReadyError,
    Problem,
    RunInterrupted,
)
from neuroport.findings import finding
from neuroport.findings.honoured import runnable
from neuroport.network.description import Network, Projection
from neuroport.numerics import Numerics
from neuroport.numerics.relevance import relevant
from neuroport.process.interrupt import StopOnInterrupt
from neuroport.pynn.checks import check_projections
from neuroport.pynn.defaults import insisted
from neuroport.pynn.dialects import Dialect
from neuroport.pynn.growing import Growing
from neuroport.pynn.projection_arguments import delay_range
from neuroport.pynn.shown import Shown
from neuroport.realise.memory import BYTES_PER_SYNAPSE, memory_limit
from neuroport.realise.streams import stream_name
from neuroport.results.versions import versions
from neuroport.source_line import user_line

__all__ = ["State"]

_MOST_STEPS = 2.0**53  # beyond it a float misses steps
logger = logging.getLogger("neuroport")


class State(Shown, Growing, common.control.BaseState):  # type: ignore[misc]
    """Everything one simulator knows.

    Parameters
    ----------
    backend : Backend
        Where to run.
    backend_name : str
        Its name.
    timestep : float
        ms.
    seed : int
        From which all random numbers come.
    numerics : Numerics
        The rules inside a time step.
    dialect : Dialect
        How scripts are read.
    min_delay, max_delay : float or "auto"
        Limits for delays (ms).
    """

    def __init__(
        self,
        backend: Backend,
        backend_name: str,
        timestep: float,
        seed: int,
        numerics: Numerics,
        dialect: Dialect,
        min_delay: float | str,
        max_delay: float | str,
    ) -> None:
        Shown.__init__(self)
        Growing.__init__(self)
        common.control.BaseState.__init__(self)
        self.backend = backend
        self.backend_name = backend_name
        self.dt = timestep
        self.seed = seed
        self.numerics = numerics
        self.dialect = dialect
        self.shortest_delay = timestep if min_delay == "auto" else float(min_delay)
        self.longest_delay = None if max_delay == "auto" else float(max_delay)
        self.delay_limits = min_delay, max_delay
        self.mpi_rank = 0
        self.num_processes = 1
        self.id_counter = 0
        self.segment_counter = 0
        self.populations: list[Any] = []
        self.projections: list[Any] = []
        self.progress: Callable[[float, float], None] | None = None
        self.before_run: list[Callable[[float], None]] = []  # with the time to reach (ms)
        self.before_close: list[Callable[[], None]] = []
        self.on_interrupt: Callable[[int], None] | None = None  # see StopOnInterrupt.tell
        self.interrupted = False
        self.kept = True  # whether whoever looks on stores what is recorded
        self.wall_time = 0.0
        self.simulated = 0.0  # ms, over all runs and segments
        self.t_reached = 0.0  # latest simulated time (ms); kept when the session is closed
        self.per_core: dict[str, int] = {}  # cell type -> most cells on a core
        self._labels: set[str] = set()
        self._numbers = 0
        self._samples = 0
        self._draws: dict[tuple[int, ...], int] = {}
        self._assumed = False  # whether nobody named the numerics
        self._closed = False

    # -- what PyNN's common code asks for -------------------------------------------------------

    @property
    def t(self) -> float:
        """Simulated time (ms)."""
        return round(self.step * self.dt, 9)

    @property
    def min_delay(self) -> float:
        """Shortest delay (ms): the limit where one was set, else the shortest in the network."""
        if self.delay_limits[0] != "auto":
            return self.shortest_delay
        return min((r[0] for r in self._delay_ranges()), default=self.shortest_delay)

    @property
    def max_delay(self) -> float:
        """Longest delay (ms): the limit where one was set, else the longest in the network."""
        if self.longest_delay is not None:
            return self.longest_delay
        return max((r[1] for r in self._delay_ranges()), default=self.dt)

    def _delay_ranges(self) -> list[tuple[float, float]]:
        return [found for p in self.projections if (found := delay_range(p)) is not None]

    @property
    def shortest_kept(self) -> float:
        """The shortest delay (ms) that a synapse may have."""
        return self.dialect.shortest_kept(self.shortest_delay, self.dt)

    @property
    def default_delay(self) -> float:
        """The delay (ms) of synapses that are given none."""
        return self.dialect.default_delay(self.shortest_delay, self.min_delay)

    def run_until(self, until: float) -> None:
        """Run up to a time (ms); it is rounded up to a whole step, with a finding."""
        if not np.isfinite(until):
            raise InvalidTimeError(
                Problem("the time to run is not a number", measured=f"{until}", limit="finite")
            )
        exact = until / self.dt
        if exact > _MOST_STEPS:
            raise InvalidTimeError(
                Problem("the time to run has more steps than can be counted",
                        f"{until:g} ms, {exact:.3g} steps of {self.dt:g} ms",
                        f"{_MOST_STEPS:.3g} steps", "times are in ms"))
        steps = int(np.ceil(exact - 1e-6))
        if steps < self.step:
            raise InvalidTimeError(
                Problem(
                    "the time to run to is in the past",
                    measured=f"{until:g} ms",
                    limit=f"{self.t:g} ms or later",
                )
            )
        if self._closed:
            raise NotReadyError(Problem("this simulator has been ended", fix="make a new one"))
        for hook in self.before_run:
            hook(steps * self.dt)
        session = self.ready((steps - self.step) * self.dt)
        if steps - exact > 1e-6:
            self.report(
                finding(
                    "NP113",
                    f"run to {until:g} ms",
                    measured=f"{until:g} ms",
                    limit=f"multiples of {self.dt:g} ms",
                    why=f"the simulation runs to {steps * self.dt:g} ms",
                    fixes=("run for a multiple of the time step",),
                    line=user_line(),
                )
            )
        self.running = True
        todo = steps - session.step
        if todo <= 0:
            return
        progress = self.progress
        target, before = steps * self.dt, session.step
        began = time.perf_counter()
        try:
            with StopOnInterrupt() as stop:
                stop.tell = self.on_interrupt
                session.run(
                    todo,
                    None if progress is None else (lambda now: progress(now, target)),
                    stop.asked,
                )
                stopped = stop.asked()
        finally:
            self.wall_time += time.perf_counter() - began
            self.simulated += (session.step - before) * self.dt
            self.t_reached = max(self.t_reached, session.step * self.dt)
            self._take_findings(session)
        if stopped and session.step < steps:
            self.interrupted = True
            raise RunInterrupted(self.t, target)
        if progress is not None:
            progress(self.t, target)

    def reset(self) -> None:
        """Go back to time 0, initial potentials and weights; start a new segment."""
        session = self._up_to_date()
        if session is not None:
            session.reset()
        self.running = False
        self.interrupted = False
        self.t_start = 0
        self.segment_counter += 1
        for source in self.current_sources:
            source.begin()

    def close(self) -> None:
        """Free the engine; recorded data stay readable, but nothing more can be run."""
        hooks, self.before_close = self.before_close, []
        for hook in hooks:
            hook()
        session = self._up_to_date()
        if session is not None:
            session.close()
        self._closed = True

    # -- building ------------------------------------------------------------------------------

    def next_number(self) -> int:
        """Return a number that no other object of this simulator has."""
        self._numbers += 1
        return self._numbers

    def next_sample(self) -> int:
        """Return a number for one more random draw."""
        self._samples += 1
        return self._samples

    def unique_label(self, label: str) -> str:
        """Return the label, with a number where another object has it already."""
        unique, k = label, 2
        while unique in self._labels:
            unique, k = f"{label} #{k}", k + 1
        self._labels.add(unique)
        return unique

    def relabel(self, old: str, new: Any) -> str:
        """Give an object another label before the first run; return it, made unique."""
        if str(new) == old:
            return old
        self.check_open(f"a new label for '{old}'", new=False)
        self._labels.discard(old)
        return self.unique_label(str(new))

    def stream(self, kind: int, label: str, name: str) -> tuple[int, ...]:
        """Return the random stream for one more draw of a quantity of an object."""
        key = stream_name(kind, label, name)
        self._draws[key] = self._draws.get(key, -1) + 1
        return (*key, self._draws[key])

    def add_population(self, population: Any) -> None:
        """Take in a new population."""
        self.populations.append(population)

    def add_projection(self, projection: Any) -> None:
        """Take in a new projection."""
        self.projections.append(projection)

    def remove_projection(self, projection: Any) -> None:
        """Forget a projection whose connections could not be made."""
        self.projections.remove(projection)
        self._labels.discard(projection.label)

    def check_memory(
        self, needed: float, where: str, count: float, error: type[Exception]
    ) -> None:
        """Refuse what would not fit into memory, before it is built."""
        have = sum(p.expected_synapses for p in self.projections) * BYTES_PER_SYNAPSE
        limit = memory_limit()
        if have + needed > limit:
            raise error(  # type: ignore[call-arg]
                Problem(
                    "this projection does not fit into memory",
                    measured=f"about {count:,.0f} synapses, {needed / 1e9:.1f} GB"
                    + (f", besides {have / 1e9:.1f} GB of other projections" if have > 1e8 else ""),
                    limit=f"{limit / 1e9:.1f} GB (half of the memory that is free; "
                    "NEUROPORT_MEMORY_GB sets another limit)",
                    fix="a smaller population or probability, or a sparser connector",
                ),
                where=where,
            )

    # -- the frozen network and the session -------------------------------------------------------

    def _freeze(self) -> Network:
        """Return what the front end's objects say, as a frozen network."""
        projections: list[Projection] = []
        self._parts = {}
        for projection in self.projections:
            parts, positions = projection.freeze()
            self._parts[projection._number] = [
                (part.label, position) for part, position in zip(parts, positions, strict=True)
            ]
            projections.extend(parts)
        return Network(
            timestep=self.dt,
            seed=self.seed,
            numerics=self.numerics,
            populations=tuple(p.describe_frozen() for p in self.populations),
            projections=tuple(projections),
            currents=self._currents(),
        )

    def prepare(self) -> Prepared:
        """Return the network as it is now, made ready for the backend, with all findings."""
        found = check_projections(self.projections, self.dt)
        prepared = prepare(self.network_as_written(), self.backend, found)
        if prepared.refused and self._assumed and self.session is None:
            nearest = self.dialect.numerics(
                runnable(prepared.written, self.backend.capabilities))
            again = prepare(replace(prepared.written, numerics=nearest), self.backend, found)
            if not again.refused and _means_the_same(nearest, self.numerics, again.written):
                self.remark(
                    f"{self.backend_name} cannot follow numerics {self.numerics.text}, which are "
                    f"those of {self.dialect}'s scripts: {nearest.text} are used")
                self.numerics, prepared = nearest, again
        return prepared

    def assume_numerics(self) -> None:
        """Take note that nobody named these numerics: the nearest that a backend has may do."""
        if insisted().numerics is None:
            self._assumed = True
            self.remark(f"numerics {self.numerics.name}, because the script imports sPyNNaker; "
                        "--numerics pynn takes PyNN's")

    def ready(self, duration: float | None = None) -> SessionBase:
        """Return the session, opened at the first use after all checks have passed."""
        session = self._up_to_date()
        if session is None:
            prepared = self.prepare()
            self.findings = list(prepared.findings)
            if not prepared.refused:
                self._show_findings()
            self.session, self._written = prepared.open(duration), prepared.written
            self.session.prepare()
            for source in self.current_sources:
                source.begin()
            session = self.session
        return session

    # -- where results come from ---------------------------------------------------------------

    def provenance(self) -> dict[str, Any]:
        """Return where results come from, as annotations for a Neo Block."""
        session = self._up_to_date()
        numbers = self.numerics
        return {
            "network_hash": "" if session is None else session.network.hash,
            "seed": self.seed,
            "numerics": numbers.name,
            "numerics_choices": repr(sorted(numbers.as_dict().items())),
            "dialect": self.dialect.name,
            "backend": self.backend_name,
            "runs_on": self.backend.capabilities.kind,
            "engine": self.account.get("label", ""),
            "versions": repr(sorted(versions(self.backend).items())),
            "findings": "\n".join(f"{f.code} {f.where}: {f.measured}" for f in self.findings),
            "wall_time_s": round(self.wall_time, 3),
        }


def _means_the_same(one: Numerics, other: Numerics, network: Network) -> bool:
    """Whether weights and amplitudes mean the same under two numerics; the rest is accuracy."""
    return all(getattr(one, choice) == getattr(other, choice) or not relevant(choice, network)
               for choice in ("delta_input", "plasticity_amplitude"))

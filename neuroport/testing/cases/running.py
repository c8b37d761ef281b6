"""Recording, several runs, changes between runs, reset, seeds, sizes and spike sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import BetweenRuns, Capabilities
from neuroport.network.cells import CELLS
from neuroport.testing.case import Case, Observed, Part, Setting, signal, spike_table
from neuroport.testing.cases.carrier import Carrier, plain
from neuroport.testing.cases.cells import defaults, initials, own_rules
from neuroport.testing.integrate import Change, integrate
from neuroport.testing.judges import equal, other, spikes_like, trace

__all__ = ["cases"]

FloatArray = NDArray[np.float64]


class DrivenPart(Part):
    """Cells with constant currents, no spikes arriving: what they do has a closed form.

    ``between`` and ``expected`` of the kinds of change: see `_CHANGES`.
    """

    SENT = (5.0, 52.0, 75.0)

    def __init__(
        self, label: str, setting: Setting, found: Carrier, size: int, *, interval: float = 0.0,
        subset: tuple[int, ...] = (), change: str = "",
    ) -> None:
        super().__init__(label, setting)
        self.found, self.size, self.interval = found, size, interval
        self.subset, self.change = subset, change
        # from rest to a spike every seven steps; no two cells alike
        self.offset = np.linspace(0.1, 0.9, size) if size > 1 else np.array([0.6])

    @property
    def exact(self) -> bool:
        """Whether cells follow the textbook."""
        return not own_rules(self.setting)

    def build(self, sim: Any) -> None:
        """Add the cells, a source, and what is recorded."""
        f, dt = self.found, self.setting.timestep
        offset = self.offset if self.size > 1 else float(self.offset[0])
        self.cells = sim.Population(
            self.size, getattr(sim, f.cell)(**f.parameters, i_offset=offset), label=self.label)
        if self.change in ("weights", "spike_times"):
            self.source = sim.Population(1, sim.SpikeSourceArray(
                spike_times=[t * dt for t in self.SENT]), label=f"{self.label}, source")
            self.made = sim.Projection(
                self.source, self.cells, sim.AllToAllConnector(),
                sim.StaticSynapse(weight=f.weak, delay=2.0 * dt))
        if self.change == "currents":
            self.current = sim.DCSource(amplitude=0.0)
            self.current.inject_into(self.cells)
        recorded = self.cells[list(self.subset)] if self.subset else self.cells
        if self.change != "recordings":
            recorded.record("v", sampling_interval=self.interval or dt)
        recorded.record("spikes")

    def between(self, sim: Any, run: int) -> None:
        """Make the change after the first run."""
        if run or not self.change:
            return
        dt = self.setting.timestep
        if self.change == "parameters":
            self.cells.set(i_offset=self.offset[::-1].copy(), tau_m=7.0)
        elif self.change == "states":
            self.cells.initialize(v=np.linspace(-64.0, -54.0, self.size))
        elif self.change == "weights":
            self.made.set(weight=3.0 * self.found.weak)
        elif self.change == "spike_times":
            self.source.set(spike_times=[t * dt for t in (5.0, 44.0, 61.0, 99.0)])
        elif self.change == "currents":
            self.current.set_parameters(amplitude=0.15)
        elif self.change == "recordings":
            self.cells.record("v")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential and the spikes."""
        return {"v": signal(self.cells, "v"),
                "spikes": spike_table(self.cells, self.setting.timestep)}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return both by fine integration; samples and cells that are not recorded left out."""
        f, steps, dt = self.found, self.setting.steps, self.setting.timestep
        first = self.setting.boundaries[0] if self.setting.boundaries else 0
        late = 0 if self.setting.numerics.delay_rule == "same_step" else 1
        arrived = {name: np.zeros((steps + 1, self.size)) for name in ("excitatory", "inhibitory")}
        sent = (5.0, 44.0, 61.0, 99.0) if self.change == "spike_times" else self.SENT
        if self.change in ("weights", "spike_times"):
            for t in sent:
                stronger = 3.0 if self.change == "weights" and t >= first else 1.0
                arrived["excitatory"][round(t) + 2 + late] += stronger * f.weak
        injected = np.zeros((steps, self.size))
        if self.change == "currents":
            injected[first:] = 0.15

        def parameters(p: dict[str, FloatArray], state: dict[str, FloatArray]) -> None:
            p["i_offset"], p["tau_m"] = self.offset[::-1].copy(), np.full(self.size, 7.0)

        def states(p: dict[str, FloatArray], state: dict[str, FloatArray]) -> None:
            state["v"] = np.linspace(-64.0, -54.0, self.size)

        changes: dict[str, Change] = {"parameters": parameters, "states": states}

        def whole(values: Mapping[str, Any]) -> dict[str, FloatArray]:
            return {k: np.broadcast_to(np.asarray(v, dtype=float), (self.size,)).copy()
                    for k, v in values.items()}

        done = integrate(
            f.cell, whole({**defaults(f.cell), **f.parameters, "i_offset": self.offset}),
            whole(initials(f.cell)), arrived, steps=steps, timestep=dt, injected=injected,
            numerics=self.setting.numerics,
            changes={first: changes[self.change]} if self.change in changes else None)
        v, spikes = done.signals["v"], done.spikes
        if self.change == "recordings":
            v = v.copy()
            v[:first] = np.nan
        if self.subset:
            v, spikes = v[:, list(self.subset)], spikes[np.isin(spikes[:, 1], self.subset)]
        every = round(self.interval / dt) if self.interval else 1
        return {"v": v[::every], "spikes": spikes}


def _everywhere(size: int, scheme: str, without: tuple[int, ...] = (), first: int = 0) -> Any:
    """Judge the potential of all recorded cells from sample `first` on."""
    skipped = (*without, *range(first))
    judges = [trace("v", k, quiet=10**6, scheme=scheme, without=skipped) for k in range(size)]
    return lambda outcome: next((said for judge in judges if (said := judge(outcome))), "")


# -- a network that nobody can foresee -------------------------------------------------------------


class RandomPart(Part):
    """Poisson sources onto cells through random connections, which the seed decides."""

    def __init__(self, label: str, setting: Setting, found: Carrier) -> None:
        super().__init__(label, setting)
        self.found = found

    def build(self, sim: Any) -> None:
        """Add the sources, the cells and a random projection."""
        f, dt = self.found, self.setting.timestep
        source = sim.Population(40, sim.SpikeSourcePoisson(rate=60.0 / dt),
                                label=f"{self.label} in")
        self.cells = sim.Population(
            20, getattr(sim, f.cell)(**f.parameters), label=self.label,
            initial_values={"v": sim.RandomDistribution("uniform", (-65.0, -52.0))})
        self.made = sim.Projection(
            source, self.cells, sim.FixedProbabilityConnector(0.5),
            sim.StaticSynapse(weight=sim.RandomDistribution("uniform", (f.weak, 3.0 * f.weak)),
                              delay=2.0 * dt))
        self.cells.record(["v", "spikes"])

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential and spikes, before a reset too, and how much was there."""
        dt = self.setting.timestep
        found = {"v": signal(self.cells, "v"), "spikes": spike_table(self.cells, dt)}
        if self.setting.again:
            found |= {"v before": signal(self.cells, "v", 0),
                      "spikes before": spike_table(self.cells, dt, 0)}
        return found

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return, where there was a reset, what was measured before it."""
        if not self.setting.again:
            return {}
        return {"v": observed["v before"], "spikes": observed["spikes before"]}


class RestoredPart(RandomPart):
    """The same, saved and restored after each run."""

    def between(self, sim: Any, run: int) -> None:
        """Save the state and go on from it."""
        with TemporaryDirectory() as folder:
            sim.restore_state(sim.save_state(Path(folder) / "part.state"))

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential and spikes of all segments."""
        last = len(self.setting.runs) - 1
        v = [signal(self.cells, "v", k) for k in range(last + 1)]
        spikes = [spike_table(self.cells, self.setting.timestep, k) for k in range(last + 1)]
        # The last sample of a segment is the first of the next.
        return {"v": np.concatenate([*(piece[:-1] for piece in v[:-1]), v[-1]]),
                "spikes": np.concatenate(spikes)}


def _same(*names: str) -> Any:
    """Judge that all of these are equal and that something happened."""

    def judge(outcome: Any) -> str:
        if outcome.observed["spikes"].shape[0] < 20:
            return f"only {outcome.observed['spikes'].shape[0]} spikes"
        return next((said for n in names if (said := equal(n)(outcome))), "")

    return judge


# -- sources ---------------------------------------------------------------------------------------


class SourcePart(Part):
    """Spike sources of one kind, recorded."""

    SIZE = 60

    def __init__(self, label: str, setting: Setting, kind: str) -> None:
        super().__init__(label, setting)
        self.kind = kind

    def build(self, sim: Any) -> None:
        """Add the sources; the second half differs from the first in every parameter."""
        half = self.SIZE // 2

        def two(one: float, another: float) -> list[float]:
            return [one] * half + [another] * half

        window = {"start": two(10.0, 30.0), "duration": two(60.0, 80.0)}
        if self.kind == "SpikeSourceArray":
            self.sources = sim.Population(self.SIZE, sim.SpikeSourceArray(spike_times=[
                sim.Sequence([float(k), 70.0 + k % 7]) for k in range(self.SIZE)]),
                label=self.label)
        elif self.kind == "SpikeSourceGamma":
            self.sources = sim.Population(self.SIZE, sim.SpikeSourceGamma(
                alpha=two(2.0, 3.0), beta=two(200.0, 150.0), **window), label=self.label)
        else:
            dead = {"tau_refrac": two(4.0, 6.0)} if "Refractory" in self.kind else {}
            self.sources = sim.Population(self.SIZE, getattr(sim, self.kind)(
                rate=two(100.0, 50.0), **dead, **window), label=self.label)
        self.sources.record("spikes")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the spikes."""
        return {"spikes": spike_table(self.sources, self.setting.timestep)}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the spikes of the listed sources; the others are judged by their law."""
        rows = [(t, float(k)) for k in range(self.SIZE) for t in (float(k), 70.0 + k % 7)]
        return {"spikes": np.array(sorted(rows))}


def _law(outcome: Any) -> str:
    """Judge the number of spikes of each half, and that none is outside its window."""
    table = outcome.observed["spikes"]
    half = SourcePart.SIZE // 2
    for number, (start, stop, rate) in enumerate(((10, 70, 100.0), (30, 110, 50.0))):
        mine = table[(table[:, 1] >= number * half) & (table[:, 1] < (number + 1) * half)]
        expected = rate * 1e-3 * (stop - start) * half
        # Five standard deviations of a Poisson count, which the more regular ones keep, too; a
        # renewal train begins with a whole interval, which leaves up to one spike a source out.
        if not expected - 5 * expected**0.5 - half <= len(mine) <= expected + 5 * expected**0.5:
            return f"{len(mine)} spikes of {half} sources, expected {expected:.0f}"
        if len(mine) and not (mine[:, 0].min() >= start and mine[:, 0].max() <= stop):
            return f"spikes from {mine[:, 0].min():g} to {mine[:, 0].max():g} ms"
    return ""


# -- the cases -------------------------------------------------------------------------------------


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    lacks, found, setting = plain(capabilities)
    have = capabilities.cells.get(found.cell)
    scheme = have.scheme if have is not None else ""
    for kind in [name for name in CELLS if CELLS[name][0] == "source"]:
        if kind not in capabilities.cells:
            yield Case("source", kind, f"cell {kind}")
            continue
        part: Part = SourcePart(kind, setting, kind)
        yield Case("source", kind, part=part,
                   judge=equal("spikes") if kind == "SpikeSourceArray" else _law)
    if not lacks and have is not None and "v" not in have.recordables:
        lacks = "recording of v"
    yield from _sizes_and_recording(lacks, found, setting, scheme)
    yield from _changes(capabilities, lacks, found, setting, scheme)
    yield from _repetitions(capabilities, lacks, found, setting)


def _sizes_and_recording(
    lacks: str, found: Carrier, setting: Setting, scheme: str
) -> Iterator[Case]:
    shapes: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {
        ("size", "one cell"): (1, {}),
        ("size", "2000 cells"): (2000, {"subset": (0, 3, 700, 1999)}),
        ("recording", "some of the cells"): (5, {"subset": (1, 3)}),
        ("recording", "every fifth step"): (5, {"interval": 5.0 * setting.timestep}),
    }
    for (subject, feature), (size, options) in shapes.items():
        part = None if lacks else DrivenPart(feature, setting, found, size, **options)
        recorded = options.get("subset", range(size))
        first = _everywhere(len(recorded), scheme)
        rest = [spikes_like("spikes", k, scheme=scheme, steps=1) for k in recorded]

        def judge(outcome: Any, first: Any = first, rest: Any = rest) -> str:
            return str(first(outcome) or next((s for j in rest if (s := j(outcome))), ""))

        yield Case(subject, feature, lacks, part, judge)


def _changes(
    capabilities: Capabilities, lacks: str, found: Carrier, setting: Setting, scheme: str
) -> Iterator[Case]:
    for name in [f.name for f in fields(BetweenRuns)]:
        if name in ("synapse_parameters", "objects"):
            continue  # with the synapses that have some; they are no change of what is there
        feature = name.replace("_", " ")
        missing = lacks or ("" if getattr(capabilities.between_runs, name) else
                            f"changes of {feature} between runs")
        part = None if missing else DrivenPart(f"{feature} changed between runs", setting, found, 5,
                                               change=name)
        boundary = setting.boundaries[0]
        # At the moment itself the state before and after are both right.
        yield Case("between runs", feature, missing, part, _everywhere(
            5, scheme, (boundary,), boundary if name == "recordings" else 0))


def _repetitions(
    capabilities: Capabilities, lacks: str, found: Carrier, setting: Setting
) -> Iterator[Case]:
    if "SpikeSourcePoisson" not in capabilities.cells:
        lacks = lacks or "cell SpikeSourcePoisson"
    pieces = RandomPart("random", setting, found)
    whole = RandomPart("random", replace(setting, runs=(sum(setting.runs),)), found)
    again = RandomPart("random", replace(setting, again=True), found)
    another = RandomPart("random", replace(setting, seed=setting.seed + 1), found)
    restored = RestoredPart("random", replace(setting, name="restored"), found)
    same = _same("spikes", "v")
    repeated = lacks or ("" if capabilities.deterministic else "determinism")
    yield Case("running", "several runs equal one", lacks, pieces, same, whole)
    yield Case("running", "saved and restored between runs",
               lacks or ("" if capabilities.state else "state"), restored, same, whole)
    yield Case("running", "reset and run again", lacks, again, same)
    yield Case("running", "the same seed, the same spikes", repeated, again, same, pieces)
    yield Case("running", "another seed, other spikes", lacks, another, other("spikes"), pieces)



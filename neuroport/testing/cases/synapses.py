"""Receptors, weights, delays, several spikes a step, shared sources, short-term plasticity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities
from neuroport.network.cells import CELLS
from neuroport.testing.case import Case, Observed, Part, Setting, honoured, signal, spike_table
from neuroport.testing.cases.carrier import Carrier, plain
from neuroport.testing.cases.cells import (
    SAMPLES,
    CellPart,
    needs,
    own_rules,
    potential,
    settable,
    setting_for,
)
from neuroport.testing.judges import close, spikes_like, trace

__all__ = ["cases"]

FloatArray = NDArray[np.float64]
DELAYS = (1, 2, 3, 7, 16, 30)


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    yield from _receptors(capabilities)
    yield from _delays(capabilities)
    yield from _connections(capabilities)
    yield from _short_term(capabilities)


# -- receptors -------------------------------------------------------------------------------------


def _receptors(capabilities: Capabilities) -> Iterator[Case]:
    for cell in SAMPLES:
        for number, receptor in enumerate(CELLS[cell][1]):
            feature = f"{cell}, {receptor.name}"
            have = capabilities.cells.get(cell)
            lacks = f"cell {cell}" if have is None else needs(capabilities)
            if have is None or lacks:
                yield Case("receptor", feature, lacks)
                continue
            setting = setting_for(capabilities, cell)
            sample = SAMPLES[cell]
            record = tuple(n for n in ("v", "spikes") if n in have.recordables)
            part = CellPart(
                f"{feature} alone", setting, cell,
                {**sample.base, **have.fixed_parameters},
                {k: v for k, v in sample.initial.items() if settable(have, k)}, 1, record,
                (number == 0, number == 1), burst=False)
            judge = spikes_like("spikes", 0, scheme=have.scheme, steps=1)
            if "v" in record:
                judge = potential(have, 0, setting)
            yield Case("receptor", feature, part=part, judge=judge)


# -- delays and connections ------------------------------------------------------------------------


class ArrivalPart(Part):
    """Cells that fire when a spike arrives; each has its own source, times, delay and weight.

    ``between_cells``: the source is a cell that is fired by another source, not a source itself.
    """

    def __init__(
        self, label: str, setting: Setting, found: Carrier, delays: tuple[int, ...],
        *, between_cells: bool = False,
    ) -> None:
        super().__init__(label, setting)
        self.found, self.delays, self.between_cells = found, delays, between_cells

    def build(self, sim: Any) -> None:
        """Add a source, cells, and a list of connections with a delay each."""
        cell = getattr(sim, self.found.cell)
        dt = self.setting.timestep
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[4.0 * dt, 60.0 * dt]),
                                label=f"{self.label}, source")
        if self.between_cells:
            relay = sim.Population(1, cell(**self.found.parameters), label=f"{self.label}, relay")
            sim.Projection(source, relay, sim.OneToOneConnector(),
                           sim.StaticSynapse(weight=self.found.strong, delay=2.0 * dt))
            relay.record("spikes")
            self.relay, source = relay, relay
        self.cells = sim.Population(len(self.delays), cell(**self.found.parameters),
                                    label=self.label)
        sim.Projection(source, self.cells, sim.FromListConnector(
            [(0, k, self.found.strong, d * dt) for k, d in enumerate(self.delays)]),
            sim.StaticSynapse())
        self.cells.record("spikes")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the first spike after each of the source's, shape (n_delays, 2)."""
        dt = self.setting.timestep
        table = spike_table(self.cells, dt)
        sent = (np.array([4.0, 60.0]) if not self.between_cells
                else np.unique(spike_table(self.relay, dt)[:, 0]))
        first = np.full((len(self.delays), sent.size), np.nan)
        for number, start in enumerate(sent):
            for k in range(len(self.delays)):
                later = table[(table[:, 1] == k) & (table[:, 0] >= start), 0]
                if later.size:
                    first[k, number] = later[0] - start
        return {"delay": first, "sent": sent}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the delays: the step rule, or a step more."""
        late = 0 if self.setting.numerics.delay_rule == "same_step" else 1
        wanted = np.array(self.delays, dtype=float)[:, None] + late
        return {"delay": np.repeat(wanted, 2, axis=1)}


def _delays(capabilities: Capabilities) -> Iterator[Case]:
    lacks, found, setting = plain(capabilities)
    have = capabilities.delays
    longest = DELAYS[-1] if have.longest is None else have.longest
    for feature, between in (("from a source", False), ("between cells", True)):
        shortest = have.shortest
        if between and setting.numerics.delay_rule == "same_step":
            shortest = max(shortest, have.shortest_between_cells)
        delays = tuple(d for d in DELAYS if shortest <= d <= longest)
        part = ArrivalPart(f"delays {feature}", setting, found, delays, between_cells=between)
        for delay in DELAYS:
            name = f"{delay} step{'s' if delay > 1 else ''}, {feature}"
            if lacks or delay not in delays:
                yield Case("delay", name, lacks or f"delays of {delay} steps {feature}")
            else:
                yield Case("delay", name, part=part, judge=_row("delay", delays.index(delay)))


def _row(name: str, row: int) -> Any:
    """Judge one row of a measurement."""

    def judge(outcome: Any) -> str:
        got, want = outcome.observed[name][row], outcome.wanted[name][row]
        return "" if np.array_equal(got, want) else (
            f"the spikes take {got.tolist()} steps, expected {want.tolist()}")

    return judge


class WeightPart(Part):
    """Static projections of several kinds whose weights and effects are read back."""

    def __init__(self, label: str, setting: Setting, found: Carrier, kind: str) -> None:
        super().__init__(label, setting)
        self.found, self.kind = found, kind
        self.record = ("v",)

    @property
    def exact(self) -> bool:
        """Whether cells follow the textbook."""
        return not own_rules(self.setting)

    def _times(self) -> list[list[float]]:
        """Return the steps of the spikes of each source."""
        if self.kind == "several spikes":
            return [[5.0, 5.0, 5.0], [5.0]]
        return [[], []] if self.kind == "none" else [[5.0, 20.0], [9.0, 50.0]]

    def _pairs(self) -> list[tuple[int, int, float, int]]:
        """Return (source, cell, weight in weak weights, delay in steps) of each synapse."""
        if self.kind == "no synapses":
            return []
        found = [(0, 0, 1.0, 1), (0, 1, 0.5, 2), (1, 1, 0.25, 3), (1, 2, 2.0, 5)]
        return found + [(0, 0, 0.5, 4), (0, 0, 0.5, 1)] * (self.kind == "parallel synapses")

    def build(self, sim: Any) -> None:
        """Add sources and cells joined in the way of this kind."""
        f = self.found
        dt = self.setting.timestep
        times = self._times()
        source = sim.Population(2, sim.SpikeSourceArray(
            spike_times=[sim.Sequence([t * dt for t in train]) for train in times]),
            label=f"{self.label}, source")
        self.cells = sim.Population(3, getattr(sim, f.cell)(**f.parameters), label=self.label)
        pairs = self._pairs()
        made = sim.Projection(source, self.cells, sim.FromListConnector(
            [(i, j, w * f.weak, d * dt) for i, j, w, d in pairs]), sim.StaticSynapse())
        if self.kind == "shared source":
            for _ in range(6):
                sim.Projection(source, self.cells, sim.FromListConnector(
                    [(i, j, 0.1 * w * f.weak, d * dt) for i, j, w, d in pairs]),
                    sim.StaticSynapse())
        self.made = made
        self.cells.record("v")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential and the weights (in units of the weak weight)."""
        listed = sorted(self.made.get("weight", format="list"))
        return {"v": signal(self.cells, "v"),
                "weight": np.array(listed, dtype=float).reshape(-1, 3)}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return both by fine integration, from the pairs as they were written."""
        from neuroport.testing.cases.cells import defaults, initials
        from neuroport.testing.integrate import integrate

        steps, f = self.setting.steps, self.found
        late = 0 if self.setting.numerics.delay_rule == "same_step" else 1
        arrived = {r.name: np.zeros((steps + 1, 3)) for r in CELLS[f.cell][1]}
        pairs = self._pairs()
        more = 1.6 if self.kind == "shared source" else 1.0
        for i, j, w, d in pairs:
            for t in self._times()[i]:
                arrived["excitatory"][round(t) + d + late, j] += w * f.weak * more

        def whole(values: Mapping[str, Any]) -> dict[str, FloatArray]:
            return {k: np.full(3, float(v)) for k, v in values.items()}

        done = integrate(f.cell, whole({**defaults(f.cell), **f.parameters}),
                         whole(initials(f.cell)), arrived, steps=steps,
                         timestep=self.setting.timestep, numerics=self.setting.numerics)
        listed = sorted((float(i), float(j), w * f.weak) for i, j, w, _ in pairs)
        return {"v": done.signals["v"], "weight": np.array(listed).reshape(-1, 3)}


_CONNECTIONS = {
    "different weights and delays": "plain",
    "parallel synapses": "parallel synapses",
    "a source shared by many projections": "shared source",
    "a projection without synapses": "no synapses",
    "a source without spikes": "none",
}


def _connections(capabilities: Capabilities) -> Iterator[Case]:
    lacks, found, setting = plain(capabilities)
    have = capabilities.cells.get(found.cell)
    if not lacks and have is not None and "v" not in have.recordables:
        lacks = "recording of v"
    scheme = have.scheme if have is not None else ""

    def case(feature: str, kind: str, lacking: str) -> tuple[Case, Part | None]:
        if lacking:
            return Case("synapse", feature, lacking), None
        part = WeightPart(f"static, {feature}", setting, found, kind)
        return Case("synapse", feature, part=part, judge=_all_cells(scheme)), part

    for feature, kind in _CONNECTIONS.items():
        made, part = case(feature, kind, lacks)
        yield made
        if kind == "parallel synapses":
            grid = capabilities.weights.grid
            yield Case("synapse", "weights read back", lacks, part,
                       close("weight", 0.02 * found.weak if grid else 1e-12 * found.weak,
                             "a step of the stored weight" if grid else "double precision"))
    static = capabilities.synapses.get("StaticSynapse")
    several = "" if static is None or static.several_spikes else "several spikes in one step"
    yield case("several spikes of a source in one step", "several spikes", lacks or several)[0]


def _all_cells(scheme: str) -> Any:
    judges = [trace("v", k, quiet=120, scheme=scheme) for k in range(3)]
    return lambda outcome: next((said for judge in judges if (said := judge(outcome))), "")


# -- short-term plasticity -------------------------------------------------------------------------


class ShortTermPart(Part):
    """Tsodyks-Markram synapses onto cells that are gone back to rest before the next spike."""

    TIMES = (5.0, 12.0, 19.0, 33.0, 90.0)
    ONE = {"U": 0.3, "tau_rec": 60.0, "tau_facil": 40.0}
    OTHER = {"U": 0.6, "tau_rec": 20.0, "tau_facil": 90.0}

    def __init__(
        self, label: str, setting: Setting, found: Carrier, uniform: tuple[str, ...]
    ) -> None:
        super().__init__(label, setting)
        self.found = found
        self.varied = [k for k in self.ONE if k not in uniform]

    @property
    def size(self) -> int:
        """Number of synapses."""
        return 1 + len(self.varied)

    def values(self) -> dict[str, FloatArray]:
        """Return the parameters of each synapse."""
        return {k: np.array([v, *(self.OTHER[k] if k == n else v for n in self.varied)])
                for k, v in self.ONE.items()}

    def build(self, sim: Any) -> None:
        """Add a source and a cell for each synapse."""
        f, dt = self.found, self.setting.timestep
        source = sim.Population(1, sim.SpikeSourceArray(
            spike_times=[t * dt for t in self.TIMES]), label=f"{self.label}, source")
        self.cells = sim.Population(self.size, getattr(sim, f.cell)(**f.parameters),
                                    label=self.label)
        values, names = self.values(), self.varied
        rows = [(0, j, *(values[k][j] for k in names)) for j in range(self.size)]
        sim.Projection(
            source, self.cells, sim.FromListConnector(rows, column_names=names),
            sim.TsodyksMarkramSynapse(
                weight=2.0 * f.weak, delay=2.0 * dt,
                **{k: float(v[0]) for k, v in values.items() if k not in names}))
        self.cells.record("isyn_exc")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return what each spike added to the current, shape (n_spikes, n_synapses)."""
        current = signal(self.cells, "isyn_exc")
        late = 0 if self.setting.numerics.delay_rule == "same_step" else 1
        steps = np.array([round(t) + 2 + late for t in self.TIMES])
        decay = np.exp(-self.setting.timestep / self.found.parameters["tau_syn_E"])
        return {"released": current[steps] - decay * current[steps - 1]}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the weights of the model's equations, integrated exactly from spike to spike."""
        p, tau = self.values(), self.found.parameters["tau_syn_E"]
        rest, active, u = np.ones(self.size), np.zeros(self.size), np.zeros(self.size)
        released = []
        now = 0.0
        for at in (t * self.setting.timestep for t in self.TIMES):
            since, now = at - now, at
            # x' = z/tau_rec, y' = -y/tau, z' = y/tau - z/tau_rec, x + y + z = 1
            fading = np.exp(-since / tau)
            inactive = (1.0 - rest - active) * np.exp(-since / p["tau_rec"]) + (
                active * p["tau_rec"] / (p["tau_rec"] - tau)
                * (np.exp(-since / p["tau_rec"]) - fading))
            active = active * fading
            rest = 1.0 - active - inactive
            u = u * np.exp(-since / p["tau_facil"])
            u = u + p["U"] * (1.0 - u)
            part = u * rest
            released.append(2.0 * self.found.weak * part)
            rest, active = rest - part, active + part
        return {"released": np.array(released)}


def _short_term(capabilities: Capabilities) -> Iterator[Case]:
    have = capabilities.synapses.get("TsodyksMarkramSynapse")
    cell = capabilities.cells.get("IF_curr_exp")
    lacks, found, _ = plain(capabilities, static=False)
    if have is None:
        lacks = "synapse TsodyksMarkramSynapse"
    elif cell is None or "isyn_exc" not in cell.recordables or found.cell != "IF_curr_exp":
        lacks = lacks or "recording of isyn_exc of IF_curr_exp"
    if have is None or cell is None or lacks:
        for name in ("one value", *(f"{k}, an array" for k in ShortTermPart.ONE)):
            yield Case("synapse", f"TsodyksMarkramSynapse: {name}", lacks)
        return
    setting = Setting(honoured(capabilities, cell.numerics, have.numerics), runs=(40.0, 30.0, 50.0))
    part = ShortTermPart("short-term plasticity", setting, found,
                         (*have.uniform, *have.fixed_parameters))
    for name in ("one value", *ShortTermPart.ONE):
        array = name != "one value"
        if array and name not in part.varied:
            yield Case("synapse", f"TsodyksMarkramSynapse: {name}, an array",
                       f"different values in a projection for {name}")
            continue
        column = 1 + part.varied.index(name) if array else 0
        yield Case("synapse", f"TsodyksMarkramSynapse: {name}{', an array' if array else ''}",
                   part=part, judge=_column("released", column))


def _column(name: str, column: int) -> Any:
    """Judge one column of a measurement, to the relative accuracy of the equations."""

    def judge(outcome: Any) -> str:
        got, want = outcome.observed[name][:, column], outcome.wanted[name][:, column]
        # exact propagation in double precision; NEST splits 0/0 at equal time constants at 1e-7
        good = np.allclose(got, want, rtol=1e-6, atol=0.0)
        return "" if good else f"{name}: {got.tolist()}, expected {want.tolist()}"

    return judge

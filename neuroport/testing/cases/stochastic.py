"""Cells and synapses that draw: the contract's random numbers, held against a plain loop over them.

The numbers are a function of the network (:mod:`neuroport.realise.draws`), so the very spikes are
expected, on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities
from neuroport.network.named_equations import STREAM
from neuroport.realise.draws import PER_EVENT, uniform
from neuroport.testing.case import Case, Observed, Part, Setting, honoured, spike_table
from neuroport.testing.cases.carrier import RUNS, Carrier, plain
from neuroport.testing.judges import equal

__all__ = ["cases"]

FloatArray = NDArray[np.float64]
Draw = Callable[[int], float]
SYNAPSES = 30
SENT = tuple(range(3, 115, 7))  # steps of the spikes
DELAY = 3
_PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "SimpleStochasticSynapse": {"p": 0.4},
    "StochasticTsodyksMarkramSynapse": {"U": 0.4, "tau_rec": 15.0, "tau_facil": 20.0},
    "MultiQuantalSynapse": {"U": 0.5, "n": 1, "tau_rec": 20.0, "tau_facil": 0.0},
}


class StochasticPart(Part):
    """Synapses of one type onto cells that fire whenever one releases."""

    def __init__(self, label: str, setting: Setting, found: Carrier, synapse: str) -> None:
        super().__init__(label, setting)
        self.found, self.synapse = found, synapse

    def build(self, sim: Any) -> None:
        """Add as many sources as cells, joined one to one."""
        dt = self.setting.timestep
        source = sim.Population(
            SYNAPSES, sim.SpikeSourceArray(spike_times=[s * dt for s in SENT]),
            label=f"{self.label}, source")
        self.cells = sim.Population(
            SYNAPSES, getattr(sim, self.found.cell)(**self.found.parameters), label=self.label)
        self.made = sim.Projection(
            source, self.cells, sim.OneToOneConnector(), getattr(sim, self.synapse)(
                weight=self.found.strong, delay=DELAY * dt, **_PARAMETERS[self.synapse]))
        self.cells.record("spikes")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return which spike of which synapse was passed on, and the random streams."""
        table = spike_table(self.cells, self.setting.timestep)
        late = DELAY + (self.setting.numerics.delay_rule == "next_step")
        passed = np.zeros((SYNAPSES, len(SENT)))
        for step, cell in table.astype(int):
            passed[cell, np.searchsorted(SENT, step - late, side="right") - 1] = 1.0
        made = sim.network().projection(self.made.label)
        streams = np.empty(SYNAPSES)
        streams[made.post_index] = made.parameters[STREAM]
        return {"passed on": passed, "streams": streams}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the same by a loop over spikes."""
        p, dt = _PARAMETERS[self.synapse], self.setting.timestep
        rows = []
        for stream in observed["streams"]:
            u, there, last, row = 0.0, True, -np.inf, []
            for number, step in enumerate(SENT, start=1):
                def draw(k: int, stream: Any = stream, number: int = number) -> float:
                    return float(uniform(stream, np.array(float(PER_EVENT * number + k))))

                since = (step - last) * dt
                if self.synapse == "SimpleStochasticSynapse":
                    row.append(draw(1) < p["p"])
                    continue
                kept = u * exp(-since / p["tau_facil"]) if p["tau_facil"] else 0.0
                u = kept + p["U"] * (1.0 - kept)
                there = there or _recovered(self.synapse, draw(1), exp(-since / p["tau_rec"]))
                released = there and _released(self.synapse, draw(2), u)
                there, last = there and not released, step
                row.append(released)
            rows.append(row)
        return {"passed on": np.array(rows, dtype=float)}


def _recovered(synapse: str, drawn: float, empty: float) -> bool:
    if synapse == "MultiQuantalSynapse":  # one of one site, by the inverse of the distribution
        return _one_of_one(drawn, 1.0 - empty)
    return drawn > empty


def _released(synapse: str, drawn: float, u: float) -> bool:
    return _one_of_one(drawn, u) if synapse == "MultiQuantalSynapse" else drawn < u


def _one_of_one(drawn: float, p: float) -> bool:
    return drawn >= 1.0 - p


class EscapePart(Part):
    """GIF cells whose intensity does not depend on the potential: a draw in each step decides."""

    CELLS = 20
    RATE, REFRACTORY = 80.0, 3.0  # Hz, ms

    def build(self, sim: Any) -> None:
        """Add the cells."""
        self.cells = sim.Population(self.CELLS, sim.GIF_cond_exp(
            lambda0=self.RATE, delta_v=1e12, tau_refrac=self.REFRACTORY), label=self.label)
        self.cells.record("spikes")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the spikes and the random streams."""
        streams = sim.network().population(self.cells.label).parameters[STREAM]
        return {"spikes": spike_table(self.cells, self.setting.timestep), "streams": streams}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the spikes by a loop over steps."""
        dt = self.setting.timestep
        wait = round(self.REFRACTORY / dt)
        free = np.zeros(self.CELLS)
        found = []
        for step in range(self.setting.steps):
            drawn = uniform(observed["streams"], np.full(self.CELLS, PER_EVENT * step + 1.0))
            fired = (drawn < 1.0 - exp(-1e-3 * dt * self.RATE)) & (free <= step)
            free[fired] = step + 1 + wait
            found += [(float(step), float(k)) for k in np.flatnonzero(fired)]
        return {"spikes": np.array(found)}


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    lacks, found, _ = plain(capabilities)
    for synapse in _PARAMETERS:
        have = capabilities.synapses.get(synapse)
        if lacks or have is None:
            yield Case("stochastic", synapse, lacks or f"synapse {synapse}")
            continue
        setting = Setting(honoured(capabilities, capabilities.cells[found.cell].numerics,
                                   have.numerics), runs=RUNS)
        yield Case("stochastic", synapse, part=StochasticPart(
            synapse, setting, found, synapse), judge=equal("passed on"))
    cell = capabilities.cells.get("GIF_cond_exp")
    if cell is None:
        yield Case("stochastic", "GIF_cond_exp", "cell GIF_cond_exp")
        return
    setting = Setting(honoured(capabilities, cell.numerics), runs=RUNS)
    yield Case("stochastic", "GIF_cond_exp", part=EscapePart("GIF_cond_exp", setting),
               judge=equal("spikes"))

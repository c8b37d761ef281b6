"""Choices of the numerics: each value that a backend honours, also where it is not PyNN's.

All other cases run in the numerics nearest to PyNN's. A choice that a backend does not declare is
honoured with any value, and a backend that never asks for it would compute something else in
silence; here it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities
from neuroport.network.cells import CELLS
from neuroport.numerics import Numerics
from neuroport.testing.case import Case, Observed, Part, Setting, signal, spike_table
from neuroport.testing.cases.carrier import Carrier, conductance, plain
from neuroport.testing.cases.cells import arrivals, defaults, initials, own_rules
from neuroport.testing.integrate import integrate
from neuroport.testing.judges import spikes_like, trace

__all__ = ["CHOICES", "ChoicePart", "cases"]

FloatArray = NDArray[np.float64]

# What shows each choice. A refractory period between two steps; a cell that stays at its threshold
# to the last bit, 0 mV, in any arithmetic; else an input below the threshold.
CHOICES: dict[str, Mapping[str, float]] = {
    "input_rule": {},
    "refractory_rule": {"tau_refrac": 2.4, "i_offset": 0.6},
    "threshold_rule": {"v_rest": 0.0, "v_thresh": 0.0, "v_reset": -15.0},
    "delay_rule": {},
}
SENT = (45.0, 52.0, 75.0)
DELAY = 2.0


class ChoicePart(Part):
    """A cell that begins at rest, and a source that sends it weak spikes."""

    def __init__(
        self, label: str, setting: Setting, found: Carrier, values: Mapping[str, float]
    ) -> None:
        super().__init__(label, setting)
        self.weight, self.cell = found.weak, found.cell
        self.parameters = {**found.parameters, **values}

    @property
    def exact(self) -> bool:
        """Whether the integration follows the rules: those of a held current, too."""
        n = self.setting.numerics
        if conductance(Carrier(self.cell, {}, 0.0, 0.0)):
            return not own_rules(self.setting)
        return not own_rules(replace(
            self.setting, numerics=n.switch(input_rule="exact", integrator="accurate")))

    def build(self, sim: Any) -> None:
        """Add the cell and its source."""
        dt = self.setting.timestep
        self.cells = sim.Population(
            1, getattr(sim, self.cell)(**self.parameters), label=self.label,
            initial_values={"v": self.parameters["v_rest"]})
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[t * dt for t in SENT]),
                                label=f"{self.label}, source")
        sim.Projection(source, self.cells, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=self.weight, delay=DELAY * dt))
        self.cells.record(["v", "spikes"])

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential and the spikes."""
        return {"v": signal(self.cells, "v"),
                "spikes": spike_table(self.cells, self.setting.timestep)}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return both by fine integration."""
        summed = {r.name: np.zeros((self.setting.steps + 1, 1)) for r in CELLS[self.cell][1]}
        summed["excitatory"] += arrivals(self.setting, SENT, DELAY, self.weight, 1)
        done = integrate(
            self.cell,
            {k: np.array([v]) for k, v in {**defaults(self.cell), **self.parameters}.items()},
            {**{k: np.array([v]) for k, v in initials(self.cell).items()},
             "v": np.array([self.parameters["v_rest"]])},
            summed, steps=self.setting.steps, timestep=self.setting.timestep,
            numerics=self.setting.numerics)
        return {"v": done.signals["v"], "spikes": done.spikes}


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield a case for each value of the choices that matter to any leaky cell with synapses."""
    lacks, found, setting = plain(capabilities)
    have = capabilities.cells.get(found.cell)
    scheme = have.scheme if have is not None else ""
    if not lacks and have is not None and not {"v", "spikes"} <= set(have.recordables):
        lacks = "recording of v and spikes"
    honoured = [capabilities.numerics, have.numerics if have is not None else {}]
    decays = any(r.tau for r in CELLS[found.cell][1])

    def judge(outcome: Any) -> str:
        return (trace("v", 0, quiet=10**6, scheme=scheme)(outcome)
                or spikes_like("spikes", 0, scheme=scheme, steps=1)(outcome))

    for choice, shown in CHOICES.items():
        for value in get_args(get_type_hints(Numerics)[choice]):
            missing = lacks
            if choice == "input_rule" and not decays:
                missing = missing or "currents that decay"
            if any(value not in table.get(choice, (value,)) for table in honoured):
                missing = missing or f"{choice} {value}"
            switched = replace(setting, numerics=setting.numerics.switch(**{choice: value}))
            yield Case("numerics", f"{choice} {value}", missing, None if missing else ChoicePart(
                f"{choice} {value}", switched, found, shown), judge)

"""Injected currents: each kind, into some of the cells, against the current's own formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import CURRENTS, Capabilities
from neuroport.testing.case import Case, Observed, Part, Setting, signal
from neuroport.testing.cases.carrier import Carrier, plain
from neuroport.testing.cases.cells import defaults, initials, own_rules
from neuroport.testing.integrate import integrate
from neuroport.testing.judges import trace

__all__ = ["cases"]

FloatArray = NDArray[np.float64]
STARTED, STOPPED = 6.0, 90.0
_PARAMETERS: dict[str, dict[str, Any]] = {
    "DCSource": {"amplitude": 0.2, "start": STARTED, "stop": STOPPED},
    "ACSource": {"amplitude": 0.2, "offset": 0.1, "frequency": 30.0, "phase": 40.0,
                 "start": STARTED, "stop": STOPPED},
    "StepCurrentSource": {"times": [STARTED, 30.0, 70.0], "amplitudes": [0.2, -0.1, 0.3]},
    "NoisyCurrentSource": {"mean": 0.1, "stdev": 0.2, "dt": 2.0, "start": STARTED,
                           "stop": STOPPED},
}


def _current(kind: str, p: Mapping[str, Any], now: FloatArray) -> FloatArray:
    """Return the current at the beginning of each step (nA), by PyNN's formula."""
    if kind == "StepCurrentSource":
        level = np.zeros(now.size)
        for start, amplitude in zip(p["times"], p["amplitudes"], strict=True):
            level[now >= start - 1e-9] = amplitude
        return level
    on = (now >= p["start"] - 1e-9) & (now < p["stop"] - 1e-9)
    if kind == "DCSource":
        constant: FloatArray = on * float(p["amplitude"])
        return constant
    wave = np.sin(2e-3 * np.pi * p["frequency"] * (now - p["start"]) + np.radians(p["phase"]))
    found: FloatArray = on * (p["offset"] + p["amplitude"] * wave)
    return found


class CurrentPart(Part):
    """Two cells, of which the second gets the current."""

    def __init__(self, label: str, setting: Setting, found: Carrier, kind: str) -> None:
        super().__init__(label, setting)
        self.kind, self.cell = kind, found.cell
        self.parameters = {**found.parameters, "v_thresh": 0.0}

    @property
    def exact(self) -> bool:
        """Whether cells follow the textbook."""
        return not own_rules(self.setting)

    def build(self, sim: Any) -> None:
        """Add the cells and the source."""
        self.cells = sim.Population(2, getattr(sim, self.cell)(**self.parameters),
                                    label=self.label)
        self.source = getattr(sim, self.kind)(**_PARAMETERS[self.kind])
        self.source.inject_into(self.cells[1:2])
        self.source.record()
        self.cells.record("v")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the potential, and the current as PyNN tells it."""
        current = np.asarray(self.source.get_data().magnitude, dtype=float).ravel()
        return {"v": signal(self.cells, "v"), "current": current}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the potential by fine integration; of noise, with the current that was drawn."""
        steps, dt = self.setting.steps, self.setting.timestep
        if self.kind == "NoisyCurrentSource":
            current = observed["current"][:steps]
        else:
            now = np.arange(steps, dtype=np.float64) * dt
            current = _current(self.kind, _PARAMETERS[self.kind], now)

        def whole(values: Mapping[str, Any]) -> dict[str, FloatArray]:
            return {k: np.full(2, float(v)) for k, v in values.items()}

        silent = {name: np.zeros((steps + 1, 2)) for name in ("excitatory", "inhibitory")}
        done = integrate(
            self.cell, whole({**defaults(self.cell), **self.parameters}),
            whole(initials(self.cell)), silent, steps=steps, timestep=dt,
            numerics=self.setting.numerics,
            injected=np.column_stack([np.zeros(steps), current]))
        return {"v": done.signals["v"], "current": observed["current"]}


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    lacks, found, setting = plain(capabilities, static=False)
    have = capabilities.cells.get(found.cell)
    if not lacks and have is not None and "v" not in have.recordables:
        lacks = "recording of v"
    scheme = have.scheme if have is not None else ""
    for kind in CURRENTS:
        missing = f"{kind}" if kind not in capabilities.currents else lacks
        if missing:
            yield Case("current", kind, missing)
            continue
        part = CurrentPart(kind, setting, found, kind)
        first, second = (trace("v", k, quiet=setting.steps, scheme=scheme) for k in (0, 1))

        def judge(outcome: Any, first: Any = first, second: Any = second, kind: str = kind) -> str:
            if kind == "NoisyCurrentSource":
                drawn = outcome.observed["current"]
                now = np.arange(drawn.size) * outcome.setting.timestep
                values = drawn[(now >= STARTED) & (now < STOPPED)][::2]
                # 42 values: within four standard errors of the mean and of the deviation
                if abs(values.mean() - 0.1) > 4 * 0.2 / 6.5 or not 0.11 < values.std() < 0.29:
                    return f"mean {values.mean():.3g}, deviation {values.std():.3g} nA"
            return str(first(outcome) or second(outcome))

        yield Case("current", kind, part=part, judge=judge)

"""Small recordings and a tiny simulator, made in the tests; no outside data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuroport.compare import (
    ProjectionStructure,
    Result,
    Score,
    Structure,
    from_spike_times,
    make_block,
)


def poisson_result(seed: int, *, rate: float = 20.0, neurons: int = 60, duration: float = 1000.0,
                   name: str = "poisson", jitter: float = 0.0) -> Result:
    """Independent Poisson trains on a 1 ms grid."""
    random = np.random.default_rng(seed)
    trains = []
    for _ in range(neurons):
        times = random.uniform(0, duration - 1, random.poisson(rate * duration / 1000))
        times = np.clip(times + random.normal(0, jitter, len(times)), 0, duration - 1)
        trains.append(np.unique(np.rint(times)))
    return from_spike_times({"cells": trains}, name=name, stop=duration)


@pytest.fixture(scope="session")
def poisson() -> Any:
    return poisson_result


@pytest.fixture(scope="session")
def reference_seeds() -> list[Result]:
    return [poisson_result(seed) for seed in range(10)]


#: Reference values of the tiny simulator's numerics choices, and one alternative of each.
CHOICES: dict[str, tuple[Any, list[Any]]] = {
    "time step": (1.0, [0.5]),
    "input rule": ("exact", ["step"]),
    "refractory rule": ("holds the step", ["next step"]),
    "delay convention": ("same step", ["one step later"]),
    "update order": ("potentiate first", ["depress first"]),
    "A scaling": ("fraction of w_max", ["absolute"]),
    "weight grid": (None, [0.25]),
    "arithmetic": ("double", ["fixed point"]),
    "seed": (1, [2]),
}


def tiny_simulator(assignment: dict[str, Any]) -> Result:
    """Leaky integrate-and-fire neurons with one plastic input each, every choice switchable."""
    a = {name: reference for name, (reference, _) in CHOICES.items()} | assignment
    neurons, duration, dt = 8, 200.0, float(a["time step"])
    tau_m, tau_s, threshold = 12.0, 3.0, 10.0
    random = np.random.default_rng(11)
    weight = random.uniform(1.0, 4.0, neurons)
    if a["weight grid"]:
        weight = np.floor(weight / a["weight grid"]) * a["weight grid"]
    times = np.random.default_rng(int(a["seed"])).random((int(duration), neurons)) < 0.12
    a_plus = 0.08 * (4.0 if a["A scaling"] == "fraction of w_max" else 1.0)
    factor = 1.0 if a["input rule"] == "exact" else tau_s / dt * (1 - np.exp(-dt / tau_s))
    v, current = np.zeros(neurons), np.zeros(neurons)
    refractory, trace_pre, trace_post = (np.zeros(neurons) for _ in range(3))
    delay = round(1.0 / dt) * (1 if a["delay convention"] == "same step" else 2)
    trains: list[list[float]] = [[] for _ in range(neurons)]
    voltage = []
    for step in range(round(duration / dt)):
        now = step * dt
        trace_pre *= np.exp(-dt / 10.0)
        trace_post *= np.exp(-dt / 10.0)
        source = step - delay
        if source >= 0 and source % round(1.0 / dt) == 0:
            arriving = times[round(source * dt)]
            current[arriving] += weight[arriving] * factor
            trace_pre[arriving] += 1.0
            weight[arriving] = np.clip(weight[arriving] - 0.1 * trace_post[arriving], 0.0, 4.0)
        v += (current - v / tau_m) * dt * (refractory <= 0)
        if a["arithmetic"] == "fixed point":
            v = np.floor(v * 16) / 16
        current *= np.exp(-dt / tau_s)
        refractory -= dt
        for k in np.flatnonzero(v >= threshold):
            trains[k].append(now)
            v[k] = 0.0
            refractory[k] = 2.0 if a["refractory rule"] == "holds the step" else 3.0
            up, down = a_plus * trace_pre[k], 0.1 * trace_post[k]
            if a["update order"] == "potentiate first":
                weight[k] = max(min(weight[k] + up, 4.0) - down, 0.0)
            else:
                weight[k] = min(max(weight[k] - down, 0.0) + up, 4.0)
            trace_post[k] += 1.0
        voltage.append(v.copy())
    sampled = np.array(voltage)[:: round(1.0 / dt)]
    block = make_block("cells", trains, stop=duration, signals={"v": sampled})
    return Result("tiny", {"cells": block}, dt)


@pytest.fixture(scope="session")
def simulator() -> Any:
    return tiny_simulator


@pytest.fixture(scope="session")
def choices() -> dict[str, tuple[Any, list[Any]]]:
    return CHOICES


def full_result(name: str = "engine", **changes: Any) -> Result:
    """A result with spikes, traces, a static and a plastic projection, and a score."""
    random = np.random.default_rng(3)
    trains = [np.unique(np.rint(random.uniform(0, 99, 8))) for _ in range(12)]
    if "shift" in changes:
        trains = [t[t < 95] + changes["shift"] for t in trains]
    if "permute" in changes:
        trains = [trains[i] for i in changes["permute"]]
    if "drop" in changes:
        trains[0] = trains[0][:-1]
    v = np.cumsum(random.normal(0, 0.3, (100, 12)), axis=0) - 65.0 + changes.get("v", 0.0)
    pre, post = np.divmod(np.arange(48), 12)
    weight = random.uniform(0.1, 1.0, 48)
    delay = random.integers(1, 8, 48).astype(float)
    final = np.clip(weight + random.normal(0, 0.2, 48), 0.0, 1.2)
    if "final" in changes:
        final = changes["final"](weight, final)
    order = changes.get("order", np.arange(48))
    resolution = changes.get("weight_resolution")
    static = ProjectionStructure(
        "in", "cells", pre[order], post[order], changes.get("weight", lambda w: w)(weight)[order],
        changes.get("delay", lambda d: d)(delay)[order], weight_resolution=resolution,
        delay_resolution=changes.get("delay_resolution"))
    plastic = ProjectionStructure("cells", "out", pre, post, weight, delay, final,
                                  weight_bounds=(0.0, 1.2))
    outcomes = changes.get("outcomes", (random.random(40) < 0.9).astype(float))
    return Result(
        name, {"cells": make_block("cells", trains, stop=100.0, signals={"v": v})}, 1.0,
        structure=Structure({"in": 4, "cells": changes.get("size", 12)},
                            {"in -> cells": static, "cells -> out": plastic}),
        score=Score("recall", outcomes, tuple(f"item {i}" for i in range(len(outcomes)))),
        resolution={"cells": {"v": changes["lsb"]}} if "lsb" in changes else {},
        provenance={"seed": 3}, command="run it")


@pytest.fixture(scope="session")
def full() -> Any:
    return full_result

"""Brian2 and NEST on two balanced networks: equivalent, and not when a parameter is 5 % off.

Ten seeds of Brian2 say how much it differs from itself; five other seeds of NEST are judged against
that (``neuroport.compare``, rung L3), as they are and with one parameter changed by 5 %. One seed
is run on both engines, where every spike can be compared.

    python benchmarks/engines_agree.py [--models vogels-abbott,brunel] [--seeds 10] [--targets 5]
                                       [--json FILE]

Needs neuroport[brian2,nest]; about five minutes a model on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np

import neuroport
from neuroport.compare import Comparison, Result, calibrate, compare
from neuroport.models import load_model

SETTLING = 200.0  # ms left out at the beginning
SIZES: dict[str, dict[str, Any]] = {
    # The wiring is drawn once: from one drawing to the next the rates of Vogels and Abbott's
    # network differ by 5 % (standard deviation), from one initial state to the next by 0.4 %.
    "vogels-abbott": {"neurons": 4000, "duration": 6200.0, "wiring": 1},
    "brunel": {"neurons": 1250, "duration": 3200.0, "wiring": 1},
}
# One parameter at a time, 5 % more than the model's default.
OFF: dict[str, dict[str, float]] = {
    "vogels-abbott": {"excitation": 1.62 * 1.05, "inhibition": -9.0 * 1.05, "tau_m": 21.0},
    "brunel": {"g": 6.3, "eta": 1.575, "strength": 0.525, "tau_m": 21.0},
}


def run(name: str, backend: str, seed: int, **options: Any) -> Result:
    """Run a registered model and return what was recorded."""
    began = time.perf_counter()
    model = load_model(name)
    sim = neuroport.simulator(
        backend, timestep=model.timestep or 0.1, seed=seed, numerics=model.numerics or "pynn")
    try:
        outcome = model(sim, **options)
        blocks = {p.label: p.get_data("spikes") for p in outcome.populations}
    finally:
        sim.end()
    print(f"{name} on {backend}, seed {seed}: {time.perf_counter() - began:.0f} s",
          file=sys.stderr, flush=True)
    return Result(backend, blocks, sim.state.dt)


def first_difference(one: Result, other: Result) -> float:
    """Return the first time (ms) at which two results have different spikes; infinity if none."""
    first = np.inf
    for label in one.populations:
        a, b = one.spikes(label), other.spikes(label)
        if a is None or b is None:
            continue
        for mine, theirs in zip(a.times, b.times, strict=True):
            n = min(len(mine), len(theirs))
            apart = np.flatnonzero(np.abs(mine[:n] - theirs[:n]) > 1e-6)
            if len(apart):
                first = min(first, float(min(mine[apart[0]], theirs[apart[0]])))
            elif len(mine) != len(theirs):
                longer = mine if len(mine) > n else theirs
                first = min(first, float(longer[n]))
    return first


def study(
    name: str, seeds: int, target_seeds: int, sizes: dict[str, Any], off: dict[str, float],
) -> dict[str, Any]:
    """Return the verdicts of one model."""
    options = dict(sizes)
    reference = [run(name, "brian2", seed, **options) for seed in range(1, seeds + 1)]
    same_seed = run(name, "nest", 1, **options)
    calibration = calibrate(reference, start=SETTLING)
    others = range(101, 101 + target_seeds)

    def judged(**changed: float) -> Comparison:
        targets = [run(name, "nest", seed, **{**options, **changed}) for seed in others]
        return compare(reference[0], targets, calibration=calibration)

    result: dict[str, Any] = {
        "first_difference_ms": first_difference(reference[0], same_seed),
        "spikes": {
            r.name: sum(s.count for s in map(r.spikes, r.populations) if s is not None)
            for r in (reference[0], same_seed)
        },
        "rows": [],
    }
    for what, changed in [("as published", {}), *((k, {k: v}) for k, v in off.items())]:
        comparison = judged(**changed)
        rung = next(r for r in comparison.rungs if r.rung == "L3")
        result["rows"].append({
            "changed": what, "verdict": rung.verdict.value, "summary": rung.summary,
            "means": {
                f"{m.where}, {m.quantity}": {"difference": m.value, "bound": m.limit,
                                             "verdict": m.verdict and m.verdict.value}
                for m in rung.measurements if "difference of means" in m.quantity
            },
        })
    return result


def main() -> int:
    """Print the table; exit with 1 where a verdict is not the expected one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(SIZES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--targets", type=int, default=5)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    found, wrong = {}, 0
    for name in arguments.models.split(","):
        began = time.perf_counter()
        result = study(name, arguments.seeds, arguments.targets, SIZES[name], OFF[name])
        result["seconds"] = round(time.perf_counter() - began, 1)
        found[name] = result
        print(f"{name}: {SIZES[name]}, {result['seconds']:.0f} s; same seed: "
              f"{result['spikes']} spikes, first difference at "
              f"{result['first_difference_ms']:.1f} ms")
        for row in result["rows"]:
            expected = "equivalent" if row["changed"] == "as published" else "different"
            wrong += row["verdict"] != expected
            rate = next(v for k, v in row["means"].items() if ", rate" in k)
            print(f"  {row['changed']:14} {row['verdict']:14} rate {rate['difference']:+.3f} Hz "
                  f"(bound {rate['bound']:.3f})  {row['summary']}", flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

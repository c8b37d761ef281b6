"""The native engine beside Brian2 and NEST: one run, one machine, ratios.

Each case is one PyNN-style network, handed to neuroport's backends `native`, `brian2` (NumPy or,
where --codegen says so, cython) and `nest`, each in a process of its own, in turn. Seconds are the
smallest of the repeats; the native engine is measured once without its cache (cold) and then with
it. `run` is the run alone, `whole` with building. Growth is the exponent of the run's time over
four sizes of the static network.

    python benchmarks/native.py [--cases vogels-abbott static stdp izhikevich conductance threads
                                 growth] [--engines native brian2 nest] [--repeats 3]

Where a machine has other work to do, seconds of the processor (`cpu`) are steadier than the wall's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

LEAKY = {"cm": 0.2, "tau_m": 20.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0, "v_rest": -49.0,
         "v_reset": -60.0, "v_thresh": -50.0, "tau_refrac": 5.0}
W_EXC, W_INH = 1.62 * 0.2 / 20.0, -9.0 * 0.2 / 20.0
SIZES = (12_500, 25_000, 50_000, 100_000)


def balanced(sim: Any, size: int, partners: int, learning: bool = False, delay: float = 1.5,
             weight: float = 0.8) -> None:
    """Excitatory and inhibitory leaky cells, each with so many presynaptic partners."""
    excitatory = int(0.8 * size)
    v = np.random.default_rng(7).uniform(-60.0, -50.0, size)
    cells = sim.IF_curr_exp(**LEAKY)
    exc = sim.Population(excitatory, cells, initial_values={"v": v[:excitatory]}, label="E")
    inh = sim.Population(size - excitatory, cells, initial_values={"v": v[excitatory:]}, label="I")
    rule = sim.StaticSynapse(weight=weight * W_EXC, delay=delay)
    if learning:
        rule = sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=0.001, A_minus=0.001),
            weight_dependence=sim.AdditiveWeightDependence(w_max=3 * W_EXC),
            weight=weight * W_EXC, delay=delay)
    for post in (exc, inh):
        sim.Projection(exc, post, sim.FixedNumberPreConnector(int(0.8 * partners)), rule,
                       receptor_type="excitatory")
        sim.Projection(inh, post, sim.FixedNumberPreConnector(partners - int(0.8 * partners)),
                       sim.StaticSynapse(weight=weight * W_INH, delay=delay),
                       receptor_type="inhibitory")
    for population in (exc, inh):
        population.record("spikes")


def izhikevich(sim: Any) -> None:
    """A thousand Izhikevich cells with delays of 1 to 20 ms (Izhikevich 2006)."""
    draw = np.random.default_rng(3)
    cells = sim.Population(1000, sim.Izhikevich(i_offset=draw.uniform(0.002, 0.012, 1000)))
    sim.Projection(cells, cells, sim.FixedNumberPreConnector(100),
                   sim.StaticSynapse(weight=0.3, delay=sim.RandomDistribution("uniform", (1, 20))))
    cells.record("spikes")


def conductance(sim: Any) -> None:
    """Vogels and Abbott's network with conductances, 4000 cells."""
    v = np.random.default_rng(7).uniform(-60.0, -50.0, 4000)
    cells = sim.IF_cond_exp(cm=0.2, tau_m=20.0, tau_syn_E=5.0, tau_syn_I=10.0, v_rest=-60.0,
                            v_reset=-60.0, v_thresh=-50.0, tau_refrac=5.0, e_rev_E=0.0,
                            e_rev_I=-80.0, i_offset=0.12)
    exc = sim.Population(3200, cells, initial_values={"v": v[:3200]}, label="E")
    inh = sim.Population(800, cells, initial_values={"v": v[3200:]}, label="I")
    for pre, weight, receptor in ((exc, 0.006, "excitatory"), (inh, 0.067, "inhibitory")):
        for post in (exc, inh):
            sim.Projection(pre, post, sim.FixedProbabilityConnector(0.02),
                           sim.StaticSynapse(weight=weight, delay=0.1), receptor_type=receptor)
    for population in (exc, inh):
        population.record("spikes")


CASES: dict[str, tuple[Callable[[Any], None], float]] = {
    "vogels-abbott": (lambda sim: balanced(sim, 4000, 80, delay=0.2, weight=1.0), 1000.0),
    "static": (lambda sim: balanced(sim, 10_000, 100), 1000.0),
    "stdp": (lambda sim: balanced(sim, 10_000, 100, learning=True), 1000.0),
    "izhikevich": (izhikevich, 1000.0),
    "conductance": (conductance, 1000.0),
    **{f"size-{n}": (lambda sim, n=n: balanced(sim, n, 100), 300.0) for n in SIZES},
}
TIMESTEP = 0.1


def one(engine: str, case: str, options: dict[str, Any]) -> dict[str, float]:
    """Build and run one case; return its figures."""
    import neuroport

    build, duration = CASES[case]
    began, cpu = time.perf_counter(), time.process_time()
    sim = neuroport.simulator(engine, timestep=TIMESTEP, seed=7, **options)
    build(sim)
    sim.prepare(duration)
    built = time.perf_counter()
    ran_cpu = time.process_time() + _children()
    sim.run(duration)
    done = time.perf_counter()
    spikes = sum(sum(p.get_spike_counts().values()) for p in sim.state.populations)
    return {"build": built - began, "run": done - built, "whole": done - began,
            "cpu": time.process_time() + _children() - ran_cpu, "spikes": spikes,
            "whole_cpu": time.process_time() + _children() - cpu,
            "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _children() -> float:
    """Return the processor seconds of engines in processes of their own, while they run."""
    import psutil

    return sum(c.cpu_times().user + c.cpu_times().system
               for c in psutil.Process().children(recursive=True))


def measured(engine: str, case: str, repeats: int, options: dict[str, Any],
             cache: str | None = None) -> dict[str, float] | str:
    """Return the best of some runs in processes of their own, or why there is none."""
    best: dict[str, float] = {}
    surroundings = {**os.environ, **({"XDG_CACHE_HOME": cache} if cache else {})}
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", __file__, "--one", engine, case, json.dumps(options)],
            capture_output=True, text=True, timeout=1800, check=False, env=surroundings)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no message"])[-1]
        found = json.loads(done.stdout.strip().splitlines()[-1])
        best = {key: min(value, best.get(key, value)) for key, value in found.items()}
    return best


def row(name: str, found: dict[str, float] | str, against: dict[str, float] | str | None) -> None:
    """Print one line of a table."""
    if isinstance(found, str):
        print(f"  {name:22} not run: {found}")
        return
    ratio = ""
    if isinstance(against, dict) and against is not found:
        ratio = (f"  run {found['run'] / against['run']:6.1f} x, cpu "
                 f"{found['cpu'] / against['cpu']:6.1f} x, whole "
                 f"{found['whole'] / against['whole']:6.1f} x")
    print(f"  {name:22} build {found['build']:7.2f}  run {found['run']:7.2f}  "
          f"cpu {found['cpu']:7.2f}  whole {found['whole']:7.2f} s  {found['MB']:6.0f} MB  "
          f"{found['spikes']:8.0f} spikes{ratio}", flush=True)


def compare(case: str, engines: list[str], repeats: int, codegen: str) -> None:
    """Print one case on all engines, as multiples of the native engine's time."""
    print(f"{case}: {CASES[case][1]:g} ms")
    with tempfile.TemporaryDirectory() as empty:
        if "native" in engines:
            row("native, cold", measured("native", case, 1, {}, empty), None)
            native = measured("native", case, repeats, {}, empty)
            row("native, warm", native, None)
    for engine in engines:
        if engine != "native":
            options = {"codegen": codegen} if engine == "brian2" else {}
            measured(engine, case, 1, options) if engine == "brian2" else None  # fills its cache
            row(engine, measured(engine, case, repeats, options), native)


def growth(engines: list[str], repeats: int) -> None:
    """Print how time and memory grow over four sizes."""
    for engine in (e for e in engines if e in ("native", "nest")):
        found = [measured(engine, f"size-{n}", repeats, {}) for n in SIZES]
        for n, figures in zip(SIZES, found, strict=True):
            row(f"{engine} {n}", figures, None)
        if all(isinstance(f, dict) for f in found):
            for what in ("cpu", "MB"):
                slope = np.polyfit(np.log(SIZES), np.log([f[what] for f in found]), 1)[0]
                print(f"  {engine}: {what} grows with the size to the power {slope:.2f}")


def threads(repeats: int) -> None:
    """Print what a second thread brings, on a machine that is idle otherwise."""
    alone = measured("native", "size-50000", repeats, {"threads": 1})
    row("1 thread", alone, None)
    for count in (2, 4):
        row(f"{count} threads", measured("native", "size-50000", repeats, {"threads": count}),
            alone)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=[
        "vogels-abbott", "static", "stdp", "izhikevich", "conductance", "threads", "growth"])
    parser.add_argument("--engines", nargs="+", default=["native", "brian2", "nest"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--codegen", default="numpy", help="Brian2's: numpy or cython")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        engine, case, options = asked.one
        print(json.dumps(one(engine, case, json.loads(options))))
        return 0
    for case in asked.cases:
        if case == "growth":
            growth(asked.engines, asked.repeats)
        elif case == "threads":
            threads(asked.repeats)
        else:
            compare(case, asked.engines, asked.repeats, asked.codegen)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

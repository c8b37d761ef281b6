"""Vogels & Abbott's current-based network on several engines, side by side in one run.

4,000 IF_curr_exp cells (80 % excitatory), 2 % connections, 0.1 ms steps, one second of activity
(Vogels & Abbott 2005, J. Neurosci. 25:10786; Brette et al. 2007, J. Comput. Neurosci. 23:349,
benchmark 2). Each engine runs in a process of its own, in turn, several times; the table gives
minimum wall-clock seconds and the ratio to Brian2 written by hand with the same code generation.

    python benchmarks/vogels_abbott.py [--repeats 3] [--engines neuroport-numpy,brian2-numpy,...]

NEST is optional (pip install 'neuroport[benchmark]'); an engine that is missing is reported.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

N_EXCITATORY, N_INHIBITORY, CONNECTED = 3200, 800, 0.02
DURATION, TIMESTEP = 1000.0, 0.1
# Potentials relative to the paper's -49 mV rest; weights in nA at cm = 0.2 nF give the published
# 1.62 and -9 mV of Brette et al.'s equations.
CELL = {"cm": 0.2, "tau_m": 20.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0, "v_rest": -49.0,
        "v_reset": -60.0, "v_thresh": -50.0, "tau_refrac": 5.0}
W_EXC, W_INH = 1.62 * 0.2 / 20.0, -9.0 * 0.2 / 20.0
SEED = 7


def with_pynn(sim) -> dict[str, float]:
    """Build and run through a PyNN-style simulator; return seconds and the rate (Hz)."""
    import numpy as np

    begin = time.perf_counter()
    # The usual way to write it in PyNN: two populations, initial potentials from an array.
    v = np.random.default_rng(SEED).uniform(-60.0, -50.0, N_EXCITATORY + N_INHIBITORY)
    cells = sim.IF_curr_exp(**CELL)
    exc = sim.Population(N_EXCITATORY, cells, initial_values={"v": v[:N_EXCITATORY]}, label="E")
    inh = sim.Population(N_INHIBITORY, cells, initial_values={"v": v[N_EXCITATORY:]}, label="I")
    for pre, weight, receptor in ((exc, W_EXC, "excitatory"), (inh, W_INH, "inhibitory")):
        for post in (exc, inh):
            sim.Projection(
                pre, post, sim.FixedProbabilityConnector(CONNECTED),
                sim.StaticSynapse(weight=weight, delay=TIMESTEP), receptor_type=receptor,
            )
    exc.record("spikes")
    inh.record("spikes")
    if hasattr(sim, "prepare"):
        sim.prepare(DURATION)  # neuroport builds the engine's objects when they are needed
    built = time.perf_counter()
    sim.run(DURATION)
    ran = time.perf_counter()
    spikes = sum(sum(p.get_spike_counts().values()) for p in (exc, inh))
    return {"build": built - begin, "run": ran - built, "whole": ran - begin,
            "rate": spikes / (N_EXCITATORY + N_INHIBITORY) / DURATION * 1e3}


def neuroport_with(codegen: str) -> dict[str, float]:
    """Run neuroport on Brian2."""
    import neuroport_brian2.session  # noqa: F401  imports are not timed for any engine

    import neuroport

    sim = neuroport.simulator("brian2", timestep=TIMESTEP, seed=SEED, codegen=codegen)
    return with_pynn(sim)


def pynn_nest() -> dict[str, float]:
    """Run PyNN's own NEST backend."""
    import pyNN.nest as sim

    sim.setup(timestep=TIMESTEP, min_delay=TIMESTEP, verbosity="error")
    return with_pynn(sim)


def brian2_with(codegen: str) -> dict[str, float]:
    """Run the network written by hand for Brian2, as its documentation writes it."""
    import numpy as np
    from brian2 import (
        Network,
        NeuronGroup,
        SpikeMonitor,
        Synapses,
        defaultclock,
        ms,
        mV,
        nA,
        nF,
        prefs,
        seed,
    )

    prefs.codegen.target = codegen
    seed(SEED)
    begin = time.perf_counter()
    defaultclock.dt = TIMESTEP * ms
    equations = """
    dv/dt = (v_rest - v)/tau_m + (ge + gi)/c_m : volt (unless refractory)
    dge/dt = -ge/tau_e : amp
    dgi/dt = -gi/tau_i : amp
    """
    namespace = {"v_rest": -49 * mV, "tau_m": 20 * ms, "tau_e": 5 * ms, "tau_i": 10 * ms,
                 "c_m": 0.2 * nF}
    n = N_EXCITATORY + N_INHIBITORY
    cells = NeuronGroup(n, equations, threshold="v > -50*mV", reset="v = -60*mV",
                        refractory=5 * ms, method="exact", namespace=namespace)
    cells.v = np.random.default_rng(SEED).uniform(-60.0, -50.0, n) * mV
    exc = Synapses(cells[:N_EXCITATORY], cells, on_pre="ge += w_exc", delay=TIMESTEP * ms,
                   namespace={"w_exc": W_EXC * nA})
    inh = Synapses(cells[N_EXCITATORY:], cells, on_pre="gi += w_inh", delay=TIMESTEP * ms,
                   namespace={"w_inh": W_INH * nA})
    exc.connect(p=CONNECTED)
    inh.connect(p=CONNECTED)
    spikes = SpikeMonitor(cells)
    net = Network(cells, exc, inh, spikes)
    built = time.perf_counter()
    net.run(DURATION * ms)
    ran = time.perf_counter()
    return {"build": built - begin, "run": ran - built, "whole": ran - begin,
            "rate": spikes.num_spikes / n / DURATION * 1e3}


def nest_direct() -> dict[str, float]:
    """Run the network written for NEST."""
    import nest
    import numpy as np

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = TIMESTEP
    nest.rng_seed = SEED
    begin = time.perf_counter()
    n = N_EXCITATORY + N_INHIBITORY
    cells = nest.Create("iaf_psc_exp", n, params={
        "C_m": 200.0, "tau_m": 20.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "E_L": -49.0,
        "V_reset": -60.0, "V_th": -50.0, "t_ref": 5.0})
    cells.V_m = np.random.default_rng(SEED).uniform(-60.0, -50.0, n)
    rule = {"rule": "pairwise_bernoulli", "p": CONNECTED}
    for source, weight in ((cells[:N_EXCITATORY], W_EXC), (cells[N_EXCITATORY:], W_INH)):
        nest.Connect(source, cells, rule, {"weight": weight * 1e3, "delay": TIMESTEP})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    built = time.perf_counter()
    nest.Simulate(DURATION)
    ran = time.perf_counter()
    return {"build": built - begin, "run": ran - built, "whole": ran - begin,
            "rate": recorder.n_events / n / DURATION * 1e3}


ENGINES = {
    "neuroport-numpy": lambda: neuroport_with("numpy"),
    "brian2-numpy": lambda: brian2_with("numpy"),
    "neuroport-cython": lambda: neuroport_with("cython"),
    "brian2-cython": lambda: brian2_with("cython"),
    "nest": nest_direct,
    "pynn-nest": pynn_nest,
}
BY_HAND = {"neuroport-numpy": "brian2-numpy", "neuroport-cython": "brian2-cython"}


def measure(engine: str) -> dict[str, float] | str:
    """Run one engine in its own process; return its figures or why there are none."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--one", engine],
        capture_output=True, text=True, timeout=900, check=False,
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no message"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> int:
    """Measure all engines in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(ENGINES[arguments.one]()))
        return 0
    names = arguments.engines.split(",")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    missing: dict[str, str] = {}
    for warm_up in (True, *[False] * arguments.repeats):
        for name in names:
            if name in missing:
                continue
            result = measure(name)
            if isinstance(result, str):
                missing[name] = result
            elif not warm_up:  # the first round fills the caches of compiled code
                found[name].append(result)
    best = {
        name: {key: min(r[key] for r in runs) for key in ("build", "run", "whole")}
        for name, runs in found.items() if runs
    }
    print(f"{'engine':18} {'build s':>8} {'run s':>8} {'whole s':>8} {'rate Hz':>8}  by hand")
    for name, figures in best.items():
        rates = [r["rate"] for r in found[name]]
        other = best.get(BY_HAND.get(name, ""))
        ratio = f"{figures['whole'] / other['whole']:.2f} x" if other else ""
        print(f"{name:18} {figures['build']:8.2f} {figures['run']:8.2f} {figures['whole']:8.2f} "
              f"{sum(rates) / len(rates):8.2f}  {ratio}")
    for name, why in missing.items():
        print(f"{name:18} not run: {why}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

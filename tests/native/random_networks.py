"""Random networks of everything that Brian2 and the native engine both have, run on both.

    python tests/native/random_networks.py --seed 1000 --count 200

compares that many and prints each difference; the tests beside it take a fixed sample.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

import neuroport

CELLS = ("IF_curr_exp", "IF_curr_alpha", "IF_curr_delta", "IF_cond_exp", "IF_cond_alpha",
         "EIF_cond_exp_isfa_ista", "Izhikevich", "HH_cond_exp", "own")
SYNAPSES = ("static", "tsodyks", "additive", "multiplicative", "gutig", "vogels", "own")


def cell(sim: Any, kind: str, draw: np.random.Generator, size: int) -> Any:
    """A cell type of that kind with some random parameters, some of them for each cell."""
    drive = draw.uniform(0.3, 1.2, size)
    if kind == "Izhikevich":
        return sim.Izhikevich(i_offset=drive * 0.012, a=float(draw.uniform(0.02, 0.1)))
    if kind == "HH_cond_exp":
        return sim.HH_cond_exp(i_offset=drive)
    if kind == "own":
        adaptive = sim.cell_by_equations(
            "Adaptive",
            derivatives={"v": "(v_rest - v)/tau + I/cm", "theta": "-theta/tau_theta"},
            threshold="v > v_thresh + theta", reset="v = v_reset; theta += step",
            parameters={"tau": 20.0, "cm": 0.5, "v_rest": -65.0, "v_thresh": -52.0,
                        "v_reset": -65.0, "tau_theta": 50.0, "step": 0.5, "hold": 2.0,
                        "tau_e": 3.0, "tau_i": 6.0},
            initial={"v": -65.0, "theta": 0.0}, refractory="hold",
            receptors={"excitatory": {"kind": "current_exp", "tau": "tau_e"},
                       "inhibitory": {"kind": "current_exp", "tau": "tau_i"}})
        return adaptive(i_offset=drive, step=draw.uniform(0.1, 1.0, size))
    common = {"i_offset": drive, "tau_m": float(draw.uniform(10, 25)),
              "tau_refrac": float(draw.integers(1, 5))}
    if kind.startswith("EIF"):
        return getattr(sim, kind)(**common)
    return getattr(sim, kind)(v_thresh=draw.uniform(-56.0, -52.0, size), **common)


def synapse(sim: Any, kind: str, draw: np.random.Generator, weight: float, delay: Any) -> Any:
    """A synapse type of that kind."""
    given = {"weight": weight, "delay": delay}
    if kind == "static":
        return sim.StaticSynapse(**given)
    if kind == "tsodyks":
        return sim.TsodyksMarkramSynapse(U=0.5, tau_rec=50.0, tau_facil=20.0, **given)
    if kind == "own":
        rule = sim.synapse_by_equations(
            "Triplet",
            parameters={"tau_pre": 20.0, "tau_1": 20.0, "tau_2": 40.0, "rate_pre": 0.001,
                        "rate_post": 0.01, "w_max": 10.0},
            decays={"pre": "tau_pre", "post1": "tau_1", "post2": "tau_2"},
            on_presynaptic="pre = 1; weight = clip(weight - rate_pre*post1, 0, w_max)",
            on_postsynaptic="weight = clip(weight + rate_post*pre*post2, 0, w_max); "
                            "post1 = 1; post2 = 1")
        return rule(**given)
    bounds = {"w_min": 0.0, "w_max": 3 * abs(weight)}
    if kind == "vogels":
        return sim.STDPMechanism(
            timing_dependence=sim.Vogels2011Rule(tau=20.0, eta=0.01 * abs(weight), rho=5.0),
            weight_dependence=sim.AdditiveWeightDependence(**bounds), **given)
    dependence = {
        "additive": lambda: sim.AdditiveWeightDependence(**bounds),
        "multiplicative": lambda: sim.MultiplicativeWeightDependence(**bounds),
        "gutig": lambda: sim.GutigWeightDependence(mu_plus=0.5, mu_minus=0.3, **bounds),
    }[kind]()
    return sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(tau_plus=15.0, tau_minus=25.0, A_plus=0.02,
                                            A_minus=0.03),
        weight_dependence=dependence,
        dendritic_delay_fraction=float(draw.choice([0.0, 0.5, 1.0])), **given)


# A weight that moves the potential by some mV, for each kind of cell.
STRENGTH = {"IF_curr_exp": 0.8, "IF_curr_alpha": 0.8, "IF_curr_delta": 1.5, "IF_cond_exp": 0.01,
            "IF_cond_alpha": 0.01, "EIF_cond_exp_isfa_ista": 0.01, "Izhikevich": 3.0,
            "HH_cond_exp": 0.02, "own": 0.5}


def run(backend: str, seed: int, cells: tuple[str, ...] = CELLS,
        synapses: tuple[str, ...] = SYNAPSES, **options: Any) -> dict[str, Any]:
    """Build and run the network of a seed; return its spikes, weights and samples."""
    draw = np.random.default_rng(seed)
    timestep = float(draw.choice([0.1, 0.2, 0.5]))
    sim = neuroport.simulator(
        backend, timestep=timestep, seed=seed,
        numerics=str(draw.choice(["pynn", "pynn+delay_rule=next_step",
                                  "pynn+refractory_rule=ceil+threshold_rule=>"])
                     if "HH_cond_exp" not in cells else "pynn"), **options)
    kinds = [str(k) for k in draw.choice(cells, 2)]
    sizes = [int(n) for n in draw.integers(5, 40, 2)]
    made = [sim.Population(n, cell(sim, k, draw, n), label=f"{k} {number}")
            for number, (k, n) in enumerate(zip(kinds, sizes, strict=True))]
    source = sim.Population(30, sim.SpikeSourcePoisson(rate=draw.uniform(5, 80, 30)), label="in")
    learnt = []
    for number in range(int(draw.integers(2, 6))):
        pre = [source, *made][int(draw.integers(0, 3))] if number else source
        place = int(draw.integers(0, 2))
        receptor = str(draw.choice(["excitatory", "inhibitory"]))
        kind = str(draw.choice(synapses))
        if kind == "own" and receptor == "inhibitory":
            kind = "static"
        strength = STRENGTH[kinds[place]] * float(draw.uniform(0.3, 1.5))
        conductance = "cond" in kinds[place]
        weight = strength if conductance or receptor == "excitatory" else -strength
        delay: Any = float(draw.choice([timestep, 2.0]))
        if draw.random() < 0.5:
            delay = sim.RandomDistribution("uniform", (timestep, 6.0))
        learnt.append(sim.Projection(
            pre, made[place], sim.FixedProbabilityConnector(float(draw.uniform(0.1, 0.6))),
            synapse(sim, kind, draw, weight, delay), receptor_type=receptor,
            label=f"{kind} {number}"))
    electrode = sim.ACSource(amplitude=0.1, frequency=20.0, start=5.0, stop=80.0)
    electrode.inject_into(made[0][:3])
    for population in made:
        population.record("spikes")
        population.record("v", sampling_interval=2 * timestep)
    result: dict[str, Any] = {}
    for part in range(2):
        sim.run(60.0)
        for p in learnt:
            result[f"{part} weights of {p.label}"] = np.array(p.get("weight", format="list"))
        made[0].set(i_offset=0.2 * STRENGTH["IF_curr_exp"])
        if kinds[1] != "HH_cond_exp":
            made[1].initialize(v=-60.0)
    for population in made:
        segment = population.get_data().segments[0]
        result[f"spikes of {population.label}"] = np.array(
            [(k, t) for k, train in enumerate(segment.spiketrains)
             for t in np.asarray(train)]).reshape(-1, 2)
        result[f"v of {population.label}"] = np.asarray(segment.analogsignals[0])
    sim.end()
    return result


def differences(one: dict[str, Any], other: dict[str, Any], close: float = 1e-6) -> list[str]:
    """Return what differs between two runs: spikes exactly, numbers beyond rounding."""
    found = []
    for name in one:
        a, b = one[name], other[name]
        if a.shape != b.shape:
            found.append(f"{name}: {a.shape} and {b.shape}")
        elif a.size and not np.allclose(a, b, rtol=close, atol=close, equal_nan=True):
            found.append(f"{name}: up to {np.nanmax(np.abs(a - b)):.3g} apart")
    return found


def main() -> int:
    """Compare many and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--cells", nargs="+", default=CELLS)
    parser.add_argument("--synapses", nargs="+", default=SYNAPSES)
    asked = parser.parse_args()
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.count):
        chosen = tuple(asked.cells), tuple(asked.synapses)
        native, brian2 = (run(b, seed, *chosen) for b in ("native", "brian2"))
        found = differences(native, brian2)
        spikes = sum(len(v) for k, v in native.items() if k.startswith("spikes"))
        wrong += bool(found)
        print(f"{seed}: {spikes} spikes", *found, sep="\n    ", flush=True)
    print(f"{wrong} of {asked.count} differ")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure how often the verdict of L3 is wrong (the figures in docs/compare.md).

A balanced random network of current-based leaky integrate-and-fire neurons in NumPy (after Brunel
2000, J. Comput. Neurosci. 8:183), reference and target from fresh seeds in every trial; in the
second column one parameter of the target is off by 5 %.

    python benchmarks/false_verdict_rate.py --trials 200
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from neuroport.compare import Result, SamplingLimits, false_verdict_rate, from_events

EXCITATORY, INHIBITORY = 160, 40
TIMESTEP, DURATION, SETTLING = 1.0, 2000.0, 100.0
WIRING_SEED = 2000
#: Membrane time constant (ms), threshold above rest (mV), synaptic amplitude (mV), relative
#: strength of inhibition, external events per neuron and ms.
PARAMETERS = {"tau_m": 20.0, "threshold": 20.0, "J": 1.5, "g": 5.0, "drive": 0.6}


def run(seed: int, **changed: float) -> Result:
    """Simulate the network once; drive and initial state follow from the seed.

    The wiring is the same in every run: the same realised network, as between two engines.
    """
    p = {**PARAMETERS, **changed}
    random = np.random.default_rng(seed)
    n = EXCITATORY + INHIBITORY
    wiring = (np.random.default_rng(WIRING_SEED).random((n, n)) < 0.1).astype(np.float64) * p["J"]
    wiring[EXCITATORY:] *= -p["g"]
    decay, delay, refractory = np.exp(-TIMESTEP / p["tau_m"]), 2, 2
    steps = int(DURATION / TIMESTEP)
    events = random.poisson(p["drive"] * TIMESTEP, size=(steps, n))
    v = random.uniform(0.0, p["threshold"], n)
    idle = np.zeros(n, dtype=np.int64)
    arriving = np.zeros((delay, n))
    spikes: list[np.ndarray] = []
    for step in range(steps):
        slot = step % delay
        v = v * decay + arriving[slot] + events[step] * p["J"]
        v[idle > 0] = 0.0
        idle -= idle > 0
        fired = np.flatnonzero(v >= p["threshold"])
        v[fired], idle[fired] = 0.0, refractory
        arriving[slot] = wiring[fired].sum(axis=0)
        spikes.append(fired)
    neuron = np.concatenate(spikes)
    moment = np.repeat(np.arange(steps) * TIMESTEP, [len(s) for s in spikes])
    inside = neuron < EXCITATORY
    return from_events(
        {"excitatory": (neuron[inside], moment[inside]),
         "inhibitory": (neuron[~inside] - EXCITATORY, moment[~inside])},
        sizes={"excitatory": EXCITATORY, "inhibitory": INHIBITORY},
        name="numpy network", timestep=TIMESTEP, stop=DURATION)


def changed(name: str, factor: float) -> Callable[[int], Result]:
    """The same network with one parameter multiplied by `factor`."""
    return lambda seed: run(seed, **{name: PARAMETERS[name] * factor})


def main() -> None:
    """Measure and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10, help="reference seeds per trial")
    parser.add_argument("--target-runs", type=int, default=1)
    parser.add_argument("--parameter", choices=sorted(PARAMETERS), default="threshold")
    parser.add_argument("--change", type=float, default=0.05, help="relative planted change")
    parser.add_argument("--first-seed", type=int, default=100_000)
    arguments = parser.parse_args()
    begin = time.perf_counter()
    rates = false_verdict_rate(
        run, planted_runner=changed(arguments.parameter, 1 + arguments.change),
        trials=arguments.trials, calibration_size=arguments.seeds,
        target_runs=arguments.target_runs, start=SETTLING, first_seed=arguments.first_seed,
        sampling=SamplingLimits(pair_neurons=1, correlation_neurons=100))
    print(f"planted change: {arguments.parameter} {arguments.change:+.0%}")
    print(rates)
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()

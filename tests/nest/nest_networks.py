"""Small networks that run on Brian2 and on NEST."""

from __future__ import annotations

from typing import Any

import numpy as np

import neuroport

Outcome = dict[str, tuple[list[np.ndarray], dict[str, np.ndarray]]]


def simulator(backend: str, timestep: float = 0.1, seed: int = 1, **switched: Any) -> Any:
    """Return a simulator with numerics 'pynn' but for what is switched."""
    return neuroport.simulator(
        backend, timestep=timestep, seed=seed, numerics={"base": "pynn", **switched})


def recorded(*populations: Any) -> Outcome:
    """Return spike trains (ms) and signals of populations."""
    result: Outcome = {}
    for population in populations:
        segment = population.get_data().segments[-1]
        result[population.label] = (
            [np.asarray(train.magnitude) for train in segment.spiketrains],
            {signal.name: np.asarray(signal.magnitude) for signal in segment.analogsignals},
        )
    return result


def same_steps(one: Outcome, other: Outcome, timestep: float) -> int:
    """Assert that two outcomes have the same spikes in the same steps; return how many."""
    total = 0
    assert one.keys() == other.keys()
    for label, (trains, _) in one.items():
        for k, (a, b) in enumerate(zip(trains, other[label][0], strict=True)):
            steps = [np.rint(t / timestep).astype(int).tolist() for t in (a, b)]
            assert steps[0] == steps[1], f"{label}, cell {k}"
            total += len(steps[0])
    return total


def recurrent(
    sim: Any, cell: Any, *, excitation: float, inhibition: float, shortest: int = 2,
    durations: tuple[float, ...] = (100.0,), currents: bool = False, record: bool = True,
    source_rate: float = 60.0,
) -> Outcome:
    """Run a random network of 28 cells with 40 Poisson sources; delays of 1 to 12 steps."""
    dt = sim.state.dt
    sources = sim.Population(40, sim.SpikeSourcePoisson(rate=source_rate), label="sources")
    exc = sim.Population(20, cell, label="exc")
    inh = sim.Population(8, cell, label="inh")
    delays = np.arange(shortest, shortest + 11) * dt
    for target in (exc, inh):
        for source, p, weight, receptor, delay in (
            (sources, 0.4, excitation, "excitatory", dt),
            (exc, 0.3, 0.6 * excitation, "excitatory", delays[0]),
            (inh, 0.4, inhibition, "inhibitory", delays[-1]),
        ):
            projection = sim.Projection(
                source, target, sim.FixedProbabilityConnector(p),
                sim.StaticSynapse(weight=weight, delay=delay), receptor_type=receptor,
            )
            assert len(projection)
    sim.Projection(
        exc, inh, sim.FixedProbabilityConnector(0.2),
        sim.StaticSynapse(
            weight=0.1 * excitation,
            delay=sim.RandomDistribution("uniform", low=delays[0], high=delays[-1])),
    )
    if currents:
        sim.DCSource(amplitude=0.3, start=20 * dt, stop=400 * dt).inject_into(exc[:5])
        sim.ACSource(amplitude=0.3, frequency=50.0, stop=700 * dt).inject_into(exc[3:9])
        sim.NoisyCurrentSource(mean=0.1, stdev=0.2, start=5 * dt, stop=900 * dt).inject_into(inh)
        sim.StepCurrentSource(
            times=[dt, 50 * dt, 300 * dt], amplitudes=[0.2, -0.1, 0.0]).inject_into(inh[:4])
    for population in (exc, inh):
        population.record(list(cell.recordable) if record else ["spikes"])
    for duration in durations:
        sim.run(duration)
    return recorded(exc, inh)

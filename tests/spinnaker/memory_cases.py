"""Networks whose cores' private memory is reckoned and measured: each kind of core and part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "MemoryCase", "into"]

Build = Callable[[Any], None]


@dataclass(frozen=True)
class MemoryCase:
    """A network.

    Attributes
    ----------
    name : str
    build : callable
        Adds it to a simulator.
    timestep : float
    options : mapping
        Of the backend.
    """

    name: str
    build: Build
    timestep: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)


def _rule(sim: Any, timing: str, weight: str, tau: float, delay: float) -> Any:
    if timing == "vogels":
        rule = sim.Vogels2011Rule(tau=tau, eta=0.01, rho=3.0)
    else:
        make = sim.SpikePairRule if timing == "pair" else sim.SpikeNearestPairRule
        rule = make(tau_plus=tau, tau_minus=2.0 * tau, A_plus=0.1, A_minus=0.1)
    kind = {"additive": "Additive", "multiplicative": "Multiplicative"}[weight]
    return sim.STDPMechanism(
        timing_dependence=rule, weight=0.5, delay=delay,
        weight_dependence=getattr(sim, f"{kind}WeightDependence")(w_min=0.0, w_max=1.0),
    )


def into(
    cell: str = "IF_curr_exp", size: int = 20, sources: int = 10, populations: int = 1,
    probability: float = 0.5, delay: float = 1.0, timing: str = "", weight: str = "additive",
    tau: float = 20.0, record: tuple[str, ...] = ("spikes",), some: int = 0, interval: int = 1,
    currents: tuple[str, ...] = (), poisson: float = 0.0, **parameters: float,
) -> Build:
    """Return what adds sources, and cells that they reach."""

    def build(sim: Any) -> None:
        values = parameters if cell == "Izhikevich" else {"tau_refrac": 1.0, **parameters}
        cells = sim.Population(size, getattr(sim, cell)(**values), label="cells")
        for k in range(populations):
            source = sim.SpikeSourcePoisson(rate=poisson) if poisson else (
                sim.SpikeSourceArray(spike_times=[1.0 + k % 5]))
            pre = sim.Population(sources, source, label=f"source {k}")
            if poisson:
                pre.record("spikes")
            synapse = _rule(sim, timing, weight, tau, delay) if timing else (
                sim.StaticSynapse(weight=0.01, delay=delay))
            sim.Projection(pre, cells, sim.FixedProbabilityConnector(probability), synapse,
                           receptor_type="inhibitory" if timing == "vogels" else "excitatory")
        for kind in currents:
            more = {
                "DCSource": {"amplitude": 0.1},
                "ACSource": {"amplitude": 0.1, "frequency": 10.0, "stop": 50.0},
                "StepCurrentSource": {"times": [1.0, 2.0, 5.0], "amplitudes": [0.1, 0.2, 0.3]},
            }[kind]
            getattr(sim, kind)(**more).inject_into(cells[0:5] if some else cells)
        if record:
            (cells[0:some] if some else cells).record(
                list(record), sampling_interval=interval * sim.get_time_step())

    return build


def _several(sim: Any) -> None:
    """Several cores, several synapses between two populations, long delays, and a loop."""
    first = sim.Population(300, sim.IF_curr_exp(tau_refrac=1.0), label="first")
    second = sim.Population(256, sim.IF_cond_exp(tau_refrac=1.0), label="second")
    for delay in (1.0, 40.0):
        sim.Projection(first, second, sim.FixedProbabilityConnector(0.05),
                       sim.StaticSynapse(weight=0.001, delay=delay), label=f"{delay:g}")
    sim.Projection(second, second, sim.FixedProbabilityConnector(0.05),
                   sim.StaticSynapse(weight=0.001, delay=3.0))
    sim.Projection(second, first, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=0.1, delay=2.0))


def _direct(sim: Any) -> None:
    """A source that the machine lets write into the core of cells itself."""
    source = sim.Population(20, sim.SpikeSourcePoisson(rate=20.0), label="source")
    cells = sim.Population(20, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    sim.Projection(source, cells, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=0.1, delay=sim.get_time_step()))


_ALL = ("spikes", "v", "isyn_exc", "isyn_inh")
CASES = (
    MemoryCase("1 cell", into(size=1)),
    MemoryCase("21 cells", into(size=21)),
    MemoryCase("256 cells, all recorded", into(size=256, record=_ALL)),
    MemoryCase("7 of 50 recorded, each second step", into(size=50, record=("spikes", "v"), some=7,
                                                          interval=2)),
    MemoryCase("32 of 64 recorded", into(size=64, some=32)),
    MemoryCase("IF_cond_exp", into("IF_cond_exp", size=33)),
    MemoryCase("IF_curr_alpha", into("IF_curr_alpha", size=33, tau_syn_E=3.0, tau_syn_I=3.0)),
    MemoryCase("IF_curr_delta", into("IF_curr_delta", size=33)),
    MemoryCase("Izhikevich", into("Izhikevich", size=33)),
    MemoryCase("delay 9", into(delay=9.0, size=100)),
    MemoryCase("delay 33", into(delay=33.0)),
    MemoryCase("delay 40, on a core of its own", into(delay=40.0, size=256, sources=100)),
    MemoryCase("delay 200 from 256 cells", into(delay=200.0, size=256, sources=256)),
    MemoryCase("sparse", into(sources=1000, probability=0.001)),
    MemoryCase("pair additive", into(timing="pair")),
    MemoryCase("pair additive, 220 cells, delay 15", into(timing="pair", size=220, delay=15.0,
                                                          probability=0.1)),
    # A ring of 16 places would deliver nothing, and one of 32 fits with fewer cells on a core.
    MemoryCase("pair additive, 220 cells, delay 16", into(timing="pair", size=220, delay=16.0,
                                                          probability=0.1)),
    MemoryCase("pair multiplicative", into(timing="pair", weight="multiplicative", tau=7.3)),
    MemoryCase("nearest pair", into(timing="nearest_pair", size=64)),
    MemoryCase("vogels", into(timing="vogels", size=40, tau=16.7)),
    MemoryCase("plastic IF_cond_exp", into("IF_cond_exp", timing="pair")),
    MemoryCase("a rule without a program for cells and synapses together", into(
        "IF_cond_exp", timing="pair", weight="multiplicative")),
    MemoryCase("currents", into(currents=("DCSource", "ACSource", "StepCurrentSource"))),
    MemoryCase("currents into 5 of 40", into(size=40, some=7, currents=("DCSource",) * 2)),
    MemoryCase("several", _several),
    MemoryCase("0.1 ms", into(size=100, sources=200), timestep=0.1),
    MemoryCase("0.1 ms, plastic", into(timing="pair"), timestep=0.1),
    MemoryCase("machine's Poisson", into(sources=100, poisson=20.0),
               options={"poisson": "machine"}),
    MemoryCase("0.1 ms, one Poisson source for each cell", _direct, timestep=0.1,
               options={"poisson": "machine", "connectors": "machine"}),
    MemoryCase("machine's fast Poisson", into(sources=33, poisson=3000.0),
               options={"poisson": "machine"}),
)

"""Whole networks on two processors: ours and unicorn's, devices and scheduler being the same.

Everything a script can read back must be equal, and so must packets and transfers of every core,
and, but for what the host's clock decides, its instructions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import BoardReport
from unicorn_board import OracleUnavailableError, on_unicorn, oracle_engine

Run = Callable[..., dict[str, Any]]

PLASTIC = """
sim.setup(1.0)
sources = sim.Population(60, sim.SpikeSourcePoisson(rate=60), additional_parameters={"seed": 7})
target = sim.Population(60, sim.IF_curr_exp(i_offset=0.8, tau_refrac=3.0), seed=1)
rule = sim.STDPMechanism(
    sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.05, A_minus=0.04),
    sim.AdditiveWeightDependence(w_min=0.0, w_max=2.0), weight=0.8, delay=2.0)
learnt = sim.Projection(sources, target, sim.FixedProbabilityConnector(0.3), rule)
# One step more than the plastic delay: a plastic synapse with a population's longest delay of 2,
# 4, 8, ... steps delivers nothing.
sim.Projection(target, target, sim.FixedNumberPreConnector(6), sim.StaticSynapse(0.3, 3.0),
               receptor_type="inhibitory")
recorded = [target]
"""

CONDUCTANCES = """
sim.setup(1.0)
sim.set_number_of_neurons_per_core(sim.IF_cond_exp, 20)
sources = sim.Population(50, sim.SpikeSourcePoisson(rate=80), additional_parameters={"seed": 8})
cells = sim.Population(50, sim.IF_cond_exp(i_offset=0.5), seed=2)
bursting = sim.Population(40, sim.Izhikevich(a=0.02, b=0.2, c=-55.0, d=4.0, i_offset=3.0), seed=3)
delays = sim.RandomDistribution("uniform", low=1.0, high=40.0)
sim.Projection(sources, cells, sim.FixedProbabilityConnector(0.4), sim.StaticSynapse(0.02, 1.0))
sim.Projection(cells, bursting, sim.FixedNumberPreConnector(8), sim.StaticSynapse(2.0, delays))
rule = sim.STDPMechanism(
    sim.SpikePairRule(tau_plus=20.0, tau_minus=20.0, A_plus=0.1, A_minus=0.08),
    sim.MultiplicativeWeightDependence(w_min=0.0, w_max=4.0), weight=1.0, delay=1.0)
learnt = sim.Projection(bursting, cells, sim.FixedProbabilityConnector(0.2), rule,
                        receptor_type="inhibitory")
recorded = [cells, bursting]
"""

SPLIT = """
sim.setup(1.0)
sources = sim.Population(60, sim.SpikeSourcePoisson(rate=60), additional_parameters={"seed": 7})
target = sim.Population(60, sim.IF_curr_exp(i_offset=0.8), seed=4, n_synapse_cores=1)
rule = sim.STDPMechanism(
    sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.05, A_minus=0.04),
    sim.AdditiveWeightDependence(w_min=0.0, w_max=2.0), weight=0.8, delay=3.0)
learnt = sim.Projection(sources, target, sim.FixedProbabilityConnector(0.3), rule)
recorded = [target]
"""

READ = """
for population in recorded:
    population.record(["spikes", "v"])
sim.run(150)
sim.run(100)
answer(spikes=[spikes_of(population) for population in recorded],
       v=[fixed(population, "v") for population in recorded],
       weights=[[float(x) for x in row] for row in learnt.get("weight", "list")])
sim.end()
"""


# Signals and messages of the host reach a core when the host's clock says, in a run or between
# two, and each costs it some tens to hundreds of instructions: two runs on one processor differ
# so, too.  Ten messages are allowed for, of the millions of instructions that a core executes.
HOST_INSTRUCTIONS = 2000


def work(report: BoardReport) -> list[tuple[Any, ...]]:
    """What each core did, in a fixed order."""
    return sorted(
        (c.application, c.chip, c.core, c.binary, c.packets_sent, c.packets_received,
         c.dma_transfers, c.instructions)
        for c in (*report.cores, *report.finished)
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "extra"),
    [
        (PLASTIC, ()),
        (
            CONDUCTANCES,
            (
                "[Mapping]",
                "compressor = PairOnChipRouterCompression",
                "router_table_compress_as_needed = False",
            ),
        ),
        (SPLIT, ()),
    ],
    ids=["Poisson, LIF, additive", "conductances, Izhikevich, multiplicative", "split cores"],
)
def test_a_network_on_both_processors(
    run_network: Run, network: str, extra: Sequence[str]
) -> None:
    try:
        oracle_engine()
    except OracleUnavailableError as problem:
        pytest.skip(str(problem))
    results = []
    for processor in (contextlib.nullcontext(), on_unicorn()):
        with processor:
            results.append(run_network(network + READ, extra=extra))
    ours, theirs = results
    # a network at rest would be equal for the wrong reason
    assert all(sum(map(len, trains)) > 50 for trains in ours["spikes"])
    assert len({weight for *_, weight in ours["weights"]}) > 20
    for name in ("spikes", "v", "weights"):
        assert ours[name] == theirs[name], name
    assert ours["report"].provenance == theirs["report"].provenance
    assert not ours["report"].provenance.get("skipped_synapses")  # nor one that delivers nothing
    for mine, other in zip(work(ours["report"]), work(theirs["report"]), strict=True):
        assert mine[:-1] == other[:-1]
        assert abs(mine[-1] - other[-1]) <= HOST_INSTRUCTIONS, (mine, other)

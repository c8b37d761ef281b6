"""Random networks that a SpiNNaker machine might be asked for: many of them are refused."""

from __future__ import annotations

import random
import warnings
from typing import Any

CELLS = ("IF_curr_exp", "IF_cond_exp", "IF_curr_alpha", "IF_curr_exp", "IF_curr_exp")
FOREIGN = ("IF_cond_alpha", "EIF_cond_exp_isfa_ista")


def random_network(sim: Any, seed: int) -> None:
    """Build a network of a seed's choosing: few large populations, or very many small ones."""
    draw = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        many = draw.random() < 0.15
        sources = [_source(sim, draw, k) for k in range(draw.randint(1, 3))]
        cells = [_cells(sim, draw, k, many) for k in range(70 if many else draw.randint(1, 5))]
        rule = _rule(sim, draw)
        for number in range(draw.randint(1, 3) * len(cells) if not many else len(cells)):
            pre = draw.choice([*sources, *cells])
            post = draw.choice(cells) if not many else cells[number]
            _projection(sim, draw, pre, post, rule)


def _source(sim: Any, draw: random.Random, k: int) -> Any:
    kind = draw.choice(["listed", "poisson"])
    cell = (
        sim.SpikeSourceArray(spike_times=[1.0 + draw.randint(0, 3), 9.0]) if kind == "listed"
        else sim.SpikeSourcePoisson(rate=draw.choice([5.0, 80.0]))
    )
    return sim.Population(draw.randint(1, 40), cell, label=f"source {k}")


def _cells(sim: Any, draw: random.Random, k: int, many: bool) -> Any:
    name = draw.choice(FOREIGN) if draw.random() < 0.03 else draw.choice(CELLS)
    if many:
        name = "IF_curr_exp"
    parameters: dict[str, Any] = {"tau_refrac": draw.choice([1.0, 2.0, 0.5])}
    if name == "IF_curr_alpha":
        parameters |= {"tau_syn_E": 3.0, "tau_syn_I": 3.0}
    size = draw.randint(1, 2) if many else draw.choice([1, 7, 60, 300])
    made = sim.Population(size, getattr(sim, name)(**parameters), label=f"cells {k}")
    made.record(draw.choice([["spikes"], ["spikes", "v"]]) if not many else ["spikes"])
    return made


def _rule(sim: Any, draw: random.Random) -> Any:
    high = draw.choice([0.05, 1.0, 5.0])
    weight = draw.choice([sim.AdditiveWeightDependence, sim.MultiplicativeWeightDependence])

    def rule(initial: float, sign: float) -> Any:
        bounds = sorted([0.0, sign * high])
        return sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(
                tau_plus=10.0, tau_minus=12.0, A_plus=0.05, A_minus=0.04),
            weight_dependence=weight(w_min=bounds[0], w_max=bounds[1]),
            weight=sign * min(initial, high), delay=1.0, dendritic_delay_fraction=1.0,
        )

    return rule


def _projection(sim: Any, draw: random.Random, pre: Any, post: Any, rule: Any) -> None:
    receptor = draw.choice(["excitatory", "inhibitory"])
    conductance = post.celltype.conductance_based
    sign = -1.0 if receptor == "inhibitory" and not conductance else 1.0
    size = draw.choice([0.002, 0.01, 0.3, 2.0, 40.0]) * (0.01 if conductance else 1.0)
    delay: Any = draw.choice([1.0, 3.0, 20.0, 140.0])
    if draw.random() < 0.2:
        synapse = rule(size, sign)
    else:
        weight: Any = sign * size
        if draw.random() < 0.3:
            weight = sim.RandomDistribution(
                "uniform", sorted([0.2 * sign * size, sign * size]))
        synapse = sim.StaticSynapse(weight=weight, delay=delay)
    connector = draw.choice([
        sim.AllToAllConnector(), sim.FixedProbabilityConnector(0.3), sim.OneToOneConnector(),
    ])
    sim.Projection(pre, post, connector, synapse, receptor_type=receptor)

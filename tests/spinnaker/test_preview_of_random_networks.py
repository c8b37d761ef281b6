"""What ``preview`` says is what a board holds: random networks on an emulated board.

Ten networks are looked at in every run, 200 with the slow tests. For more of them::

    NEUROPORT_RANDOM_NETWORKS=2000 pytest tests/spinnaker/test_preview_of_random_networks.py -m slow
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.chip.weight_grid import scales

import neuroport

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("board")]

NETWORKS = int(os.environ.get("NEUROPORT_RANDOM_NETWORKS", "200"))
AT_ONCE = 50  # a board of four chips has room for so many populations of a core each
SOURCES = 40
CELLS = ("IF_curr_exp", "IF_cond_exp", "Izhikevich_curr_exp")
POINTS = (("pynn", "pynn"), ("spynnaker", "pynn"), ("pynn", "spinnaker"),
          ("spynnaker", "spinnaker"))


def _bounds(dialect: str, negative: bool, low: float, high: float, rng: Any) -> dict[str, float]:
    """Return w_min and w_max, those of negative weights as either way of writing them."""
    if negative and dialect == "pynn" and rng.random() < 0.5:
        return {"w_min": -high, "w_max": -low}
    return {"w_min": low, "w_max": high}


def _add(sim: Any, source: Any, number: int, dialect: str, rng: np.random.Generator) -> None:
    """Add a population with one to four projections of all kinds that a core can have together."""
    kind = CELLS[rng.integers(len(CELLS))]
    cells = sim.Population(int(rng.integers(1, 9)), getattr(sim, kind)(), label=f"cells {number}")
    conductance = kind == "IF_cond_exp"
    largest = 10.0 ** rng.uniform(-3.0, 1.0) * (0.01 if conductance else 1.0)
    low = float(rng.choice([0.0, 0.1])) * largest
    timing = {"A_plus": 0.01 * rng.random(), "A_minus": 0.01 * rng.random()}
    make = (sim.AdditiveWeightDependence, sim.MultiplicativeWeightDependence)[rng.integers(2)]
    for k in range(int(rng.integers(1, 5))):
        receptor = str(rng.choice(["excitatory", "inhibitory"]))
        negative = receptor == "inhibitory" and not conductance
        n = int(rng.integers(1, 80))
        pre, post = rng.integers(SOURCES, size=n), rng.integers(cells.size, size=n)
        plastic = rng.random() < 0.5
        size = 10.0 ** rng.uniform(-2.0, 0.0) * largest * rng.uniform(0.1, 1.0, n)
        if plastic:
            size = np.clip(size, low, largest)
        if rng.random() < 0.3:
            size[:] = size[0]
        weight = -size if negative and dialect == "pynn" else size
        delay = rng.integers(1, 9, n) if rng.random() < 0.5 else np.full(n, rng.integers(1, 9))
        rows = np.column_stack([pre, post, weight, delay]).tolist()
        synapse = sim.StaticSynapse()
        if plastic:
            synapse = sim.STDPMechanism(
                timing_dependence=sim.SpikePairRule(**timing),
                weight_dependence=make(**_bounds(dialect, negative, low, largest, rng)),
                weight=float(weight[0]), delay=1.0,
            )
        sim.Projection(source, cells, sim.FromListConnector(rows), synapse,
                       receptor_type=receptor, label=f"join {number}.{k}")


def _compare(first: int, how_many: int) -> None:
    """Let a board hold networks with these numbers, which are also their seeds."""
    dialect, numerics = POINTS[first // AT_ONCE % len(POINTS)]
    sim = neuroport.simulator(
        "spinnaker-emulated", timestep=1.0, seed=first, dialect=dialect, numerics=numerics,
        allow="NP301")
    source = sim.Population(SOURCES, sim.SpikeSourceArray(spike_times=[]), label="source")
    for number in range(first, first + how_many):
        _add(sim, source, number, dialect, np.random.default_rng(number))
    prepared = sim.state.prepare()
    network = prepared.network
    said = {p.label: p for p in prepared.planning.preview(ask=False).projections}
    sim.run(1.0)
    assert len(said) == len(network.projections)
    for projection in network.projections:
        held = sim.state.session.weights(projection.label)
        np.testing.assert_array_equal(said[projection.label].held, held, projection.label)
        if numerics == "spinnaker":  # and so Brian2 is given what the chip has
            np.testing.assert_array_equal(projection.weight, held, projection.label)
            scale = scales(network)[projection.post, projection.receptor]
            assert projection.weight_step == scale.resolution
    sim.end()


def test_a_sample_of_networks() -> None:
    """Among these are plastic inhibition with w_min=-high, w_max=0, and conductances."""
    _compare(13, 10)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, NETWORKS, AT_ONCE))
def test_all_networks(first: int) -> None:
    _compare(first, min(AT_ONCE, NETWORKS - first))

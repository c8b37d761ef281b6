"""The pitfalls of ``docs/spinnaker.md``, by the number of its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.lower import lower
from neuroport_spinnaker.options import Options

from neuroport.errors import DelayError
from neuroport.target.planner import load_planner

from .plants import PLANTS

pytestmark = pytest.mark.filterwarnings("ignore")

# pitfall -> the code that tells of it; each is planted in test_findings.py
CODES = {1: "NP301", 2: "NP304", 5: "NP303", 13: "NP309", 20: "NP314", 23: "NP311", 24: "NP311",
         25: "NP310", 26: "NP304", 31: "NP305"}


@pytest.mark.parametrize("number", CODES)
def test_a_pitfall_has_a_finding_and_a_row_in_the_table(number: int) -> None:
    assert CODES[number] in {p.code for p in PLANTS}
    table = (Path(__file__).parents[2] / "docs" / "spinnaker.md").read_text("utf-8")
    row = next(line for line in table.splitlines() if line.startswith(f"| {number} |"))
    assert CODES[number] in row


def _one(sim: Any, weight: float, delay: float, source: Any = None) -> Any:
    pre = sim.Population(1, source or sim.SpikeSourceArray(spike_times=[1.0]), label="pre")
    post = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0), label="post")
    sim.Projection(pre, post, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=weight, delay=delay), label="join")
    return sim.network()


def test_3_large_weights_get_a_scale_that_holds_them(spinnaker: Any) -> None:
    network = _one(spinnaker(), 40_000.0, 1.0)
    held = load_planner("spinn5").preview(network, ask=False).projections[0]
    assert held.worst < 1e-3
    assert held.shift == 16


def test_4_a_silent_poisson_source_keeps_its_weights(spinnaker: Any) -> None:
    sim = spinnaker()
    network = _one(sim, 0.5, 1.0, sim.SpikeSourcePoisson(rate=0.0))
    assert load_planner("spinn5").preview(network, ask=False).projections[0].held.tolist() == [0.5]


def test_6_weights_are_rounded_to_the_nearest_step(spinnaker: Any) -> None:
    step = 2.0**-15
    network = _one(spinnaker(), 10.6 * step, 1.0)
    held = load_planner("spinn5").preview(network, ask=False).projections[0]
    assert held.held.tolist() == [11 * step]


@pytest.mark.parametrize(("delay", "steps"), [(16.3, 16), (16.5, 17)])
def test_14_16_delays_reach_the_tool_chain_as_whole_steps_with_a_finding(
    spinnaker: Any, delay: float, steps: int
) -> None:
    sim = spinnaker()
    network = _one(sim, 0.5, delay)
    _, arrays = lower(network, Options())
    assert arrays["synapses0"][0, 3] == steps
    assert "NP101" in {f.code for f in sim.check()}


def test_15_max_delay_is_kept(spinnaker: Any) -> None:
    with pytest.raises(DelayError):
        _one(spinnaker(max_delay=10.0), 0.5, 20.0)


def test_dialect_positive_weights_and_absolute_amplitudes(spinnaker: Any) -> None:
    sim = spinnaker()
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    sim.Projection(cells, cells, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=-2.0, delay=1.0), receptor_type="inhibitory")
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=0.1, A_minus=0.2),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=5.0), weight=1.0, delay=1.0,
    )
    sim.Projection(cells[0:2], cells, sim.AllToAllConnector(), rule)
    data, arrays = lower(sim.network(), Options())
    assert (arrays["synapses0"][:, 2] == 2.0).all()
    assert data["projections"][1]["rule"]["A_plus"] == pytest.approx(0.5)
    assert data["projections"][1]["rule"]["A_minus"] == pytest.approx(1.0)
    assert set(np.unique(arrays["synapses1"][:, 0])) == {0.0, 1.0}

"""The pitfalls of ``docs/spinnaker.md``, by the number of its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.lower.network import lower
from neuroport_spinnaker.options import Options

import neuroport
from neuroport.backend.planning import prepare_for_target
from neuroport.errors import DelayError

from .plants import PLANTS

pytestmark = pytest.mark.filterwarnings("ignore")

# pitfall -> the code that tells of it; each is planted in test_findings.py
CODES = {1: "NP301", 2: "NP304", 5: "NP303", 13: "NP309", 20: "NP314", 23: "NP311", 24: "NP311",
         25: "NP310", 26: "NP304", 31: "NP305"}


def _lowered(network: Any) -> Any:
    """Return what the tool-chain is given."""
    placed = prepare_for_target(network, "spinn5").lowered
    return lower(network, Options(), placed.case.layouts)


@pytest.mark.parametrize("number", CODES)
def test_a_pitfall_has_a_finding_and_a_row_in_the_table(number: int) -> None:
    assert CODES[number] in {p.code for p in PLANTS}
    table = (Path(__file__).parents[2] / "docs" / "spinnaker.md").read_text("utf-8")
    row = next(line for line in table.splitlines() if line.startswith(f"| {number} |"))
    assert CODES[number] in row


ALL = {*range(1, 7), *range(12, 18), *range(20, 27), 31}


def test_every_pitfall_has_a_row_and_a_test() -> None:
    """By a finding that is planted, or by a test whose name begins with its number."""
    table = (Path(__file__).parents[2] / "docs" / "spinnaker.md").read_text("utf-8")
    rows = {int(line.split("|")[1]) for line in table.splitlines()
            if line.startswith("| ") and line.split("|")[1].strip().isdigit()}
    assert rows == ALL
    named = {int(word) for name in globals() if name.startswith("test_")
             for word in name.split("_")[1:3] if word.isdigit()}
    assert set(CODES) | named == ALL


def _one(sim: Any, weight: float, delay: float, source: Any = None) -> Any:
    pre = sim.Population(1, source or sim.SpikeSourceArray(spike_times=[1.0]), label="pre")
    post = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0), label="post")
    sim.Projection(pre, post, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=weight, delay=delay), label="join")
    return sim.network()


def test_3_large_weights_get_a_scale_that_holds_them(spinnaker: Any) -> None:
    network = _one(spinnaker(), 40_000.0, 1.0)
    held = prepare_for_target(network, "spinn5").planning.preview(ask=False).projections[0]
    assert held.worst < 1e-3
    assert held.shift == 16


def test_4_a_silent_poisson_source_keeps_its_weights(spinnaker: Any) -> None:
    sim = spinnaker()
    network = _one(sim, 0.5, 1.0, sim.SpikeSourcePoisson(rate=0.0))
    preview = prepare_for_target(network, "spinn5").planning.preview(ask=False)
    assert preview.projections[0].held.tolist() == [0.5]


def test_6_weights_are_rounded_to_the_nearest_step(spinnaker: Any) -> None:
    step = 2.0**-15
    network = _one(spinnaker(), 10.6 * step, 1.0)
    held = prepare_for_target(network, "spinn5").planning.preview(ask=False).projections[0]
    assert held.held.tolist() == [11 * step]


@pytest.mark.parametrize(("delay", "steps"), [(16.3, 16), (16.5, 17)])
def test_14_16_delays_reach_the_tool_chain_as_whole_steps_with_a_finding(
    spinnaker: Any, delay: float, steps: int
) -> None:
    sim = spinnaker()
    network = _one(sim, 0.5, delay)
    _, arrays = _lowered(network)
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
    data, arrays = _lowered(sim.network())
    assert (arrays["synapses0"][:, 2] == 2.0).all()
    assert data["projections"][1]["rule"]["A_plus"] == pytest.approx(0.5)
    assert data["projections"][1]["rule"]["A_minus"] == pytest.approx(1.0)
    assert set(np.unique(arrays["synapses1"][:, 0])) == {0.0, 1.0}


@pytest.mark.slow
def test_12_delays_are_kept_to_the_step(board: None) -> None:
    """Each delay arrives in the step that the contract says, on the board as on Brian2."""
    found = []
    for backend in ("brian2", "spinnaker-emulated"):
        sim = neuroport.simulator(backend, timestep=1.0, seed=7, numerics="spinnaker")
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0]))
        cells = sim.Population(20, sim.IF_curr_exp(tau_refrac=1.0))
        rows = [(0, k, 40.0, float(k + 1)) for k in range(20)]
        sim.Projection(source, cells, sim.FromListConnector(rows))
        cells.record("spikes")
        sim.run(60.0)
        found.append([train.magnitude.tolist()
                      for train in cells.get_data().segments[-1].spiketrains])
    first = [times[0] for times in found[0]]
    assert np.diff(first).tolist() == [1.0] * 19
    assert found[1] == found[0]


@pytest.mark.slow
def test_17_how_cells_lie_on_cores_does_not_change_a_spike(board: None) -> None:
    found = []
    for cores in (None, 7):
        sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, seed=7, numerics="spinnaker",
                                  neurons_per_core=cores)
        noise = sim.Population(40, sim.SpikeSourcePoisson(rate=50.0), label="noise")
        cells = sim.Population(40, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
        some = sim.FixedProbabilityConnector(0.3)
        sim.Projection(noise, cells, some, sim.StaticSynapse(weight=1.5, delay=1.0))
        sim.Projection(cells, cells, some, sim.StaticSynapse(weight=0.3, delay=3.0))
        cells.record("spikes")
        sim.run(150.0)
        found.append([train.magnitude.tolist()
                      for train in cells.get_data().segments[-1].spiketrains])
    assert sum(map(len, found[0])) > 100
    assert found[1] == found[0]


def _learnt(backend: str, before: list[float], after: list[float], **rule: float) -> float:
    """One plastic synapse; the cell is driven far above its threshold."""
    sim = neuroport.simulator(backend, timestep=1.0, seed=7, numerics="spinnaker")
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=before), label="pre")
    drive = sim.Population(1, sim.SpikeSourceArray(spike_times=after), label="drive")
    post = sim.Population(1, sim.IF_curr_exp(tau_refrac=rule["refractory"]), label="post")
    sim.Projection(drive, post, sim.OneToOneConnector(), sim.StaticSynapse(weight=40.0, delay=1.0))
    plastic = sim.Projection(pre, post, sim.OneToOneConnector(), sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(
            tau_plus=20.0, tau_minus=20.0, A_plus=rule["plus"], A_minus=rule["minus"]),
        weight_dependence=sim.AdditiveWeightDependence(w_min=rule["least"], w_max=2.0),
        weight=1.0, delay=1.0))
    post.record("spikes")
    sim.run(200.0)
    return float(plastic.get("weight", format="list")[0][2])


@pytest.mark.slow
def test_21_pre_before_post_strengthens_and_post_before_pre_weakens(board: None) -> None:
    """By A e^(-dt/tau), within the grid of stored weights and of the look-up table."""
    for backend in ("brian2", "spinnaker-emulated"):
        up = _learnt(backend, [20.0, 190.0], [29.0], plus=0.5, minus=0.0, least=0.0,
                     refractory=150.0)
        down = _learnt(backend, [40.0, 190.0], [28.0], plus=0.0, minus=0.5, least=0.0,
                       refractory=150.0)
        # The cell fires in the step that the drive arrives in, 30 and 29 ms; all delay is
        # dendritic, so the synapse learns of it 1 ms later. Tables and weights are floored to
        # 1/2048 and 1/1024 at least, in two products and one write.
        assert up - 1.0 == pytest.approx(0.5 * np.exp(-11.0 / 20.0), abs=0.004), backend
        assert 1.0 - down == pytest.approx(0.5 * np.exp(-10.0 / 20.0), abs=0.004), backend


@pytest.mark.slow
def test_22_no_weight_falls_below_w_min(board: None) -> None:
    for backend in ("brian2", "spinnaker-emulated"):
        pre = [40.0 + 20.0 * k for k in range(7)] + [190.0]
        weight = _learnt(backend, pre, [t - 5.0 for t in pre[:-1]], plus=0.0, minus=0.5,
                         least=0.25, refractory=1.0)
        assert weight == 0.25, backend

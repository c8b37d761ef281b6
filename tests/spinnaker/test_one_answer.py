"""``check``, ``plan``, ``preview`` and ``run`` say the same of a network: they ask one object."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.chip.weight_grid import effective
from neuroport_spinnaker.lower.network import lower

import neuroport
from neuroport.backend.planning import prepare_for_target
from neuroport.errors import CheckFailedError

from .random_networks import random_network

pytestmark = pytest.mark.filterwarnings("ignore")

NETWORKS, SOON = 500, 50  # all of them; those that do not wait for the slow tests
# Of those so many are run on an emulated board; each takes seconds.
RUN, RUN_SLOWLY = 4, 24


def _simulator(seed: int, backend: str = "spinnaker", **options: Any) -> Any:
    numerics = "spinnaker" if seed % 2 else "pynn"
    sim = neuroport.simulator(
        backend, timestep=1.0, seed=seed, numerics=numerics, target="spinn3", **options)
    random_network(sim, seed)
    return sim


def _said(findings: Any) -> Counter[tuple[str, str, str]]:
    return Counter((f.code, f.where, f.measured) for f in findings)


def test_50_random_networks_have_one_answer() -> None:
    _have_one_answer(range(SOON))


@pytest.mark.slow
def test_450_more_random_networks_have_one_answer() -> None:
    _have_one_answer(range(SOON, NETWORKS))


def _have_one_answer(seeds: range) -> None:
    packed = refused = 0
    for seed in seeds:
        sim = _simulator(seed)
        prepared = sim.state.prepare()
        placed = prepared.lowered
        # What a run on another backend of the same machines is told.
        emulated = _simulator(seed, "spinnaker-emulated")
        assert _said(emulated.check()) == _said(prepared.findings), seed
        # What `check --target` and `plan` are told of the network as written; the connectors'
        # own findings are the front end's.
        again = prepare_for_target(prepared.written, "spinn3")
        front = _said(prepared.front)
        assert _said(again.findings) == _said(prepared.findings) - front, seed
        # The size that is predicted is that of what the tool-chain is given.
        predicted = prepared.planning.predict()
        assert predicted.cores == placed.case.cores
        assert predicted.fits or prepared.refused, seed
        packed += placed.packing is not None
        refused += prepared.refused
        if prepared.refused:  # there may be nothing that could be sent
            continue
        data, arrays = lower(placed.case.network, placed.case.options,
                             placed.case.layouts)
        assert len(data["populations"]) == len(predicted.populations)
        # The weights that are previewed are those that the chip makes of what it is sent.
        sent = {
            entry["label"]: effective(arrays[f"synapses{entry['number']}"][:, 2],
                                      placed.case.scales[
                                          data["populations"][entry["post"]]["label"],
                                          entry["receptor"]])
            for entry in data["projections"]
        }
        for shown in prepared.planning.preview(ask=False).projections:
            where = shown.label
            if placed.packing is not None:
                where, first, size = placed.packing.projections[shown.label]
                held = set(np.abs(shown.held).tolist())
                assert held <= set(sent[where].tolist()), (seed, shown.label)
                assert size == shown.held.size
                assert first + size <= sent[where].size
            else:
                assert np.array_equal(np.sort(np.abs(shown.held)), np.sort(sent[where])), seed
    # The sample has all kinds.
    assert packed > len(seeds) // 25
    assert len(seeds) // 10 < refused < len(seeds) * 9 // 10


def _runs_as_it_was_prepared(seed: int) -> bool:
    sim = _simulator(seed, "spinnaker-emulated")
    prepared = sim.state.prepare()
    if prepared.refused:
        with pytest.raises(CheckFailedError) as caught:
            sim.run(20.0)
        assert _said(caught.value.findings) == _said(prepared.findings)
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sim.run(20.0)
    told = _said(f for f in sim.findings if f.code != "NP341")  # that one is about the run itself
    assert told == _said(prepared.findings)
    assert sim.state.account["cores"] == prepared.lowered.case.cores
    previews = {p.label: p.held for p in prepared.planning.preview(ask=False).projections}
    for projection in prepared.network.projections:
        if projection.size and not projection.synapse.plastic:
            held = sim.state.session.weights(projection.label)
            assert np.array_equal(held, previews[projection.label]), (seed, projection.label)
    sim.end()
    return True


@pytest.mark.parametrize("seed", range(RUN))
def test_a_run_is_what_was_prepared(board: None, seed: int) -> None:
    _runs_as_it_was_prepared(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RUN, RUN + RUN_SLOWLY))
def test_more_runs_are_what_was_prepared(board: None, seed: int) -> None:
    _runs_as_it_was_prepared(seed)


def test_200_small_populations_on_four_chips_are_no_error_and_run(board: None) -> None:
    def build(sim: Any) -> list[Any]:
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[2.0]), label="source")
        made = []
        for k in range(200):
            cells = sim.Population(1 + k % 2, sim.IF_curr_exp(tau_refrac=1.0), label=f"cells {k}")
            sim.Projection(source, cells, sim.AllToAllConnector(),
                           sim.StaticSynapse(weight=20.0, delay=1.0))
            cells.record("spikes")
            made.append(cells)
        return made

    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, target="spinn3")
    made = build(sim)
    found = sim.check()
    assert not [f for f in found if f.severity.blocks]
    assert "NP340" in {f.code for f in found}
    target = prepare_for_target(sim.network(), "spinn3")
    assert _said(target.findings) == _said(found)
    assert target.planning.predict().fits
    sim.run(10.0)
    assert all(p.mean_spike_count() >= 1 for p in made)
    sim.end()

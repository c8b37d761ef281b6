"""Populations that share cores: the same synapses, scales and answers, under the user's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from neuroport_models.ca3_memory import CA3Memory
from neuroport_spinnaker.chip.weight_grid import scales
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.pack import pack
from neuroport_spinnaker.place.placed import place_network

from neuroport.machines import load_target

SPINN3, SPINN5 = load_target("spinn3"), load_target("spinn5")


def memories(sim: Any, n: int, contents: int = 4) -> list[CA3Memory]:
    made = [CA3Memory(sim, 3, contents, label=f"m{contents} {k}") for k in range(n)]
    for k, memory in enumerate(made):
        memory.learn(k % 3, {0, 1 + k % (contents - 1)})
        memory.recall_by_cue(k % 3)
        memory.prepare()
    return made


def test_copies_are_put_together_and_nothing_else_changes(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker")
    memories(sim, 3, 4)
    memories(sim, 2, 6)
    network = sim.network()
    packing = pack(Case(network, SPINN3, Options()))
    # Ten populations of each size; those of one size go together, also where their roles differ
    # only in what they project to.
    assert len(packing.network.populations) <= 20
    assert packing.network.n_cells == network.n_cells
    assert packing.network.n_synapses == network.n_synapses
    alone, together = scales(network), scales(packing.network)
    for (label, receptor), scale in alone.items():
        where = packing.populations[label][0]
        assert together[where, receptor].shift == scale.shift
    packed = {p.label: p for p in packing.network.projections}
    for p in network.projections:
        where, first, size = packing.projections[p.label]
        mine = slice(first, first + size)
        q = packed[where]
        pre, post = packing.populations[p.pre], packing.populations[p.post]
        assert (q.pre, q.post, q.receptor) == (pre[0], post[0], p.receptor)
        assert np.array_equal(q.pre_index[mine] - pre[1], p.pre_index)
        assert np.array_equal(q.post_index[mine] - post[1], p.post_index)
        assert np.array_equal(q.weight[mine], p.weight)
        assert np.array_equal(q.delay[mine], p.delay)


def test_a_population_whose_scale_would_change_stays_apart(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]), label="source")
    for k, weight in enumerate((0.5, 0.6, 6.0)):
        target = sim.Population(1, sim.IF_curr_exp(), label=f"target {k}")
        sim.Projection(source, target, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight))
    groups = pack(Case(sim.network(), SPINN3, Options())).groups
    assert ("target 0", "target 1") in groups
    assert ("target 2",) in groups


def test_inputs_from_populations_that_are_put_together_stay_apart(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker")
    sources = [
        sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label=f"source {k}")
        for k in range(2)
    ]
    targets = [sim.Population(2, sim.IF_curr_exp(), label=f"target {k}") for k in range(2)]
    for target in targets:
        for source, weight in zip(sources, (3.9, 0.1), strict=True):
            sim.Projection(
                source, target, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight)
            )
    packing = pack(Case(sim.network(), SPINN3, Options()))
    # 4 x 3.9 + 4 x 0.1 fits into 16; 8 x 3.9 would not.
    assert packing.groups == (("source 0", "source 1"), ("target 0", "target 1"))
    assert [p.size for p in packing.network.projections] == [16, 16]


def test_cores_are_shared_only_where_the_board_is_too_small(spinnaker: Any) -> None:
    few = spinnaker(numerics="spinnaker")
    memories(few, 2)
    assert place_network(few.network(), Options(), (SPINN3, SPINN5)).packing is None
    many = spinnaker(numerics="spinnaker")
    memories(many, 12)
    network = many.network()
    assert Case(network, SPINN3, Options()).cores == 120 > SPINN3.application_cores
    placed = place_network(network, Options(), (SPINN3, SPINN5))
    assert placed.packing is not None
    assert placed.case.network is placed.packing.network
    assert placed.case.cores <= placed.target.application_cores


@pytest.mark.slow
def test_a_packed_run_gives_every_memory_its_own_answer(board: None) -> None:
    import neuroport

    found = {}
    for backend in ("brian2", "spinnaker-emulated"):
        sim = neuroport.simulator(backend, timestep=1.0, numerics="spinnaker", seed=7)
        made = memories(sim, 12)
        sim.run_until(max(memory.prepare() for memory in made))
        # One lost spike would be a finding.
        assert not [f for f in sim.findings if f.code == "NP341"]
        if backend == "spinnaker-emulated":
            assert "NP340" in [f.code for f in sim.findings]
        found[backend] = [
            ({name: m.raster(name) for name in m.populations}, m.outcomes()) for m in made
        ]
        assert all(o.exact for _, outcomes in found[backend] for o in outcomes)
        sim.end()
    assert [r for r, _ in found["brian2"]] == [r for r, _ in found["spinnaker-emulated"]]


def test_findings_of_a_run_name_all_populations_that_share_the_cores() -> None:
    from types import SimpleNamespace

    from neuroport.backend.merge import named

    packing = SimpleNamespace(
        populations={"a": ("packed", 0, 5), "b": ("packed", 5, 5), "c": ("alone", 0, 5)})
    places = [f"population '{where}'" for where in ("packed", "alone", "elsewhere")]
    assert [named(packing, where) for where in places] == [  # type: ignore[arg-type]
        "populations 'a', 'b', which share cores", "population 'c'", "population 'elsewhere'"]

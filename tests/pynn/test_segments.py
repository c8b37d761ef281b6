"""Data of runs before a reset stay whole, whatever is asked for in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neuroport
from neuroport.results import collect


@pytest.fixture(params=["brian2", "nest"])
def sim(request: pytest.FixtureRequest, engine: Callable[[str], None]) -> Any:
    engine(request.param)
    made = neuroport.simulator(request.param, timestep=0.1)
    yield made
    made.end()


def shown(group: Any, *variables: Any) -> tuple[list[list[str]], list[list[int]]]:
    segments = group.get_data(*variables).segments
    return ([[s.name for s in g.analogsignals] for g in segments],
            [[len(t) for t in g.spiketrains] for g in segments])


def trains(group: Any) -> list[list[list[float]]]:
    return [[t.magnitude.tolist() for t in segment.spiketrains]
            for segment in group.get_data().segments]


def test_reading_one_variable_leaves_the_others(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0))
    cells.record(["v", "spikes"])
    sim.run(50)
    sim.reset()
    sim.run(50)
    for _ in range(2):
        assert shown(cells) == ([["v"], ["v"]], [[1, 1], [1, 1]])
        assert shown(cells, "v") == ([["v"], ["v"]], [[], []])
        assert shown(cells, "spikes") == ([[], []], [[1, 1], [1, 1]])
    kept = collect(sim).recordings  # what is stored
    assert [len(b.segments[0].analogsignals) for b in kept.values()] == [1, 1]
    assert [len(b.segments[0].spiketrains) for b in kept.values()] == [2, 2]


def test_a_view_shows_its_cells_in_all_segments(sim: Any) -> None:
    source = sim.Population(4, sim.SpikeSourceArray(spike_times=[[5.0], [10.0], [15.0], [20.0]]))
    source.record("spikes")
    cells = sim.Population(4, sim.IF_curr_exp(), initial_values={"v": [-61.0, -62.0, -63.0, -64.0]})
    cells.record("v")
    sim.run(30.0)
    sim.reset()
    sim.run(30.0)
    for _ in range(2):
        assert trains(source[2:3]) == [[[15.0]], [[15.0]]]
        assert trains(source[[3, 0]]) == [[[5.0], [20.0]]] * 2
        assert trains(source) == [[[5.0], [10.0], [15.0], [20.0]]] * 2
        for segment in cells[1:3].get_data().segments:
            signal = segment.analogsignals[0]
            assert signal.shape == (301, 2)
            assert signal.magnitude[0].tolist() == [-62.0, -63.0]
            assert signal.array_annotations["channel_index"].tolist() == [1, 2]
            assert list(signal.annotations["channel_ids"]) == [int(i) for i in cells[1:3]]
    assert [s.annotations["source_index"] for s in source[2:3].get_data().segments[0].spiketrains
            ] == [2]


def test_an_assembly_leaves_the_data_of_its_parts(sim: Any) -> None:
    parts = [sim.Population(2, sim.IF_curr_exp(i_offset=1.0), label=name) for name in "ab"]
    both = sim.Assembly(*parts)
    both.record(["v", "spikes"])
    sim.run(50)
    sim.reset()
    sim.run(50)
    for _ in range(2):
        for segment in both.get_data().segments:
            assert [i for s in segment.analogsignals
                    for i in s.array_annotations["channel_index"]] == [0, 1, 2, 3]
            assert [len(t) for t in segment.spiketrains] == [1] * 4
        assert shown(parts[1]) == ([["v"], ["v"]], [[1, 1], [1, 1]])


def test_what_a_script_does_with_a_block_stays_with_it(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0))
    cells.record(["v", "spikes"])
    sim.run(50)
    sim.reset({"trial": 1})
    sim.run(50)
    block = cells.get_data()
    assert block.segments[0].annotations["trial"] == 1
    block.segments[0].analogsignals.clear()
    block.segments[0].spiketrains = []
    assert shown(cells) == ([["v"], ["v"]], [[1, 1], [1, 1]])
    assert len(cells.get_data(clear=True).segments) == 2
    sim.run(50)
    (segment,) = cells.get_data().segments
    assert np.isclose(float(segment.analogsignals[0].t_start), 50.0)

"""Arrays of spikes equal the SpikeTrains that Neo would make of them."""

from __future__ import annotations

from typing import Any

import neo
import numpy as np
import quantities as pq
from neo.core.spiketrainlist import SpikeTrainList

import neuroport
from neuroport.compare import Result
from neuroport.results import collect
from neuroport.results.spike_arrays import one_by_one, spike_arrays


def _recorded() -> neo.Block:
    sim = neuroport.simulator("brian2", timestep=1.0, seed=3)
    sim.Population(4, sim.SpikeSourcePoisson(rate=50.0))  # so that numbers and ids differ
    cells = sim.Population(
        9, sim.IF_curr_exp(i_offset=np.linspace(0.6, 2.0, 9)), label="cells")
    cells[2:].record("spikes")
    sim.run(200.0)
    block = cells.get_data("spikes")
    sim.end()
    return block


def test_arrays_equal_the_trains_and_a_result_is_the_same_from_both() -> None:
    block = _recorded()
    arrays = spike_arrays(block.segments[0].spiketrains)
    assert arrays is not None
    first = Result("arrays", {"cells": block}, 1.0).spikes("cells")
    trains = list(block.segments[0].spiketrains)  # from here on Neo holds a list
    assert one_by_one(block.segments[0].spiketrains)
    second = Result("list", {"cells": block}, 1.0).spikes("cells")
    assert first is not None and second is not None
    assert arrays.recorded.tolist() == list(range(2, 9)) == first.index.tolist()
    assert len(arrays.time) > 20
    for train, a, b in zip(trains, first.times, second.times, strict=True):
        cell = train.annotations["source_index"]
        np.testing.assert_array_equal(np.sort(arrays.time[arrays.cell == cell]), train.magnitude)
        np.testing.assert_array_equal(a, train.magnitude)
        np.testing.assert_array_equal(b, train.magnitude)
    assert (first.start, first.stop, first.size) == (second.start, second.stop, second.size)


def test_other_units_and_unnumbered_cells() -> None:
    numbered = SpikeTrainList.from_spike_time_array(
        np.array([0.01, 0.02]), np.array([7, 5]), np.array([5, 6, 7]), units="s",
        t_start=0.0 * pq.s, t_stop=0.1 * pq.s, source_index=np.array([0, 1, 2]))
    arrays = spike_arrays(numbered)
    assert arrays is not None
    assert (arrays.cell.tolist(), arrays.time.tolist()) == ([2, 0], [10.0, 20.0])
    assert (arrays.start, arrays.stop) == (0.0, 100.0)
    counted = spike_arrays(SpikeTrainList.from_spike_time_array(
        np.array([1.0, 2.0]), np.array([9, 7]), np.array([7, 9]), units="ms", t_stop=5 * pq.ms))
    assert counted is not None  # without numbers: in their order
    assert (counted.recorded.tolist(), counted.cell.tolist()) == ([0, 1], [0, 1])
    assert counted.time.tolist() == [2.0, 1.0]


def test_a_segment_without_spikes_recorded_has_none(make: Any) -> None:
    sim = make()
    cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    cells.record("v")
    sim.run(5.0)
    trains = cells.get_data().segments[0].spiketrains
    assert spike_arrays(trains) is None
    assert collect(sim).n_spikes == 0

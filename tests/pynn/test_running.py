"""Runs, resets, recordings and several simulators side by side."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest


def network(make: Any, **options: Any) -> tuple[Any, Any]:
    sim = make(**options)
    source = sim.Population(30, sim.SpikeSourcePoisson(rate=80.0), label="in")
    cells = sim.Population(6, sim.IF_curr_exp(), label="cells",
                           initial_values={"v": sim.RandomDistribution("uniform", (-65., -55.))})
    sim.Projection(source, cells, sim.FixedProbabilityConnector(0.5), sim.StaticSynapse(
        weight=sim.RandomDistribution("uniform", (0.1, 0.4)), delay=3.0), label="p")
    cells.record(["spikes", "v"])
    return sim, cells


def data(population: Any, segment: int = -1) -> tuple[list[list[float]], Any]:
    part = population.get_data().segments[segment]
    return [t.magnitude.tolist() for t in part.spiketrains], np.asarray(part.analogsignals[0])


def alone(make: Any, **options: Any) -> tuple[list[list[float]], Any]:
    sim, cells = network(make, **options)
    sim.run(60.0)
    return data(cells)


def equal(one: Any, other: Any) -> bool:
    return one[0] == other[0] and np.array_equal(one[1], other[1])


@pytest.mark.parametrize("timestep", [1.0, 0.1])
def test_several_runs_equal_one(make: Any, timestep: float) -> None:
    sim, cells = network(make, timestep=timestep)
    for part in (0.0, 7.0, 0.3 if timestep < 1 else 3.0, 30.0):
        sim.run(part)
    sim.run_until(60.0)
    want = alone(make, timestep=timestep)
    assert sum(map(len, want[0])) > 5
    assert equal(data(cells), want)


def test_reset_repeats_the_run_in_a_new_segment(make: Any) -> None:
    sim, cells = network(make)
    sim.run(60.0)
    sim.reset()
    assert sim.get_current_time() == 0.0
    sim.run(60.0)
    assert len(cells.get_data().segments) == 2
    assert equal(data(cells, 0), data(cells, 1))
    assert equal(data(cells, 0), alone(make))


def test_single_variables_of_earlier_segments_can_be_read(make: Any) -> None:
    sim, cells = network(make)
    sim.run(60.0)
    sim.reset()
    sim.run(60.0)
    want = data(cells, 0)
    for variable in ("v", "spikes", "v"):  # reading one leaves the others there
        first, second = cells.get_data(variable).segments
        for segment in (first, second):
            if variable == "v":
                assert not len(segment.spiketrains)
                np.testing.assert_array_equal(np.asarray(segment.analogsignals[0]), want[1])
            else:
                assert not segment.analogsignals
                assert [t.magnitude.tolist() for t in segment.spiketrains] == want[0]
    assert equal(data(cells, 0), want)
    cells.get_data("v", clear=True)
    assert len(cells.get_data().segments) == 1


def test_signals_have_the_order_of_the_cells_variables(make: Any) -> None:
    # Names in a set have another order in every process: one in 720 is this one by chance.
    sim = make()
    cells = sim.Population(2, sim.HH_cond_exp(), label="cells")
    cells.record(["h", "n", "m", "gsyn_inh", "gsyn_exc", "v", "spikes"])
    sim.run(2.0)
    sim.reset()
    sim.run(2.0)
    for segment in cells.get_data().segments:
        names = [signal.name for signal in segment.analogsignals]
        assert names == ["v", "gsyn_exc", "gsyn_inh", "m", "n", "h"]


def test_simulators_side_by_side_do_not_touch_each_other(make: Any) -> None:
    choices = [{}, {"numerics": "spinnaker"}, {"timestep": 0.5}, {"seed": 8}]
    want = [alone(make, **c) for c in choices]
    made = [network(make, **c) for c in choices]
    for _ in range(3):
        for sim, _ in made:
            sim.run(20.0)
    assert all(equal(data(cells), w) for (_, cells), w in zip(made, want, strict=True))
    assert len({str(w[0]) for w in want}) == 4  # and they do differ


def test_callbacks_are_called_on_time(make: Any) -> None:
    sim, _ = network(make)
    seen: list[float] = []

    def every_ten(now: float) -> float:
        seen.append(now)
        return now + 10.0

    sim.run(35.0, callbacks=[every_ten])
    assert seen[:4] == [0.0, 10.0, 20.0, 30.0]  # PyNN asks once more at the end of the run


def test_parameters_can_change_between_runs(make: Any) -> None:
    sim = make()
    cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0, v_thresh=0.0))
    cells.record("v")
    sim.run(50.0)
    cells[1:2].set(i_offset=1.0)
    sim.run(400.0)
    v = np.asarray(cells.get_data().segments[0].analogsignals[0])
    # 20 time constants: e^-20 of 20 mV is left.
    assert v[-1] == pytest.approx([-65.0, -65.0 + 20.0], abs=1e-6)
    assert (v[:51] == -65.0).all()


def test_subsets_and_sampling_interval(make: Any) -> None:
    sim = make()
    cells = sim.Population(5, sim.IF_curr_exp(i_offset=[0.1, 0.2, 0.3, 0.4, 0.5], v_thresh=0.0))
    cells[[1, 3]].record("v", sampling_interval=5.0)
    sim.run(20.0)
    signal = cells.get_data().segments[0].analogsignals[0]
    assert signal.shape == (5, 2)
    assert signal.times.rescale("ms").magnitude.tolist() == [0.0, 5.0, 10.0, 15.0, 20.0]
    rise = 20.0 * (1 - np.exp(-signal.times.rescale("ms").magnitude / 20.0))
    want = -65.0 + np.outer(rise, [0.2, 0.4])  # closed form
    np.testing.assert_allclose(np.asarray(signal), want, atol=1e-10)


def test_recording_more_cells_keeps_what_was_recorded(make: Any) -> None:
    sim = make()
    cells = sim.Population(4, sim.IF_curr_exp(i_offset=0.1))
    cells[0:2].record("v")
    sim.run(10.0)
    early = np.asarray(cells.get_data().segments[0].analogsignals[0])
    cells[2:4].record("v")
    sim.run(10.0)
    v = np.asarray(cells.get_data().segments[0].analogsignals[0])
    assert v.shape == (21, 4)
    np.testing.assert_array_equal(v[:10, :2], early[:10])
    assert np.isnan(v[:10, 2:]).all()  # not known
    assert not np.isnan(v[10:]).any()


def test_spynnaker_dialect(make: Any) -> None:
    sim = make(dialect="spynnaker", numerics="spinnaker")
    cells = sim.Population(2, sim.IF_curr_exp())
    cells.set(v=-61.0)
    made = sim.Projection(cells, cells, sim.AllToAllConnector(),
                          sim.StaticSynapse(weight=0.5, delay=1.0), receptor_type="inhibitory")
    assert set(sim.network().projections[0].weight) == {-0.5}
    assert set(made.get("weight", format="list", with_address=False)) == {0.5}
    assert set(sim.network().populations[0].initial["v"]) == {-61.0}
    assert make(dialect="spynnaker").numerics.plasticity_amplitude == "absolute"


def test_projection_formats_with_several_synapses_a_pair(make: Any, tmp_path: Any) -> None:
    sim = make()
    cells = sim.Population(2, sim.IF_curr_exp())
    made = sim.Projection(cells, cells, sim.FromListConnector(
        [(0, 1, 0.25, 1.0), (0, 1, 0.5, 2.0), (1, 0, 1.0, 3.0)]), sim.StaticSynapse())
    assert sorted(made.get("weight", format="list")) == [
        (0, 1, 0.25), (0, 1, 0.5), (1, 0, 1.0)]
    for how, want in (("sum", 0.75), ("min", 0.25), ("max", 0.5), ("first", 0.25), ("last", 0.5)):
        array = made.get("weight", format="array", multiple_synapses=how)
        assert array[0, 1] == want, how
        assert np.isnan(array[0, 0])
    made.set(weight=2.0)
    assert made.get("weight", format="list", with_address=False) == [2.0] * 3
    path = tmp_path / "w.txt"
    made.save("weight", str(path))
    assert np.loadtxt(path).shape == (3, 3)


def test_views_of_views_and_single_cells(make: Any) -> None:
    sim = make()
    cells = sim.Population(8, sim.IF_curr_exp(tau_m=10.0))
    cells[2:8][1:4].set(tau_m=30.0)
    cells[0].tau_m = 40.0
    assert cells.get("tau_m").tolist() == [40.0, 10.0, 10.0, 30.0, 30.0, 30.0, 10.0, 10.0]
    both = cells[0:2] + cells[6:8]
    both.set(tau_m=5.0)
    assert cells.get("tau_m").tolist() == [5.0, 5.0, 10.0, 30.0, 30.0, 30.0, 5.0, 5.0]


def test_written_data_can_be_read(make: Any, tmp_path: Any) -> None:
    from neo.io import PickleIO

    sim, cells = network(make)
    sim.run(30.0)
    path = str(tmp_path / "cells.pkl")
    cells.write_data(path)
    block = PickleIO(path).read_block()
    assert [t.magnitude.tolist() for t in block.segments[0].spiketrains] == data(cells)[0]
    assert block.annotations["network_hash"] == sim.network().hash


def test_module_style_takes_the_backend_from_the_environment(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    import neuroport.pynn as sim
    from neuroport.errors import UnknownBackendError

    monkeypatch.setenv("NEUROPORT_BACKEND", "nowhere")
    with pytest.raises(UnknownBackendError, match="nowhere"):
        sim.setup(timestep=1.0)
    monkeypatch.delenv("NEUROPORT_BACKEND")
    monkeypatch.setenv("NEUROPORT_NUMERICS", "spinnaker")
    sim.setup(timestep=1.0, seed=3)
    cells = sim.Population(1, sim.IF_curr_exp(i_offset=2.0))
    cells.record("spikes")
    sim.run(30.0)
    block = cells.get_data()
    assert len(block.segments[0].spiketrains[0]) > 1
    assert block.annotations["numerics"] == "spinnaker"
    sim.end()


def test_a_submodule_can_be_imported_before_setup() -> None:
    code = "import neuroport.pynn as sim\nfrom neuroport.pynn import equations\nprint(equations)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

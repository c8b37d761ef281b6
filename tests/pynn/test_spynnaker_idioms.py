"""What scripts for sPyNNaker write every day, beside what PyNN says."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import neuroport
from neuroport import errors
from neuroport.pynn import neo_compare, neo_convertor
from neuroport.pynn.shown import Remark


@pytest.fixture
def sim(make: Any) -> Any:
    return make(dialect="spynnaker")


def firing(sim: Any, size: Any = 3, **more: Any) -> Any:
    return sim.Population(size, sim.IF_curr_exp(tau_refrac=2.0, i_offset=1.0), **more)


def test_whole_numbers_may_come_from_a_division(sim: Any) -> None:
    sim.set_number_of_neurons_per_core(sim.IF_curr_exp, 200 / 2)
    cells = firing(sim, 16 / 2, neurons_per_core=8 / 2)
    assert cells.size == 8 and isinstance(cells.size, int)
    assert sim.state.per_core == {"IF_curr_exp": 100}
    assert sim.network().populations[0].per_core == 4
    assert firing(sim, np.float64(3.0002)).size == 3  # sPyNNaker's tolerance is 0.001
    assert firing(sim, 4, neurons_per_core=(2, 2))._per_core == 4
    for size in (3.5, 0.2, float("nan"), float("inf")):
        with pytest.raises(errors.InvalidSizeError):
            firing(sim, size)
    for number in (2.5, 0, -1.0, float("nan"), (2, 0.5), "4", ()):
        with pytest.raises(errors.InvalidValueError):
            sim.set_number_of_neurons_per_core(sim.IF_curr_exp, number)


def test_pynn_takes_whole_sizes_only(make: Any) -> None:
    with pytest.raises(errors.InvalidSizeError):
        firing(make(), 8.0)


def test_the_name_is_asked_for_in_each_dialects_way(sim: Any, make: Any) -> None:
    assert sim.name() == make().name == "neuroport"


def test_all_is_recorded_under_spynnakers_names(sim: Any) -> None:
    cells = firing(sim)
    source = sim.Population(3, sim.SpikeSourceArray([[2.0], [2.0, 9.0], []]))
    sim.Projection(source, cells, sim.OneToOneConnector(), sim.StaticSynapse(0.5, 1.0))
    cells.record("all")
    source.record("all")
    sim.run(30.0)
    segment = cells.get_data().segments[0]
    assert {s.name for s in segment.analogsignals} == {"v", "gsyn_exc", "gsyn_inh"}
    assert len(segment.spiketrains) == 3
    assert [len(t) for t in source.get_data().segments[0].spiketrains] == [1, 2, 0]


def test_a_cell_without_synaptic_currents_records_what_it_has(sim: Any) -> None:
    conductance = sim.Population(1, sim.IF_cond_exp())
    delta = sim.Population(1, sim.IF_curr_delta(), label="delta")
    assert conductance.can_record("gsyn_exc") and not delta.can_record("gsyn_exc")
    delta.record("all")
    assert {r.variable for r in sim.network().population("delta").recordings} == {"spikes", "v"}


def test_a_synaptic_current_has_both_names_and_one_value(sim: Any) -> None:
    cells = firing(sim, 2)
    source = sim.Population(1, sim.SpikeSourceArray([[2.0]]))
    sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(0.5, 1.0))
    cells[:1].record("gsyn_exc")
    cells.record("isyn_exc")
    sim.run(5.0)
    segment = cells.get_data().segments[0]
    theirs, own = (segment.filter(name=name)[0] for name in ("gsyn_exc", "isyn_exc"))
    assert np.array_equal(theirs.magnitude[:, 0], own.magnitude[:, 0])
    # A spike at 2 ms over 1 ms: 0.5 nA at 3 ms, and e^(-1/5) of it a step later, on the grid of
    # s16.15 where the chip's numerics are used.
    assert own.magnitude[3:5, 0] == pytest.approx([0.5, 0.5 * np.exp(-0.2)], abs=2**-14)
    assert str(theirs.units.dimensionality) == "nA"  # a current, whatever sPyNNaker calls it
    (recording,) = [r for r in sim.network().populations[0].recordings]
    assert recording.variable == "isyn_exc" and recording.index.tolist() == [0, 1]


def test_pynns_dialect_has_neither(make: Any) -> None:
    cells = firing(make())
    for variable in ("all", "gsyn_exc"):
        with pytest.raises(errors.UnsupportedError, match=f"'{variable}' cannot be recorded"):
            cells.record(variable)


IDLE = {
    "Population": lambda s: firing(s, seed=1, max_rate=30.0, splitter=object()),
    "dictionary": lambda s: firing(s, additional_parameters={"seed": 1}),
    "place": lambda s: firing(s).add_placement_constraint(x=0, y=0),
    "older place": lambda s: firing(s).set_constraint(object()),
    "delays": lambda s: s.set_allow_delay_extensions(s.IF_curr_exp, False),
    "synapse cores": lambda s: s.set_number_of_synapse_cores(s.IF_curr_exp, 2),
    "grid": lambda s: firing(s, ring_buffer_sigma=3.0, spikes_per_second=10.0),
}


@pytest.mark.parametrize("how", IDLE)
def test_what_only_places_is_accepted_and_named_once(sim: Any, how: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        IDLE[how](sim)
        IDLE[how](sim)
    told = [str(w.message) for w in caught if w.category is Remark]
    assert told and len(told) == len(set(told))
    assert all("has no effect here: " in text for text in told)


def test_options_that_are_left_open_are_not_named(sim: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Remark)
        firing(sim, seed=None, max_rate=None, neurons_per_core=None)


def test_the_cells_of_a_core_can_be_set_later(sim: Any) -> None:
    cells = firing(sim)
    cells.set_max_atoms_per_core(2.0)
    assert sim.network().populations[0].per_core == 2
    sim.run(1.0)
    with pytest.raises(errors.NetworkChangedError):
        cells.set_max_atoms_per_core(3)


def test_data_as_arrays(sim: Any) -> None:
    cells = firing(sim, 2)
    cells.record(["spikes", "v"])
    sim.run(30.0)
    block = cells.get_data()
    spikes = cells.spinnaker_get_data("spikes")
    assert spikes.tolist() == neo_convertor.convert_spikes(block).tolist()
    assert spikes[:, 0].tolist() == [0.0, 1.0] and spikes[0, 1] == spikes[1, 1] > 0
    rows = cells.spinnaker_get_data("v")
    matrix = cells.spinnaker_get_data(["v"], as_matrix=True)
    signal = block.segments[0].filter(name="v")[0].magnitude
    assert np.array_equal(matrix, signal)
    assert rows.shape == (signal.size, 3)
    assert rows[:3].tolist() == [[0.0, float(k), signal[k, 0]] for k in range(3)]
    assert np.array_equal(cells.spinnaker_get_data("v", view_indexes=[1])[:, 2], signal[:, 1])
    assert set(cells[1:].spinnaker_get_data("v")[:, 0]) == {1.0}


def test_the_helpers_for_neo(sim: Any) -> None:
    cells = firing(sim, 2)
    cells.record("all")
    sim.run(30.0)
    sim.reset()
    sim.run(10.0)
    block = cells.get_data()
    assert neo_convertor.count_spikes(block) == 2
    assert len(neo_convertor.convert_v_list(block)) == 2
    assert neo_convertor.convert_data(block, "v", run=1).shape == (2 * 11, 3)
    assert neo_convertor.convert_gsyn(block, block).shape == (2 * 31, 4)
    assert neo_convertor.convert_spiketrains([]).shape == (0, 2)
    with pytest.raises(errors.InvalidValueError, match="run 2"):
        neo_convertor.convert_spikes(block, 2)
    with pytest.raises(errors.NotReadyError, match="'u' was not recorded"):
        neo_convertor.convert_data(block, "u")
    neo_compare.compare_blocks(block, cells.get_data())
    with pytest.raises(AssertionError, match="numbers of spikes differ"):
        neo_compare.compare_segments(*block.segments)
    neo_compare.compare_segments(*block.segments, same_length=False)
    other = neuroport.simulator("brian2", timestep=1.0, codegen="numpy", dialect="spynnaker")
    others = other.Population(2, other.IF_curr_exp(tau_refrac=2.0, i_offset=1.01))
    others.record("all")
    other.run(30.0)
    with pytest.raises(neo_compare.DifferentDataError, match=r"values of sample|times \(ms\)"):
        neo_compare.compare_segments(block.segments[0], others.get_data().segments[0],
                                     same_length=False)


def test_extra_models_that_exist_under_another_name(sim: Any) -> None:
    assert issubclass(sim.extra_models.IFCurDelta, sim.IF_curr_delta)
    assert sim.extra_models.AllButMeConnector is sim.AllButMeConnector
    assert "IFCurDelta" in dir(sim.extra_models)


# sPyNNaker 7.4.1 on an emulated board, steps of 0.1 ms, inputs at 5, 20, 40, 60 ms and 30, 50 ms
# over 1 ms. Its fixed-point membranes drift by a few steps: tolerance 0.3 ms.
EXTRA_CELLS: list[tuple[str, dict[str, float], tuple[float, float, str], list[float]]] = [
    ("IF_curr_dual_exp", {"tau_refrac": 2.0, "tau_syn_E2": 10.0, "tau_syn_I": 3.0,
                          "i_offset": 0.5}, (1.0, 2.0, "excitatory2"), [32.1, 46.8, 58.9]),
    ("IF_curr_dual_exp", {"tau_refrac": 2.0, "tau_syn_E2": 10.0, "tau_syn_I": 3.0,
                          "i_offset": 0.9}, (1.0, 0.5, "inhibitory"), [21.4, 45.2, 69.2]),
    ("IFCurrExpCa2Adaptive", {"tau_refrac": 2.0, "i_alpha": 0.2, "i_offset": 1.2},
     (1.0, 0.5, "inhibitory"), [13.7, 35.5, 62.0, 92.6]),
    ("Izhikevich_cond", {"i_offset": 5.0}, (0.1, 0.1, "inhibitory"),
     [6.7, 10.8, 26.0, 48.4, 72.8]),
]


def test_extra_cells_fire_as_on_the_chip(make: Any) -> None:
    sim = make(dialect="spynnaker", timestep=0.1)
    first, second = (sim.Population(1, sim.SpikeSourceArray([times])) for times in (
        [5.0, 20.0, 40.0, 60.0], [30.0, 50.0]))
    made = []
    for name, parameters, (weight, other, receptor), _ in EXTRA_CELLS:
        cell = sim.Population(1, getattr(sim.extra_models, name)(**parameters))
        sim.Projection(first, cell, sim.OneToOneConnector(), sim.StaticSynapse(weight, 1.0))
        sim.Projection(second, cell, sim.OneToOneConnector(), sim.StaticSynapse(other, 1.0),
                       receptor_type=receptor)
        cell.record(["spikes", "gsyn_exc"])
        made.append(cell)
    sim.run(100.0)
    for cell, (name, _, _, expected) in zip(made, EXTRA_CELLS, strict=True):
        spikes = cell.get_data().segments[0].spiketrains[0].magnitude
        assert spikes.tolist() == pytest.approx(expected, abs=0.35), name
    # The recording of the first cell is the sum of both excitatory inputs, read back every 20 ms
    # from 6.5 ms on; a spike's input is read a step later there, so within 2 %.
    total = made[0].get_data().segments[0].filter(name="gsyn_exc")[0].magnitude[65:1000:200, 0]
    assert total.tolist() == pytest.approx([0.895, 0.345, 0.757, 0.814, 0.069], rel=0.02, abs=0.003)


def test_a_machine_can_be_asked_for_and_is_none(sim: Any) -> None:
    machine = sim.get_machine()
    with pytest.raises(errors.UnsupportedError, match="n_chips"):
        _ = machine.n_chips


def test_min_delay_is_no_limit_there(make: Any) -> None:
    def made(dialect: str) -> set[float]:
        sim = make(dialect=dialect, timestep=0.1, min_delay=1.0)
        cells = firing(sim)
        short, default = (sim.Projection(cells, cells, sim.OneToOneConnector(), synapse)
                          for synapse in (sim.StaticSynapse(weight=0.1, delay=0.1),
                                          sim.StaticSynapse(weight=0.1)))
        return {*short.get("delay", "list", with_address=False),
                *default.get("delay", "list", with_address=False)}

    assert made("spynnaker") == {0.1, 1.0}
    with pytest.raises(errors.DelayError, match="min_delay"):
        made("pynn")


def test_a_triplet_rule_can_be_made_and_is_refused_where_it_is_used(sim: Any) -> None:
    timing = sim.extra_models.PfisterSpikeTriplet(20, 20, 40, 40, 0.1, 0.1)
    weights = sim.extra_models.WeightDependenceAdditiveTriplet(0.0, 1.0, 0.1, 0.1)
    with pytest.raises(errors.UnknownParameterError, match="tau_z"):
        sim.extra_models.PfisterSpikeTriplet(tau_z=1.0)
    a, b = firing(sim), firing(sim)
    for used in ((timing, weights), (timing, sim.AdditiveWeightDependence()),
                 (sim.SpikePairRule(), weights)):
        with pytest.raises(errors.UnsupportedError, match="neuroport board --run") as caught:
            sim.Projection(a, b, sim.OneToOneConnector(), sim.STDPMechanism(*used))
        assert "Triplet'" in str(caught.value)


REFUSED = {
    "SpikeInjector": lambda s: s.external_devices.SpikeInjector,
    "Neuromodulation": lambda s: s.extra_models.Neuromodulation,
    "StructuralMechanismStatic": lambda s: s.StructuralMechanismStatic,
    "Convolution": lambda s: s.Convolution,
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_by_its_name_with_the_way_out(sim: Any, name: str) -> None:
    with pytest.raises(errors.UnsupportedError) as caught:
        REFUSED[name](sim)
    text = str(caught.value)
    assert f"'{name}'" in text and "neuroport board --run" in text
    assert "test_spynnaker_idioms.py" in text
    assert not hasattr(sim.external_devices, "SpikeInjector")
    assert not hasattr(sim, "Convolution")


# Read back from sPyNNaker 7.4.1 on an emulated board (Projection.get): (pre, post, weight).
ALL_BUT_ME = [(0, 1, 1), (0, 2, 2), (1, 0, 3), (1, 2, 4), (2, 0, 5), (2, 1, 6),
              (3, 4, 1), (3, 5, 2), (4, 3, 3), (4, 5, 4), (5, 3, 5), (5, 4, 6)]
OFFSETS = {
    (1, True, 3): [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)],
    (-1, False, None): [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)],
    (-2, True, None): [(0, 4), (1, 5), (2, 0), (3, 1), (4, 2), (5, 3)],
}
# Kernels of 3 x 3 with weights 1 to 9, row by row, from 4 x 5 to 3 x 4 cells: what was read back
# as (synapses, sum of weights, sum of pre * post * weight, the first synapse, the last).
KERNELS: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({}, (88, 481.0, 32184.0, (0, 0, 5.0), (19, 11, 9.0))),
    ({"post_sample_steps_in_pre": (2, 1), "post_start_coords_in_pre": (1, 0)},
     (55, 247.0, 9452.0, (0, 0, 2.0), (19, 7, 6.0))),
    ({"pre_sample_steps_in_post": (2, 1), "pre_start_coords_in_post": (1, 1)},
     (63, 383.0, 15432.0, (0, 0, 6.0), (13, 11, 9.0))),
]


def listed(sim: Any, pre: int, post: int, connector: Any) -> list[tuple[int, int, float]]:
    a, b = (sim.Population(n, sim.IF_curr_exp()) for n in (pre, post))
    rows = sim.Projection(a, b, connector, sim.StaticSynapse(weight=1.0)).get("weight", "list")
    return sorted(rows)


def test_all_but_me_joins_groups(sim: Any) -> None:
    made = sim.extra_models.AllButMeConnector(3, weights=np.arange(1.0, 7.0))
    assert listed(sim, 6, 6, made) == ALL_BUT_ME
    assert len(listed(sim, 6, 6, sim.extra_models.AllButMeConnector())) == 30
    for wrong in ({"n_neurons_per_group": 7}, {"n_neurons_per_group": 0},
                  {"n_neurons_per_group": 3, "weights": [1.0]}):
        with pytest.raises(errors.ConnectorError):
            listed(sim, 6, 6, sim.extra_models.AllButMeConnector(**wrong))


@pytest.mark.parametrize("arguments", OFFSETS, ids=str)
def test_cells_are_joined_with_an_offset(sim: Any, arguments: tuple[Any, ...]) -> None:
    made = listed(sim, 6, 6, sim.extra_models.OneToOneOffsetConnector(*arguments))
    assert [(i, j) for i, j, _ in made] == OFFSETS[arguments]


@pytest.mark.parametrize(("places", "expected"), KERNELS)
def test_a_kernel_joins_sheets(
    sim: Any, places: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    kernel = np.arange(1.0, 10.0).reshape(3, 3)
    rows = listed(sim, 20, 12, sim.KernelConnector(
        (4, 5), (3, 4), (3, 3), weight_kernel=kernel, **places))
    assert (len(rows), sum(w for *_, w in rows), sum(i * j * w for i, j, w in rows), rows[0],
            rows[-1]) == expected


def test_kernels_that_do_not_fit_are_named(sim: Any) -> None:
    with pytest.raises(errors.ConnectorError, match="shape_pre does not fit"):
        listed(sim, 21, 12, sim.KernelConnector((4, 5), (3, 4), (3, 3)))
    for kernel in (np.ones((2, 3)), [[1.0], [2.0, 3.0]], np.nan):
        with pytest.raises(errors.ConnectorError, match="weight_kernel is not a kernel"):
            sim.KernelConnector((4, 5), (3, 4), (3, 3), weight_kernel=kernel)
    with pytest.raises(errors.ConnectorError, match="both signs"):
        sim.KernelConnector((4, 5), (3, 4), (1, 2), weight_kernel=[[1.0, -1.0]])
    delays = sim.KernelConnector((4, 5), (3, 4), (3, 3), delay_kernel=2.0)
    a, b = (sim.Population(n, sim.IF_curr_exp()) for n in (20, 12))
    made = sim.Projection(a, b, delays, sim.StaticSynapse(weight=0.5))
    assert set(made.get("delay", "list", with_address=False)) == {2.0}

"""What a projection says of its synapses: the script's before a run, the network's after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuroport import errors

NUMERICS = {"base": "spinnaker"}


def network(make: Any, weight: Any = 0.3, plastic: bool = False, **options: Any) -> Any:
    sim = make(numerics=NUMERICS, **options)
    pre = sim.Population(3, sim.SpikeSourceArray(spike_times=[[1.0], [2.0], [3.0]]), label="pre")
    post = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0), label="post")
    synapse = (
        sim.STDPMechanism(sim.SpikePairRule(A_plus=0.1, A_minus=0.2),
                          sim.AdditiveWeightDependence(w_max=1.0), weight=weight, delay=1.4)
        if plastic else sim.StaticSynapse(weight=weight, delay=1.4)
    )
    return sim, sim.Projection(pre, post, sim.AllToAllConnector(), synapse, label="p")


def listed(projection: Any, name: str) -> list[float]:
    values: list[float] = projection.get(name, format="list", with_address=False)
    return values


@pytest.mark.parametrize("plastic", [False, True])
def test_weights_are_the_scripts_and_then_the_networks(make: Any, plastic: bool) -> None:
    sim, made = network(make, plastic=plastic)
    stored = sim.network().projections[0]
    assert stored.weight_step is not None
    on_grid = stored.weight.tolist()
    assert on_grid != [0.3] * 6
    assert listed(made, "weight") == listed(made, "written_weight") == [0.3] * 6
    assert listed(made, "stored_weight") == on_grid
    sim.run(5.0)
    # One spike of each input and none behind it: nothing has been learnt.
    assert listed(made, "weight") == listed(made, "stored_weight") == on_grid
    assert listed(made, "written_weight") == [0.3] * 6
    assert [c.weight for c in made] == on_grid
    assert made[2].written_weight == 0.3
    np.testing.assert_array_equal(made.get("weight", format="array"), np.reshape(on_grid, (3, 2)))
    sim.reset()
    assert listed(made, "weight") == [0.3] * 6


def test_delays_are_those_that_are_used(make: Any) -> None:
    sim, made = network(make)
    for _ in range(2):
        assert listed(made, "delay") == listed(made, "stored_delay") == [1.0] * 6
        assert listed(made, "written_delay") == [1.4] * 6
        sim.run(5.0)


def test_synapses_are_listed_source_by_source(make: Any) -> None:
    """As PyNN's NEST and sPyNNaker list them; ``reshape`` gives what was set."""
    sim = make()
    pre = sim.Population(2, sim.SpikeSourceArray(spike_times=[5.0]))
    post = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0))
    weight = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    made = sim.Projection(pre, post, sim.AllToAllConnector(),
                          sim.StaticSynapse(weight=weight, delay=1.0))
    for _ in range(2):
        assert made.get("weight", format="list") == [
            (i, j, weight[i, j]) for i in range(2) for j in range(3)]
        np.testing.assert_array_equal(np.reshape(listed(made, "weight"), (2, 3)), weight)
        assert [(c.presynaptic_index, c.weight) for c in made[2:4]] == [(0, 0.3), (1, 0.4)]
        sim.run(10.0)
    made.set(weight=listed(made, "weight"))
    made[1].weight = 0.25  # of the pair (0, 1)
    weight[0, 1] = 0.25
    np.testing.assert_array_equal(made.get("weight", format="array"), weight)
    # The network's own order stays: target by target.
    assert sim.network().projections[0].post_index.tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("columns", [["weight"], ["weight", "delay"]])
def test_lists_of_a_connector_are_shown_by_source(make: Any, columns: list[str]) -> None:
    sim = make()
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0))
    rows = [(2, 0, 0.1, 1.0), (0, 2, 0.2, 2.0), (2, 0, 0.3, 3.0), (0, 1, 0.4, 4.0)]
    made = sim.Projection(cells, cells, sim.FromListConnector(
        [row[:2 + len(columns)] for row in rows], column_names=columns))
    shown = sorted(rows, key=lambda row: row[:2])  # several of one pair: as they were written
    assert made.get(columns, format="list") == [row[:2 + len(columns)] for row in shown]
    for how, value in (("first", 0.1), ("last", 0.3), ("sum", 0.4)):
        array = made.get("weight", format="array", multiple_synapses=how)
        assert array[2, 0] == pytest.approx(value)


def test_pynns_numerics_keep_what_was_written(make: Any) -> None:
    sim = make()
    cells = sim.Population(2, sim.IF_curr_exp())
    made = sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.3))
    sim.run(2.0)
    for name in ("weight", "written_weight", "stored_weight"):
        assert listed(made, name) == [0.3] * 4


def test_a_new_weight_is_on_the_grid_after_a_run(make: Any) -> None:
    sim, made = network(make)
    sim.run(5.0)
    made.set(weight=0.7)
    assert listed(made, "written_weight") == [0.7] * 6
    after = set(listed(made, "weight"))
    assert after == set(sim.network().projections[0].weight.tolist()) != {0.7}
    made[0].weight = 0.1  # the script's other weights stay the script's
    assert listed(made, "written_weight") == [0.1] + [0.7] * 5


def test_signs_are_the_dialects(make: Any) -> None:
    sim = make(dialect="spynnaker", numerics=NUMERICS)
    cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0))
    made = sim.Projection(cells, cells, sim.AllToAllConnector(),
                          sim.StaticSynapse(weight=0.3, delay=1.0), receptor_type="inhibitory")
    assert listed(made, "weight") == [0.3] * 4
    sim.run(2.0)
    assert set(listed(made, "weight")) == set(np.abs(sim.network().projections[0].weight))


def test_synapses_that_a_machine_drew_are_shown_everywhere(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim, made = network(make)
    assert len(made) == 6
    drawn = (np.array([0, 2]), np.array([1, 0]), np.array([0.25, 0.25]), np.array([2.0, 2.0]))
    monkeypatch.setattr(sim.state, "drawn_synapses", lambda projection: drawn)
    rows = [(0, 1, 0.25, 2.0), (2, 0, 0.25, 2.0)]
    assert made.get(["weight", "delay"], format="list") == rows
    assert len(made) == made.size() == len(list(made)) == len(made[:]) == 2
    assert [(c.presynaptic_index, c.postsynaptic_index, c.weight, c.delay) for c in made] == rows
    assert made[-1].as_tuple("presynaptic_index", "delay") == (2, 2.0)
    assert np.isfinite(made.get("weight", format="array")).sum() == 2
    assert listed(made, "written_weight") == [0.3, 0.3]
    with pytest.raises(IndexError, match="2 connections"):
        _ = made[2]
    with pytest.raises(errors.NetworkChangedError, match="machine drew"):
        made[0].weight = 0.5


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (lambda p: p.get("wieght", "list"), errors.UnknownParameterError, "did you mean 'weight'"),
        (lambda p: p.get("stored_tau", "list"), errors.UnknownParameterError, "stored_weight"),
        (lambda p: p.get("weight", "matrix"), errors.InvalidValueError, "list, array"),
        (lambda p: p.get("weight", "array", multiple_synapses="mean"), errors.InvalidValueError,
         "sum, min, max, first, last"),
        (lambda p: p[0].wieght, errors.UnknownParameterError, "did you mean 'weight'"),
        (lambda p: setattr(p[0], "wieght", 1.0), errors.UnknownParameterError, "weight"),
        (lambda p: setattr(p[0], "stored_weight", 1.0), errors.UnknownParameterError, "weight"),
    ])
def test_what_there_is_not_is_refused_by_name(
    make: Any, ask: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        ask(network(make)[1])

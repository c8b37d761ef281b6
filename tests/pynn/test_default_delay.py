"""A synapse without a delay has the shortest that there is now, as in pyNN.nest."""

from __future__ import annotations

from typing import Any

import pytest

import neuroport


def pair(sim: Any) -> tuple[Any, Any]:
    return sim.Population(2, sim.IF_curr_exp()), sim.Population(2, sim.IF_curr_exp())


def delay(sim: Any, cells: tuple[Any, Any], synapse: Any) -> float:
    made = sim.Projection(*cells, sim.AllToAllConnector(), synapse)
    found: float = made.get("delay", "list", with_address=False)[0]
    return found


@pytest.mark.parametrize("mechanism", ["StaticSynapse", "TsodyksMarkramSynapse", "STDPMechanism"])
def test_it_is_the_shortest_of_the_network(make: Any, mechanism: str) -> None:
    def synapse(sim: Any, **given: float) -> Any:
        rules = ((sim.SpikePairRule(), sim.AdditiveWeightDependence())
                 if mechanism == "STDPMechanism" else ())
        return getattr(sim, mechanism)(*rules, **given)

    sim = make(timestep=0.1)
    assert delay(sim, pair(sim), synapse(sim, weight=0.1)) == sim.get_min_delay() == 0.1
    sim = make(timestep=0.1)
    cells = pair(sim)
    assert delay(sim, cells, synapse(sim, weight=0.1, delay=3.0)) == sim.get_min_delay() == 3.0
    assert delay(sim, cells, synapse(sim, weight=0.1)) == 3.0
    assert delay(sim, cells, synapse(sim)) == 3.0
    # One that is between two steps counts as it is used.
    assert delay(sim, cells, synapse(sim, weight=0.1, delay=1.24)) == pytest.approx(1.2)
    assert delay(sim, cells, synapse(sim)) == sim.get_min_delay() == pytest.approx(1.2)
    sim = make(timestep=0.1, min_delay=0.5)
    assert delay(sim, pair(sim), synapse(sim, weight=0.1)) == 0.5


def test_sPyNNaker_has_one_step(make: Any) -> None:
    sim = make(dialect="spynnaker")
    cells = pair(sim)
    assert delay(sim, cells, sim.StaticSynapse(weight=0.1, delay=3.0)) == 3.0
    assert delay(sim, cells, sim.StaticSynapse(weight=0.1)) == 1.0


def test_shortest_and_longest_are_those_of_the_network(make: Any) -> None:
    sim = make(timestep=0.1)
    assert (sim.get_min_delay(), sim.get_max_delay(), sim.get_time_step()) == (0.1, 0.1, 0.1)
    cells = sim.Population(2, sim.IF_curr_exp())
    sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=1.0, delay=3.0))
    for _ in range(2):
        assert (sim.get_min_delay(), sim.get_max_delay()) == (3.0, 3.0)
        sim.run(1.0)
    sim = make(timestep=0.1, min_delay=0.2, max_delay=20.0)
    assert (sim.get_min_delay(), sim.get_max_delay()) == (0.2, 20.0)
    assert sim.another().get_max_delay() == 20.0


def test_a_large_projection_is_not_made_for_it(make: Any) -> None:
    sim = make()
    cells = sim.Population(3000, sim.IF_curr_exp())
    large = sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.5),
                           sim.StaticSynapse(weight=0.1, delay=4.0))
    assert sim.StaticSynapse().parameter_space["delay"].base_value == 4.0
    assert large._realised is None


def test_module_style_counts_anew_after_setup() -> None:
    sim = neuroport.pynn
    sim.setup(timestep=0.1, backend="brian2")
    delay(sim, pair(sim), sim.StaticSynapse(delay=3.0))
    sim.setup(timestep=0.1, backend="brian2")
    assert delay(sim, pair(sim), sim.StaticSynapse(weight=0.1)) == 0.1
    sim.end()

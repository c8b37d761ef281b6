"""Rings of inputs: every plastic synapse is delivered, or said not to be, before any run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroport_spinnaker.chip.ring import asked_reach, ring_places, undelivered
from neuroport_spinnaker.lower.network import lower

import neuroport
from neuroport.backend.prepare import prepare

pytestmark = pytest.mark.filterwarnings("ignore")


def _stdp(sim: Any, delay: float) -> Any:
    return sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(tau_plus=10.0, tau_minus=12.0, A_plus=0.01,
                                            A_minus=0.01),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=6.0), weight=3.0,
        delay=delay)


def _network(sim: Any, plastic: float, static: float | None, size: int) -> None:
    source = sim.Population(4, sim.SpikeSourceArray(spike_times=[[5.0, 50.0]] * 4), label="src")
    cells = sim.Population(size, sim.IF_curr_exp(tau_refrac=5.0, v_thresh=-55.0, cm=1.0),
                           label="pop")
    sim.Projection(source, cells, sim.AllToAllConnector(), _stdp(sim, plastic), label="learns")
    if static is not None:
        sim.Projection(source, cells, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=0.001, delay=static))
    cells.record(["spikes", "v"])


@settings(max_examples=60, deadline=None)
@given(plastic=st.sampled_from([1, 2, 3, 4, 8, 16, 31, 32, 33, 64, 96, 128, 256]),
       static=st.one_of(st.none(), st.integers(1, 130)), size=st.sampled_from([1, 3, 20, 130, 256]))
def test_no_plastic_synapse_is_left_out(plastic: int, static: int | None, size: int) -> None:
    """Whatever the delays, the ring that is asked for has a place for each."""
    sim = neuroport.simulator("spinnaker", timestep=1.0, numerics="spinnaker")
    _network(sim, float(plastic), None if static is None else float(static), size)
    prepared = prepare(sim.network(), sim.state.backend)
    case = prepared.lowered.case
    into, slots = case.incoming["pop"], case.layouts["pop"].slots
    places = ring_places(into, slots)
    assert places & (places - 1) == 0
    assert not any(undelivered(p, places).any() for p in into)
    assert "NP344" not in {f.code for f in prepared.findings}
    # What sPyNNaker makes of what it is told: the next power of two, so far as there is room.
    told = max(asked_reach(into, slots), *(int(p.delay.max()) for p in into))
    assert min(1 << max(1, (told - 1).bit_length()), slots) == places
    data, _ = lower(case.network, case.options, case.layouts)
    assert {p["reach"] for p in data["projections"]} == {float(asked_reach(into, slots))}
    sim.end()


@pytest.mark.parametrize("size", [220, 256])
@pytest.mark.parametrize("delay", [2.0, 4.0, 8.0, 16.0, 32.0])
def test_the_longer_ring_is_never_why_a_core_is_too_small(size: int, delay: float) -> None:
    sim = neuroport.simulator("spinnaker", timestep=1.0, numerics="spinnaker")
    _network(sim, delay, None, size)
    assert not {"NP330", "NP344"} & {f.code for f in sim.check()}
    sim.end()


def test_a_ring_that_the_user_prevents_is_an_error_that_can_be_allowed() -> None:
    codes = {}
    for allow in ((), "NP344"):
        sim = neuroport.simulator("spinnaker", timestep=1.0, numerics="spinnaker",
                                  neurons_per_core=128, allow=allow)
        _network(sim, 64.0, None, 128)
        (found,) = [f for f in sim.check() if f.code == "NP344"]
        codes[allow] = found.severity.value
        assert found.fixes[0] == "leave out neurons_per_core for 'pop'"
        sim.end()
    assert codes == {(): "error", "NP344": "warning"}


def _run(plastic: float, static: float | None = None, size: int = 3, **options: Any) -> Any:
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="spinnaker", **options)
    _network(sim, plastic, static, size)
    sim.run(100.0)
    cells = next(p for p in sim.state.populations if p.label == "pop")
    segment = cells.get_data().segments[0]
    lost = [f for f in sim.findings if f.code == "NP341"]
    sim.end()
    return float(segment.analogsignals[0].magnitude.max()), lost


@pytest.mark.slow
@pytest.mark.usefixtures("board")
@pytest.mark.parametrize("delays", [(1.0,), (2.0,), (3.0,), (2.0, 3.0), (4.0,), (16.0,)])
def test_every_delay_is_delivered(delays: tuple[float, ...]) -> None:
    largest, lost = _run(*delays)
    # -55 mV is the threshold, and the largest sample before a spike is below it
    assert largest == pytest.approx(-55.0, abs=0.2)
    assert lost == []


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_what_was_lost_is_said_to_be_the_rings_doing() -> None:
    largest, (lost,) = _run(128.0, size=64, neurons_per_core=64, allow="NP344")
    assert largest == -65.0
    assert lost.data["skipped_synapses"] == 4 * 2 * 64  # sources, spikes and cells
    assert "NP344" in lost.why
    assert "after the step they belong to" not in lost.why

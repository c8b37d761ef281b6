"""Published packages written for sPyNNaker, unmodified, against neuroport.pynn.

sPyMem 0.0.9 and sPyBlocks 0.0.1 are installed by `make test` without their dependencies; nothing of
them is part of neuroport.
"""

from __future__ import annotations

import pytest

import neuroport.pynn as sim

pytest.importorskip("sPyMem", reason="pip install --no-deps sPyMem==0.0.9 (make test does)")
pytest.importorskip("sPyBlocks", reason="pip install --no-deps sPyBlocks==0.0.1 (make test does)")

# Neurons of sPyBlocks' documentation: nearly memoryless, one spike of weight 1 makes them fire.
GATE = {
    "cm": 0.1, "tau_m": 0.1, "tau_refrac": 0.0, "tau_syn_E": 0.1, "tau_syn_I": 0.1,
    "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -64.91,
}
PERIOD = {"min_delay": 1.0}


@pytest.fixture(autouse=True)
def simulator():
    """Every test starts as a script for sPyNNaker does."""
    sim.setup(timestep=1.0, min_delay=1.0, numerics="spinnaker", dialect="spynnaker")
    yield
    sim.end()


def _source(*times: float):
    return sim.Population(1, sim.SpikeSourceArray(spike_times=list(times)))


def _spikes(population) -> list[list[int]]:
    trains = population.get_data("spikes").segments[0].spiketrains
    return [[round(float(t)) for t in train.rescale("ms").magnitude] for train in trains]


def _memory(operations, duration: float, cues: int = 5, contents: int = 10) -> dict[int, set[int]]:
    """Run sPyMem's content-addressable memory; return step -> cells of the output."""
    from sPyMem.CA3_content_addressable.CA3_content_addressable import Memory

    times: list[list[float]] = [[] for _ in range(cues + contents)]
    for start, cue, content, length in operations:
        for cell in [*([cue] if cue is not None else []), *(cues + c for c in content)]:
            times[cell] += [start + k for k in range(length)]
    source = sim.Population(cues + contents, sim.SpikeSourceArray(spike_times=times))
    output = sim.Population(
        cues + contents,
        sim.IF_curr_exp(cm=0.27, i_offset=0.0, tau_m=3.0, tau_refrac=1.0, tau_syn_E=0.3,
                        tau_syn_I=0.3, v_reset=-60.0, v_rest=-60.0, v_thresh=-57.5),
    )
    output.set(v=-60.0)  # sPyNNaker's way to set an initial potential
    memory = Memory(cues, contents, sim)
    memory.connect_in(source)
    memory.connect_out(output)
    output.record("spikes")
    sim.run(duration)
    fired: dict[int, set[int]] = {}
    for cell, train in enumerate(_spikes(output)):
        for step in train:
            fired.setdefault(step, set()).add(cell)
    return fired


def test_spymem_recalls_and_forgets():
    # Learn (3 spikes) two words, recall by cue and by content, relearn one cue, recall again.
    fired = _memory(
        [
            (0, 0, {0, 1, 8, 9}, 3),
            (14, 3, {4, 5, 6}, 3),
            (28, 0, set(), 1),
            (42, None, {6}, 1),
            (56, 3, {1, 3, 4, 8}, 3),
            (70, 3, set(), 1),
            (84, None, {6}, 1),
        ],
        100.0,
    )
    # A recall's answer is on the output 6 steps after its spike (cells: cues, then content).
    assert fired[28 + 6] == {5 + bit for bit in (0, 1, 8, 9)}
    assert fired[42 + 6] == {3}
    assert fired[70 + 6] == {5 + bit for bit in (1, 3, 4, 8)}
    assert 84 + 6 not in fired  # nothing that is stored now has bit 6


@pytest.mark.parametrize(
    ("first", "second", "fires"),
    [((10,), (), False), ((), (10,), False), ((10,), (10,), True), ((), (), False)],
)
def test_spyblocks_and_gate(first, second, fires):
    from sPyBlocks.neural_and import NeuralAnd

    gate = NeuralAnd(2, sim, PERIOD, GATE, sim.StaticSynapse(weight=1.0, delay=1.0))
    gate.connect_inputs(_source(*first))
    gate.connect_inputs(_source(*second))
    gate.output_neuron.record("spikes")
    sim.run(30.0)
    # The classic gate compares after one step in its OR and one in its inhibition.
    assert _spikes(gate.output_neuron) == [[12] if fires else []]


def test_spyblocks_or_gate():
    from sPyBlocks.neural_or import NeuralOr

    gate = NeuralOr(sim, PERIOD, GATE, sim.StaticSynapse(weight=1.0, delay=1.0))
    gate.connect_inputs(_source(10, 30))
    gate.connect_inputs(_source(20, 30))
    gate.output_neuron.record("spikes")
    sim.run(50.0)
    assert _spikes(gate.output_neuron) == [[11, 21, 31]]


def test_spyblocks_set_reset_latch_holds_its_state():
    from sPyBlocks.neural_latch_sr import NeuralLatchSR

    latch = NeuralLatchSR(sim, PERIOD, GATE, sim.StaticSynapse(weight=1.0, delay=1.0))
    latch.connect_set(_source(10))
    latch.connect_reset(_source(30))
    latch.output_neuron.record("spikes")
    sim.run(50.0)
    # Set at 10: fires every step from 11 on; reset at 30: silent from 31 on.
    assert _spikes(latch.output_neuron) == [list(range(11, 31))]

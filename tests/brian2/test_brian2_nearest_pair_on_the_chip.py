"""The training protocol of a published pattern detector (arXiv:2312.02659).

Ten lines, one 75 ms presentation, nearest-pair rule with A_plus = 1 and A_minus = -1: on SpiNNaker
every active line ends with 47/128 nA and every other with 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize("pattern", [992, 0b1010011010])
def test_learnt_weight_is_47_of_128(make: Any, pattern: int) -> None:
    sim = make(dialect="spynnaker", numerics={
        "base": "spinnaker", "plastic_weight_step": 1 / 128, "trace_bits": 11})
    bits = [pattern >> (9 - i) & 1 for i in range(10)]
    teacher = sim.Population(1, sim.SpikeSourceArray(spike_times=[29.0]))
    save = sim.Population(1, sim.SpikeSourceArray(spike_times=[65.0]))
    trained, outputs = {}, {}
    for kind, active, times in (("excitatory", 1, [1.0, 26.0, 56.0]),
                                ("inhibitory", 0, [6.0, 36.0, 59.0])):
        source = sim.Population(10, sim.SpikeSourceArray(
            spike_times=[sim.Sequence(times if b == active else []) for b in bits]))
        injector = sim.Population(10, sim.IF_curr_delta())
        output = sim.Population(1, sim.IF_curr_delta())
        strong = sim.StaticSynapse(weight=20.0, delay=1.0)
        sim.Projection(source, injector, sim.OneToOneConnector(), strong)
        sim.Projection(save, injector, sim.AllToAllConnector(), strong)
        sim.Projection(teacher, output, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=20.0, delay=2.0))
        rule = sim.STDPMechanism(
            timing_dependence=sim.extra_models.SpikeNearestPairRule(
                tau_plus=5.0, tau_minus=5.0, A_plus=1.0, A_minus=-1.0),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=20.0),
            weight=0.0, delay=1.0)
        trained[active] = sim.Projection(injector, output, sim.AllToAllConnector(), rule,
                                         receptor_type=kind)
        output.record("spikes")
        outputs[active] = output
    sim.run(75.0)
    for active in (0, 1):
        train = outputs[active].get_data().segments[0].spiketrains[0]
        assert train.magnitude.tolist() == [31.0]
        weights = trained[active].get("weight", format="array")[:, 0]
        # Multiples of 1/128 are exact in binary: no tolerance.
        assert np.abs(weights).tolist() == [47 / 128 if b == active else 0.0 for b in bits]

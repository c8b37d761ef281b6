"""What the released programs, fed by plain sPyNNaker, make of delays that fill a core's ring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]

# delay of a plastic or static synapse -> and the longest delay of another into the population
NETWORK = """
sim.setup(1.0)
source = sim.Population(4, sim.SpikeSourceArray(spike_times=[[5.0, 50.0]] * 4))
largest = {}
for plastic, delay, other in cases:
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=5.0, v_thresh=0.0, cm=1.0))
    synapse = sim.StaticSynapse(weight=3.0, delay=delay)
    if plastic:
        synapse = sim.STDPMechanism(
            sim.SpikePairRule(tau_plus=10.0, tau_minus=12.0, A_plus=0.01, A_minus=0.01),
            sim.AdditiveWeightDependence(w_min=0.0, w_max=6.0), weight=3.0, delay=delay)
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    if other:
        sim.Projection(source, cells, sim.OneToOneConnector(), sim.StaticSynapse(0.001, other))
    cells.record("v")
    largest[cells] = None
sim.run(100)
answer(moved=[bool(max(map(max, fixed(cells, "v"))) > -60 * 32768) for cells in largest])
sim.end()
"""

DELIVERED = {
    (True, 1.0, 0): True, (True, 3.0, 0): True,  # the ring has a place more
    (True, 2.0, 0): False, (True, 4.0, 0): False, (True, 16.0, 0): False,
    (True, 2.0, 2.0): False, (True, 2.0, 3.0): True, (True, 4.0, 5.0): True,
    (False, 2.0, 0): True, (False, 16.0, 0): True,  # static ones go a whole turn
}


@pytest.mark.slow
def test_a_plastic_delay_that_fills_the_ring_delivers_nothing(run_network: Run) -> None:
    found = run_network(f"cases = {[*DELIVERED]}\n{NETWORK}")
    assert dict(zip(DELIVERED, found["moved"], strict=True)) == DELIVERED
    # four sources, two spikes each, onto three cells, of the populations that get nothing
    lost = sum(not one for one in DELIVERED.values())
    assert found["report"].provenance["skipped_synapses"] == 4 * 2 * 3 * lost

"""What findings say of the released binaries, measured on the emulated board."""

from __future__ import annotations

from math import e, exp
from typing import Any

import numpy as np
import pytest

import neuroport

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow,
              pytest.mark.usefixtures("board")]
TAU = 4.0


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """Return the potential of cells with alpha inputs and the weights that pairs leave."""
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="spinnaker")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0]), label="source")
    alpha = sim.Population(2, sim.IF_curr_alpha(
        cm=0.25, tau_m=10.0, v_thresh=0.0, tau_refrac=1.0, tau_syn_E=TAU), label="alpha")
    sim.Projection(source, alpha, sim.FromListConnector(
        [(0, 0, 0.1, 1.0), (0, 1, 0.1 * e * TAU, 1.0)]), sim.StaticSynapse())
    alpha.record("v")
    plastic = {}
    for delay in (3, 4, 8):
        pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[50.0, 150.0]), label=f"p{delay}")
        # the cell fires two steps before its source
        teacher = sim.Population(1, sim.SpikeSourceArray(spike_times=[47.0]), label=f"t{delay}")
        cell = sim.Population(1, sim.IF_curr_exp(cm=0.25, tau_syn_E=1.0, tau_refrac=1.0),
                              label=f"c{delay}")
        sim.Projection(teacher, cell, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=20.0, delay=1.0))
        plastic[delay] = sim.Projection(pre, cell, sim.OneToOneConnector(), sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=0.05, A_minus=0.05),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=1.0),
            weight=0.5, delay=float(delay)), label=f"learns{delay}")
    found = {f.where: f.code for f in sim.check() if f.code in ("NP343", "NP345")}
    sim.run(160.0)
    v = np.asarray(alpha.get_data().segments[0].analogsignals[0])
    change = {d: p.get("weight", format="list", with_address=False)[0] - 0.5
              for d, p in plastic.items()}
    sim.end()
    return {"v": v, "change": change, "found": found}


def test_an_alpha_current_has_the_charge_of_one_step(measured: Any) -> None:
    weak, strong = (measured["v"] + 65.0).max(axis=0)
    # The peak of the response to 0.1 nA alpha currents by PyNN's definition, integrated here.
    v, peak, h = 0.0, 0.0, 0.01
    for k in range(6000):
        t = k * h
        v += h * (-v / 10.0 + 0.1 * (t / TAU) * exp(1.0 - t / TAU) / 0.25)
        peak = max(peak, v)
    # steps of 1 ms over time constants of 4 and 10 ms: a tenth
    assert strong == pytest.approx(peak, rel=0.1)
    assert weak == pytest.approx(peak / (e * TAU), rel=0.1)
    assert measured["found"]["population 'alpha'"] == "NP343"


def test_learning_sees_a_delay_that_would_fill_the_ring(measured: Any) -> None:
    # With d steps in the dendrite the cell's spike comes d - 2 after its source's: potentiation.
    # Without a delay it would come before, and two steps of the weight is what rounding may do.
    for delay, change in measured["change"].items():
        assert change == pytest.approx(0.05 * exp(-(delay - 2) / 20), abs=2e-3), delay
    assert {w for w, code in measured["found"].items() if code == "NP345"} == {
        "projection 'learns4'", "projection 'learns8'"}

"""Small models that worker processes can find."""

from __future__ import annotations

import os
import time
from typing import Any


def quick(sim: Any) -> None:
    """Three driven cells, spikes recorded; a refractory period below the time step."""
    cells = sim.Population(3, sim.IF_curr_exp(i_offset=[0.8, 1.0, 1.3], tau_refrac=0.1),
                           label="cells")
    cells.record("spikes")
    sim.run(200.0)


def mixed(sim: Any) -> None:
    """Excitation, inhibition, plasticity, an injected current; nothing on round numbers."""
    source = sim.Population(20, sim.SpikeSourcePoisson(rate=60.0), label="source")
    exc = sim.Population(
        30, sim.IF_curr_exp(tau_m=13.7, cm=0.73, tau_syn_E=2.3, tau_syn_I=4.7, tau_refrac=2.1,
                            v_rest=-63.21, v_reset=-66.6, v_thresh=-52.3, i_offset=0.123),
        initial_values={"v": -61.37}, label="exc")
    inh = sim.Population(
        10, sim.IF_curr_exp(tau_m=9.1, cm=0.25, tau_syn_E=1.3, tau_syn_I=3.9), label="inh")
    sparse = sim.FixedProbabilityConnector(0.3)
    sim.Projection(source, exc, sparse, sim.StaticSynapse(weight=0.9, delay=1.0))
    sim.Projection(source, inh, sparse, sim.StaticSynapse(weight=0.7, delay=3.0))
    sim.Projection(inh, exc, sparse, sim.StaticSynapse(weight=-0.81, delay=2.0),
                   receptor_type="inhibitory")
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(tau_plus=17.0, tau_minus=21.0, A_plus=0.02,
                                            A_minus=0.015),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=1.5),
        weight=0.4, delay=2.0, dendritic_delay_fraction=1.0)
    sim.Projection(exc, inh, sim.FixedProbabilityConnector(0.4), rule)
    sim.DCSource(amplitude=0.237, start=20.0, stop=120.0).inject_into(exc)
    for population in (exc, inh):
        population.record("spikes")
    sim.run(200.0)


def dies_on_spinnaker_numerics(sim: Any) -> None:
    """End the process, as a crashing engine would."""
    if sim.numerics.name == "spinnaker":
        print("the last words", flush=True)
        os._exit(7)
    quick(sim)


def never_ends_on_spinnaker_numerics(sim: Any) -> None:
    """Wait for longer than any test."""
    if sim.numerics.name == "spinnaker":
        time.sleep(3600.0)
    quick(sim)


def wrong_on_spinnaker_numerics(sim: Any) -> None:
    """Raise an error of the user's."""
    if sim.numerics.name == "spinnaker":
        raise ZeroDivisionError("the user's mistake")
    quick(sim)


def noisy(sim: Any) -> None:
    """Cells that noise drives and that excite and inhibit each other; the wiring has no seed."""
    exc = sim.Population(80, sim.IF_curr_exp(tau_refrac=2.0), label="exc")
    inh = sim.Population(20, sim.IF_curr_exp(tau_refrac=2.0), label="inh")
    for cells in (exc, inh):
        drive = sim.Population(cells.size, sim.SpikeSourcePoisson(rate=800.0))
        sim.Projection(drive, cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=0.45, delay=1.0))
        sparse = sim.FixedProbabilityConnector(0.1, rng=sim.NumpyRNG(seed=5))
        sim.Projection(exc, cells, sparse, sim.StaticSynapse(weight=0.2, delay=2.0))
        sim.Projection(inh, cells, sparse, sim.StaticSynapse(weight=-0.6, delay=2.0),
                       receptor_type="inhibitory")
        cells.record("spikes")
    sim.run(2000.0)

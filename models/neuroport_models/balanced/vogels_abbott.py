"""Self-sustained asynchronous activity: ``neuroport run vogels-abbott``.

Vogels & Abbott (2005), J. Neurosci. 25:10786, with current-based synapses as in benchmark 2 of
Brette et al. (2007), J. Comput. Neurosci. 23:349, whose parameters these are. Both take their
synapses as instantaneous; here a spike needs 0.2 ms, which is the shortest delay that NEST has
under the step rule at 0.1 ms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroport.errors import InvalidValueError, Problem
from neuroport.models import ModelResult, model
from neuroport_models.balanced.result import rates

__all__ = ["vogels_abbott", "CELL", "INPUTS_OF_A_CELL"]

# Brette et al. 2007, appendix 2: rest -49, threshold -50, reset -60 mV; 20 ms membrane, 5 and
# 10 ms synapses, 5 ms refractory period. Potentials do not depend on cm, only weights do.
CELL = {"cm": 0.2, "tau_m": 20.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0, "v_rest": -49.0,
        "v_reset": -60.0, "v_thresh": -50.0, "tau_refrac": 5.0}
INPUTS_OF_A_CELL = 80  # 2 % of 4 000
_EXCITATORY_PART = 0.8
_DELAY = 0.2  # ms
_SMALLEST = 100


@model("vogels-abbott", timestep=0.1, numerics="pynn")
def vogels_abbott(
    sim: Any,
    *,
    neurons: int = 4000,
    duration: float = 1000.0,
    excitation: float = 1.62,
    inhibition: float = -9.0,
    tau_m: float = 20.0,
    wiring: int | None = None,
) -> ModelResult:
    """A balanced network that keeps itself active: Vogels and Abbott's, with currents.

    Four of five cells excite, each cell has 80 inputs on average, and nothing comes from outside:
    the cells rest just above their threshold. Vogels & Abbott 2005, J. Neurosci. 25:10786;
    Brette et al. 2007, J. Comput. Neurosci. 23:349, benchmark 2.

    Parameters
    ----------
    neurons : int
        Cells. 4000 as published; the number of inputs of a cell stays.
    duration : float
        ms.
    excitation : float
        Weight of an excitatory synapse (mV, as published; 1.62).
    inhibition : float
        Weight of an inhibitory synapse (mV, as published; -9).
    tau_m : float
        Membrane time constant (ms; 20).
    wiring : int
        Seed of the connections alone, so that several seeds run the same network from other
        initial states. Default: the simulator's seed draws them as well.
    """
    problems = []
    if neurons < _SMALLEST:
        problems.append(Problem("too few neurons", f"{neurons}", f"{_SMALLEST} or more"))
    if not 0 < duration < float("inf"):
        problems.append(Problem("the duration cannot be used", f"{duration:g} ms", "above 0"))
    if excitation < 0 or inhibition > 0:
        problems.append(Problem("a weight has the wrong sign", f"{excitation:g}, {inhibition:g} mV",
                                "excitation above 0, inhibition below 0"))
    if wiring is not None and wiring < 0:
        problems.append(Problem("wiring cannot be used", f"{wiring}", "0 or more"))
    if tau_m <= 0:
        problems.append(Problem("tau_m cannot be used", f"{tau_m:g} ms", "above 0"))
    if problems:
        raise InvalidValueError(problems, where="vogels-abbott")
    n_exc = round(neurons * _EXCITATORY_PART)
    # Where the potentials start, from the network's seed: the same on every engine.
    start = np.random.default_rng([sim.seed, neurons]).uniform(-60.0, -50.0, neurons)
    cells = sim.IF_curr_exp(**{**CELL, "tau_m": tau_m})
    exc = sim.Population(n_exc, cells, initial_values={"v": start[:n_exc]}, label="excitatory")
    inh = sim.Population(
        neurons - n_exc, cells, initial_values={"v": start[n_exc:]}, label="inhibitory")
    drawn = {} if wiring is None else {"rng": sim.NumpyRNG(seed=wiring)}
    connector = sim.FixedProbabilityConnector(INPUTS_OF_A_CELL / neurons, **drawn)
    # The published weights are potentials; as currents they are divided by R = tau_m/cm.
    volt = CELL["cm"] / CELL["tau_m"]
    for source, weight, receptor in (
        (exc, excitation * volt, "excitatory"), (inh, inhibition * volt, "inhibitory")
    ):
        for target in (exc, inh):
            sim.Projection(
                source, target, connector, sim.StaticSynapse(weight=weight, delay=_DELAY),
                receptor_type=receptor, label=f"{source.label} to {target.label}",
            )
    exc.record("spikes")
    inh.record("spikes")
    sim.run(duration)
    return rates(f"Vogels and Abbott's network, {neurons} cells", [exc, inh], duration)

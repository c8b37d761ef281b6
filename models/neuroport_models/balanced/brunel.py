"""Sparsely connected excitatory and inhibitory cells: ``neuroport run brunel``.

Brunel (2000), J. Comput. Neurosci. 8:183, model A: all cells alike, potentials counted from rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroport.errors import InvalidValueError, Problem
from neuroport.models import ModelResult, model
from neuroport_models.balanced.result import rates

__all__ = ["brunel", "CELL"]

# Brunel 2000, table 1 and section 2: tau = 20 ms, theta = 20 mV, V_r = 10 mV, 2 ms refractory,
# D = 1.5 ms; 10 % connections, four excitatory cells to an inhibitory one.
CELL = {"tau_m": 20.0, "cm": 1.0, "v_rest": 0.0, "v_thresh": 20.0, "v_reset": 10.0,
        "tau_refrac": 2.0}
_CONNECTED = 0.1
_EXCITATORY_PART = 0.8
_DELAY = 1.5  # ms
_SMALLEST = 100


@model("brunel", timestep=0.1, numerics="pynn")
def brunel(
    sim: Any,
    *,
    neurons: int = 1250,
    duration: float = 1000.0,
    strength: float = 0.5,
    g: float = 6.0,
    eta: float = 1.5,
    tau_m: float = 20.0,
    wiring: int | None = None,
) -> ModelResult:
    """Brunel's sparsely connected network, model A, with external Poisson input.

    With the defaults, a tenth of the published size with stronger synapses, it fires
    asynchronously and irregularly, as the published network does for g above 4 and eta above 1.
    Brunel 2000, J. Comput. Neurosci. 8:183.

    Parameters
    ----------
    neurons : int
        Cells, four of five excitatory, each with inputs from a tenth. Published: 12500.
    duration : float
        ms.
    strength : float
        Jump at an excitatory spike (mV). Published: 0.1 at 12500 cells.
    g : float
        Strength of an inhibitory synapse against an excitatory one. Published: 3 to 8.
    eta : float
        External input, as a multiple of what just reaches threshold.
    tau_m : float
        Membrane time constant (ms; 20).
    wiring : int
        Seed of the connections alone, so that several seeds run the same network from other
        initial states and with other input. Default: the simulator's seed draws them as well.
    """
    problems = []
    if neurons < _SMALLEST:
        problems.append(Problem("too few neurons", f"{neurons}", f"{_SMALLEST} or more"))
    if not 0 < duration < float("inf"):
        problems.append(Problem("the duration cannot be used", f"{duration:g} ms", "above 0"))
    if strength <= 0:
        problems.append(Problem("the strength cannot be used", f"{strength:g} mV", "above 0"))
    if g < 0 or eta < 0:
        problems.append(Problem("g and eta cannot be below 0", f"{g:g}, {eta:g}", "0 or more"))
    if wiring is not None and wiring < 0:
        problems.append(Problem("wiring cannot be used", f"{wiring}", "0 or more"))
    if tau_m <= 0:
        problems.append(Problem("tau_m cannot be used", f"{tau_m:g} ms", "above 0"))
    if problems:
        raise InvalidValueError(problems, where="brunel")
    n_exc = round(neurons * _EXCITATORY_PART)
    # nu_thr*C_E = theta/(J*tau): the input that just reaches threshold, all of it together.
    rate = eta * CELL["v_thresh"] / (strength * CELL["tau_m"]) * 1e3  # Hz
    start = np.random.default_rng([sim.seed, neurons]).uniform(0.0, CELL["v_thresh"], neurons)
    cells = sim.IF_curr_delta(**{**CELL, "tau_m": tau_m})
    exc = sim.Population(n_exc, cells, initial_values={"v": start[:n_exc]}, label="excitatory")
    inh = sim.Population(
        neurons - n_exc, cells, initial_values={"v": start[n_exc:]}, label="inhibitory")
    drawn = {} if wiring is None else {"rng": sim.NumpyRNG(seed=wiring)}
    for target in (exc, inh):
        outside = sim.Population(
            target.size, sim.SpikeSourcePoisson(rate=rate), label=f"input of {target.label}")
        sim.Projection(
            outside, target, sim.OneToOneConnector(),
            sim.StaticSynapse(weight=strength, delay=_DELAY), label=f"input to {target.label}",
        )
        for source, weight, receptor in (
            (exc, strength, "excitatory"), (inh, -g * strength, "inhibitory")
        ):
            sim.Projection(
                source, target,
                # As published: each cell has the same number of inputs.
                sim.FixedNumberPreConnector(round(_CONNECTED * source.size), **drawn),
                sim.StaticSynapse(weight=weight, delay=_DELAY),
                receptor_type=receptor, label=f"{source.label} to {target.label}",
            )
    exc.record("spikes")
    inh.record("spikes")
    sim.run(duration)
    return rates(f"Brunel's network, {neurons} cells, g = {g:g}, eta = {eta:g}", [exc, inh],
                 duration)

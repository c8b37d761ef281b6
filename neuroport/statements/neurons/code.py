"""What an engine needs to know of a cell type, and pieces that all of them share.

A step runs in this order (see ``docs/numerics.md``): inputs that were due have already been added
to the synaptic variables; the state is updated; the threshold is tested; spiking cells are reset;
spikes are handed to the synapses. Variables carry no units: they are in PyNN's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CellModel, Receptor
from neuroport.numerics import Numerics
from neuroport.statements.names import inside

__all__ = [
    "NeuronCode",
    "FloatArray",
    "receptor_equations",
    "receptor_arrivals",
    "receptor_coefficients",
    "receptor_parameters",
    "ACTIVE",
    "CLAMP",
]

FloatArray = NDArray[np.float64]

# 1 while the membrane is updated, 0 in the steps after a spike.
ACTIVE = "x_active = int(t_in_timesteps >= x_until)"
CLAMP = "x_until = t_in_timesteps + 1 + x_refractory_steps"


@dataclass(frozen=True)
class NeuronCode:
    """The statements of one cell type.

    Attributes
    ----------
    equations : str
        Model equations; every variable is dimensionless.
    method : str or None
        How the differential equations among them are integrated: ``rk4`` (fourth-order
        Runge-Kutta), ``exponential_euler``, or None where there are none.
    before, step : str
        Statements before and after the differential equations are integrated.
    after : str
        Statements at the end of a step, when all inputs for the next one have arrived.
    threshold, reset : str
        Spike condition and what follows.
    coefficients : callable
        ``coefficients(parameters) -> {variable: values}``: constants made from parameters.
    arrivals : mapping of str to str
        Receptor -> statement that takes the weight ``{w}`` in, in a synapse's code.
    variables : tuple of str
        Variables that can be recorded and initialised, PyNN's names.
    state_bits : int or None
        Fraction bits with which states are kept; None: all of a double.
    """

    equations: str
    threshold: str
    reset: str
    coefficients: Callable[[Mapping[str, FloatArray]], dict[str, FloatArray]]
    arrivals: Mapping[str, str]
    variables: tuple[str, ...]
    method: str | None = None
    before: str = ""
    step: str = ""
    after: str = ""
    initial: Mapping[str, float] = field(default_factory=dict)
    state_bits: int | None = None

    def stored(self, values: FloatArray) -> FloatArray:
        """Return values of a state as the cell keeps them."""
        if self.state_bits is None:
            return values
        scale = float(2**self.state_bits)
        return np.asarray(np.rint(np.asarray(values, dtype=float) * scale) / scale)


def receptor_equations(
    receptors: tuple[Receptor, ...], differential: bool, voltage: str = "x_v"
) -> tuple[list[str], list[str], list[str]]:
    """Return (equations, currents, decay statements) for receptors.

    Parameters
    ----------
    receptors : tuple of Receptor
    differential : bool
        Whether the decay is a differential equation (else the statements do it, exactly).
    voltage : str
        The membrane potential, for conductances.
    """
    equations: list[str] = []
    currents: list[str] = []
    decays: list[str] = []
    for receptor in receptors:
        if not receptor.tau:
            continue
        s = inside(receptor.variable)
        tau = inside(receptor.tau)
        alpha = receptor.kind.endswith("alpha")
        if differential:
            rise = f" + {s}_rise" if alpha else ""
            equations.append(f"d{s}/dt = (-{s}/{tau}{rise})/ms : 1")
            if alpha:
                equations.append(f"d{s}_rise/dt = (-{s}_rise/{tau})/ms : 1")
        else:
            equations += [f"{s} : 1", f"{s}_decay : 1 (constant)"]
            if alpha:
                equations.append(f"{s}_rise : 1")
                decays.append(f"{s} = ({s} + {s}_rise*x_dt)*{s}_decay")
                decays.append(f"{s}_rise = {s}_rise*{s}_decay")
            else:
                decays.append(f"{s} = {s}*{s}_decay")
        if receptor.conductance:
            currents.append(f"{s}*({inside(receptor.reversal)} - {voltage})")
        else:
            currents.append(s)
    return equations, currents, decays


def receptor_arrivals(
    cell: CellModel, numerics: Numerics, voltage: str = "x_v", clamped: bool = True
) -> dict[str, str]:
    """Return for each receptor the statement that takes a weight in."""
    arrivals = {}
    # An input due in the next step finds the cell active in that step, or is lost (NEST).
    awake = "*int(t_in_timesteps_post + 1 >= x_until_post)" if clamped else ""
    for receptor in cell.receptors:
        s = inside(receptor.variable)
        if receptor.direct:
            arrivals[receptor.name] = f"{s}_post += {{w}}"
        elif receptor.kind == "delta":
            arrivals[receptor.name] = (
                "x_delta_post += {w}"
                if numerics.delta_input == "current" and cell.membrane == "leaky"
                else f"{voltage}_post += {{w}}{awake}"
            )
        elif receptor.kind.endswith("alpha"):
            arrivals[receptor.name] = f"{s}_rise_post += {{w}}*{s}_gain_post"
        elif numerics.input_rule == "step":
            arrivals[receptor.name] = f"{s}_post += {{w}}*{s}_gain_post"
        else:
            arrivals[receptor.name] = f"{s}_post += {{w}}"
    return arrivals


def receptor_parameters(receptors: tuple[Receptor, ...]) -> tuple[str, ...]:
    """Return the names of the receptors' time constants (ms) and reversal potentials (mV)."""
    names = (name for receptor in receptors for name in (receptor.tau, receptor.reversal))
    return tuple(dict.fromkeys(filter(None, names)))


def receptor_coefficients(
    receptors: tuple[Receptor, ...],
    parameters: Mapping[str, FloatArray],
    numerics: Numerics,
    timestep: float,
    decay: bool,
) -> dict[str, FloatArray]:
    """Return gains on arrival and, where asked, decays over a step."""
    result: dict[str, FloatArray] = {}
    for receptor in receptors:
        if not receptor.tau:
            continue
        s = inside(receptor.variable)
        tau = parameters[receptor.tau]
        if decay:
            result[f"{s}_decay"] = np.exp(-timestep / tau)
        if receptor.kind.endswith("alpha"):
            result[f"{s}_gain"] = np.e / tau
        elif numerics.input_rule == "step":
            # Charge-conserving: the held current carries the charge of the decaying one.
            result[f"{s}_gain"] = -(tau / timestep) * np.expm1(-timestep / tau)
    return result


def gain_equations(receptors: tuple[Receptor, ...], numerics: Numerics) -> list[str]:
    """Return the declarations of the gains that :func:`receptor_coefficients` fills."""
    result = []
    for receptor in receptors:
        if not receptor.tau:
            continue
        if receptor.kind.endswith("alpha") or numerics.input_rule == "step":
            result.append(f"{inside(receptor.variable)}_gain : 1 (constant)")
    return result

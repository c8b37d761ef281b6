"""Current-based leaky cells in the SpiNNaker chip's fixed-point numbers.

Potentials and currents are whole multiples of 2^−15, synaptic decays of 2^−32; every product is
floored and every quotient truncated, as in sPyNNaker 7.4.1 (``neuron_model_lif_impl.h``,
``synapse_types_exponential_impl.h``; verified against the released binaries, see
``tests/compare`` and ``tests/spinnaker_board/test_arithmetic.py``). Here they are doubles that hold
such multiples. Doubles have 53 bits, so this is exact while the current that arrives for one cell
and step stays below 64 nA; above that a product may be off in its last bit.

The current into a cell, its effect and the potential wrap round at ±65,536 nA and mV, as 32-bit
numbers do: with weights like that a cell can fire because it is inhibited. What arrives at an
exponential receptor does not wrap, and the chip's ring of inputs, which stops at 65,535 units, has
no end here (finding NP303).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from neuroport.network.cells import CellModel
from neuroport.numerics import Numerics
from neuroport.statements.names import inside
from neuroport.statements.neurons.code import (
    ACTIVE,
    CLAMP,
    FloatArray,
    NeuronCode,
)

__all__ = ["code", "exponential", "has"]

_DECAY_BITS = 32  # of a synaptic decay: unsigned 0.32
_PARAMETERS = ("v_thresh", "v_reset", "v_rest", "i_offset")
# The quadratic that the binary fits to 1 − e^(−x) for x below 1/16, and the table's widths.
_QUADRATIC = (4293434720, 2081624032, 5294)
_ONE = 32768
_SPAN = 131072.0  # 2^32 units of 2^−15


def has(cell: CellModel, numerics: Numerics) -> bool:
    """Whether these numerics ask for it and the arithmetic of the cell's synapses is known."""
    return (
        numerics.state_bits is not None
        and numerics.input_rule == "step"
        and all(
            r.kind == "current_exp" or (r.kind == "delta" and numerics.delta_input == "current")
            for r in cell.receptors
        )
    )


def _scaled(value: int, part: int) -> int:
    # The binary rounds up from one unit below a half on.
    return (value * part + 2**31 + 1) >> 32


def exponential(step: int) -> int:
    """Return e^(−step/32768) in units of 2^−32, by the binary's own method.

    The argument splits into units, sixteenths and a rest; the first two come from tables of
    rounded values, the rest from a fitted quadratic, whose products are truncated. What is taken
    away in the end is rounded (``scale64`` of spinn_common's ``utils.h``).

    Parameters
    ----------
    step : int
        The argument in units of 2^−15, 0 or more.
    """
    units, rest = -step >> 15, -step & (_ONE - 1)
    if rest:
        units, rest = units + 1, _ONE - rest
    value = round(math.exp(units) * (1 << 32))
    if not rest:
        return value
    sixteenths = round(-math.expm1(-(rest >> 11) / 16) * (1 << 32))
    value -= _scaled(value, sixteenths)
    x = (rest & 0x7FF) << 17
    first, second, constant = _QUADRATIC
    series = ((first - (second * x >> 32)) * x >> 32) + constant
    return value - _scaled(value, series)


def _decays(tau: FloatArray, timestep: float) -> FloatArray:
    """Return e^(−dt/τ) in units of 2^−32; the quotient is truncated to 2^−15."""
    found: dict[float, int] = {}
    for value in np.unique(tau):
        quotient = (round(timestep * _ONE) << 15) // round(float(value) * _ONE)
        found[float(value)] = exponential(quotient)
    return np.array([float(found[float(value)]) for value in tau])


def _wrapped(name: str) -> str:
    """Return the statement that brings a number back into the range of 32 bits."""
    return f"{name} = {name} - {_SPAN!r}*floor_of({name}/{_SPAN!r} + 0.5)"


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of a leaky cell in fixed point."""
    bits = numerics.state_bits
    one = float(2 ** (bits or 0))

    def floored(text: str) -> str:
        return f"floor_of(({text})*{one!r})/{one!r}"

    def toward_zero(text: str) -> str:
        # The chip keeps inhibition as a magnitude and floors that.
        return f"sign({text})*floor_of(abs({text})*{one!r})/{one!r}"

    equations = [
        "x_v : 1", "x_i_inj : 1", "x_alpha : 1", "x_next : 1",
        *(f"{inside(p)} : 1 (constant)" for p in _PARAMETERS),
        "x_until : integer", "x_refractory_steps : integer (constant)", "x_active : integer",
        "x_v_decay : 1 (constant)", "x_resistance : 1 (constant)",
    ]
    currents = ["x_i_offset", f"floor(x_i_inj*{one!r} + 0.5)/{one!r}"]
    decays: list[str] = []
    after: list[str] = []
    arrivals: dict[str, str] = {}
    for receptor in cell.receptors:
        if receptor.kind == "delta":
            continue
        s = inside(receptor.variable)
        equations += [f"{s} : 1", f"{s}_in : 1", f"{s}_decay : 1 (constant)",
                      f"{s}_gain : 1 (constant)"]
        currents.append(s)
        decays.append(f"{s} = {toward_zero(f'{s}*{s}_decay')}")
        # All inputs of a step are summed first, then scaled once.
        after += [f"{s} = {s} + {toward_zero(f'{s}_in*{s}_gain')}", f"{s}_in = 0"]
        arrivals[receptor.name] = f"{s}_in_post += {{w}}"
    delta = [r for r in cell.receptors if r.kind == "delta"]
    clear = []
    if delta:
        equations.append("x_delta : 1")
        currents.append("x_delta")
        clear = ["x_delta = 0"]
        arrivals |= {r.name: "x_delta_post += {w}" for r in delta}
    total = " + ".join(currents)
    step = [
        ACTIVE,
        f"x_alpha = {total}", _wrapped("x_alpha"),
        f"x_alpha = {floored('x_alpha*x_resistance')} + x_v_rest", _wrapped("x_alpha"),
        "x_next = x_alpha - x_v", _wrapped("x_next"),
        f"x_next = x_alpha - {floored('x_v_decay*x_next')}", _wrapped("x_next"),
        "x_v = x_active*x_next + (1 - x_active)*x_v",
        *decays,
        *clear,
    ]

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        def on_grid(values: FloatArray) -> FloatArray:
            return np.asarray(np.rint(values * one) / one)

        result = {inside(name): on_grid(p[name]) for name in _PARAMETERS}
        result["x_refractory_steps"] = numerics.refractory_steps(p["tau_refrac"], timestep)
        if numerics.decay_bits is None:
            result["x_resistance"] = p["tau_m"] / p["cm"]
            result["x_v_decay"] = np.exp(-timestep / p["tau_m"])
        else:
            coarse = 2.0 ** (_DECAY_BITS - numerics.decay_bits)
            result["x_resistance"] = np.floor(
                on_grid(p["tau_m"]) / on_grid(p["cm"]) * one + 1e-9) / one
            result["x_v_decay"] = (
                np.floor(_decays(p["tau_m"], timestep) / coarse) / 2.0**numerics.decay_bits)
        for receptor in cell.receptors:
            if receptor.kind == "delta":
                continue
            s, tau = inside(receptor.variable), p[receptor.tau]
            if numerics.decay_bits is None:
                result[f"{s}_decay"] = np.exp(-timestep / tau)
                result[f"{s}_gain"] = -(tau / timestep) * np.expm1(-timestep / tau)
                continue
            decay = _decays(tau, timestep)
            scale = np.floor(on_grid(tau) / timestep * one + 1e-9)
            result[f"{s}_decay"] = decay / 2.0**_DECAY_BITS
            result[f"{s}_gain"] = (
                np.floor(scale * (2.0**_DECAY_BITS - 1.0 - decay) / one) / 2.0**_DECAY_BITS)
        return result

    return NeuronCode(
        equations="\n".join(equations),
        threshold=f"x_active > 0 and x_v {numerics.threshold_rule} x_v_thresh",
        reset=f"x_v = x_v_reset\n{CLAMP}",
        coefficients=coefficients,
        arrivals=arrivals,
        variables=cell.states,
        step="\n".join(step),
        after="\n".join(after),
        state_bits=bits,
    )

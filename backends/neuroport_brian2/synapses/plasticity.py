"""Spike-timing-dependent plasticity with the numerics contract's choices made explicit.

A synapse keeps ``x_pending``, the weight with all pairings so far, and ``x_w``, the weight that
can be seen and is delivered. With deferred updates they meet at each presynaptic spike. Both are
magnitudes; ``x_sign`` carries the receptor's sign.

Events: a presynaptic spike of step k acts at k + (axonal delay), a postsynaptic one of step s at
s + (dendritic delay); at a tie the postsynaptic one is looked at first. The weight is delivered as
it is when the presynaptic spike acts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.description import Projection
from neuroport.numerics import Numerics
from neuroport_brian2.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["code", "axonal_steps"]

_NEVER = -1e9
# Spikes of one cell that can be under way between the synapse and the soma.
_MOST_IN_FLIGHT = 64


def axonal_steps(projection: Projection, numerics: Numerics) -> IntArray:
    """Return the axonal part of each delay in steps; the rest is dendritic."""
    fraction = 1.0 if numerics.dendritic_delay == "all" else projection.dendritic_fraction
    return np.rint(projection.delay * (1.0 - fraction)).astype(np.int64)


def _lead(projection: Projection, numerics: Numerics) -> IntArray:
    """Return 1 where the delay is all axonal: the arrival belongs to the next step's start."""
    return (axonal_steps(projection, numerics) == projection.delay).astype(np.int64)


def _in_flight(projection: Projection, numerics: Numerics) -> IntArray:
    """Return the steps between the moment a weight is fixed and its delivery."""
    fixed = axonal_steps(projection, numerics) - _lead(projection, numerics)
    return projection.delay - 1 - fixed


def code(
    projection: Projection,
    arrival: str,
    numerics: Numerics,
    timestep: float,
    shortest_interval: int,
    later: int,
) -> SynapseCode:
    """Return the Brian2 code of an STDP mechanism."""
    timing = projection.synapse.timing
    lag = int((_in_flight(projection, numerics) + later).max(initial=0))
    slots = 0 if lag == 0 else 1 + -(-lag // max(1, shortest_interval))
    if slots > _MOST_IN_FLIGHT:
        raise UnsupportedError(
            Problem(
                "too many spikes can be under way in the dendrites of this plastic projection",
                measured=f"{slots} at a dendritic delay of {lag * timestep:g} ms",
                limit=f"{_MOST_IN_FLIGHT}",
                fix="a shorter delay, a smaller dendritic_delay_fraction, or a longer time step",
            ),
            where=f"projection '{projection.label}'",
            line=projection.line,
        )

    def exponential(steps: str, tau: str) -> str:
        value = f"exp(-({steps})*{timestep!r}/{tau})"
        return _table(value, numerics)

    if timing == "vogels":
        on_post, on_pre = _vogels(exponential)
    else:
        on_post, on_pre = _pair(timing == "nearest_pair", projection, numerics, exponential)
    if numerics.plasticity_update == "immediate":
        on_post.append("x_w = x_pending")
    on_pre.append(f"x_w = {_stored('x_pending', numerics)}")
    if numerics.plastic_weight_step is not None:
        on_pre.append("x_pending = x_w")
    deliver = []
    if slots:
        # The weight under way is kept until it arrives, whatever happens meanwhile.
        on_pre += [
            f"x_sent_{k} = int(x_out == {k})*x_w + int(x_out != {k})*x_sent_{k}"
            for k in range(slots)
        ]
        on_pre.append(f"x_out = (x_out + 1) % {slots}")
        chosen = " + ".join(f"int(x_in == {k})*x_sent_{k}" for k in range(slots))
        deliver = [f"x_arriving = {chosen}", f"x_in = (x_in + 1) % {slots}",
                   arrival.format(w="(x_sign*x_arriving)")]
    else:
        on_pre.append(arrival.format(w="(x_sign*x_w)"))

    def before_delay(p: Projection) -> IntArray:
        return axonal_steps(p, numerics) - _lead(p, numerics)

    def after_delay(p: Projection) -> IntArray:
        return p.delay - axonal_steps(p, numerics)

    def arrival_delay(p: Projection) -> IntArray:
        return p.delay - 1 + later

    pathways = [
        Pathway("post", "post", "\n".join(on_post), after_delay, 0),
        Pathway("pre", "pre", "\n".join(on_pre), before_delay, 1),
    ]
    if slots:
        pathways.append(Pathway("deliver", "pre", "\n".join(deliver), arrival_delay, 2))
    names = _parameters(timing, projection)
    states = ["x_w", "x_pending", "x_before_trace", "x_before_last", "x_after_trace",
              "x_after_previous", "x_after_last", *(f"x_sent_{k}" for k in range(slots))]
    if slots:
        states += ["x_out", "x_in"]
    equations = "\n".join(
        [f"{v} : 1" if v not in ("x_out", "x_in") else f"{v} : integer" for v in states]
        + [f"{v} : 1 (constant)" for v in (*names, "x_sign", "x_w_min", "x_w_max", "x_lead")]
    )

    def values(p: Projection, cells: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return _values(p, numerics, slots)

    return SynapseCode(
        equations,
        tuple(pathways),
        values,
        signed=True,
        key=("stdp", projection.synapse.name, arrival, slots, projection.dendritic_fraction),
    )


def _table(value: str, numerics: Numerics) -> str:
    """Return an exponential, or its entry in a look-up table of few fraction bits (floored)."""
    if numerics.trace_bits is None:
        return value
    scale = float(2 ** int(numerics.trace_bits))
    return f"(floor({value}*{scale!r} + 1e-9)/{scale!r})"


def _stored(value: str, numerics: Numerics) -> str:
    step = numerics.plastic_weight_step
    # 1e-9 of a step: a weight that is on the grid but for rounding error stays where it is.
    return value if step is None else f"floor({value}/{step!r} + 1e-9)*{step!r}"


def _pair(
    nearest: bool, projection: Projection, numerics: Numerics, exponential: object
) -> tuple[list[str], list[str]]:
    exp = exponential  # type: ignore[assignment]
    rule = projection.synapse.weight_dependence
    grow, shrink = _CHANGES[rule]
    after_now = "1.0" if nearest else "x_after_previous + 1.0"
    before_now = (
        "1.0" if nearest
        else f"x_before_trace*{exp('x_now - x_before_last', 'x_tau_plus')} + 1.0"  # type: ignore[operator]
    )
    on_post = [
        "x_since = t_in_timesteps - x_before_last",
        f"x_pairing = int(x_since > 0)*{_product('x_before_trace', exp('x_since', 'x_tau_plus'), numerics)}",  # type: ignore[operator]
        f"x_pending = {grow}",
        f"x_after_previous = x_after_trace*{exp('t_in_timesteps - x_after_last', 'x_tau_minus')}",  # type: ignore[operator]
        f"x_after_trace = {after_now}",
        "x_after_last = t_in_timesteps",
    ]
    if numerics.coincidence == "depression":
        pairing = _product("x_after_trace", exp("x_gap", "x_tau_minus"), numerics)  # type: ignore[operator]
        paired = f"int(x_gap >= 0)*{pairing}"
    else:  # a postsynaptic spike at the same moment does not count
        pairing = _product("x_after_trace", exp("x_gap", "x_tau_minus"), numerics)  # type: ignore[operator]
        paired = f"int(x_gap > 0)*{pairing} + int(x_gap == 0)*x_after_previous"
    on_pre = [
        "x_now = t_in_timesteps + x_lead",
        "x_gap = x_now - x_after_last",
        f"x_pairing = {paired}",
        f"x_pending = {shrink}",
        f"x_before_trace = {before_now}",
        "x_before_last = x_now",
    ]
    return on_post, on_pre


def _product(trace: str, decay: str, numerics: Numerics) -> str:
    return _table(f"{trace}*{decay}", numerics)


_UP = "clip(x_pending + {change}*x_pairing, x_w_min, x_w_max)"
_DOWN = "clip(x_pending - {change}*x_pairing, x_w_min, x_w_max)"
# Position between 0 and w_max (Gütig et al. 2003, J. Neurosci. 23:3697).
_PART = "clip(x_pending/x_w_max, 0.0, 1.0)"
_CHANGES: dict[str, tuple[str, str]] = {
    "additive": (_UP.format(change="x_A_plus"), _DOWN.format(change="x_A_minus")),
    "multiplicative": (
        _UP.format(change="x_A_plus*(x_w_max - x_pending)"),
        _DOWN.format(change="x_A_minus*(x_pending - x_w_min)"),
    ),
    "additive_multiplicative": (
        _UP.format(change="x_A_plus"),
        _DOWN.format(change="x_A_minus*(x_pending - x_w_min)"),
    ),
    "gutig": (
        _UP.format(change=f"x_A_plus*(1.0 - {_PART})**x_mu_plus"),
        _DOWN.format(change=f"x_A_minus*{_PART}**x_mu_minus"),
    ),
}


def _vogels(exponential: object) -> tuple[list[str], list[str]]:
    """Vogels et al. (2011), Science 334:1569: Δw = η·x_post at a presynaptic spike less a target."""
    exp = exponential
    on_post = [
        f"x_pairing = x_before_trace*{exp('t_in_timesteps - x_before_last', 'x_tau')}",  # type: ignore[operator]
        "x_pending = clip(x_pending + x_eta*x_pairing, x_w_min, x_w_max)",
        f"x_after_trace = x_after_trace*{exp('t_in_timesteps - x_after_last', 'x_tau')} + 1.0",  # type: ignore[operator]
        "x_after_last = t_in_timesteps",
    ]
    on_pre = [
        "x_now = t_in_timesteps + x_lead",
        f"x_pairing = x_after_trace*{exp('x_now - x_after_last', 'x_tau')}",  # type: ignore[operator]
        "x_pending = clip(x_pending + x_eta*(x_pairing - x_target), x_w_min, x_w_max)",
        f"x_before_trace = x_before_trace*{exp('x_now - x_before_last', 'x_tau')} + 1.0",  # type: ignore[operator]
        "x_before_last = x_now",
    ]
    return on_post, on_pre


def _parameters(timing: str, projection: Projection) -> list[str]:
    if timing == "vogels":
        return ["x_tau", "x_eta", "x_target"]
    names = ["x_tau_plus", "x_tau_minus", "x_A_plus", "x_A_minus"]
    if projection.synapse.weight_dependence == "gutig":
        names += ["x_mu_plus", "x_mu_minus"]
    return names


def _values(p: Projection, numerics: Numerics, slots: int) -> dict[str, FloatArray]:
    n = p.size
    sign = -1.0 if (p.weight < 0).any() or _negative_bounds(p) else 1.0
    low, high = sign * p.parameters["w_min"], sign * p.parameters["w_max"]
    # Bounds written with positive numbers for a negative weight are magnitudes.
    low, high = np.abs(low), np.abs(high)
    low, high = np.minimum(low, high), np.maximum(low, high)
    first = np.zeros(n)
    never = np.full(n, _NEVER)
    result = {
        "x_w": np.abs(p.weight),
        "x_pending": np.abs(p.weight),
        "x_before_trace": first,
        "x_before_last": never,
        "x_after_trace": first,
        "x_after_previous": first,
        "x_after_last": never,
        "x_sign": np.full(n, sign),
        "x_w_min": low,
        "x_w_max": high,
        "x_lead": _lead(p, numerics).astype(float),
    }
    if p.synapse.timing == "vogels":
        tau = p.parameters["tau"]
        result |= {
            "x_tau": tau,
            "x_eta": p.parameters["eta"],
            "x_target": 2.0 * tau * p.parameters["rho"] * 1e-3,
        }
    else:
        fraction = numerics.plasticity_amplitude == "fraction"
        scaled = fraction and p.synapse.weight_dependence != "multiplicative"
        up = p.parameters["A_plus"] * (high if scaled else 1.0)
        down_scaled = scaled and p.synapse.weight_dependence != "additive_multiplicative"
        down = p.parameters["A_minus"] * (high if down_scaled else 1.0)
        result |= {
            "x_tau_plus": p.parameters["tau_plus"],
            "x_tau_minus": p.parameters["tau_minus"],
            "x_A_plus": up,
            "x_A_minus": down,
        }
        if p.synapse.weight_dependence == "gutig":
            result |= {
                "x_mu_plus": p.parameters["mu_plus"],
                "x_mu_minus": p.parameters["mu_minus"],
            }
        if numerics.initial_presynaptic_spike and p.synapse.timing == "nearest_pair":
            result |= {"x_before_trace": np.ones(n), "x_before_last": np.zeros(n)}
    for k in range(slots):
        result[f"x_sent_{k}"] = np.zeros(n)
    if slots:
        result |= {"x_out": np.zeros(n), "x_in": np.zeros(n)}
    return result


def _negative_bounds(p: Projection) -> bool:
    return bool((p.parameters["w_max"] < 0).any() or (p.parameters["w_min"] < 0).any())

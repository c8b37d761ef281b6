"""Spike-timing-dependent plasticity with the numerics contract's choices made explicit.

A synapse keeps ``s_pending``, the weight with all pairings so far, and ``s_w``, the weight that
can be seen and is delivered. With deferred updates they meet at each presynaptic spike. Both are
magnitudes; ``s_sign`` carries the receptor's sign.

Events: a presynaptic spike of step k acts at k + (axonal delay), a postsynaptic one of step s at
s + (dendritic delay); at a tie the postsynaptic one is looked at first. The weight is delivered as
it is when the presynaptic spike acts. Where the whole delay is axonal, an arrival may cause the
spike of its own step, so there it is looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neuroport.errors import Problem, UnsupportedError
from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.network.plasticity import stdp_rule
from neuroport.numerics import Numerics
from neuroport.statements.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["code", "axonal_steps"]

Exponential = Callable[[str, str], str]
_NEVER = -1e9
# Spikes of one cell that can be under way between the synapse and the soma.
_MOST_IN_FLIGHT = 64


def axonal_steps(projection: Projection, numerics: Numerics) -> IntArray:
    """Return the axonal part of each delay in steps; the rest is dendritic."""
    fraction = 1.0 if numerics.dendritic_delay == "all" else projection.dendritic_fraction
    steps: IntArray = np.rint(projection.delay * (1.0 - fraction)).astype(np.int64)
    return steps


def _lead(projection: Projection, numerics: Numerics) -> IntArray:
    """Return 1 where the delay is all axonal: the arrival belongs to the next step's start."""
    return np.asarray(axonal_steps(projection, numerics) == projection.delay, dtype=np.int64)


def _in_flight(projection: Projection, numerics: Numerics) -> IntArray:
    """Return the steps between the moment a weight is fixed and its delivery."""
    fixed = axonal_steps(projection, numerics) - _lead(projection, numerics)
    return projection.delay - 1 - fixed


def code(
    projection: Projection,
    target: CellModel,
    arrival: str,
    numerics: Numerics,
    timestep: float,
    shortest_interval: int | None,
    later: int,
) -> SynapseCode:
    """Return the statements of an STDP mechanism; for the arguments see the factory."""
    timing = projection.synapse.timing
    lag = int((_in_flight(projection, numerics) + later).max(initial=0))
    slots = (0 if lag == 0 or shortest_interval is None
             else 1 + -(-lag // max(1, shortest_interval)))
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
        on_post.append("s_w = s_pending")
    # A presynaptic cell may be a source with several spikes in one step.
    on_pre = ["s_now = t_in_timesteps + s_lead", "s_again = int(s_now == s_arrived)", *on_pre,
              "s_arrived = s_now", f"s_w = {_stored('s_pending', numerics)}"]
    if numerics.plastic_weight_step is not None:
        on_pre.append("s_pending = s_w")
    deliver = []
    if slots:
        # The weight under way is kept until it arrives, whatever happens meanwhile.
        # Spikes of one step share a place, and all of it is delivered with the first of them.
        on_pre.append(f"s_out = (s_out + s_again*{slots - 1}) % {slots}")
        on_pre += [
            f"s_sent_{k} = int(s_out == {k})*(s_w + s_again*s_sent_{k}) "
            f"+ int(s_out != {k})*s_sent_{k}"
            for k in range(slots)
        ]
        on_pre.append(f"s_out = (s_out + 1) % {slots}")
        chosen = " + ".join(f"int(s_in == {k})*s_sent_{k}" for k in range(slots))
        deliver = ["s_first = int(t_in_timesteps != s_delivered)",
                   f"s_arriving = s_first*({chosen})", f"s_in = (s_in + s_first) % {slots}",
                   "s_delivered = t_in_timesteps",
                   arrival.format(w="(s_sign*s_arriving)")]
    else:
        on_pre.append(arrival.format(w="(s_sign*s_w)"))

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
    if numerics.plastic_weight_step is not None:
        names.append("s_step")
    states = ["s_w", "s_pending", "s_before_trace", "s_before_previous", "s_before_last",
              "s_after_trace", "s_after_previous", "s_after_last",
              "s_arrived", *(f"s_sent_{k}" for k in range(slots))]
    if slots:
        states += ["s_out", "s_in", "s_delivered"]
    equations = "\n".join(
        [f"{v} : 1" if v not in ("s_out", "s_in") else f"{v} : integer" for v in states]
        + [f"{v} : 1 (constant)" for v in (*names, "s_sign", "s_w_min", "s_w_max", "s_lead")]
    )

    def under_way(p: Projection) -> IntArray:
        return _in_flight(p, numerics) + later

    def values(p: Projection, cells: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return _values(p, target, numerics, slots)

    return SynapseCode(
        equations,
        tuple(pathways),
        values,
        signed=True,
        under_way=under_way if shortest_interval is None else None,
        key=("stdp", projection.synapse.name, arrival, slots, projection.dendritic_fraction),
    )


def _table(value: str, numerics: Numerics) -> str:
    """Return an exponential, or its entry in a look-up table of few fraction bits (floored)."""
    if numerics.trace_bits is None:
        return value
    scale = float(2 ** int(numerics.trace_bits))
    return f"(floor({value}*{scale!r} + 1e-9)/{scale!r})"


def _stored(value: str, numerics: Numerics) -> str:
    if numerics.plastic_weight_step is None:
        return value
    # 1e-9 of a step: a weight that is on the grid but for rounding error stays where it is.
    return f"floor({value}/s_step + 1e-9)*s_step"


def _step(p: Projection, numerics: Numerics) -> float:
    step = p.weight_step if p.weight_step is not None else numerics.plastic_weight_step
    if not isinstance(step, float | int):
        raise UnsupportedError(
            Problem(
                "the grid of these plastic weights has not been worked out",
                measured=f"plastic_weight_step = {numerics.plastic_weight_step!r}",
                fix="pass the network through neuroport.network.stored_weights",
            ),
            where=f"projection '{p.label}'",
            line=p.line,
        )
    return float(step)


def _pair(
    nearest: bool, projection: Projection, numerics: Numerics, exponential: Exponential
) -> tuple[list[str], list[str]]:
    exp = exponential
    grow, shrink = _changes(projection.synapse.weight_dependence, numerics)
    after_left = _product(
        "s_after_trace", exp("t_in_timesteps - s_after_last", "s_tau_minus"), numerics)
    before_left = _product("s_before_trace", exp("s_now - s_before_last", "s_tau_plus"), numerics)
    after_now = "1.0" if nearest else "s_after_previous + 1.0"
    before_now = "1.0" if nearest else "s_left + 1.0"
    grown = _product("s_before_trace", exp("s_since", "s_tau_plus"), numerics)
    on_post = [
        "s_since = t_in_timesteps - s_before_last",
        # Where the whole delay is axonal, the arrival of this very step has been looked at already:
        # it does not count, the presynaptic spikes before it do.
        f"s_pairing = int(s_since > 0)*{grown} + int(s_since == 0)*s_before_previous",
        f"s_pending = {grow}",
    ]
    if numerics.coincidence == "depression":
        on_post += ["s_pairing = int(s_since == 0)", f"s_pending = {shrink}"]
    on_post += [
        f"s_after_previous = {after_left}",
        f"s_after_trace = {after_now}",
        "s_after_last = t_in_timesteps",
    ]
    if numerics.coincidence == "depression":
        pairing = _product("s_after_trace", exp("s_gap", "s_tau_minus"), numerics)
        paired = f"int(s_gap >= 0)*{pairing}"
    else:  # a postsynaptic spike at the same moment does not count
        pairing = _product("s_after_trace", exp("s_gap", "s_tau_minus"), numerics)
        paired = f"int(s_gap > 0)*{pairing} + int(s_gap == 0)*s_after_previous"
    on_pre = [
        "s_gap = s_now - s_after_last",
        f"s_pairing = {paired}",
        f"s_pending = {shrink}",
        f"s_left = {before_left}",
        "s_before_previous = s_again*s_before_previous + (1 - s_again)*s_left",
        f"s_before_trace = {before_now}",
        "s_before_last = s_now",
    ]
    return on_post, on_pre


def _product(trace: str, decay: str, numerics: Numerics) -> str:
    return _table(f"{trace}*{decay}", numerics)


# Position between 0 and w_max (Gütig et al. 2003, J. Neurosci. 23:3697).
_PART = "clip(s_pending/s_w_max, 0.0, 1.0)"


def _changes(rule: str, numerics: Numerics) -> tuple[str, str]:
    """Return the pending weight after a potentiation and after a depression."""
    one = None if numerics.state_bits is None else float(2**numerics.state_bits)

    def floored(text: str) -> str:  # the chip floors every product
        return f"({text})" if one is None else f"(floor(({text})*{one!r})/{one!r})"

    up, down = {
        "additive": ("s_A_plus", "s_A_minus"),
        "multiplicative": (floored("s_A_plus*(s_w_max - s_pending)"),
                           floored("s_A_minus*(s_pending - s_w_min)")),
        "additive_multiplicative": ("s_A_plus", floored("s_A_minus*(s_pending - s_w_min)")),
        "gutig": (f"s_A_plus*(1.0 - {_PART})**s_mu_plus", f"s_A_minus*{_PART}**s_mu_minus"),
    }[rule]
    return (
        f"clip(s_pending + {floored(f'{up}*s_pairing')}, s_w_min, s_w_max)",
        f"clip(s_pending - {floored(f'{down}*s_pairing')}, s_w_min, s_w_max)",
    )


def _vogels(exponential: Exponential) -> tuple[list[str], list[str]]:
    """Vogels et al. (2011), Science 334:1569: η·trace at every spike, less a target at the pre."""
    exp = exponential
    on_post = [
        f"s_pairing = s_before_trace*{exp('t_in_timesteps - s_before_last', 's_tau')}",
        "s_pending = clip(s_pending + s_eta*s_pairing, s_w_min, s_w_max)",
        f"s_after_trace = s_after_trace*{exp('t_in_timesteps - s_after_last', 's_tau')} + 1.0",
        "s_after_last = t_in_timesteps",
    ]
    on_pre = [
        f"s_pairing = s_after_trace*{exp('s_now - s_after_last', 's_tau')}",
        "s_pending = clip(s_pending + s_eta*(s_pairing - s_target), s_w_min, s_w_max)",
        f"s_before_trace = s_before_trace*{exp('s_now - s_before_last', 's_tau')} + 1.0",
        "s_before_last = s_now",
    ]
    return on_post, on_pre


def _parameters(timing: str, projection: Projection) -> list[str]:
    if timing == "vogels":
        return ["s_tau", "s_eta", "s_target"]
    names = ["s_tau_plus", "s_tau_minus", "s_A_plus", "s_A_minus"]
    if projection.synapse.weight_dependence == "gutig":
        names += ["s_mu_plus", "s_mu_minus"]
    return names


def _values(
    p: Projection, target: CellModel, numerics: Numerics, slots: int
) -> dict[str, FloatArray]:
    n = p.size
    rule = stdp_rule(p, target, numerics)
    first = np.zeros(n)
    never = np.full(n, _NEVER)
    result = {
        "s_w": rule.weight,
        "s_pending": rule.weight,
        "s_before_trace": first,
        "s_before_previous": first,
        "s_before_last": never,
        "s_arrived": never,
        "s_after_trace": first,
        "s_after_previous": first,
        "s_after_last": never,
        "s_sign": np.full(n, rule.sign),
        "s_w_min": _on_grid(rule.w_min, numerics),
        "s_w_max": _on_grid(rule.w_max, numerics),
        "s_lead": _lead(p, numerics).astype(float),
    }
    if rule.timing == "vogels":
        result |= {"s_tau": rule.tau_plus, "s_eta": rule.A_plus, "s_target": rule.alpha}
    else:
        result |= {
            "s_tau_plus": rule.tau_plus,
            "s_tau_minus": rule.tau_minus,
            "s_A_plus": _on_grid(rule.A_plus, numerics),
            "s_A_minus": _on_grid(rule.A_minus, numerics),
        }
        if rule.weight_dependence == "gutig":
            result |= {"s_mu_plus": rule.mu_plus, "s_mu_minus": rule.mu_minus}
        if numerics.initial_presynaptic_spike and rule.timing == "nearest_pair":
            result |= {"s_before_trace": np.ones(n), "s_before_last": np.zeros(n)}
    if numerics.plastic_weight_step is not None:
        result["s_step"] = np.full(n, _step(p, numerics))
    for k in range(slots):
        result[f"s_sent_{k}"] = np.zeros(n)
    if slots:
        result |= {"s_out": np.zeros(n), "s_in": np.zeros(n), "s_delivered": never}
    return result


def _on_grid(values: FloatArray, numerics: Numerics) -> FloatArray:
    if numerics.state_bits is None:
        return values
    scale = float(2**numerics.state_bits)
    return np.asarray(np.rint(values * scale) / scale)

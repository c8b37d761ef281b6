"""Synapses given by their statements, a model's own and PyNN's; the whole delay is axonal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.network.description import Projection
from neuroport.network.named_equations import STREAM
from neuroport.statements.draws import with_draws
from neuroport.statements.names import inside_synapse as inside
from neuroport.statements.names import rename
from neuroport.statements.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["code"]


def code(projection: Projection, arrival: str, timestep: float, later: int) -> SynapseCode:
    """Return the statements of a synapse type given by equations."""
    given = projection.synapse.equations
    assert given is not None  # a model of kind "equations" always has them
    variables = {
        "weight": "s_w",
        "t": "(t/ms)",
        **{name: inside(name)
           for name in (*projection.synapse.parameters, *given.decays, *given.initial)},
    }

    def inner(text: str) -> str:
        return with_draws(rename(text, variables), inside(STREAM), "s_arrivals")

    def decay(now: str) -> list[str]:
        lines = [f"s_since = ({now} - s_last)*{timestep!r}"]
        lines += [
            # A time constant of 0: nothing is left at the next step.
            f"{inside(trace)} = {inside(trace)}*exp(-s_since/clip({inside(tau)}, 1e-9, 1e300))"
            for trace, tau in given.decays.items()
        ]
        return [*lines, f"s_last = {now}"]

    # A presynaptic spike that arrives at the start of step k+d is looked at before that step.
    on_pre = [*decay("(t_in_timesteps + 1)"), *map(inner, given.on_presynaptic),
              arrival.format(w=f"({inner(given.delivers)})")]
    count = ["s_arrivals : 1"] if given.draws else []
    if given.draws:
        on_pre.insert(0, "s_arrivals = s_arrivals + 1.0")
    on_post = [*decay("t_in_timesteps"), *map(inner, given.on_postsynaptic)]

    def before_delay(p: Projection) -> IntArray:
        return p.delay - 1 + later

    def after_delay(p: Projection) -> IntArray:
        return np.zeros_like(p.delay)

    def values(p: Projection, cells: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        n = p.size
        return {
            "s_w": p.weight,
            "s_last": np.zeros(n),
            "s_arrivals": np.zeros(n),
            **{inside(trace): np.zeros(n) for trace in given.decays},
            **{inside(name): np.full(n, value) for name, value in given.initial.items()},
            **{inside(name): p.parameters[name] for name in p.synapse.parameters},
        }

    equations = "\n".join(
        ["s_w : 1", "s_last : 1", *count,
         *(f"{inside(t)} : 1" for t in (*given.decays, *given.initial)),
         *(f"{inside(name)} : 1 (constant)" for name in projection.synapse.parameters)]
    )
    pathways = [Pathway("post", "post", "\n".join(on_post), after_delay, 0)] * bool(
        given.on_postsynaptic)
    return SynapseCode(
        equations,
        (*pathways, Pathway("pre", "pre", "\n".join(on_pre), before_delay, 1)),
        values,
        key=("equations", repr(projection.synapse), arrival),
    )

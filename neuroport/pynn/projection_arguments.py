"""Arguments of projections and values of their synapses: what is refused, with a way out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.connectors import Connector
from pyNN.models import BaseSynapseType

from neuroport.errors import ConnectorError, DelayError, Problem
from neuroport.pynn.freezing import delay_steps
from neuroport.pynn.observation import checked_only

__all__ = ["check_arguments", "check_delays", "delay_range", "written_delay"]


def check_arguments(pre: Any, post: Any, connector: Any, synapse: Any, where: str) -> None:
    groups = (common.populations.BasePopulation, common.Assembly)
    problems = []
    for side, group in (("pre", pre), ("post", post)):
        if not isinstance(group, groups):
            problems.append(
                Problem(
                    f"{side}synaptic_neurons must be a Population, PopulationView or Assembly",
                    measured=type(group).__name__,
                )
            )
    if not isinstance(connector, Connector):
        problems.append(
            Problem("`connector` must be a connector, e.g. AllToAllConnector()",
                    measured=type(connector).__name__,
                    fix="write the parentheses" if isinstance(connector, type) else "")
        )
    if synapse is not None and not isinstance(synapse, BaseSynapseType):
        problems.append(
            Problem("`synapse_type` must be a synapse type, e.g. StaticSynapse(weight=0.1)",
                    measured=type(synapse).__name__)
        )
    if problems:
        raise _ArgumentError(problems, where=where)


class _ArgumentError(ConnectorError, TypeError):
    """Arguments of a kind that a projection cannot use."""


def check_delays(projection: Any, delay: NDArray[np.float64]) -> None:
    state = projection._simulator.state
    where = f"projection '{projection.label}'"
    if delay.size == 0:
        return
    low, high = float(delay.min()), float(delay.max())
    shortest = state.shortest_delay
    # Half a step below still rounds to one step; less than that cannot be kept.
    finite = bool(np.isfinite(delay).all())
    if finite and low >= 0 and checked_only():
        pass  # a finding among all others, NP114
    elif not finite or low < shortest - 1e-9 * state.dt:
        raise DelayError(
            Problem(
                "a delay is shorter than the shortest that can be kept",
                measured=f"{low:g} ms in {int((delay < shortest).sum())} of {delay.size} "
                "synapses",
                limit=f"{shortest:g} ms"
                + (" (one time step)" if shortest == state.dt else " (min_delay)"),
                fix=f"use delay={state.dt:g} or more, or a smaller time step",
            ),
            where=where,
            line=projection.line,
        )
    if state.longest_delay is not None and high > state.longest_delay + 1e-9:
        raise DelayError(
            Problem(
                "a delay is longer than max_delay",
                measured=f"{high:g} ms",
                limit=f"{state.longest_delay:g} ms (setup(max_delay=...))",
                fix="raise max_delay, or leave it out",
            ),
            where=where,
            line=projection.line,
        )


def written_delay(projection: Any) -> float | None:
    """Return the delay (ms) that was given for all synapses alike, else None."""
    delay = projection.synapse_type.parameter_space._parameters.get("delay")
    if delay is None or not delay.is_homogeneous or callable(delay.base_value):
        return None
    try:
        return float(delay.base_value if delay.shape is None else delay.evaluate(simplify=True))
    except (TypeError, ValueError):
        return None


def delay_range(projection: Any) -> tuple[float, float] | None:
    """Return the shortest and longest delay as they are used (ms); None without synapses."""
    # A large projection with one delay for all need not be realised for it.
    one = None if projection.written else written_delay(projection)
    if one is None:
        projection.made  # noqa: B018  realises it
    delay = projection.written["delay"] if one is None else np.array([one])
    if not delay.size:
        return None
    dt = float(projection._simulator.state.dt)
    used = delay_steps(np.array([delay.min(), delay.max()]), dt) * dt
    return float(used[0]), float(used[1])

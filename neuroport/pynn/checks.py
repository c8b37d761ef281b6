"""Findings that only the front end can make: what connectors did, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pyNN import connectors

from neuroport.findings import Finding, Severity, finding
from neuroport.pynn.freezing import delay_steps

__all__ = ["check_projections"]


def check_projections(projections: Iterable[Any], timestep: float) -> list[Finding]:
    """Return the findings about projections, as the front end made them.

    Parameters
    ----------
    projections : iterable of ProjectionBase
    timestep : float
        ms.
    """
    found: list[Finding] = []
    for projection in projections:
        found += _short_delays(projection)
        found += _signs(projection)
        found += _delays(projection, timestep)
        found += _connector(projection)
    return found


def _signs(projection: Any) -> list[Finding]:
    attributes = projection.written
    problem = projection.sign_problem(attributes) if "weight" in attributes else None
    if problem is None:
        return []
    return [
        finding(
            "NP115",
            f"projection '{projection.label}'",
            measured=problem.measured,
            limit=problem.limit,
            why="PyNN's sign of a weight follows from the receptor",
            fixes=(problem.fix,) if problem.fix else (),
            line=projection.line,
        )
    ]


def _short_delays(projection: Any) -> list[Finding]:
    delay = projection.written.get("delay")
    state = projection._simulator.state
    if delay is None or not delay.size:
        return []
    short = delay < state.shortest_kept - 1e-9 * state.dt
    if not short.any():
        return []
    return [
        finding(
            "NP114",
            f"projection '{projection.label}'",
            measured=f"{float(delay.min()):g} ms in {int(short.sum())} of {delay.size} synapses",
            limit=f"{state.shortest_kept:g} ms",
            why="a spike sent in a step arrives in the next one at the earliest",
            fixes=(f"delay={state.shortest_kept:g}", "a smaller time step"),
            line=projection.line,
        )
    ]


def _delays(projection: Any, timestep: float) -> list[Finding]:
    delay = projection.written.get("delay")
    if delay is None or not delay.size:
        return []
    steps = delay / timestep
    off = (np.abs(steps - np.rint(steps)) > 1e-6) & (steps > 1.0)
    if not off.any():
        return []
    used = delay_steps(delay, timestep) * timestep
    worst = int(np.abs(used - delay).argmax())
    return [
        finding(
            "NP101",
            f"projection '{projection.label}'",
            measured=f"{int(off.sum())} of {delay.size} delays, at worst {delay[worst]:g} ms",
            limit=f"multiples of {timestep:g} ms",
            why=f"{used[worst]:g} ms is used",
            fixes=("choose delays that are multiples of the time step",
                   "choose a time step that divides the delays"),
            line=projection.line,
            # Drawn delays are expected to be rounded; one written by hand is not.
            severity=None if not projection._described.get("delay") else Severity.NOTE,
        )
    ]


def _connector(projection: Any) -> list[Finding]:
    found = []
    connector = projection._connector
    where = f"projection '{projection.label}'"
    n_pre, n_post = projection.pre.size, projection.post.size
    if isinstance(connector, connectors.OneToOneConnector) and n_pre != n_post:
        found.append(
            finding(
                "NP105",
                where,
                measured=f"{n_pre} presynaptic and {n_post} postsynaptic cells",
                limit="equal sizes",
                why=f"the last {abs(n_pre - n_post)} cells of the larger group get no synapse",
                fixes=("make the sizes equal, or connect a view of the larger population",),
                line=projection.line,
            )
        )
    if isinstance(connector, connectors.FixedNumberConnector) and not isinstance(
        connector, connectors.FixedTotalNumberConnector
    ):
        other = n_pre if isinstance(connector, connectors.FixedNumberPreConnector) else n_post
        if isinstance(connector.n, int) and connector.n > other and not connector.with_replacement:
            found.append(
                finding(
                    "NP104",
                    where,
                    measured=f"n = {connector.n}, {other} cells to choose from",
                    limit="n no larger than the number of cells",
                    why="every cell is joined once before any is joined again",
                    fixes=("choose a smaller n", "with_replacement=True for random repetition"),
                    line=projection.line,
                )
            )
    if len(projection) == 0:
        found.append(
            finding(
                "NP106",
                where,
                measured="0 synapses",
                why=f"{type(connector).__name__} joined no cell",
                fixes=("check the probability, the list or the distance expression",),
                line=projection.line,
            )
        )
    return found

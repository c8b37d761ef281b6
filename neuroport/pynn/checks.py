"""Checks that hold for every backend: what was rounded, what looks wrong, what repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN import connectors

from neuroport.findings import Finding, finding
from neuroport.network.description import Network, PoissonSource, SpikeTimes
from neuroport.realise.sources import MOST_BERNOULLI, to_steps

__all__ = ["check_network"]

# parameter -> (lowest, highest plausible value, unit, what else it might be in). Wide limits:
# only a value that no neuron has is worth a finding.
_PLAUSIBLE: dict[str, tuple[float, float, str, str]] = {
    "tau_m": (0.05, 5000.0, "ms", "s"),
    "tau_syn_E": (0.01, 5000.0, "ms", "s"),
    "tau_syn_I": (0.01, 5000.0, "ms", "s"),
    "tau_w": (0.1, 1e5, "ms", "s"),
    "cm": (1e-4, 20.0, "nF", "pF"),
    "v_rest": (-200.0, 200.0, "mV", "V"),
    "v_thresh": (-200.0, 200.0, "mV", "V"),
    "v_reset": (-200.0, 200.0, "mV", "V"),
    "e_rev_E": (-200.0, 200.0, "mV", "V"),
    "e_rev_I": (-200.0, 200.0, "mV", "V"),
    "i_offset": (-1000.0, 1000.0, "nA", "pA"),
    "rate": (0.0, 1e6, "Hz", "kHz"),
}
_POTENTIALS = ("v_rest", "v_thresh", "v_reset", "e_rev_I")


def check_network(network: Network, projections: list[Any]) -> list[Finding]:
    """Return the findings that do not depend on the backend.

    Parameters
    ----------
    network : Network
        Frozen.
    projections : list
        The front end's projections, for what only they know.
    """
    found: list[Finding] = []
    for population in network.populations:
        found += _units(population)
        found += _refractory(population, network)
        found += _spike_times(population, network)
    for projection in projections:
        found += _short_delays(projection)
        found += _signs(projection)
        found += _delays(projection, network.timestep)
        found += _connector(projection)
    return found


def _units(population: Any) -> list[Finding]:
    found = []
    for name, (low, high, unit, other) in _PLAUSIBLE.items():
        values = population.parameters.get(name)
        if values is None or values.size == 0 or population.cell.membrane == "equations":
            continue
        smallest, largest = float(values.min()), float(values.max())
        odd = smallest < low or largest > high
        shown = smallest if smallest < low else largest
        if name in _POTENTIALS and not odd:
            # A potential in volts is a small number that is not zero.
            odd = bool(np.any((np.abs(values) < 0.3) & (values != 0)))
            shown = float(values[np.abs(values).argmin()])
        if odd:
            found.append(
                finding(
                    "NP103",
                    f"population '{population.label}', parameter {name}",
                    measured=f"{name} = {shown:g} {unit}",
                    limit=f"usually {low:g} to {high:g} {unit}",
                    why=f"the value would make sense in {other}; PyNN expects {unit}",
                    fixes=(f"write the value in {unit}",),
                    line=population.line,
                )
            )
    return found


def _refractory(population: Any, network: Network) -> list[Finding]:
    values = population.parameters.get("tau_refrac")
    if values is None:
        return []
    steps = values / network.timestep
    off = np.abs(steps - np.rint(steps)) > 1e-6
    if not off.any():
        return []
    rule = network.numerics.refractory_rule
    used = np.ceil(steps - 1e-9) if rule == "ceil" else np.floor(steps + 0.5)
    worst = int(np.abs(steps - used).argmax())
    return [
        finding(
            "NP102",
            f"population '{population.label}'",
            measured=f"tau_refrac = {values[worst]:g} ms in {int(off.sum())} cells",
            limit=f"multiples of {network.timestep:g} ms",
            why=f"{used[worst] * network.timestep:g} ms is used (rule '{rule}')",
            fixes=("choose a multiple of the time step", "choose a smaller time step"),
            line=population.line,
            severity=None,
        )
    ]


def _spike_times(population: Any, network: Network) -> list[Finding]:
    found: list[Finding] = []
    spikes = population.spikes
    if isinstance(spikes, SpikeTimes) and spikes.time.size:
        step = to_steps(spikes.time, network.timestep)
        off = np.abs(step * network.timestep - spikes.time) > 1e-6 * network.timestep
        if off.any():
            found.append(
                finding(
                    "NP108",
                    f"population '{population.label}'",
                    measured=f"{int(off.sum())} of {step.size} spike times, e.g. "
                    f"{spikes.time[off][0]:g} ms",
                    limit=f"multiples of {network.timestep:g} ms",
                    why=f"moved to the nearest step ({step[off][0] * network.timestep:g} ms)",
                    line=population.line,
                )
            )
        pairs = np.stack([step, spikes.index])
        repeated = pairs.shape[1] - np.unique(pairs, axis=1).shape[1]
        if repeated:
            found.append(
                finding(
                    "NP107",
                    f"population '{population.label}'",
                    measured=f"{repeated} spikes share a step with another of the same cell",
                    why="all of them are delivered",
                    line=population.line,
                )
            )
    elif isinstance(spikes, PoissonSource):
        mean = float(spikes.rate.max(initial=0.0)) * network.timestep * 1e-3
        if mean > MOST_BERNOULLI:
            found.append(
                finding(
                    "NP107",
                    f"population '{population.label}'",
                    measured=f"{mean:.3g} spikes a step at {spikes.rate.max():g} Hz",
                    why="several spikes of a source in one step are all delivered",
                    line=population.line,
                )
            )
    return found


def _signs(projection: Any) -> list[Finding]:
    attributes = projection._attributes
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
    delay = projection._attributes.get("delay")
    state = projection._simulator.state
    if delay is None or not delay.size:
        return []
    short = delay < state.shortest_delay - 1e-9 * state.dt
    if not short.any():
        return []
    return [
        finding(
            "NP114",
            f"projection '{projection.label}'",
            measured=f"{float(delay.min()):g} ms in {int(short.sum())} of {delay.size} synapses",
            limit=f"{state.shortest_delay:g} ms",
            why="a spike sent in a step arrives in the next one at the earliest",
            fixes=(f"delay={state.shortest_delay:g}", "a smaller time step"),
            line=projection.line,
        )
    ]


def _delays(projection: Any, timestep: float) -> list[Finding]:
    delay = projection._attributes.get("delay")
    if delay is None or not delay.size:
        return []
    steps = delay / timestep
    off = (np.abs(steps - np.rint(steps)) > 1e-6) & (steps > 1.0)
    if not off.any():
        return []
    used = np.maximum(1, np.floor(steps + 0.5 + 1e-9)) * timestep
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
            severity=None if not projection._described.get("delay") else _note(),
        )
    ]


def _note() -> Any:
    from neuroport.findings import Severity

    return Severity.NOTE


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

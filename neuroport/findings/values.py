"""Findings that no backend decides: values that are rounded or look wrong, whatever the engine."""

from __future__ import annotations

import numpy as np

from neuroport.findings.about import about
from neuroport.findings.finding import Finding, finding
from neuroport.network.description import Network, PoissonSource, Population, SpikeTimes
from neuroport.numerics import to_steps
from neuroport.realise.sources import MOST_BERNOULLI

__all__ = ["check_values"]

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


def check_values(network: Network) -> list[Finding]:
    """Return the findings about a network that do not depend on the backend."""
    found: list[Finding] = []
    for population in network.populations:
        found += _units(population)
        found += _refractory(population, network)
        found += _spike_times(population, network)
    return found


def _units(population: Population) -> list[Finding]:
    found = []
    for name, (low, high, unit, other) in _PLAUSIBLE.items():
        values = population.parameters.get(name)
        if values is None or values.size == 0 or population.cell.own:
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


def _refractory(population: Population, network: Network) -> list[Finding]:
    values = population.parameters.get("tau_refrac")
    if values is None:
        return []
    steps = values / network.timestep
    off = np.abs(steps - np.rint(steps)) > 1e-6
    if not off.any():
        return []
    rule = network.numerics.refractory_rule
    used = network.numerics.refractory_steps(values, network.timestep)
    worst = int(np.abs(steps - used).argmax())
    kept = used[worst] * network.timestep
    return [
        about(
            population, "NP102",
            measured=f"tau_refrac = {values[worst]:g} ms -> {kept:g} ms "
            f"({kept - values[worst]:+.3g} ms) in {int(off.sum())} "
            f"cell{'s' if off.sum() != 1 else ''}",
            limit=f"multiples of {network.timestep:g} ms",
            why=f"{kept:g} ms is used (rule '{rule}')"
            + ("" if kept else ": these cells are not refractory at all"),
            fixes=("choose a multiple of the time step", "choose a smaller time step"),
        )
    ]


def _spike_times(population: Population, network: Network) -> list[Finding]:
    found: list[Finding] = []
    spikes = population.spikes
    if isinstance(spikes, SpikeTimes) and spikes.time.size:
        step = to_steps(spikes.time, network.timestep)
        off = np.abs(step * network.timestep - spikes.time) > 1e-6 * network.timestep
        if off.any():
            found.append(
                about(
                    population, "NP108",
                    measured=f"{int(off.sum())} of {step.size} spike times, e.g. "
                    f"{spikes.time[off][0]:g} ms",
                    limit=f"multiples of {network.timestep:g} ms",
                    why=f"moved to the nearest step ({step[off][0] * network.timestep:g} ms)",
                )
            )
        pairs = np.stack([step, spikes.index])
        repeated = pairs.shape[1] - np.unique(pairs, axis=1).shape[1]
        if repeated:
            found.append(
                about(
                    population, "NP107",
                    measured=f"{repeated} spikes share a step with another of the same cell",
                    why="all of them are delivered",
                )
            )
    elif isinstance(spikes, PoissonSource):
        mean = float(spikes.rate.max(initial=0.0)) * network.timestep * 1e-3
        if mean > MOST_BERNOULLI:
            found.append(
                about(
                    population, "NP107",
                    measured=f"{mean:.3g} spikes a step at {spikes.rate.max():g} Hz",
                    why="several spikes of a source in one step are all delivered",
                )
            )
    return found

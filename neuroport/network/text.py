"""A network as text that can be read and compared with ``diff``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.network.parts import CurrentSource, Population, Projection, SpikeTimes
from neuroport.numerics import Numerics

__all__ = ["difference", "parts_text", "values_text"]


def values_text(values: NDArray[Any], described: str = "") -> str:
    """Return a short text for an array: one number, or its range, mean and count."""
    if values.size == 0:
        return "(none)"
    first = values.flat[0]
    if bool(np.all(values == first)):
        return f"{first:.10g}"
    summary = (
        f"{np.min(values):.6g} .. {np.max(values):.6g}, mean {np.mean(values):.6g}, "
        f"{values.size} values"
    )
    return f"{described} -> {summary}" if described else summary


def _parameters(
    values: Mapping[str, NDArray[np.float64]], described: Mapping[str, str], indent: str
) -> list[str]:
    return [
        f"{indent}{name} = {values_text(values[name], described.get(name, ''))}"
        for name in sorted(values)
    ]


def _population(population: Population) -> list[str]:
    lines = [f"population '{population.label}': {population.size} x {population.cell.name}"]
    lines += _parameters(population.parameters, population.described, "    ")
    lines += [
        f"    initial {line.strip()}"
        for line in _parameters(population.initial, population.described, "")
    ]
    if isinstance(population.spikes, SpikeTimes):
        count = population.spikes.time.size
        span = (
            f", {population.spikes.time.min():g} .. {population.spikes.time.max():g} ms"
            if count
            else ""
        )
        lines.append(f"    spike_times = {count} spikes{span}")
    elif population.spikes is not None:
        lines.append(f"    random stream {population.spikes.stream}")
    if population.per_core is not None:
        lines.append(f"    at most {population.per_core} cells on a core")
    for recording in population.recordings:
        lines.append(
            f"    record {recording.variable} of {recording.index.size} cells"
            + (f" every {recording.interval} steps" if recording.interval != 1 else "")
        )
    return lines


def _projection(projection: Projection, timestep: float) -> list[str]:
    lines = [
        f"projection '{projection.label}': {projection.pre} -> {projection.post} "
        f"({projection.receptor}), {projection.size} synapses by {projection.connector}",
        f"    {projection.synapse.name}",
        f"    weight = {values_text(projection.weight, projection.described.get('weight', ''))}",
        "    delay = "
        + values_text(projection.delay * timestep, projection.described.get("delay", ""))
        + " ms",
    ]
    lines += _parameters(projection.parameters, projection.described, "    ")
    if projection.synapse.plastic:
        lines.append(f"    dendritic_delay_fraction = {projection.dendritic_fraction:g}")
    return lines


def parts_text(
    numerics: Numerics,
    populations: Iterable[Population],
    projections: Iterable[Projection],
    currents: Iterable[CurrentSource],
    timestep: float,
) -> list[str]:
    """Return the parts of a network as lines, one parameter a line, in a fixed order."""
    lines = []
    if numerics.name == "custom":
        lines += [f"    {k} = {v}" for k, v in numerics.as_dict().items() if k != "name"]
    for population in populations:
        lines += _population(population)
    for projection in projections:
        lines += _projection(projection, timestep)
    for current in currents:
        into = ", ".join(f"{label}[{index.size}]" for label, index in current.targets)
        shown = ", ".join(f"{k}={v}" for k, v in sorted(current.parameters.items()))
        lines.append(f"current {current.kind}({shown}) into {into or 'nothing'}")
    return lines


def difference(before: object, after: object) -> str:
    """Return the text of two networks as a unified diff."""
    return "\n".join(
        difflib.unified_diff(
            str(before).splitlines(), str(after).splitlines(), "before", "after", lineterm="", n=1
        )
    )

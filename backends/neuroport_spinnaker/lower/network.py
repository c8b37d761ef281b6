"""A realised network in sPyNNaker's terms: plain data and arrays that the worker builds from.

sPyNNaker's dialect: weights are positive on both receptors, A_plus and A_minus are absolute, and
every projection is a list of synapses between whole populations, so that views and assemblies
need no counterpart and the synapses are those of every other backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Network, PoissonSource, Population
from neuroport_spinnaker.chip.limits import CELLS, RECORDABLE
from neuroport_spinnaker.chip.ring import asked_reach
from neuroport_spinnaker.lower.machine_made import machine_made
from neuroport_spinnaker.lower.rules import chip_rule
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.layout import Layout, incoming

__all__ = ["Known", "description", "lower", "spike_arrays", "spikes_listed"]

Arrays = dict[str, NDArray[Any]]
Known = Callable[[str, int], tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Returns (step, cell) of the spikes of a source, by its label, before a step."""


def lower(
    network: Network, options: Options, layouts: Mapping[str, Layout]
) -> tuple[dict[str, Any], Arrays]:
    """Return what the worker builds: plain data, and the arrays that it names.

    `layouts`: how the populations lie on cores, by label.

    Spike times are sent for each run, see :func:`spike_arrays`.
    """
    arrays: Arrays = {}
    populations = [
        _population(k, p, layouts[p.label].asked, options, arrays)
        for k, p in enumerate(network.populations)
    ]
    numbers = {p.label: k for k, p in enumerate(network.populations)}
    reach = {post: asked_reach(into, layouts[post].slots) * network.timestep
             for post, into in incoming(network).items()}
    projections = []
    for k, p in enumerate(network.projections):
        if p.size == 0:
            continue
        rule = chip_rule(p, network) if p.synapse.kind == "stdp" else None
        entry: dict[str, Any] = {
            "label": p.label, "number": k, "pre": numbers[p.pre], "post": numbers[p.post],
            "receptor": p.receptor, "rule": rule, "reach": reach[p.post],
        }
        projections.append(entry)
        if machine_made(p, options) and p.recipe is not None:
            entry |= {
                "connector": p.recipe[0], "arguments": dict(p.recipe[1]),
                "weight": abs(float(p.weight[0])), "delay": float(p.delay[0]) * network.timestep,
            }
            continue
        # In order of rows: FromListConnector 7.4.1 miscounts the longest row of any other list.
        order = np.lexsort((p.post_index, p.pre_index))
        arrays[f"synapses{k}"] = np.column_stack(
            [p.pre_index, p.post_index, np.abs(p.weight), p.delay * network.timestep]
        )[order]
    currents = [
        {
            "kind": c.kind,
            "parameters": {n: np.asarray(v).tolist() for n, v in c.parameters.items()},
            "targets": [[numbers[label], index.tolist()] for label, index in c.targets],
        }
        for c in network.currents
    ]
    return {
        "timestep": network.timestep,
        "populations": populations,
        "projections": projections,
        "currents": currents,
    }, arrays


def description(
    network: Network, options: Options, layouts: Mapping[str, Layout], last: int, known: Known
) -> dict[str, Any]:
    """Return what a worker builds a network from, with its spikes up to a step."""
    data, arrays = lower(network, options, layouts)
    return {"network": data, "arrays": arrays,
            "spikes": spike_arrays(network, options, last, known)}


def _population(
    number: int, p: Population, per_core: int | None, options: Options, arrays: Arrays
) -> dict[str, Any]:
    name = CELLS[p.cell.name]
    poisson = isinstance(p.spikes, PoissonSource)
    if poisson and options.poisson == "realised":
        name = "SpikeSourceArray"
    values: Arrays = {} if name == "SpikeSourceArray" else dict(p.parameters)
    if isinstance(p.spikes, PoissonSource) and name == "SpikeSourcePoisson":
        values = {
            "rate": p.spikes.rate, "start": p.spikes.start,
            "duration": np.minimum(p.spikes.duration, 4e6),
        }
    for kind, entries in (("parameters", values), ("initial", p.initial)):
        if not p.cell.is_source or kind == "parameters":
            for key, array in entries.items():
                arrays[f"{kind}{number}.{key}"] = np.asarray(array, dtype=float)
    recordings = []
    for r in p.recordings:
        if spikes_listed(p, options):
            continue  # their spikes are known
        variable = RECORDABLE[r.variable]
        arrays[f"recorded{number}.{variable}"] = r.index
        recordings.append(
            {"variable": variable, "interval": r.interval, "all": r.index.size == p.size}
        )
    return {
        "label": p.label, "size": p.size, "cell": name, "per_core": per_core,
        "parameters": sorted(values), "initial": [] if p.cell.is_source else sorted(p.initial),
        "recordings": recordings,
    }


def spikes_listed(population: Population, options: Options) -> bool:
    """Whether a population's spikes are sent to the machine, and not drawn there."""
    drawn = isinstance(population.spikes, PoissonSource) and options.poisson == "machine"
    return population.spikes is not None and not drawn


def spike_arrays(network: Network, options: Options, last: int, known: Known) -> Arrays:
    """Return the spike times (ms) of all listed sources up to a step, by population.

    Parameters
    ----------
    network : Network
    options : Options
    last : int
        Time step.
    known : callable
        ``known(population, last)`` returns (step, cell) of a source's spikes before a step.

    Returns
    -------
    dict
        ``index{k}`` and ``time{k}`` for population k.
    """
    arrays: Arrays = {}
    for k, p in enumerate(network.populations):
        if spikes_listed(p, options):
            step, cell = known(p.label, last)
            arrays[f"index{k}"], arrays[f"time{k}"] = cell, step * network.timestep
    return arrays

"""Populations and projections of the front end as frozen descriptions: arrays that never change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common

from neuroport.errors import InvalidValueError, Problem
from neuroport.network.description import (
    PoissonSource,
    Population,
    Projection,
    Recording,
    RenewalSource,
    SpikeTimes,
)
from neuroport.network.named_equations import STREAM
from neuroport.network.signs import receptor_sign, with_sign
from neuroport.numerics import to_steps
from neuroport.pynn.cells import signals_of
from neuroport.realise.draws import streams
from neuroport.realise.streams import stream_name

__all__ = ["delay_steps", "frozen_parts", "frozen_population"]

STREAM_POISSON, STREAM_CELLS, STREAM_SYNAPSES = 3, 6, 7  # what draws

# What of a connector's arguments decides its synapses.
_RECIPES = {
    "AllToAllConnector": ("allow_self_connections",),
    "OneToOneConnector": (),
    "FixedProbabilityConnector": ("p_connect", "allow_self_connections"),
    "FixedNumberPreConnector": ("n", "allow_self_connections", "with_replacement"),
    "FixedNumberPostConnector": ("n", "allow_self_connections", "with_replacement"),
    "FixedTotalNumberConnector": ("n", "allow_self_connections", "with_replacement"),
}


def frozen_population(population: Any) -> Population:
    """Return the population as a frozen description with its realised values."""
    spikes: SpikeTimes | PoissonSource | RenewalSource | None = None
    parameters = dict(population._parameters)
    if STREAM in population.model.parameters:
        parameters[STREAM] = streams(
            population._simulator.state.seed,
            stream_name(STREAM_CELLS, population.label), population.size)
    if population.model.name == "SpikeSourceArray":
        lists = parameters.pop("spike_times")
        sizes = [times.size for times in lists]
        spikes = SpikeTimes(
            np.repeat(np.arange(population.size, dtype=np.int64), sizes),
            np.concatenate(lists) if sum(sizes) else np.empty(0),
        )
    elif population.model.name == "SpikeSourcePoisson":
        spikes = PoissonSource(
            parameters["rate"], parameters["start"], parameters["duration"],
            stream_name(STREAM_POISSON, population.label),
        )
    elif population.model.name == "SpikeSourcePoissonRefractory":
        # The rate includes the dead time, as in NEST's ppd_sup_generator and PyNN's tests.
        dead = parameters["tau_refrac"]
        with np.errstate(divide="ignore"):
            rest = 1e3 / parameters["rate"] - dead
        _check_dead_time(rest, population.label)
        spikes = RenewalSource(
            np.ones(population.size), rest, dead, parameters["start"], parameters["duration"],
            stream_name(STREAM_POISSON, population.label),
        )
    elif population.model.name == "SpikeSourceGamma":
        spikes = RenewalSource(
            parameters["alpha"], 1e3 / parameters["beta"], np.zeros(population.size),
            parameters["start"], parameters["duration"],
            stream_name(STREAM_POISSON, population.label),
        )
    recordings = _recordings(population)
    return Population(
        label=population.label,
        size=population.size,
        cell=population.model,
        parameters=parameters,
        initial=dict(population._initial),
        positions=population._positions,
        spikes=spikes,
        recordings=recordings,
        described={k: v for k, v in population._described.items() if v},
        line=population.line,
        per_core=population._per_core,
    )


def _recordings(population: Any) -> tuple[Recording, ...]:
    state = population._simulator.state
    cells: dict[str, set[int]] = {}
    for variable, ids in population.recorder.recorded.items():
        if ids:
            for name in signals_of(population.celltype, variable.name):
                cells.setdefault(name, set()).update(int(i - population.first_id) for i in ids)
    return tuple(
        Recording(
            name,
            np.array(sorted(index), dtype=np.int64),
            1 if name == "spikes"
            else int(to_steps(population.recorder.sampling_interval, state.dt)),
        )
        for name, index in sorted(cells.items())
    )


def _check_dead_time(rest: NDArray[np.float64], label: str) -> None:
    if (rest <= 0).any():
        raise InvalidValueError(
            Problem(
                "the rate of a refractory Poisson source leaves no time beside tau_refrac",
                measured=f"mean interval less tau_refrac is {rest.min():g} ms",
                limit="above 0",
                fix="a lower rate or a shorter tau_refrac",
            ),
            where=f"population '{label}'",
        )


def delay_steps(delay: NDArray[np.float64], timestep: float) -> NDArray[np.int64]:
    """Return delays (ms) as whole steps, at least one; half a step counts up."""
    return np.maximum(1, to_steps(delay, timestep))


def frozen_parts(projection: Any) -> tuple[list[Projection], list[NDArray[np.int64]]]:
    """Return the projection as frozen parts, one for each pair of populations.

    Returns
    -------
    parts : list of Projection
    positions : list of ndarray of int
        Which of the front end's synapses each part holds.
    """
    state = projection._simulator.state
    made = projection.made
    written = dict(projection.written)
    if STREAM in projection.model.parameters:
        written[STREAM] = streams(
            state.seed, stream_name(STREAM_SYNAPSES, projection.label), made.pre.size)
    weight = written["weight"]
    delay = delay_steps(written["delay"], state.dt)
    delay[written["delay"] / state.dt < 1.0 - 1e-9] = 0  # only where it is checked and not run
    pre_pop, pre_index = _resolve(projection.pre, made.pre)
    post_pop, post_index = _resolve(projection.post, made.post)
    parts, positions = [], []
    pairs = sorted({(a, b) for a in pre_pop[1] for b in post_pop[1]})
    several = len(pairs) > 1
    for a, b in pairs:
        chosen = np.flatnonzero((pre_pop[0] == a) & (post_pop[0] == b)) if several else (
            np.arange(made.pre.size)
        )
        if several and not chosen.size:
            continue
        label = projection.label
        if several:
            label = f"{projection.label} [{pre_pop[2][a].label} -> {post_pop[2][b].label}]"
        cell = post_pop[2][b].model
        sign = receptor_sign(cell, projection.receptor_type) if state.dialect.unsigned else 0
        parts.append(
            Projection(
                label=label,
                pre=pre_pop[2][a].label,
                post=post_pop[2][b].label,
                receptor=projection.receptor_type,
                synapse=projection.model,
                pre_index=pre_index[chosen],
                post_index=post_index[chosen],
                weight=with_sign(weight[chosen], sign),
                delay=delay[chosen],
                parameters={
                    name: written[name][chosen]
                    for name in projection.model.parameters
                },
                dendritic_fraction=float(
                    getattr(projection.synapse_type, "dendritic_delay_fraction", 1.0)
                ),
                connector=type(projection._connector).__name__,
                recipe=None if several else _recipe(projection),
                described={k: v for k, v in projection._described.items() if v},
                line=projection.line,
            )
        )
        positions.append(chosen)
    return parts, positions


def _recipe(projection: Any) -> tuple[str, dict[str, Any]] | None:
    """Return the connector and its arguments, where it joins whole populations by a rule."""
    name = type(projection._connector).__name__
    whole = all(isinstance(group, common.Population) for group in (projection.pre, projection.post))
    if not whole or name not in _RECIPES:
        return None
    values = {key: getattr(projection._connector, key, None) for key in _RECIPES[name]}
    if not all(isinstance(v, (bool, int, float)) for v in values.values()):
        return None
    return name, values


def _resolve(
    group: Any, index: NDArray[np.int64]
) -> tuple[tuple[NDArray[np.int64], set[int], dict[int, Any]], NDArray[np.int64]]:
    """Return for each synapse the population (by number) and the cell's index in it."""
    ids = np.asarray(group.all_cells, dtype=np.int64)[index]
    parts = group.populations if isinstance(group, common.Assembly) else [group]
    populations = {}
    for part in parts:
        population = part.grandparent if hasattr(part, "grandparent") else part
        populations[population._number] = population
    numbers = sorted(populations)
    firsts = np.array([int(populations[n].first_id) for n in numbers])
    order = np.argsort(firsts)
    found = order[np.searchsorted(firsts[order], ids, side="right") - 1]
    number = np.array(numbers)[found]
    return (number, set(numbers), populations), ids - firsts[found]

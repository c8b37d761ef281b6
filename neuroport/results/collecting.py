"""What a simulator recorded, as a `Result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import neo
import numpy as np

from neuroport.errors import NeuroportError, NotReadyError, Problem
from neuroport.findings.honoured import numerics_used
from neuroport.network.description import Network, Projection
from neuroport.network.plasticity import learning_rule
from neuroport.numerics import numerics
from neuroport.results.result import Result
from neuroport.results.structure import Deferred, FloatArray, ProjectionStructure, Structure
from neuroport.results.versions import versions

__all__ = ["collect", "result_from"]

#: Runs stored before backends declared it: on SpiNNaker, 15 bits after the point, mV, nA or µS.
_OLD_RECORDING_STEP = 2.0**-15
_ASSUMED_TIMESTEP = 1.0  # ms


def collect(simulator: Any) -> Result:
    """Return everything that a simulator recorded so far.

    Parameters
    ----------
    simulator : neuroport.Simulator

    Raises
    ------
    NotReadyError
        If nothing has run.
    """
    state = simulator.state
    if state.step == 0 and state.segment_counter == 0:
        raise NotReadyError(
            Problem("there are no results yet", fix="call run(...) before the results are saved")
        )
    blocks = []
    for population in state.populations:
        if population.recorder.recorded:
            block = population.get_data()
            block.name = population.label
            blocks.append(block)
    network = simulator.network()
    information = {
        "simulated_ms": round(state.simulated, 9),
        "wall_time_s": round(state.wall_time, 3),
        "interrupted": state.interrupted,
        "backend": state.backend_name,
        "runs_on": state.backend.capabilities.kind,
        "timestep_ms": state.dt,
        "recording_step": state.backend.capabilities.recording_step,
        "seed": state.seed,
        "numerics": state.numerics.as_dict(),
        "numerics_used": numerics_used(network, state.backend.capabilities).as_dict(),
        "dialect": state.dialect.name,
        "network_hash": network.hash,
        "realised_hash": state.network_as_written().realised_hash,
        "cells": network.n_cells,
        "synapses": network.n_synapses,
        "versions": versions(state.backend),
    }
    weights = _held_weights(simulator, network)
    information["engine"] = state.account  # only now: reading takes time, too
    return result_from(
        state.backend_name, blocks, network, weights, [f.as_dict() for f in state.findings],
        information)


def _held_weights(simulator: Any, network: Network) -> dict[str, FloatArray]:
    """Return the weights in the engine; what cannot be read any more is left out."""
    session = simulator.state.session
    held: dict[str, FloatArray] = {}
    if session is None or simulator.state.step == 0:
        return held
    for projection in network.projections:
        try:
            weight = np.asarray(session.weights(projection.label), dtype=float)
        except (NeuroportError, KeyError, StopIteration):  # a lost machine; a changed network
            continue
        if weight.shape == (projection.size,):
            held[projection.label] = weight
    return held


def result_from(
    name: str,
    blocks: Sequence[neo.Block],
    network: Network | None = None,
    weights: Mapping[str, FloatArray] | None = None,
    findings: Sequence[Mapping[str, Any]] = (),
    information: Mapping[str, Any] | None = None,
) -> Result:
    """Return the result of one simulator from what is stored of it.

    Parameters
    ----------
    name : str
        Name in reports.
    blocks : sequence of neo.Block
        One a population, named after it; one segment a run between resets.
    network : Network, optional
        What ran.
    weights : mapping of str to array of float, optional
        See :class:`Result`.
    findings : sequence of mapping
        As plain data.
    information : mapping, optional
        The manifest. Where it has no time step, the shortest sampling period, or 1 ms, is taken,
        and `provenance` says so.
    """
    about = dict(information or {})
    held = dict(weights or {})
    step = about.get("recording_step", _OLD_RECORDING_STEP if about.get("runs_on") in (
        "emulated", "hardware") else None)
    recordings: dict[str, neo.Block] = {}
    resolution: dict[str, dict[str, float]] = {}
    for block in blocks:
        segments = list(block.segments)
        for run, segment in enumerate(segments, 1):
            label = str(block.name) + (f", run {run}" if len(segments) > 1 else "")
            recordings[label] = block if len(segments) == 1 else _alone(block, segment)
            if step:
                resolution[label] = {s.name: step for s in segment.analogsignals}
    structure = None if network is None else Structure(
        {p.label: p.size for p in network.populations},
        Deferred({p.label: partial(_projection, p, network, held.get(p.label))
                  for p in network.projections}))
    provenance = _provenance(about)
    timestep = about.get("timestep_ms")
    if not timestep:
        periods = [float(s.sampling_period.rescale("ms")) for b in recordings.values()
                   for s in b.segments[0].analogsignals]
        timestep = min(periods, default=_ASSUMED_TIMESTEP)
        provenance["time step"] = f"{timestep:g} ms assumed: none is stored"
    return Result(
        name, recordings, float(timestep), structure, resolution=resolution,
        provenance=provenance, findings=tuple(findings), network=network, weights=held,
        information=about)


def _alone(block: neo.Block, segment: neo.Segment) -> neo.Block:
    """A block with one of the segments; the data are shared."""
    result = neo.Block(name=block.name, description=block.description, **block.annotations)
    result.segments.append(segment)
    return result


def _projection(
    projection: Projection, network: Network, held: FloatArray | None
) -> ProjectionStructure:
    cell = network.population(projection.post).cell
    there = np.ones(projection.size, dtype=bool) if held is None else np.isfinite(held)
    plastic = projection.synapse.plastic
    weight = projection.weight if plastic or held is None else held
    receptor = next((r for r in cell.receptors if r.name == projection.receptor), None)
    return ProjectionStructure(
        presynaptic=projection.pre, postsynaptic=projection.post,
        pre_index=projection.pre_index[there], post_index=projection.post_index[there],
        weight=np.asarray(weight, dtype=float)[there],
        delay=projection.delay[there] * network.timestep,
        final_weight=held[there] if plastic and held is not None else None,
        weight_unit="µS" if receptor is not None and receptor.conductance else "nA",
        weight_bounds=learning_rule(projection, network).bounds
        if projection.synapse.kind == "stdp" else None,
        weight_resolution=projection.weight_step, delay_resolution=network.timestep)


def _provenance(information: Mapping[str, Any]) -> dict[str, Any]:
    about = dict(information)
    for name in ("numerics", "numerics_used"):
        if isinstance(chosen := about.get(name), Mapping):
            choices = {k: v for k, v in chosen.items() if k != "name"}
            about[name] = numerics({"base": "pynn", **choices}).text
    keep = ("backend", "runs_on", "numerics", "numerics_used", "seed", "timestep_ms",
            "simulated_ms", "cells", "synapses", "network_hash", "realised_hash", "wall_time_s",
            "versions", "status", "written", "interrupted")
    found = {k: about[k] for k in keep if about.get(k) not in (None, "", False)}
    if isinstance(found.get("versions"), Mapping):
        found["versions"] = ", ".join(f"{k} {v}" for k, v in found["versions"].items() if v)
    if label := about.get("engine", {}).get("label"):
        found["engine"] = label  # an emulated board must not be taken for one
    return found

"""A run of neuroport as a `Result`: recordings, structure, effective weights and score.

A model may run several simulators, and reset one in between; each simulator and each run between
resets becomes recordings of its own, whose labels say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import neo
import numpy as np

from neuroport.compare.errors import RecordingFormatError
from neuroport.errors import FileFormatError
from neuroport.network.description import Network, Projection
from neuroport.network.plasticity import learning_rule
from neuroport.numerics import numerics
from neuroport.results.result import FloatArray, ProjectionStructure, Result, Score, Structure
from neuroport.results.store import MANIFEST, Results, load_results

__all__ = ["load_run", "result_of", "score_of"]

#: The chip's fixed-point numbers have 15 bits after the point; it states potentials in mV.
_MACHINE_STEP = 2.0**-15


def load_run(folder: str | Path, *, name: str | None = None,
             timestep: float | None = None) -> Result:
    """Load a folder that `neuroport run` wrote.

    Parameters
    ----------
    folder : path
    name : str, optional
        Name in reports; the folder's name if left out.
    timestep : float, optional
        Time step, ms, where the stored one is to be replaced.

    Raises
    ------
    RecordingFormatError
        If the folder holds no run.
    """
    folder = Path(folder)
    parts = [folder] if (folder / MANIFEST).is_file() else sorted(
        path.parent for path in folder.glob(f"simulator-*/{MANIFEST}"))
    try:
        if not parts:
            load_results(folder)  # raises with the reason
        stored = [load_results(part) for part in parts]
    except FileFormatError as problem:
        raise RecordingFormatError(
            str(folder), str(problem.problems[0].what), "a folder that `neuroport run` wrote",
            "name such a folder, or a file of recordings") from None
    about = stored[0].information
    return result_of(
        stored, name=name or folder.name, score=score_of(about.get("score")),
        timestep=timestep, command=str(about.get("command") or ""))


def score_of(stored: Mapping[str, Any] | None) -> Score | None:
    """The score as `ModelResult.score` keeps it; None where there is none."""
    if not stored:
        return None
    outcomes = stored.get("outcomes") or []
    if outcomes:
        items = tuple(map(str, stored.get("items") or ()))
        return Score("score", np.asarray(outcomes, dtype=float), items or None)
    right, asked = int(stored["right"]), int(stored["asked"])
    return Score("right answers", np.repeat([1.0, 0.0], [right, asked - right])) if asked else None


def result_of(stored: Sequence[Results], *, name: str, score: Score | None = None,
              timestep: float | None = None, command: str = "") -> Result:
    """One `Result` of everything that one run of a model left.

    Parameters
    ----------
    stored : sequence of Results
        One a simulator.
    name : str
        Name in reports.
    score : Score, optional
    timestep : float, optional
        ms; that of the first simulator if left out.
    command : str
        The command that runs it again.

    Raises
    ------
    RecordingFormatError
        If the time step is not known.
    """
    blocks: dict[str, neo.Block] = {}
    sizes: dict[str, int] = {}
    projections: dict[str, ProjectionStructure] = {}
    resolution: dict[str, dict[str, float]] = {}
    for number, results in enumerate(stored, 1):
        prefix = f"simulator {number}, " if len(stored) > 1 else ""
        for block in results.blocks:
            segments = list(block.segments)
            for run, segment in enumerate(segments, 1):
                label = prefix + str(block.name)
                if len(segments) > 1:
                    label += f", run {run}"
                blocks[label] = _alone(block, segment)
                if results.information.get("runs_on") in ("emulated", "hardware"):
                    resolution[label] = {s.name: _MACHINE_STEP for s in segment.analogsignals}
        if results.network is not None:
            for population in results.network.populations:
                sizes[prefix + population.label] = population.size
            for projection in results.network.projections:
                projections[prefix + projection.label] = _projection(
                    projection, results.network, results.weights.get(projection.label), prefix)
    about = stored[0].information if stored else {}
    step = timestep or about.get("timestep_ms")
    if not step:
        raise RecordingFormatError(name, "no time step is stored", "the time step in ms",
                                   "give it: timestep=..., or --timestep on the command line")
    return Result(
        name=name, recordings=blocks, timestep=float(step),
        structure=Structure(sizes, projections) if sizes else None, score=score,
        resolution=resolution, provenance=_provenance(stored),
        findings=tuple(dict.fromkeys(
            f"{f['code']} {f['where']}: {f['measured']}" + (f" (limit {f['limit']})"
                                                           if f.get("limit") else "")
            for results in stored for f in results.findings)),
        command=command)


def _alone(block: neo.Block, segment: neo.Segment) -> neo.Block:
    """A block with one of the segments; the data are shared."""
    result = neo.Block(name=block.name, **block.annotations)
    result.segments.append(segment)
    return result


def _projection(projection: Projection, network: Network, held: FloatArray | None,
                prefix: str) -> ProjectionStructure:
    cell = network.population(projection.post).cell
    there = np.ones(projection.size, dtype=bool) if held is None else np.isfinite(held)
    plastic = projection.synapse.plastic
    weight = projection.weight if plastic or held is None else held
    receptor = next((r for r in cell.receptors if r.name == projection.receptor), None)
    return ProjectionStructure(
        presynaptic=prefix + projection.pre, postsynaptic=prefix + projection.post,
        pre_index=projection.pre_index[there], post_index=projection.post_index[there],
        weight=np.asarray(weight, dtype=float)[there],
        delay=projection.delay[there] * network.timestep,
        final_weight=held[there] if plastic and held is not None else None,
        weight_unit="µS" if receptor is not None and receptor.conductance else "nA",
        weight_bounds=learning_rule(projection, network).bounds
        if projection.synapse.kind == "stdp" else None,
        weight_resolution=projection.weight_step, delay_resolution=network.timestep)


def _provenance(stored: Sequence[Results]) -> dict[str, Any]:
    if not stored:
        return {}
    about = dict(stored[0].information)
    chosen = about.get("numerics")
    if isinstance(chosen, Mapping):
        choices = {k: v for k, v in chosen.items() if k != "name"}
        about["numerics"] = numerics({"base": "pynn", **choices}).text
    keep = ("backend", "runs_on", "numerics", "seed", "timestep_ms", "simulated_ms", "cells",
            "synapses", "network_hash", "realised_hash", "wall_time_s", "versions", "status",
            "written", "interrupted")
    found = {k: about[k] for k in keep if about.get(k) not in (None, "", False)}
    if isinstance(found.get("versions"), Mapping):
        found["versions"] = ", ".join(f"{k} {v}" for k, v in found["versions"].items() if v)
    if label := about.get("engine", {}).get("label"):
        found["engine"] = label  # an emulated board must not be taken for one
    if len(stored) > 1:
        found["simulators"] = len(stored)
        found["realised_hash"] = ", ".join(
            str(results.information.get("realised_hash", "")) for results in stored)
    return found

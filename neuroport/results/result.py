"""What a run of one model left on one engine: what run, compare and reproduce speak.

Nothing here knows any engine. Recordings are Neo blocks (one per population), so everything that
PyNN, or a laboratory's own recording chain, writes can become a `Result`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import neo
import numpy as np

from neuroport.network.description import Network
from neuroport.results.errors import InvalidResultError
from neuroport.results.recorded import (
    RecordedSignal,
    RecordedSpikes,
    check_signals,
    signals_of,
    spikes_of,
)
from neuroport.results.structure import (
    FloatArray,
    IntArray,
    ProjectionStructure,
    Score,
    Structure,
)

__all__ = [
    "FloatArray",
    "IntArray",
    "ProjectionStructure",
    "RecordedSignal",
    "RecordedSpikes",
    "Result",
    "Score",
    "Structure",
    "finding_text",
    "join_results",
]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a run left, or what was recorded elsewhere: spikes, traces, synapses, score.

    Parameters
    ----------
    name : str
        The engine or recording, for instance ``"brian2"`` or ``"spinnaker-emulated"``.
    recordings : mapping of str to neo.Block
        One block per population with one segment. Spike trains carry the annotation
        ``source_index`` (neuron number from 0); analog signals are named ``v``, ``isyn_exc`` ...
        and carry the array annotation ``channel_index``. This is what PyNN writes.
    timestep : float
        Time step of the engine, ms.
    structure : Structure, optional
        Sizes, connectivity, effective weights and delays.
    score : Score, optional
        The model's own task score.
    resolution : mapping of str to mapping of str to float, optional
        Smallest step of a recorded variable on this engine, by population and signal name, in mV,
        nA or µS. Leave out where numbers are ordinary floating point.
    provenance : mapping, optional
        Anything that says how the result came about (versions, seed, hash, wall time).
    findings : sequence of str or mapping, optional
        What was changed or noticed while the network was fitted to the engine; mappings as of
        :meth:`neuroport.findings.Finding.as_dict`.
    command : str
        The command that makes this result again.
    network : Network, optional
        What ran.
    weights : mapping of str to array of float, shape (n_synapses,)
        Projection -> weights as the engine holds them after the run (nA, µS or mV), in the
        network's order; NaN for a synapse that the engine does not have. Only projections that
        could be read.
    information : mapping
        The manifest of a stored run: versions, seed, numerics, hash and so on.
    parts : sequence of Result
        One a simulator, where a run had several; see :func:`join_results`.

    Raises
    ------
    InvalidResultError
        If the time step is not positive, there is more than one segment per block, or spike
        trains are numbered inconsistently.
    """

    name: str
    recordings: Mapping[str, neo.Block]
    timestep: float
    structure: Structure | None = None
    score: Score | None = None
    resolution: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    findings: Sequence[str | Mapping[str, Any]] = ()
    command: str = ""
    network: Network | None = None
    weights: Mapping[str, FloatArray] = field(default_factory=dict)
    information: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence[Result] = ()
    _spikes: dict[str, RecordedSpikes] = field(default_factory=dict, init=False, repr=False)
    _signals: dict[str, dict[str, RecordedSignal]] = field(
        default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.timestep) and self.timestep > 0):
            raise InvalidResultError(
                f"result {self.name!r}", f"timestep = {self.timestep} ms",
                "a positive number of milliseconds", "pass the engine's integration time step")
        object.__setattr__(self, "findings", tuple(self.findings))
        for label, block in self.recordings.items():
            where = f"population {label!r} of {self.name!r}"
            size = self.structure.sizes.get(label) if self.structure else None
            if size is None and block.annotations.get("size") is not None:
                size = int(block.annotations["size"])
            spikes = spikes_of(block, size, where)
            if spikes is not None:
                self._spikes[label] = spikes
            check_signals(block, where)

    @property
    def populations(self) -> tuple[str, ...]:
        """Labels of the recorded populations."""
        return tuple(self.recordings)

    @property
    def n_spikes(self) -> int:
        """Spikes of all recordings."""
        return sum(spikes.count for spikes in self._spikes.values())

    @property
    def simulators(self) -> tuple[Result, ...]:
        """One result a simulator of the run; itself where there was one only."""
        return tuple(self.parts) or (self,)

    @property
    def blocks(self) -> list[neo.Block]:
        """One Neo Block a population, with all its runs, as PyNN's ``get_data`` gives it."""
        runs: dict[str, list[neo.Block]] = {}
        for block in self.recordings.values():
            runs.setdefault(str(block.name), []).append(block)
        return [found[0] if len(found) == 1 else _whole(found) for found in runs.values()]

    def spikes(self, population: str) -> RecordedSpikes | None:
        """Recorded spikes of a population, or None if its spikes were not recorded."""
        return self._spikes.get(population)

    def signals(self, population: str) -> Mapping[str, RecordedSignal]:
        """Recorded analog signals of a population, by name (empty if none)."""
        if population not in self._signals and population in self.recordings:
            self._signals[population] = signals_of(self.recordings[population])
        return self._signals.get(population, {})

    def signal_resolution(self, population: str, signal: str) -> float | None:
        """Smallest step of a recorded variable, or None if it is ordinary floating point."""
        return self.resolution.get(population, {}).get(signal)


def _whole(runs: Sequence[neo.Block]) -> neo.Block:
    """A block with the segments of several; the data are shared."""
    first = runs[0]
    result = neo.Block(name=first.name, description=first.description, **first.annotations)
    result.segments.extend([segment for block in runs for segment in block.segments])
    return result


def finding_text(finding: str | Mapping[str, Any]) -> str:
    """Return a finding of a result in a line."""
    if isinstance(finding, str):
        return finding
    limit = f" (limit {finding['limit']})" if finding.get("limit") else ""
    return f"{finding['code']} {finding['where']}: {finding['measured']}{limit}"


def join_results(
    results: Sequence[Result], *, name: str, score: Score | None = None, command: str = "",
    timestep: float | None = None,
) -> Result:
    """Make one result of everything that one run of a model left.

    Parameters
    ----------
    results : sequence of Result
        One a simulator. Where there are several, labels say whose they are.
    name : str
        Name in reports.
    score : Score, optional
        The model's.
    command : str
        The command that runs it again.
    timestep : float, optional
        ms; that of the first simulator if left out.

    Raises
    ------
    InvalidResultError
        If there is no result.
    """
    if not results:
        raise InvalidResultError(f"result {name!r}", "no simulator has run", "one at least",
                                 "run the model first")
    first = results[0]
    if len(results) == 1:
        return replace(first, name=name, score=score, command=command,
                       timestep=timestep or first.timestep)
    recordings: dict[str, neo.Block] = {}
    resolution: dict[str, Mapping[str, float]] = {}
    findings: list[str | Mapping[str, Any]] = []
    structure: Structure | None = None
    for number, one in enumerate(results, 1):
        prefix = f"simulator {number}, "
        recordings |= {prefix + label: block for label, block in one.recordings.items()}
        resolution |= {prefix + label: steps for label, steps in one.resolution.items()}
        findings += [f for f in one.findings if f not in findings]
        if one.structure is not None:
            structure = one.structure.named(prefix, structure)
    return Result(
        name, recordings, timestep or first.timestep, structure, score, resolution,
        {**first.provenance, "simulators": len(results), "realised_hash": ", ".join(
            str(one.information.get("realised_hash", "")) for one in results)},
        findings, command, information=first.information, parts=tuple(results),
    )

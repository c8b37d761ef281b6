"""Run an experiment on one or several backends and make its table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from neuroport.backend import load_backend
from neuroport.errors import UnsupportedError
from neuroport.reproduce.claims import Claim, Verdict, judge
from neuroport.reproduce.experiment import Context, Experiment, load_experiment
from neuroport.reproduce.journal import Journal
from neuroport.results.versions import versions

__all__ = ["Reproduction", "Row", "run"]

_COSTS = ("simulations", "cells", "synapses", "simulated", "engine_time")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    claim : Claim
    obtained : mapping of str to object
        By backend.
    verdicts : mapping of str to Verdict
        By backend.
    """

    claim: Claim
    obtained: Mapping[str, Any]
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True)
class Reproduction:
    """A finished reproduction.

    Attributes
    ----------
    experiment : Experiment
    backends : tuple of str
    rows : tuple of Row
    results : mapping
        Backend -> step -> result.
    cost : mapping
        Backend -> wall time (s), simulations, cells, synapses, simulated ms, engine time (s).
    hashes : mapping
        Backend -> step -> hash over the networks that it ran.
    machines : mapping
        Backend -> ``simulation``, ``emulated`` or ``hardware``.
    versions : mapping
        Backend -> package -> version.
    folder : pathlib.Path
    resumed : int
        Steps that the journal had already.
    impossible : mapping
        Backend -> step -> why the backend refused it.
    findings : mapping
        Backend -> step -> warnings of its simulations, for instance that spikes were lost.
    """

    experiment: Experiment
    backends: tuple[str, ...]
    rows: tuple[Row, ...]
    results: Mapping[str, Mapping[str, Any]]
    cost: Mapping[str, Mapping[str, float]]
    hashes: Mapping[str, Mapping[str, str]]
    machines: Mapping[str, str]
    versions: Mapping[str, Mapping[str, str]]
    folder: Path
    resumed: int
    impossible: Mapping[str, Mapping[str, str]]
    findings: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def passed(self) -> bool:
        """Whether no claim fails on any backend."""
        return all(v.good for row in self.rows for v in row.verdicts.values())

    def count(self, backend: str) -> dict[str, int]:
        """Return how many claims have which verdict on a backend."""
        found = [row.verdicts[backend].value for row in self.rows]
        return {v.value: found.count(v.value) for v in Verdict if v.value in found}

    def table(self) -> list[dict[str, Any]]:
        """Return the table as plain data; it depends on nothing but claims and results."""
        return [
            {
                "id": row.claim.id,
                "group": row.claim.group,
                "what": row.claim.what,
                "claimed": row.claim.value,
                "tolerance": row.claim.tolerance,
                "ours": row.claim.ours,
                "obtained": dict(row.obtained),
                "verdict": {b: v.value for b, v in row.verdicts.items()},
            }
            for row in self.rows
        ]


def run(
    experiment: str | Experiment,
    backends: Sequence[str] = ("brian2",),
    folder: str | Path | None = None,
    *,
    fresh: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Reproduction:
    """Run an experiment, or go on where an earlier run in the same folder stopped.

    Parameters
    ----------
    experiment : str or Experiment
    backends : sequence of str
    folder : path, optional
        For journal and report; default ``reproduced/NAME`` below the working folder.
    fresh : bool
        Forget what the journal holds.
    progress : callable, optional
        Called with lines of text.

    Returns
    -------
    Reproduction

    Raises
    ------
    UnknownExperimentError, UnknownBackendError, BackendMissingError, ClaimsError, JournalError
    OSError
        Where the folder cannot be made or written.
    """
    chosen = load_experiment(experiment) if isinstance(experiment, str) else experiment
    names = tuple(dict.fromkeys(backends))
    # All backends are asked for before the first one runs.
    loaded = {name: load_backend(name) for name in names}
    place = Path(folder) if folder is not None else Path("reproduced") / chosen.name
    path = place / "journal.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    place.mkdir(parents=True, exist_ok=True)  # not known only after the first hour
    journal = Journal(path, chosen.name, chosen.fingerprint)
    tell = progress or (lambda text: None)
    steps = list(chosen.steps())
    resumed = 0
    for backend in names:
        results: dict[str, Any] = {}
        for number, step in enumerate(steps, start=1):
            head = f"{backend}: {number} of {len(steps)}, {step.name}"
            known = journal.entries.get((backend, step.name))
            if known is not None:
                resumed += 1
                tell(f"{head}: already done")
                results[step.name] = known["result"]
                continue
            tell(head)
            context = Context(backend, tell=partial(_tell_below, tell, head))
            began = time.perf_counter()
            result, refused = None, ""
            try:
                result = step.function(context, results)
            except UnsupportedError as error:
                refused = str(error)
            context.finish()
            entry = {
                "backend": backend,
                "step": step.name,
                "result": result,
                "impossible": refused,
                "wall": round(time.perf_counter() - began, 3),
                "network_hash": context.network_hash,
                "findings": context.findings,
                "runs_on": context.runs_on,
                "versions": dict(versions(loaded[backend])),
                **{k: round(float(getattr(context, k)), 3) for k in _COSTS},
            }
            journal.write(entry)
            # As read from disk, so that a resumed run computes from the same values.
            results[step.name] = json.loads(json.dumps(result))
            tell(f"{head}: not possible here: {refused}" if refused
                 else f"{head}: done in {entry['wall']:.1f} s")
    return _collect(chosen, names, journal, place, resumed)


def _tell_below(tell: Callable[[str], None], head: str, text: str) -> None:
    tell(f"{head}: {text}")


def _collect(
    experiment: Experiment, backends: tuple[str, ...], journal: Journal, place: Path, resumed: int
) -> Reproduction:
    steps = [step.name for step in experiment.steps()]
    entries = {b: {s: journal.entries[b, s] for s in steps} for b in backends}
    results = {b: {s: e["result"] for s, e in rows.items()} for b, rows in entries.items()}
    values = {b: dict(experiment.obtained(results[b])) for b in backends}
    impossible = {
        b: {s: str(e["impossible"]) for s, e in rows.items() if e.get("impossible")}
        for b, rows in entries.items()
    }
    table = tuple(
        Row(
            claim,
            {b: values[b].get(claim.id) for b in backends},
            {b: judge(claim, values[b].get(claim.id), bool(impossible[b])) for b in backends},
        )
        for claim in experiment.paper.claims
    )
    return Reproduction(
        experiment,
        backends,
        table,
        results,
        {
            b: {k: sum(float(e[k]) for e in rows.values()) for k in ("wall", *_COSTS)}
            for b, rows in entries.items()
        },
        {b: {s: e["network_hash"] for s, e in rows.items()} for b, rows in entries.items()},
        {b: next((e["runs_on"] for e in rows.values() if e["runs_on"]), "")
         for b, rows in entries.items()},
        {b: next(iter(rows.values()))["versions"] for b, rows in entries.items()},
        place,
        resumed,
        impossible,
        {b: {s: e["findings"] for s, e in rows.items() if e.get("findings")}
         for b, rows in entries.items()},
    )

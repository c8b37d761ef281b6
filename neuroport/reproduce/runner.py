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
from neuroport.errors import CheckFailedError, UnsupportedError
from neuroport.jobs.backend_choice import backend_choices
from neuroport.jobs.specification import RunSpec
from neuroport.reproduce.claims import Claim, Verdict, judge, met
from neuroport.reproduce.experiment import (
    Context,
    Experiment,
    Step,
    StepImpossibleError,
    StepResults,
    load_experiment,
)
from neuroport.reproduce.journal import Journal
from neuroport.results.versions import versions
from neuroport.secrets import without_secrets

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
    impossible : mapping of str to str
        By backend, why it is not possible there; only where it is not.
    """

    claim: Claim
    obtained: Mapping[str, Any]
    verdicts: Mapping[str, Verdict]
    impossible: Mapping[str, str]


@dataclass(frozen=True)
class Reproduction:
    """A finished reproduction.

    Attributes
    ----------
    experiment : Experiment
    backends : tuple of str
        What they are called: as written, without users and passwords.
    specs : mapping of str to RunSpec
        Backend -> the experiment there.
    rows : tuple of Row
    results : mapping of str to StepResults
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
    specs: Mapping[str, RunSpec]
    rows: tuple[Row, ...]
    results: Mapping[str, StepResults]
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
        return all(met(row.claim, v) for row in self.rows for v in row.verdicts.values())

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
                "impossible": dict(row.impossible),
            }
            for row in self.rows
        ]


def run(
    experiment: str | Experiment,
    backends: str | Sequence[str] = ("brian2",),
    folder: str | Path | None = None,
    *,
    fresh: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Reproduction:
    """Run an experiment, or go on where an earlier run in the same folder stopped.

    Parameters
    ----------
    experiment : str or Experiment
    backends : str or sequence of str
        As for :func:`neuroport.compare`: ``brian2``, ``brian2:pynn``, ``spinnaker:machine=HOST``.
        Numerics are ``spinnaker`` where none are named.
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
    UnknownExperimentError, InvalidValueError, BackendMissingError, ClaimsError, JournalError
    OSError
        Where the folder cannot be made or written.
    """
    chosen = load_experiment(experiment) if isinstance(experiment, str) else experiment
    named = backends if isinstance(backends, str) else list(dict.fromkeys(backends))
    specs = {
        c.name: RunSpec(chosen.name, backend=c.backend, options=c.options, timestep=1.0,
                        numerics=c.numerics or "spinnaker")
        for c in backend_choices(named)
    }
    # All backends are asked for before the first one runs.
    made_with = {name: versions(load_backend(str(spec.backend), **spec.backend_options))
                 for name, spec in specs.items()}
    place = Path(folder) if folder is not None else Path("reproduced") / chosen.name
    path = place / "journal.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    place.mkdir(parents=True, exist_ok=True)  # not known only after the first hour
    journal = Journal(path, chosen.name, chosen.fingerprint)
    tell = progress or (lambda text: None)
    steps = list(chosen.steps())
    resumed = 0
    spent: list[float] = []  # s, of the steps done now
    still = sum(journal.known(backend, step.name, spec.hash, made_with[backend]) is None
                for backend, spec in specs.items() for step in steps)
    for backend, spec in specs.items():
        results: dict[str, Any] = {}
        refused: dict[str, str] = {}
        for number, step in enumerate(steps, start=1):
            head = f"{backend}: {number} of {len(steps)}, {step.name}"
            entry = journal.known(backend, step.name, spec.hash, made_with[backend])
            if entry is not None:
                resumed += 1
                tell(f"{head}: already done")
            else:
                again = (backend, step.name) in journal.entries
                tell(f"{head}, again: options or versions have changed" if again else head)
                context = Context(spec, tell=partial(_tell_below, tell, head))
                entry = _done(step, context, StepResults(results, refused))
                entry |= {"backend": backend, "spec": spec.hash,
                          "versions": dict(made_with[backend])}
                journal.write(entry)
                if journal.moved is not None and place != journal.path.parent:
                    place = journal.path.parent
                    tell(f"{journal.moved} The reproduction goes on there.")
                spent.append(float(entry["wall"]))
                still -= 1
                left = f"; about {_time(still * sum(spent) / len(spent))} left" if still else ""
                tell(f"{head}: not possible there: {entry['impossible']}" if entry["impossible"]
                     else f"{head}: done in {entry['wall']:.1f} s{left}")
            if entry["impossible"]:
                refused[step.name] = entry["impossible"]
            else:  # as read from disk, so that a resumed run computes from the same values
                results[step.name] = json.loads(json.dumps(entry["result"]))
    return _collect(chosen, specs, journal, place, resumed)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _done(step: Step, context: Context, results: StepResults) -> dict[str, Any]:
    """Do a step; where the backend refuses it, say why."""
    began = time.perf_counter()
    result, refused = None, ""
    try:
        result = step.function(context, results)
    except (UnsupportedError, StepImpossibleError) as error:
        refused = without_secrets(str(error))
    except CheckFailedError as error:
        refused = "; ".join(
            f"{f.code} {f.title}, {f.where}: {f.measured}" + (f" (limit {f.limit})" if f.limit
                                                             else "")
            for f in error.findings if f.severity.blocks)
    finally:
        context.close()
    return {
        "step": step.name,
        "result": result,
        "impossible": refused,
        "wall": round(time.perf_counter() - began, 3),
        "network_hash": context.network_hash,
        "findings": context.findings,
        "runs_on": context.runs_on,
        **{k: round(float(getattr(context, k)), 3) for k in _COSTS},
    }


def _tell_below(tell: Callable[[str], None], head: str, text: str) -> None:
    tell(f"{head}: {text}")


def _values(experiment: Experiment, results: StepResults) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what there is for each claim, and why there is nothing where a step was refused."""
    values: dict[str, Any] = {}
    impossible: dict[str, str] = {}
    try:
        found = experiment.obtained(results)
    except StepImpossibleError as error:
        return {}, {claim.id: str(error) for claim in experiment.paper.claims}
    for name, value in found.items():
        try:
            values[name] = value() if callable(value) else value
        except StepImpossibleError as error:
            impossible[name] = str(error)
    return values, impossible


def _collect(
    experiment: Experiment, specs: Mapping[str, RunSpec], journal: Journal, place: Path,
    resumed: int,
) -> Reproduction:
    steps = [step.name for step in experiment.steps()]
    backends = tuple(specs)
    entries = {b: {s: journal.entries[b, s] for s in steps} for b in backends}
    impossible = {b: {s: str(e["impossible"]) for s, e in rows.items() if e["impossible"]}
                  for b, rows in entries.items()}
    results = {
        b: StepResults({s: e["result"] for s, e in rows.items()}, impossible[b])
        for b, rows in entries.items()
    }
    found = {b: _values(experiment, results[b]) for b in backends}
    table = tuple(
        Row(
            claim,
            {b: found[b][0].get(claim.id) for b in backends},
            {b: judge(claim, found[b][0].get(claim.id), claim.id in found[b][1])
             for b in backends},
            {b: found[b][1][claim.id] for b in backends if claim.id in found[b][1]},
        )
        for claim in experiment.paper.claims
    )
    return Reproduction(
        experiment,
        backends,
        specs,
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
        {b: {s: e["findings"] for s, e in rows.items() if e["findings"]}
         for b, rows in entries.items()},
    )

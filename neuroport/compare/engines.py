"""One model on several backends: the same realised network, each in a worker, and the verdicts."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuroport.backend import backend_class
from neuroport.compare.backend_comparison import BackendComparison
from neuroport.compare.calibration.spread import Calibration, calibrate
from neuroport.compare.errors import ComparisonError
from neuroport.compare.explain.engines import explain_difference, setting_of
from neuroport.compare.explain.numerics_choices import Setting
from neuroport.compare.explain.switching import Explanation
from neuroport.compare.ladder.ladder import compare
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Comparison, Verdict
from neuroport.compare.specification import model_spec
from neuroport.compare.workers import Job, Outcome, Worker
from neuroport.compare.workers.side_by_side import Blind, Watch, side_by_side
from neuroport.jobs.backend_choice import backend_choices, common_options, folder_name
from neuroport.jobs.options import flags_of
from neuroport.jobs.specification import flags, option_text
from neuroport.models import Model
from neuroport.output.checking import check_folder
from neuroport.results.files import load
from neuroport.results.naming import match_populations
from neuroport.results.result import Result
from neuroport.results.store import load_run

__all__ = ["compare_backends", "load_any"]

#: An explanation whose number of runs was not given ends after so much time (s), or so many.
_EXPLAIN_SECONDS = 120.0
_MOST_RUNS = 200


def load_any(path: str | Path, timestep: float | None = None, **options: Any) -> Result:
    """Load a folder of `neuroport run`, or a file of recordings made anywhere."""
    path = Path(path)
    if path.is_dir():
        return load_run(path, timestep=timestep)
    return load(path, timestep=timestep, **options)


def compare_backends(
    model: str | Path | Model | Callable[..., Any],
    backends: str | Iterable[str],
    *,
    numerics: str | None = None,
    seed: int | None = None,
    timestep: float | None = None,
    duration: float | None = None,
    options: Mapping[str, Any] | Sequence[str] = (),
    backend_options: Mapping[str, Any] | None = None,
    stored: Iterable[Result | str | Path] = (),
    match: Iterable[str] = (),
    calibrate_seeds: int = 0,
    traces: int = 3,
    timeout: float = 3600.0,
    explain: bool | str = "different",
    explain_runs: int | None = None,
    thresholds: Thresholds | None = None,
    sampling: SamplingLimits | None = None,
    output: str | Path | None = None,
    watch: Watch | None = None,
    command: str = "",
    function: str | None = None,
) -> BackendComparison:
    """Run a model on several backends and judge each against the first.

    Parameters
    ----------
    model : str, path, Model or function
        A registered name, a PyNN-style script, or a function of a simulator at the top of a file.
    backends : str or iterable of str
        ``"brian2:spinnaker,spinnaker:machine=10.11.193.1"``: names, each with its numerics after a
        colon if they are not the model's own, and with options of the backend. The first is the
        reference. One backend may come several times. Runs on machines follow one another.
    numerics : str, optional
        For the backends that name none; the model's own if left out.
    seed, timestep, duration : optional
        As for ``neuroport run``.
    options : mapping or sequence of str
        The model's own options.
    backend_options : mapping of str to object, optional
        For every backend that takes them and does not say otherwise itself.
    stored : iterable of Result or path
        Results that exist already and are judged against the reference as well.
    match : iterable of str
        Which populations theirs are, as `match_populations` takes it.
    calibrate_seeds : int
        Run the reference with this many further seeds, for the bounds of L3; 10 are advised.
        They are its own plus 1, 2 ..., also where the script names its seed.
    traces : int
        Record the membrane potential of this many cells of each population (L1).
    timeout : float
        Wall time (s) that one run may take.
    explain : bool or "different"
        Whether to search for the reason; ``"different"``: where the verdict is that.
    explain_runs : int, optional
        Largest number of runs of the reference for it; two minutes if left out.
    thresholds, sampling : optional
        As in `compare`.
    output : path, optional
        Keep each run in a folder of its own below this one, as ``neuroport run`` does.
    watch : Watch, optional
        Told what happens.
    command : str
        The command that does this again; composed if left out.
    function : str, optional
        Which function of a script is the model.

    Returns
    -------
    BackendComparison
        Also where backends failed: the others go on.

    Raises
    ------
    UserError
        If a backend, numerics, model or option does not exist; before anything runs.
    KeyboardInterrupt
        After all workers have been stopped.
    """
    began = time.monotonic()
    choices = backend_choices(backends, numerics, backend_options)
    spec = model_spec(model, options, tuple(flags_of(common_options(choices)))).replace(
        seed=seed, timestep=timestep, duration=duration, traces=traces)
    if function is not None:
        spec = spec.replace(function=function)
    watching: Watch = watch or Blind()
    ready = [r if isinstance(r, Result) else load_any(r) for r in stored]
    jobs = [
        Job(c.name, spec.replace(backend=c.backend, numerics=c.numerics, options=c.options),
            "" if output is None else str(Path(output) / folder_name(c.name)))
        for c in choices
    ]
    for job in jobs:
        if job.output:
            check_folder(job.output)
    text = command or _command(jobs, stored, calibrate_seeds)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker()) for _ in jobs]
        outcomes, seeds = side_by_side(workers, jobs, calibrate_seeds, timeout, watching)
        reference = outcomes[0].result
        if reference is None:
            return BackendComparison(spec.name, tuple(outcomes), (), command=text,
                                     notes=_notes(outcomes, seeds, calibrate_seeds),
                                     seconds=time.monotonic() - began)
        notes = list(_notes(outcomes, seeds, calibrate_seeds))
        notes += _seeds_used(reference, seeds)
        calibration, note = _calibrated(reference.name, seeds, calibrate_seeds, thresholds,
                                        sampling)
        notes += note
        targets = [o.result for o in outcomes[1:] if o.result is not None]
        targets += [match_populations(reference, r, match) for r in ready]
        comparisons = tuple(
            compare(reference, target, calibration=calibration, thresholds=thresholds,
                    sampling=sampling) for target in targets)
        explanations: dict[str, Explanation] = {}
        unexplained: dict[str, str] = {}
        for comparison in comparisons:
            if explain is True or (explain == "different"
                                   and comparison.verdict is Verdict.DIFFERENT):
                found = _explained(comparison, outcomes, workers, timeout, thresholds,
                                   explain_runs, watching)
                if isinstance(found, Explanation):
                    explanations[comparison.target.name] = found
                else:
                    unexplained[comparison.target.name] = found
    return BackendComparison(spec.name, tuple(outcomes), comparisons, explanations, unexplained,
                             calibration, tuple(notes), text, time.monotonic() - began)


def _notes(outcomes: Sequence[Outcome], seeds: Sequence[Outcome], wanted: int) -> tuple[str, ...]:
    notes = []
    hashes: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.result is not None:
            found = str(outcome.result.provenance.get("realised_hash", ""))
            hashes.setdefault(found, []).append(outcome.job.name)
    if len(hashes) > 1:
        groups = "; ".join(", ".join(names) for names in hashes.values())
        notes.append(
            f"The backends were not given the same realised network: {groups}. The model builds "
            "it depending on the backend, the numerics or its own results.")
    for found, names in hashes.items():
        if len(hashes) == 1 and found and len(names) > 1:
            notes.append(f"Same realised network on all: {found[:12]}.")
    bad = [o for o in seeds if o.failed]
    if bad:
        notes.append(f"{len(bad)} of {wanted} calibration runs failed: {bad[0].reason}")
    return tuple(notes)


def _seeds_used(reference: Result, seeds: Sequence[Outcome]) -> list[str]:
    """Say which seeds the calibration drew: a script that names its own was overruled."""
    used = [str(o.result.provenance.get("seed", "unknown")) for o in seeds if o.result is not None]
    if not used:
        return []
    return [f"Calibration: {len(used)} further runs of {reference.name} with the seeds "
            f"{', '.join(used)}, whatever seed the model names; the comparison itself has seed "
            f"{reference.provenance.get('seed', 'unknown')}."]


def _calibrated(
    name: str, seeds: Sequence[Outcome], wanted: int, thresholds: Thresholds | None,
    sampling: SamplingLimits | None,
) -> tuple[Calibration | None, list[str]]:
    if not wanted:
        return None, []
    try:
        found = calibrate([o.result for o in seeds if o.result is not None],
                          thresholds=thresholds, sampling=sampling)
        return replace(found, name=name), []
    except ComparisonError as problem:
        return None, [f"No bounds for L3: {problem}"]


def _explained(
    comparison: Comparison, outcomes: Sequence[Outcome], workers: Sequence[Worker],
    timeout: float, thresholds: Thresholds | None, explain_runs: int | None, watch: Watch,
) -> Explanation | str:
    """Explain with whichever of the two can switch its numerics, the reference preferred."""
    sides = [(0, comparison.reference, comparison.target)]
    other = next((k for k, o in enumerate(outcomes) if o.result is comparison.target), None)
    if other is not None:
        sides.append((other, comparison.target, comparison.reference))
    sides = [s for s in sides if _switchable(outcomes[s[0]].job)]
    if not sides:
        return ("Neither backend can switch single numerics choices; name brian2 as one of the "
                "two.")
    number, base, target = sides[0]
    outcome, worker = outcomes[number], workers[number]

    def run(where: Setting) -> Result:
        job = replace(outcome.job, output="", spec=outcome.job.spec.replace(
            numerics=where.numerics.text, seed=where.seed, timestep=where.timestep,
            insist=True))
        again = worker.run(job, timeout)
        if again.result is None:
            if not worker.alive:
                raise ComparisonError("explain", again.reason, "a run of the reference",
                                      "see what the reference says by itself")
            raise RuntimeError(again.reason)  # refused: the explainer counts it and goes on
        return again.result

    own = setting_of(base)
    if own is None:
        return f"{base.name} does not say with which numerics it ran."
    try:
        return explain_difference(run, base, target, thresholds=thresholds,
                                  max_runs=explain_runs or _MOST_RUNS,
                                  seconds=None if explain_runs else _EXPLAIN_SECONDS,
                                  progress=watch.explaining)
    except ComparisonError as problem:
        return str(problem)


def _switchable(job: Job) -> bool:
    """Whether a backend honours every single choice of the numerics."""
    return not backend_class(str(job.spec.backend)).capabilities.numerics


def _command(jobs: Sequence[Job], stored: Iterable[Result | str | Path], seeds: int) -> str:
    first = jobs[0].spec
    written = [":".join([
        str(job.spec.backend), *([job.spec.numerics] if job.spec.numerics else []),
        *(f"{name}={option_text(value)}" for name, value in job.spec.options.items())])
        for job in jobs]
    words = ["neuroport", "compare", first.model, "--backends", ",".join(written), *flags(
        ("--seed", first.seed), ("--timestep", first.timestep), ("--duration", first.duration),
        ("--function", first.function), ("--calibrate", seeds or None),
        *(("--stored", str(one)) for one in stored if not isinstance(one, Result)))]
    return shlex.join([*words, *first.arguments])

"""One model on several backends: the same realised network, each in a worker, and the verdicts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from neuroport.compare.calibration.spread import Calibration, calibrate
from neuroport.compare.errors import (
    BackendFailedError,
    ComparisonError,
    ResultsDisagreeError,
)
from neuroport.compare.explain.engines import explain_difference, setting_of
from neuroport.compare.explain.numerics_choices import Setting
from neuroport.compare.explain.switching import Explanation
from neuroport.compare.ladder.ladder import compare
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import Comparison, Verdict, worst
from neuroport.compare.specification import backend_choices, model_choice
from neuroport.compare.workers import Job, Outcome, Worker
from neuroport.models import Model
from neuroport.pynn.simulator import DEFAULT_SEED
from neuroport.results.files import load
from neuroport.results.naming import match_populations
from neuroport.results.result import Result
from neuroport.results.stored import load_run

__all__ = ["BackendComparison", "Watch", "compare_backends", "load_any"]

#: An explanation whose number of runs was not given ends after so much time (s), or so many.
_EXPLAIN_SECONDS = 120.0
_MOST_RUNS = 200


class Watch(Protocol):
    """Told what happens, from several threads; the command line draws it."""

    def begin(self, name: str) -> None:
        """A run has begun."""
        ...

    def at(self, name: str, now: float, target: float) -> None:
        """A run has reached this simulated time (ms) of that."""
        ...

    def end(self, outcome: Outcome) -> None:
        """A run is over."""
        ...

    def explaining(self, run: int, most: int, what: str) -> None:
        """The explainer runs the reference with something switched."""
        ...


class _Blind:
    """Watches nothing."""

    def begin(self, name: str) -> None: ...

    def at(self, name: str, now: float, target: float) -> None: ...

    def end(self, outcome: Outcome) -> None: ...

    def explaining(self, run: int, most: int, what: str) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class BackendComparison:
    """What comparing backends gave.

    Attributes
    ----------
    model : str
        What was run.
    outcomes : tuple of Outcome
        One a backend, the reference first; those that failed say why.
    comparisons : tuple of Comparison
        Each of the others that ran, and each stored result, against the reference.
    explanations : mapping of str to Explanation
        By the target's name, where one was looked for.
    unexplained : mapping of str to str
        By the target's name, why there is no explanation where one was wanted.
    calibration : Calibration or None
    notes : tuple of str
        What a reader has to know.
    command : str
        The command that does all of it again.
    seconds : float
        Wall time.
    """

    model: str
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[Comparison, ...]
    explanations: Mapping[str, Explanation] = field(default_factory=dict)
    unexplained: Mapping[str, str] = field(default_factory=dict)
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()
    command: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The backends that gave no result."""
        return tuple(o for o in self.outcomes if o.failed)

    @property
    def verdict(self) -> Verdict:
        """All comparisons together; "not comparable" where there is none."""
        return worst(c.verdict for c in self.comparisons)

    @property
    def summary(self) -> str:
        """One or two sentences over all."""
        parts = []
        if self.failed:
            parts.append("No result from " + ", ".join(
                f"{o.job.name} ({o.status})" for o in self.failed) + ".")
        for verdict in reversed(Verdict):
            names = [c.target.name for c in self.comparisons if c.verdict is verdict]
            if names:
                parts.append(f"{verdict.capitalize()}: {', '.join(names)}.")
        if not self.comparisons:
            parts.append("Nothing could be compared.")
        return " ".join(parts)

    def __getitem__(self, name: str) -> Comparison:
        for comparison in self.comparisons:
            if comparison.target.name == name:
                return comparison
        have = ", ".join(repr(c.target.name) for c in self.comparisons) or "none"
        raise KeyError(f"no comparison with {name!r}; there are: {have}")

    def require(self, at_least: Verdict | str = Verdict.EQUIVALENT,
                rung: str | None = None) -> None:
        """Raise unless every backend ran and agrees well enough with the reference.

        Parameters
        ----------
        at_least : Verdict or str
            ``"identical"`` or ``"equivalent"``.
        rung : str, optional
            Judge by this rung (``"L3"``) instead of by all of them together.

        Raises
        ------
        BackendFailedError
            If a backend gave no result, with its reason.
        ResultsDisagreeError
            With the verdict, the rung, the place and the explanation.
        """
        if self.failed:
            raise BackendFailedError("\n".join(
                f"{o.job.name}: {o.status}. {o.reason}" for o in self.failed))
        texts = []
        for comparison in self.comparisons:
            try:
                comparison.require(at_least, rung)
            except ResultsDisagreeError as problem:
                text = str(problem)
                found = self.explanations.get(comparison.target.name)
                why = self.unexplained.get(comparison.target.name, "")
                if found is not None:
                    text += f"\nWhy: {found.summary}"
                elif why:
                    text += f"\nWhy: not known. {why}"
                texts.append(text)
        if texts:
            again = f"\nAgain, with figures: {self.command} --html report.html" if (
                self.command) else ""
            raise ResultsDisagreeError("\n\n".join(texts) + again)

    def __str__(self) -> str:
        lines = [f"{o.job.name}: {o.status}. {o.reason}" for o in self.failed]
        for comparison in self.comparisons:
            lines.append(str(comparison))
            found = self.explanations.get(comparison.target.name)
            if found is not None:
                lines.append(f"  Why: {found.summary}")
        return "\n".join([*lines, *self.notes])


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
        ``"brian2:spinnaker,spinnaker-emulated"``: names, each with its numerics after a colon if
        they are not the model's own. The first is the reference. One backend may come several
        times with different numerics.
    numerics : str, optional
        For the backends that name none; the model's own if left out.
    seed, timestep, duration : optional
        As for ``neuroport run``.
    options : mapping or sequence of str
        The model's own options.
    stored : iterable of Result or path
        Results that exist already and are judged against the reference as well.
    match : iterable of str
        Which populations theirs are, as `match_populations` takes it.
    calibrate_seeds : int
        Run the reference with this many further seeds, for the bounds of L3; 10 are advised.
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
    chosen = model_choice(model, options)
    choices = backend_choices(backends, numerics)
    watching: Watch = watch or _Blind()
    ready = [r if isinstance(r, Result) else load_any(r) for r in stored]
    jobs = [
        Job(c.name, chosen.model, c.backend, c.numerics, seed, timestep, duration,
            chosen.arguments, function or chosen.function, traces,
            str(Path(output) / c.name.replace(":", "-").replace("+", "-").replace(" ", ""))
            if output is not None else "")
        for c in choices
    ]
    text = command or _command(jobs, stored, calibrate_seeds)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(job.name)) for job in jobs]
        outcomes, seeds = _side_by_side(workers, jobs, calibrate_seeds, timeout, watching)
        reference = outcomes[0].result
        if reference is None:
            return BackendComparison(chosen.name, tuple(outcomes), (), command=text,
                                     notes=_notes(outcomes, seeds, calibrate_seeds),
                                     seconds=time.monotonic() - began)
        notes = list(_notes(outcomes, seeds, calibrate_seeds))
        calibration, note = _calibrated(seeds, calibrate_seeds, thresholds, sampling)
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
    return BackendComparison(chosen.name, tuple(outcomes), comparisons, explanations, unexplained,
                             calibration, tuple(notes), text, time.monotonic() - began)


def _side_by_side(
    workers: Sequence[Worker], jobs: Sequence[Job], calibrate_seeds: int, timeout: float,
    watch: Watch,
) -> tuple[list[Outcome], list[Outcome]]:
    """Run all jobs at once, the reference's further seeds after its own."""
    outcomes: list[Outcome | None] = [None] * len(jobs)
    seeds: list[Outcome] = []

    def one(worker: Worker, job: Job) -> Outcome:
        watch.begin(job.name)
        outcome = worker.run(job, timeout, lambda now, end: watch.at(job.name, now, end))
        watch.end(outcome)
        return outcome

    def serve(number: int) -> None:
        job = jobs[number]
        outcomes[number] = one(workers[number], job)
        if number:
            return
        first = DEFAULT_SEED if job.seed is None else job.seed
        for k in range(1, calibrate_seeds + 1):
            if outcomes[0] is None or outcomes[0].failed:
                return
            again = job.with_seed(first + k)
            seeds.append(one(workers[0], Job.from_dict(
                {**again.as_dict(), "name": f"{job.name}, seed {first + k}"})))

    threads = [threading.Thread(target=serve, args=(k,), daemon=True) for k in range(len(jobs))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    except BaseException:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(10.0)
        raise
    done = [o if o is not None else Outcome(job, "error", None, "the worker could not be asked")
            for o, job in zip(outcomes, jobs, strict=True)]
    return done, seeds


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


def _calibrated(
    seeds: Sequence[Outcome], wanted: int, thresholds: Thresholds | None,
    sampling: SamplingLimits | None,
) -> tuple[Calibration | None, list[str]]:
    if not wanted:
        return None, []
    try:
        return calibrate([o.result for o in seeds if o.result is not None],
                         thresholds=thresholds, sampling=sampling), []
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
    sides = [s for s in sides if outcomes[s[0]].job.backend in _SWITCHABLE]
    if not sides:
        return ("Neither backend can switch single numerics choices; name brian2 as one of the "
                "two.")
    number, base, target = sides[0]
    outcome, worker = outcomes[number], workers[number]

    def run(where: Setting) -> Result:
        job = Job.from_dict({
            **outcome.job.as_dict(), "numerics": where.numerics.text, "seed": where.seed,
            "timestep": where.timestep, "output": ""})
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


#: Backends that honour every single choice of `Numerics`.
_SWITCHABLE = ("brian2",)


def _command(jobs: Sequence[Job], stored: Iterable[Result | str | Path], seeds: int) -> str:
    first = jobs[0]
    words = ["neuroport compare", first.model, "--backends",
             ",".join(f"{j.backend}:{j.numerics}" if j.numerics else j.backend for j in jobs)]
    for flag, value in (("--seed", first.seed), ("--timestep", first.timestep),
                        ("--duration", first.duration), ("--function", first.function),
                        ("--calibrate", seeds or None)):
        if value is not None:
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    for one in stored:
        if not isinstance(one, Result):
            words += ["--stored", str(one)]
    return " ".join([*words, *first.arguments])

"""What happened in a run, as data: status, results, findings, errors, and where the time went."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from neuroport.errors import CheckFailedError, Problem, UserError
from neuroport.findings import Finding
from neuroport.jobs.scripts import ScriptError
from neuroport.jobs.specification import RunSpec
from neuroport.models import ModelResult
from neuroport.numerics import numerics
from neuroport.pynn.observation import Observation
from neuroport.results.result import Result, join_results
from neuroport.results.structure import Score
from neuroport.secrets import without_secrets

if TYPE_CHECKING:
    from neuroport.backend.prepared import Prepared

__all__ = ["EXIT_CODES", "Report", "Status", "gather", "phases_of", "warning_texts"]

Status = Literal["ok", "wrong", "refused", "error", "interrupted"]

EXIT_CODES: dict[str, int] = {"ok": 0, "wrong": 1, "refused": 1, "error": 2, "interrupted": 130}


@dataclass
class Report:
    """What happened.

    Attributes
    ----------
    spec : RunSpec
    status : str
        ``ok``, ``wrong`` (a model's answers), ``refused`` (by the checks), ``error`` or
        ``interrupted``.
    answers : ModelResult or None
        What a model gave back.
    result : Result or None
        What was recorded, with the model's score; None where nothing was.
    findings : list of Finding
    prepared : list of Prepared
        Where only checks were asked for, the networks as they were then.
    messages : list of str
        Warnings and remarks, most important first.
    error : BaseException or None
    seconds : float
        Wall time.
    phases : dict of str to float
        Wall seconds by phase, where the engine tells them; ``neuroport``: all the rest.
    """

    spec: RunSpec
    status: Status = "ok"
    answers: ModelResult | None = None
    result: Result | None = None
    findings: list[Finding] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    error: BaseException | None = None
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def simulators(self) -> tuple[Result, ...]:
        """What was recorded, one result a simulator."""
        return () if self.result is None else self.result.simulators

    @property
    def exit_code(self) -> int:
        """0 ok, 1 refused by a check or wrong answers, 2 error, 130 interrupted."""
        return EXIT_CODES[self.status]


def phases_of(seen: Observation, total: float) -> dict[str, float]:
    """Return where the time went, over all simulators; empty where no engine tells."""
    spent: dict[str, float] = {}
    for simulator in seen.simulators:
        for name, seconds in simulator.state.account.get("phases_s", {}).items():
            spent[name] = spent.get(name, 0.0) + seconds
    if spent:
        spent["neuroport"] = max(0.0, total - sum(spent.values()))
    return spent


def gather(report: Report, seen: Observation) -> None:
    """Take what the simulators found and recorded, also after an error."""
    spec = report.spec
    for simulator in seen.simulators:
        if spec.check_only and report.status == "ok":
            try:
                prepared = simulator.state.prepare()
                report.findings += prepared.findings
                report.prepared.append(prepared)
            except UserError as error:
                report.status, report.error = "error", error
        elif simulator.state.kept:
            report.findings += simulator.findings
        else:  # of what only computes something on the way, what may have spoilt it
            report.findings += [f for f in simulator.findings if f.severity.rank > 0]
    if isinstance(report.error, CheckFailedError):
        known = set(map(id, report.findings))
        report.findings += [f for f in report.error.findings if id(f) not in known]
    if spec.check_only:
        if report.status == "ok" and any(f.severity.rank > 0 for f in report.findings):
            report.status = "refused"
        if report.status == "ok" and not seen.simulators:
            report.status, report.error = "error", _nothing_made(spec)
        return
    try:
        seen.finish()
    except UserError as error:
        report.messages.append(f"recorded data could not be read: {error}")
    if seen.results:
        score = None if report.answers is None else Score.of(report.answers.score)
        report.result = join_results(
            seen.results, name=spec.name, score=score, command=spec.command)
    report.messages += _unused(spec, seen)
    if report.status == "ok" and not seen.simulators:
        report.status, report.error = "error", _nothing_made(spec)
    elif report.status == "ok" and report.result is None and seen.run_expected:
        report.status = "error"
        report.error = ScriptError(
            Problem("nothing was run", fix="give --duration MS, or call sim.run(...)"), line=None
        )
    elif report.status == "ok" and report.result is None:
        report.messages.append(
            "nothing was run, so there are no results: --duration MS runs what a script builds")


def _nothing_made(spec: RunSpec) -> UserError:
    return ScriptError(
        Problem(
            f"{spec.model} made no simulator",
            limit="a script imports `neuroport.pynn as sim` and calls sim.setup(), "
            "or defines model(sim)",
        )
    )


def _unused(spec: RunSpec, seen: Observation) -> list[str]:
    """Say which options a script did not follow."""
    notes = []
    for simulator in seen.simulators:
        state = simulator.state
        for name, asked, used in (
            ("--backend", spec.backend, state.backend_name),
            ("--numerics", _numerics_text(spec, state.dialect), state.numerics.text),
            ("--seed", spec.seed, state.seed - spec.further_seed),
            ("--timestep", spec.timestep, state.dt),
        ):
            if asked is not None and asked != used:
                notes.append(
                    f"{name} {asked} was not used: the script itself sets {used}"
                )
        if spec.duration is not None and state.step and abs(state.t - spec.duration) > 1e-9:
            notes.append(
                f"--duration {spec.duration:g} was not used: the model decides itself how "
                f"long it runs ({state.t:g} ms)"
            )
    return notes


def _numerics_text(spec: RunSpec, spoken: Any) -> str | None:
    """Return the numerics asked for, as a simulator has them in the dialect of its script."""
    if spec.numerics is None:
        return None
    try:
        return str(spoken.numerics(numerics(spec.numerics)).text)
    except UserError:  # refused elsewhere, with what is wrong
        return None


def warning_texts(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return one line for each place that warned, with how often it did."""
    from neuroport.pynn.shown import FindingWarning, Remark

    groups: dict[tuple[Any, str, int], list[str]] = {}
    for item in caught:
        if issubclass(item.category, FindingWarning):
            continue  # shown among the findings
        plain = item.category in (UserWarning, RuntimeWarning)
        key = (item.category, *((item.filename, item.lineno) if plain else ("", 0)))
        groups.setdefault(key, []).append(without_secrets(str(item.message)))
    result: list[str] = []
    for (category, *_), texts in groups.items():
        if category is Remark:
            result += dict.fromkeys(texts)
            continue
        more = f" (and {len(texts) - 1} more like this)" if len(texts) > 1 else ""
        result.append(f"{category.__name__}: {texts[0]}{more}")
    return result

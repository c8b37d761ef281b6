"""Why two engines differ: `explain` with the reference's real numerics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuroport.compare.errors import ExplanationError
from neuroport.compare.explain.distances import spike_step_distance, trace_distance
from neuroport.compare.explain.numerics_choices import (
    GROUPS,
    Setting,
    claimed,
    describe,
    numerics_choices,
    setting,
)
from neuroport.compare.explain.shares import Share
from neuroport.compare.explain.switching import LIES_ELSEWHERE, Explanation, explain
from neuroport.compare.ladder.plasticity import judge_plasticity
from neuroport.compare.ladder.structure import match_synapses
from neuroport.compare.ladder.thresholds import Thresholds
from neuroport.compare.ladder.traces import common_signals, judge_traces
from neuroport.compare.ladder.trains import first_difference
from neuroport.compare.ladder.verdict import Verdict
from neuroport.compare.measures.pairing import pair_spikes
from neuroport.numerics import Numerics, numerics
from neuroport.results.result import Result

__all__ = ["agreement_distance", "explain_difference", "integrators", "setting_of"]

Runner = Callable[[Setting], Result]


def setting_of(result: Result) -> Setting | None:
    """The numerics, seed and time step that a result says it was made with, if it does.

    The numerics are those that the backend computed with, where it has some of its own.
    """
    text = result.provenance.get("numerics_used", result.provenance.get("numerics"))
    if not isinstance(text, str):
        return None
    seed = result.provenance.get("seed")
    return Setting(numerics(text), None if seed is None else int(seed), result.timestep)


def _weight_distance(reference: Result, target: Result) -> float | None:
    """Mean difference of the learnt weights as part of their range; None without any."""
    if reference.structure is None or target.structure is None:
        return None
    parts = []
    for label, ours in reference.structure.projections.items():
        theirs = target.structure.projections.get(label)
        if theirs is None or ours.final_weight is None or theirs.final_weight is None:
            continue
        first, second, missing, extra = match_synapses(ours, theirs)
        if not len(first):
            continue
        a, b = ours.final_weight[first], theirs.final_weight[second]
        low, high = ours.weight_bounds or (float(min(a.min(), b.min())),
                                           float(max(a.max(), b.max())))
        gap = float(np.nanmean(np.abs(a - b))) / ((high - low) or 1.0)
        parts.append(1.0 if missing or extra else min(1.0, gap))
    return sum(parts) / len(parts) if parts else None


@dataclass(frozen=True, slots=True)
class agreement_distance:
    """Distance over spikes, traces and learnt weights: the mean of those that both sides have.

    Attributes
    ----------
    limits : Thresholds
    exact : bool
        False: traces and weights that pass their rung (L1, L4) have distance 0, so that rounding
        needs no explanation. True: every difference counts.
    """

    limits: Thresholds
    exact: bool = False

    def __call__(self, reference: Result, target: Result) -> float:
        """The distance, 0 for agreement.

        Raises
        ------
        ExplanationError
            If the two have nothing in common.
        """
        parts = []
        if pair_spikes(reference, target)[0]:
            parts.append(spike_step_distance(reference, target))
        if common_signals(reference, target):
            passed = not self.exact and judge_traces(
                reference, target, self.limits).verdict is not Verdict.DIFFERENT
            parts.append(0.0 if passed else min(1.0, trace_distance(reference, target)))
        weights = _weight_distance(reference, target)
        if weights is not None:
            passed = not self.exact and judge_plasticity(
                reference, target, self.limits).verdict is not Verdict.DIFFERENT
            parts.append(0.0 if passed else weights)
        if not parts:
            raise ExplanationError("distance", "nothing recorded on both sides",
                                   "spikes, traces or learnt weights of both",
                                   "record spikes on both engines")
        return sum(parts) / len(parts)


def integrators(result: Result) -> tuple[str, ...]:
    """What a result's findings say of cells that its engine integrates approximately."""
    told = [f for f in result.findings if isinstance(f, Mapping) and f.get("code") == "NP110"]
    return tuple(dict.fromkeys(f"{result.name}: {f.get('measured', '')}" for f in told))


def _accuracy(reference: Result, target: Result, schemes: Sequence[str], limits: Thresholds,
              ) -> str:
    """Name the order of accuracy as what is left, with what the traces show of it."""
    text = (" What is left is the order of accuracy of the integrators, which no switch makes "
            f"equal ({'; '.join(schemes)}).")
    parting = first_difference(reference, target)
    if parting is None:
        return text
    traces = judge_traces(reference, target, limits, parting.time)
    if traces.verdict is Verdict.EQUIVALENT:
        text += (" The traces show it: they are not equal, but within their limit until the first "
                 f"spike differs, at {parting.time:g} ms; from there the network amplifies it.")
    return text + " L3 with a calibration says whether it matters."


class _Runs:
    """The reference's runs; equal settings are run once, and only the distance is kept."""

    def __init__(self, runner: Runner, base: Setting) -> None:
        self.runner, self.base = runner, base
        self.results: dict[Setting, Result] = {}

    def __call__(self, assignment: dict[str, Any]) -> Result:
        where = setting(self.base, assignment)
        if where not in self.results:
            if len(self.results) > 8:  # each may be large; a search seldom comes back to old ones
                self.results.pop(next(iter(self.results)))
            self.results[where] = self.runner(where)
        return self.results[where]


def explain_difference(
    runner: Runner,
    reference: Result,
    target: Result,
    *,
    thresholds: Thresholds | None = None,
    max_runs: int = 200,
    seconds: float | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Explanation:
    """Find which numerics choices make the reference agree with the target.

    Parameters
    ----------
    runner : callable, (Setting) -> Result
        Runs the reference's engine on the same model.
    reference, target : Result
        The reference says in its provenance with which numerics, seed and time step it ran.
    thresholds : Thresholds, optional
        Traces and weights that pass their rung count as agreement.
    max_runs : int
        Largest number of runs of the reference.
    seconds : float, optional
        Wall time after which no further run is begun.
    progress : callable, (run number, max_runs, what is switched), optional

    Returns
    -------
    Explanation
        Its values are text of the form ``input_rule=step``, which ``--numerics
        pynn+input_rule=step`` takes.

    Raises
    ------
    ExplanationError
        If the reference does not say how it ran, or nothing can be compared.
    """
    base, other = setting_of(reference), setting_of(target)
    if base is None:
        raise ExplanationError(f"reference {reference.name!r}", "no numerics in its provenance",
                               "a run of neuroport", "compare a model, not only stored spikes")
    limits = thresholds or Thresholds()
    schemes = integrators(reference) + integrators(target)
    learns = reference.structure is None or any(
        p.final_weight is not None for p in reference.structure.projections.values())
    choices = numerics_choices(
        base, None if other is None else other.numerics,
        target_seed=None if other is None else other.seed,
        target_timestep=target.timestep, plastic=learns, approximate=bool(schemes))
    runs = _Runs(runner, base)
    runs.results[base] = reference
    distance = agreement_distance(limits)
    if distance(reference, target) == 0.0:
        distance = agreement_distance(limits, exact=True)
    found = explain(runs, choices, target, distance, max_runs=max_runs, check_repeatable=False,
                    progress=progress, seconds=seconds,
                    claimed=None if other is None else claimed(base, other),
                    exhaustive=not schemes)
    found = _refined(found, runs, base, target, distance)
    if schemes and not found.explained:
        left = _accuracy(reference, target, schemes, limits)
        found = replace(found, summary=f"{found.summary.replace(LIES_ELSEWHERE, '')}{left}")
    return found


def _refined(found: Explanation, runs: _Runs, base: Setting, target: Result,
             distance: agreement_distance) -> Explanation:
    """Leave out the fields of a convention that are not needed, and say what they were before."""
    values = {share.choice: share.value for share in found.shares}
    extra = 0
    for share in found.shares:
        if share.choice not in GROUPS:
            continue
        fields = dict(word.split("=", 1) for word in str(share.value).split("+"))
        for field in list(fields):
            if len(fields) < 2:
                break
            fewer = describe({k: v for k, v in fields.items() if k != field})
            extra += 1
            try:
                left = distance(runs({**values, share.choice: fewer}), target)
            except ExplanationError:
                raise
            except Exception:  # refused by the engine: the field stays
                continue
            if left <= max(found.tolerance, found.remaining):
                del fields[field]
                values[share.choice] = fewer
    shares = tuple(
        replace(share, value=values[share.choice],
                reference_value=_before(base.numerics, share, values[share.choice]))
        for share in found.shares)
    summary = found.summary
    for old, new in zip(found.shares, shares, strict=True):
        summary = summary.replace(f"({old.reference_value!r} -> {old.value!r})",
                                  f"({new.reference_value} -> {new.value})")
    idle = [c for c in found.idle if c not in values]
    if idle:
        summary += (" Switching one of these alone changes nothing here: "
                    f"{', '.join(idle)}.")
    return replace(found, shares=shares, summary=summary, runs=found.runs + extra)


def _before(point: Numerics, share: Share, value: Any) -> Any:
    if share.choice not in GROUPS:
        return share.reference_value
    names = [word.partition("=")[0] for word in str(value).split("+")]
    return describe({name: getattr(point, name) for name in names})


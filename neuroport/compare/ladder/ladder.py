"""The ladder: from the structure of the network up to the model's own score."""

from __future__ import annotations

import time
from collections.abc import Sequence

from neuroport.compare.calibration.spread import Calibration
from neuroport.compare.errors import ComparisonError
from neuroport.compare.ladder.distributions import judge_distributions
from neuroport.compare.ladder.plasticity import judge_plasticity
from neuroport.compare.ladder.score import judge_score
from neuroport.compare.ladder.structure import judge_structure
from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.traces import judge_traces
from neuroport.compare.ladder.trains import first_difference, judge_trains
from neuroport.compare.ladder.verdict import Comparison, RungVerdict, Verdict, worst
from neuroport.results.result import Result

__all__ = ["compare"]


def compare(
    reference: Result,
    target: Result | Sequence[Result],
    *,
    calibration: Calibration | None = None,
    thresholds: Thresholds | None = None,
    sampling: SamplingLimits | None = None,
) -> Comparison:
    """Judge whether two results agree, rung by rung.

    Parameters
    ----------
    reference : Result
        What is taken as right.
    target : Result or sequence of Result
        What is judged. Several runs of the target with different seeds make L3 more decisive;
        the other rungs use the first.
    calibration : Calibration, optional
        The reference's own seed-to-seed spread, from `calibrate`. Without it L3 can only say
        "identical" or, with `Thresholds.stated_margins`, judge against stated bounds.
    thresholds : Thresholds, optional
    sampling : SamplingLimits, optional
        How much data the costly metrics may use.

    Returns
    -------
    Comparison

    Raises
    ------
    ComparisonError
        If no target is given.

    Notes
    -----
    The verdict over all rungs: identical if every rung that could be judged is. Different if L0,
    L3, L4 or L5 is. If the spikes or the traces differ one by one (L2, L1), as they must in a
    chaotic network, L3 decides; without a calibration it cannot, and the difference stands. Traces
    are judged until the first spike that differs: from there on they say what the spikes say.
    """
    begin = time.perf_counter()
    targets = [target] if isinstance(target, Result) else list(target)
    if not targets:
        raise ComparisonError("compare", "no target", "at least one result", "pass a Result")
    limits, bounds = thresholds or Thresholds(), sampling or SamplingLimits()
    first = targets[0]
    trains = judge_trains(reference, first, limits, bounds)
    same = trains.verdict is Verdict.IDENTICAL
    differs = None if same else first_difference(reference, first)
    exact = same and len(targets) == 1
    rungs = (
        judge_structure(reference, first, limits),
        judge_traces(reference, first, limits, None if differs is None else differs.time),
        trains,
        judge_distributions(reference, targets, calibration, limits, bounds, exact=exact),
        judge_plasticity(reference, first, limits),
        judge_score(reference, first, limits),
    )
    failing = next((r for r in rungs if r.verdict is Verdict.DIFFERENT), None)
    verdict, summary = _overall(rungs, failing, calibration is not None
                                or limits.stated_margins is not None)
    return Comparison(
        reference, first, rungs, verdict, summary, failing, target_runs=len(targets),
        calibration_seeds=calibration.seeds if calibration else 0,
        wall_time=time.perf_counter() - begin,
        settings={"thresholds": limits.as_dict(),
                  "sampling": {name: getattr(bounds, name) for name in bounds.__slots__}})


def _overall(rungs: Sequence[RungVerdict], failing: RungVerdict | None, calibrated: bool,
             ) -> tuple[Verdict, str]:
    by_name = {r.rung: r for r in rungs}
    judged = [r for r in rungs if r.verdict is not Verdict.NOT_COMPARABLE]
    skipped = [r.rung for r in rungs if r.verdict is Verdict.NOT_COMPARABLE]
    gap = f" Not comparable: {', '.join(skipped)}." if skipped else ""
    open_ones = [r for r in rungs if r.undecided]
    if failing is None and not open_ones and all(r.rung == "L0" for r in judged):
        return Verdict.NOT_COMPARABLE, "Nothing that the network did can be compared." + gap
    first = f"First rung that fails: {failing.rung}, {failing.title}. {failing.summary}" if (
        failing) else ""
    firm = [r for r in rungs if r.verdict is Verdict.DIFFERENT and r.rung in ("L0", "L3", "L4",
                                                                             "L5")]
    if firm:
        decided = "" if firm[0] is failing else (
            f" Decided by {firm[0].rung}, {firm[0].title}: {firm[0].summary}")
        return Verdict.DIFFERENT, first + decided + gap
    if failing is None:
        if open_ones:
            return Verdict.NOT_COMPARABLE, f"{open_ones[0].rung}: {open_ones[0].summary}" + gap
        verdict = worst(r.verdict for r in judged)
        names = ", ".join(r.rung for r in judged)
        if verdict is Verdict.IDENTICAL:
            return verdict, f"Identical at every rung that could be judged ({names})." + gap
        return verdict, f"Agrees at every rung that could be judged ({names})." + gap
    distributions = by_name["L3"]
    if distributions.undecided:
        return (Verdict.NOT_COMPARABLE,
                f"{first} Whether it matters is open: {distributions.summary}")
    if not calibrated or distributions.verdict is Verdict.NOT_COMPARABLE:
        note = (" The spikes agree all the same (L2)." if failing.rung == "L1" and
                by_name["L2"].verdict in (Verdict.IDENTICAL, Verdict.EQUIVALENT) else
                " Whether the statistics agree all the same is not known: L3 needs a calibration.")
        return Verdict.DIFFERENT, first + note + gap
    if open_ones:
        return Verdict.NOT_COMPARABLE, f"{first} {open_ones[0].rung}: {open_ones[0].summary}"
    how = ("Equivalent in its spikes, not in its traces. "
           if distributions.verdict is Verdict.IDENTICAL else
           "Equivalent in its statistics, not spike by spike. ")
    return Verdict.EQUIVALENT, how + first + f" L3: {distributions.summary}" + gap

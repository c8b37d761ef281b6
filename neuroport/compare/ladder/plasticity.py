"""L4: did the synapses learn the same?"""

from __future__ import annotations

import numpy as np
from scipy import stats

from neuroport.compare.ladder.structure import match_synapses
from neuroport.compare.ladder.thresholds import Thresholds
from neuroport.compare.ladder.verdict import (
    Measurement,
    RungVerdict,
    Verdict,
    graded,
    lacking,
    worst,
)
from neuroport.results.result import FloatArray, ProjectionStructure, Result

__all__ = ["judge_plasticity"]

TITLE = "Plasticity: learnt weights"


def _sign(final: FloatArray, initial: FloatArray, slack: float) -> FloatArray:
    change = final - initial
    return np.where(np.abs(change) <= slack, 0.0, np.sign(change))


def judge_plasticity(reference: Result, target: Result, limits: Thresholds) -> RungVerdict:
    """L4: final weights, direction of change and fraction at the bounds of each projection.

    All synapses are used.

    Parameters
    ----------
    reference, target : Result
    limits : Thresholds

    Returns
    -------
    RungVerdict
    """
    threshold = (
        f"Equivalent: at most {limits.changed_sign:.0%} of the synapses change in another "
        f"direction, weights are displaced by at most {limits.weight_distance:.0%} of their range "
        f"(Wasserstein), the fraction at each bound differs by at most {limits.at_bounds:.0%}, "
        f"and rank correlation is at least {limits.weight_rank_correlation:g}. Reason: "
        f"{Thresholds.reason('changed_sign')}.")
    missing = lacking(reference, target, lambda r: r.structure is not None and any(
        p.final_weight is not None for p in r.structure.projections.values()))
    if missing or reference.structure is None or target.structure is None:
        return RungVerdict("L4", TITLE, Verdict.NOT_COMPARABLE,
                           f"No weights after the run were read from {missing}.", threshold)
    found: list[Measurement] = []
    remarks: list[str] = []
    stories: list[str] = []
    ours, theirs = reference.structure.projections, target.structure.projections
    for label in dict.fromkeys([*ours, *theirs]):
        first, second = ours.get(label), theirs.get(label)
        plastic = [p for p in (first, second) if p is not None and p.final_weight is not None]
        if not plastic:
            continue
        if first is None or second is None or len(plastic) < 2:
            remarks.append(f"{label}: final weights known on one side only; left out")
            continue
        part, story = _judge(label, first, second, limits, remarks)
        found += part
        stories += story
    if not found:
        return RungVerdict("L4", TITLE, Verdict.NOT_COMPARABLE,
                           "No plastic projection has final weights on both sides. "
                           + " ".join(remarks), threshold, remarks=tuple(remarks))
    verdict = worst(m.verdict for m in found if m.verdict is not None)
    if verdict is Verdict.IDENTICAL:
        summary = "Every synapse ended at the same weight."
    elif verdict is Verdict.EQUIVALENT:
        summary = "The learnt weights agree within the limits."
    else:
        summary = " ".join(stories)
    return RungVerdict("L4", TITLE, verdict, summary, threshold, tuple(found), (), tuple(remarks))


def _judge(label: str, ours: ProjectionStructure, theirs: ProjectionStructure, limits: Thresholds,
           remarks: list[str]) -> tuple[list[Measurement], list[str]]:
    a, b, missing, extra = match_synapses(ours, theirs)
    if missing or extra:
        remarks.append(f"{label}: {len(a)} synapses exist on both sides; {missing} and {extra} "
                       "others are left out")
    if not len(a) or ours.final_weight is None or theirs.final_weight is None:
        remarks.append(f"{label}: no synapse in common; left out")
        return [], []
    w_ref, w_tgt = ours.final_weight[a], theirs.final_weight[b]
    broken = int(np.sum(~np.isfinite(w_ref)) + np.sum(~np.isfinite(w_tgt)))
    if broken:
        return [Measurement(label, "weights that are not a number", float(broken), "synapses",
                            0.0, "at most", Verdict.DIFFERENT)], [
            f"{label}: {broken} final weights are not a number."]
    slack = max(theirs.weight_resolution or 0.0, ours.weight_resolution or 0.0)
    scale = float(max(np.abs(w_ref).max(), np.abs(w_tgt).max()))
    exact = bool(np.all(np.abs(w_ref - w_tgt) <= limits.rounding * scale))
    sign_ref = _sign(w_ref, ours.weight[a], max(slack, limits.rounding * scale))
    sign_tgt = _sign(w_tgt, theirs.weight[b], max(slack, limits.rounding * scale))
    wrong = float(np.mean(sign_ref != sign_tgt))
    opposite = int(np.sum(sign_ref * sign_tgt < 0))
    low, high = ours.weight_bounds or (float(min(w_ref.min(), w_tgt.min())),
                                       float(max(w_ref.max(), w_tgt.max())))
    span = (high - low) or 1.0
    distance = float(stats.wasserstein_distance(w_ref, w_tgt)) / span

    def limit(quantity: str, value: float, unit: str, bound: float, note: str = "") -> Measurement:
        return Measurement(label, quantity, value, unit, bound, "at most",
                           graded(exact, value <= bound), note)

    found = [
        limit("synapses that change in another direction", wrong, "of all", limits.changed_sign,
              f"{opposite} of {len(a)} the opposite way; reference {_counts(sign_ref)}, target "
              f"{_counts(sign_tgt)}"),
        limit("displacement of the weights (Wasserstein)", distance, "of the range",
              limits.weight_distance, f"range {low:g} to {high:g} {ours.weight_unit}"),
        Measurement(label, "largest difference of a weight",
                    float(np.abs(w_ref - w_tgt).max()), ours.weight_unit),
    ]
    if ours.weight_bounds:
        for name, bound in (("lower", low), ("upper", high)):
            near = max(slack, limits.rounding * span) + 1e-12
            parts = [float(np.mean(np.abs(w - bound) <= near)) for w in (w_ref, w_tgt)]
            found.append(limit(f"change of the fraction at the {name} bound",
                               abs(parts[1] - parts[0]), "of all", limits.at_bounds,
                               f"reference {parts[0]:.1%}, target {parts[1]:.1%}"))
    else:
        remarks.append(f"{label}: weight bounds are not known; fraction at bounds left out")
    if np.ptp(w_ref) > 0 and np.ptp(w_tgt) > 0 and len(a) > 2:
        rho = float(stats.spearmanr(w_ref, w_tgt).statistic)
        distinct = len(np.unique(w_ref)) > 0.5 * len(w_ref)
        found.append(Measurement(
            label, "rank correlation of the weights", rho, "Spearman's rho",
            limits.weight_rank_correlation if distinct else None,
            "at least" if distinct else "",
            graded(exact, rho >= limits.weight_rank_correlation) if distinct else None,
            "" if distinct else "shown only: most weights are tied"))
    stories = []
    failed = [m for m in found if m.verdict is Verdict.DIFFERENT]
    if failed:
        story = f"{label}: {failed[0].quantity} {failed[0].value:.3g} {failed[0].unit}"
        story += f" (limit {failed[0].limit:g}; {failed[0].note})." if failed[0].note else "."
        if opposite > limits.changed_sign * len(a):
            story += (" Synapses learn in the opposite direction: compare the delay convention, "
                      "the order at ties and the sign of the rule.")
        stories.append(story)
    return found, stories


def _counts(sign: FloatArray) -> str:
    up, down = int(np.sum(sign > 0)), int(np.sum(sign < 0))
    return f"{up} up, {down} down, {len(sign) - up - down} kept"

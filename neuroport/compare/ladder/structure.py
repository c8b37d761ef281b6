"""L0: do both engines hold the same network?"""

from __future__ import annotations

import numpy as np

from neuroport.compare.ladder.thresholds import Thresholds
from neuroport.compare.ladder.verdict import (
    Measurement,
    RungVerdict,
    Verdict,
    graded,
    lacking,
    worst,
)
from neuroport.results.result import IntArray, ProjectionStructure, Result

__all__ = ["judge_structure", "match_synapses"]

TITLE = "Structure, effective weights and delays"


def match_synapses(reference: ProjectionStructure, target: ProjectionStructure,
                   ) -> tuple[IntArray, IntArray, int, int]:
    """Pair the synapses of two projections by their neurons.

    Several synapses between the same two neurons are paired in order of delay, then weight.

    Returns
    -------
    in_reference, in_target : arrays of int, shape (n_shared,)
        Positions of the paired synapses in each projection's arrays.
    only_reference, only_target : int
        Synapses without a partner.
    """
    orders, parts = [], []
    for p in (reference, target):
        order = np.lexsort((p.weight, p.delay, p.post_index, p.pre_index))
        pre, post = p.pre_index[order], p.post_index[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (pre[1:] != pre[:-1]) | (post[1:] != post[:-1])
        starts = np.flatnonzero(new)
        repeat = np.arange(len(order)) - np.repeat(
            starts, np.diff(np.append(starts, len(order))))
        orders.append(order)
        parts.append((pre, post, repeat))
    posts = max(int(p[1].max(initial=0)) for p in parts) + 1
    repeats = max(int(p[2].max(initial=0)) for p in parts) + 1
    keys = [(pre * posts + post) * repeats + repeat for pre, post, repeat in parts]
    _, first, second = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return (orders[0][first], orders[1][second], len(reference) - len(first),
            len(target) - len(second))


def _judge_projection(label: str, ours: ProjectionStructure, theirs: ProjectionStructure,
                      limits: Thresholds) -> list[Measurement]:
    found: list[Measurement] = []
    first, second, missing, extra = match_synapses(ours, theirs)
    for quantity, count in (("synapses missing", missing), ("synapses added", extra)):
        found.append(Measurement(
            label, quantity, float(count), "synapses", 0.0, "at most", graded(not count, False),
            f"of {len(ours)} in the reference"))
    if ours.weight_unit != theirs.weight_unit:
        found.append(Measurement(
            label, "weight unit", float("nan"), "", None, "", Verdict.DIFFERENT,
            f"{ours.weight_unit} against {theirs.weight_unit}: one engine treats the synapse as "
            "current-based, the other as conductance-based"))
        return found
    if not len(first):
        return found
    w_ref, w_tgt = ours.weight[first], theirs.weight[second]
    change = np.abs(w_tgt - w_ref)
    same = change <= limits.rounding * np.maximum(np.abs(w_ref), np.abs(w_tgt))
    zeroed = int(np.sum((w_ref != 0) & (w_tgt == 0)))
    step = theirs.weight_resolution
    if step:
        value, unit, limit = float(change.max() / step), "weight steps", limits.weight_steps
        note = f"step {step:.6g} {theirs.weight_unit}"
    else:
        scale = np.maximum(np.abs(w_ref), np.finfo(float).tiny)
        value, unit = float((change / scale).max()), "relative"
        limit, note = limits.weight_without_resolution, "the target states no resolution"
    found.append(Measurement(
        label, "largest weight change", value, unit, limit, "at most",
        graded(bool(same.all()), value <= limit * (1 + 1e-6)),
        f"{note}; {int(np.sum(~same))} of {len(first)} weights changed"))
    found.append(Measurement(
        label, "weights lost to zero", float(zeroed), "synapses", 0.0, "at most",
        graded(not zeroed, False),
        "a synapse that the reference has and the target stores as 0" if zeroed else ""))
    total = float(np.abs(w_ref).sum())
    drift = abs(float(np.abs(w_tgt).sum()) - total) / total if total else 0.0
    found.append(Measurement(
        label, "change of the summed weight", drift, "relative",
        limits.projection_weight_change, "at most",
        graded(drift <= limits.rounding, drift <= limits.projection_weight_change)))
    late = np.abs(theirs.delay[second] - ours.delay[first])
    grid = theirs.delay_resolution
    largest = float(late.max())
    exact = largest <= limits.rounding * max(1.0, float(np.abs(ours.delay).max()))
    if grid:
        value, unit, limit, note = largest / grid, "delay steps", limits.delay_steps, (
            f"grid {grid:g} ms")
    else:
        value, unit, limit, note = largest, "ms", 0.0, "the target states no delay grid"
    found.append(Measurement(
        label, "largest delay change", value, unit, limit, "at most",
        graded(exact, bool(grid) and value <= limit * (1 + 1e-6)), note))
    return found


def judge_structure(reference: Result, target: Result, limits: Thresholds) -> RungVerdict:
    """L0: sizes, connectivity, effective weights and delays.

    Parameters
    ----------
    reference, target : Result
    limits : Thresholds

    Returns
    -------
    RungVerdict
    """
    threshold = (
        f"Sizes and connections equal. Weights within {limits.weight_steps:g} stored step and the "
        f"summed weight of each projection within {limits.projection_weight_change:.0%}; no "
        f"weight lost to zero; delays within {limits.delay_steps:g} grid step. Reason: "
        f"{Thresholds.reason('weight_steps')}; {Thresholds.reason('projection_weight_change')}.")
    if reference.structure is None or target.structure is None:
        return RungVerdict("L0", TITLE, Verdict.NOT_COMPARABLE,
                           "No structure was read back from "
                           f"{lacking(reference, target, lambda r: r.structure is not None)}.",
                           threshold)
    found: list[Measurement] = []
    remarks: list[str] = []
    ours, theirs = reference.structure, target.structure
    for label in dict.fromkeys([*ours.sizes, *theirs.sizes]):
        if label not in ours.sizes or label not in theirs.sizes:
            holder = reference.name if label in ours.sizes else target.name
            remarks.append(f"population {label}: size known only from {holder}")
            continue
        same = ours.sizes[label] == theirs.sizes[label]
        found.append(Measurement(
            label, "population size", float(theirs.sizes[label]), "neurons",
            float(ours.sizes[label]), "exactly", graded(same, False)))
    for label in dict.fromkeys([*ours.projections, *theirs.projections]):
        if label not in ours.projections or label not in theirs.projections:
            holder = reference.name if label in ours.projections else target.name
            found.append(Measurement(
                label, "projection", float("nan"), "", None, "", Verdict.DIFFERENT,
                f"exists only in {holder}"))
            continue
        found += _judge_projection(label, ours.projections[label], theirs.projections[label],
                                   limits)
    if not found:
        return RungVerdict("L0", TITLE, Verdict.NOT_COMPARABLE,
                           "The two structures have no population or projection in common.",
                           threshold, remarks=tuple(remarks))
    verdict = worst(m.verdict for m in found if m.verdict is not None)
    return RungVerdict("L0", TITLE, verdict, _summary(verdict, found), threshold, tuple(found),
                       (), tuple(remarks))


def _summary(verdict: Verdict, found: list[Measurement]) -> str:
    if verdict is Verdict.IDENTICAL:
        return "Both engines hold the same neurons, synapses, weights and delays."
    if verdict is Verdict.EQUIVALENT:
        changed = [m for m in found if m.verdict is Verdict.EQUIVALENT]
        return ("Same connections; weights or delays differ only by the target's rounding "
                f"({_phrase(changed[0])}).")
    failed = [m for m in found if m.verdict is Verdict.DIFFERENT]
    places = len({m.where for m in failed})
    return (f"The engines do not hold the same network: {_phrase(failed[0])}"
            + (f", and {len(failed) - 1} more in {places} places" if len(failed) > 1 else "")
            + ". Whatever differs further down starts here.")


def _phrase(m: Measurement) -> str:
    value = "" if np.isnan(m.value) else f" {m.value:.4g} {m.unit}".rstrip()
    return f"{m.where}: {m.quantity}{value}" + (f" ({m.note})" if m.note else "")

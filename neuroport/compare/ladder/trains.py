"""L2: do the neurons fire the same spike trains, one by one?"""

from __future__ import annotations

import numpy as np

from neuroport.compare.ladder.thresholds import SamplingLimits, Thresholds
from neuroport.compare.ladder.verdict import (
    Measurement,
    RungVerdict,
    Sampling,
    Verdict,
    graded,
    worst,
)
from neuroport.compare.measures.distances import train_distances
from neuroport.compare.measures.pairing import PairedSpikes, pair_spikes, sample
from neuroport.compare.measures.spike_sets import FirstDifference, SpikeSets, spike_sets
from neuroport.results.result import Result

__all__ = ["first_difference", "judge_trains"]

TITLE = "Spike trains, neuron by neuron"


def _labels(result: Result) -> str:
    return ", ".join(p for p in result.populations if result.spikes(p) is not None) or "none"


def first_difference(reference: Result, target: Result) -> FirstDifference | None:
    """The earliest spike of all populations that only one of the two results has."""
    pairs, _ = pair_spikes(reference, target)
    return _first([spike_sets(p, reference, target) for p in pairs])


def _first(sets: list[SpikeSets]) -> FirstDifference | None:
    differences = [d for d in (s.first_difference() for s in sets) if d is not None]
    return min(differences, key=lambda d: (d.time, d.population, d.neuron), default=None)


def judge_trains(reference: Result, target: Result, limits: Thresholds,
                 sampling: SamplingLimits) -> RungVerdict:
    """L2: step-exact agreement of all spikes, and distances of the trains of each neuron.

    Step-exact agreement uses every recorded spike. The distances use at most
    `sampling.pair_neurons` neurons of each population.

    Parameters
    ----------
    reference, target : Result
    limits : Thresholds
    sampling : SamplingLimits

    Returns
    -------
    RungVerdict
    """
    threshold = (
        "Identical: every spike in the same neuron and step. Equivalent: mean distance over the "
        f"active neurons at most {limits.spike_distance:g} in every measure and coincidence "
        f"factor at least {limits.coincidence:g}. Reason: {Thresholds.reason('spike_distance')}.")
    pairs, remarks = pair_spikes(reference, target)
    remarks += [note for pair in pairs for note in pair.remarks]
    pairs = [p for p in pairs if len(p.neurons) and p.duration > 0]
    if not pairs:
        return RungVerdict("L2", TITLE, Verdict.NOT_COMPARABLE,
                           "The two results recorded no spikes of common neurons in a common "
                           f"window: {reference.name} has {_labels(reference)}; {target.name} has "
                           f"{_labels(target)}. --match says which are the same.", threshold,
                           remarks=tuple(remarks))
    if reference.timestep != target.timestep:
        remarks.append(
            f"time steps differ ({reference.timestep:g} and {target.timestep:g} ms): steps are "
            "those of the coarser grid")
    found: list[Measurement] = []
    drawn: list[Sampling] = []
    sets = [spike_sets(pair, reference, target) for pair in pairs]
    silent = [s.pair.population for s in sets if not s.total]
    if len(silent) == len(sets):
        return RungVerdict("L2", TITLE, Verdict.NOT_COMPARABLE, _silence(sets), threshold,
                           remarks=tuple(remarks), undecided=True)
    remarks += [f"{label}: no neuron fired on either side" for label in silent]
    for part in sets:
        found.append(_exactness(part))
        if not part.exact:
            more, statements = _distances(part.pair, part.timestep, limits, sampling)
            found += more
            drawn += statements
    verdict = worst(m.verdict for m in found if m.verdict is not None)
    if all(s.exact for s in sets):
        verdict = Verdict.IDENTICAL
    return RungVerdict("L2", TITLE, verdict, _summary(verdict, sets), threshold, tuple(found),
                       tuple(drawn), tuple(remarks))


def _silence(sets: list[SpikeSets]) -> str:
    neurons = sum(len(s.pair.neurons) for s in sets)
    longest = max(s.pair.duration for s in sets)
    return (f"None of the {neurons} recorded neurons fired on either side in {longest:g} ms: "
            "silence does not show that two networks agree. Drive the network so that it fires, "
            "or run it for longer.")


def _exactness(part: SpikeSets) -> Measurement:
    total = part.total
    value = part.shared() / total if total else 1.0
    silent = sum(not len(a) and not len(b)
                 for a, b in zip(part.pair.reference, part.pair.target, strict=True))
    return Measurement(
        part.pair.population, "spikes in the same neuron and step", value, "of all spikes", 1.0,
        "at least", Verdict.IDENTICAL if part.exact else None,
        f"{len(part.step_reference)} and {len(part.step_target)} spikes; {silent} of "
        f"{len(part.pair.neurons)} neurons silent on both sides")


def _distances(pair: PairedSpikes, timestep: float, limits: Thresholds, sampling: SamplingLimits,
               ) -> tuple[list[Measurement], list[Sampling]]:
    active = np.flatnonzero([len(a) + len(b) > 0
                             for a, b in zip(pair.reference, pair.target, strict=True)])
    chosen, statement = sample(active, sampling.pair_neurons, seed=sampling.seed,
                               where=pair.population, what="active neurons")
    statements = [statement] if statement else []
    precision = max(limits.spike_time_precision, 2 * timestep)
    rows = [train_distances(
        pair.reference[i], pair.target[i], start=pair.start, stop=pair.stop, precision=precision,
        time_constant=limits.van_rossum_time_constant, pad=timestep,
        longest=sampling.spikes_per_train) for i in map(int, chosen)]
    cut = sum(max(len(pair.reference[int(i)]), len(pair.target[int(i)]))
              > sampling.spikes_per_train for i in chosen)
    if cut:
        statements.append(Sampling(
            pair.population, "neurons in full for Victor-Purpura", len(chosen) - cut, len(chosen),
            f"of the others the window with the first {sampling.spikes_per_train} spikes"))
    found = []
    for name, field in (("van Rossum distance", "van_rossum"),
                        ("Victor-Purpura distance", "victor_purpura"),
                        ("SPIKE distance", "spike"), ("ISI distance", "isi")):
        values = np.array([getattr(row, field) for row in rows])
        mean = float(values.mean())
        found.append(Measurement(
            pair.population, name, mean, "mean, 0 to 1", limits.spike_distance, "at most",
            graded(False, mean <= limits.spike_distance),
            f"largest {values.max():.3g}"))
    gamma = np.array([row.coincidence_factor for row in rows])
    defined = gamma[np.isfinite(gamma)]
    note = f"within ±{precision:g} ms"
    if len(defined) < len(gamma):
        note += (f"; not defined for {len(gamma) - len(defined)} neurons that fire too fast for "
                 "this window")
    if len(defined):
        mean = float(defined.mean())
        found.append(Measurement(
            pair.population, "coincidence factor", mean, "mean", limits.coincidence, "at least",
            graded(False, mean >= limits.coincidence), note))
    else:
        found.append(Measurement(pair.population, "coincidence factor", float("nan"),
                                 note=note))
    return found, statements


def _summary(verdict: Verdict, sets: list[SpikeSets]) -> str:
    spikes = sum(len(s.step_reference) for s in sets)
    if verdict is Verdict.IDENTICAL:
        places = "1 population" if len(sets) == 1 else f"{len(sets)} populations"
        return f"All {spikes} spikes of {places} fall into the same step."
    shared, total = sum(s.shared() for s in sets), sum(s.total for s in sets)
    text = f"{shared / total:.1%} of the spikes fall into the same neuron and step."
    first = _first(sets)
    if first is not None:
        who, not_who = (("reference", "target") if first.fires_in_reference
                        else ("target", "reference"))
        text += (f" First difference at {first.time:g} ms (step {first.step}): neuron "
                 f"{first.neuron} of {first.population} fires in the {who} but not in the "
                 f"{not_who}.")
    shifts = {k: sum(s.shared(k) for s in sets) for k in (-3, -2, -1, 1, 2, 3)}
    best = max(shifts, key=lambda k: shifts[k])
    if shifts[best] > max(2 * shared, 0.9 * spikes):
        text += (f" Moved by {abs(best)} step{'s' if abs(best) > 1 else ''} "
                 f"{'later' if best > 0 else 'earlier'}, {shifts[best] / spikes:.1%} of the "
                 "reference's spikes are met: check the step label offset that the target's "
                 "adapter declares.")
    permuted = [s.pair.population for s in sets if s.is_permutation()]
    if permuted:
        text += (f" In {', '.join(permuted)} the same trains occur under other neuron numbers: "
                 "check the numbering of the neurons.")
    return text

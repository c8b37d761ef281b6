"""L1: do single neurons follow the same traces?"""

from __future__ import annotations

import numpy as np

from neuroport.compare.ladder.thresholds import Thresholds
from neuroport.compare.ladder.verdict import Measurement, RungVerdict, Verdict, graded, worst
from neuroport.results.result import FloatArray, RecordedSignal, Result

__all__ = ["AlignedSignals", "common_signals", "judge_traces"]

TITLE = "Single-neuron traces"
#: Columns compared at a time: 10 000 samples x 256 neurons in double precision are 20 MB.
_COLUMNS = 256


class AlignedSignals:
    """Two recordings of one variable on common neurons and common sample times.

    Attributes
    ----------
    neurons : array of int
    times : array of float, shape (n_samples,)
        ms.
    reference, target : arrays of float, shape (n_samples, n_neurons)
        In `unit`. Views where possible.
    unit : str
    remarks : list of str
        Samples and neurons that are not common.
    """

    def __init__(self, label: str, ours: RecordedSignal, theirs: RecordedSignal) -> None:
        self.label, self.unit = label, ours.unit
        self.remarks: list[str] = []
        self.problem = ""
        self.neurons, first, second = np.intersect1d(ours.index, theirs.index,
                                                     return_indices=True)
        if not (ours.numbered and theirs.numbered):
            self.remarks.append(f"{label}: the file does not number the columns; taken in order")
        if len(self.neurons) < max(len(ours.index), len(theirs.index)):
            self.remarks.append(
                f"{label}: {len(self.neurons)} neurons recorded on both sides; others left out")
        rows_ref, rows_tgt = self._rows(ours, theirs)
        self.times = ours.start + rows_ref * ours.period
        self.reference = ours.values[np.ix_(rows_ref, first)]
        self.target = theirs.values[np.ix_(rows_tgt, second)]

    def _rows(self, ours: RecordedSignal, theirs: RecordedSignal,
              ) -> tuple[np.ndarray, np.ndarray]:
        empty = np.empty(0, dtype=np.int64)
        if ours.unit != theirs.unit:
            self.problem = f"units {ours.unit} and {theirs.unit} cannot be converted"
            return empty, empty
        coarse = max(ours.period, theirs.period)
        fine = min(ours.period, theirs.period)
        ratio = coarse / fine
        if abs(ratio - round(ratio)) > 1e-6:
            self.problem = (f"samples every {ours.period:g} and {theirs.period:g} ms share no "
                            "grid")
            return empty, empty
        offset = (theirs.start - ours.start) / fine
        if abs(offset - round(offset)) > 1e-3:
            self.problem = f"first samples at {ours.start:g} and {theirs.start:g} ms share no grid"
            return empty, empty
        rows = []
        for signal in (ours, theirs):
            steps = round(signal.period / fine)
            begin = round((signal.start - ours.start) / fine)
            rows.append(begin + steps * np.arange(len(signal.values)))
        _, first, second = np.intersect1d(rows[0], rows[1], assume_unique=True,
                                          return_indices=True)
        if len(first) < max(len(rows[0]), len(rows[1])):
            self.remarks.append(
                f"{self.label}: {len(rows[0])} and {len(rows[1])} samples, {len(first)} at common "
                "times are compared" + ("" if ratio == 1 else
                                        f" (sampled every {ours.period:g} and "
                                        f"{theirs.period:g} ms)"))
        if not len(first):
            self.problem = "no common sample times"
        return first, second

    def until(self, end: float) -> None:
        """Leave out the samples at `end` (ms) and after it."""
        kept = int(np.searchsorted(self.times, end))
        self.times = self.times[:kept]
        self.reference, self.target = self.reference[:kept], self.target[:kept]

    def differences(self) -> tuple[FloatArray, FloatArray, int]:
        """Largest and root-mean-square difference per neuron, and samples that are not finite."""
        shape = self.reference.shape[1]
        largest, square = np.zeros(shape), np.zeros(shape)
        broken = 0
        for start in range(0, shape, _COLUMNS):
            part = slice(start, start + _COLUMNS)
            ours, theirs = self.reference[:, part], self.target[:, part]
            gap = np.abs(theirs - ours)
            both = ~np.isfinite(ours) & ~np.isfinite(theirs)
            one = ~np.isfinite(gap) & ~both
            broken += int(np.sum(one))
            gap[both] = 0.0
            gap[one] = np.inf
            largest[part] = gap.max(axis=0)
            square[part] = np.sqrt(np.mean(gap**2, axis=0))
        return largest, square, broken

    def first_above(self, limit: float) -> tuple[float, int, float] | None:
        """Time (ms), neuron and size of the first difference above `limit`."""
        for row, (ours, theirs) in enumerate(zip(self.reference, self.target, strict=True)):
            gap = np.abs(theirs - ours)
            if np.any(gap > limit):
                column = int(np.nanargmax(gap))
                return float(self.times[row]), int(self.neurons[column]), float(gap[column])
        return None

    def best_lag(self) -> int:
        """Shift of the target by -2 ... 2 samples that fits best (0 if none is ten times better).

        Engines label a step by its start or by its end; a constant shift points at that.
        """
        def misfit(lag: int) -> float:
            n = len(self.times)
            ours = self.reference[max(0, -lag):n - max(0, lag)]
            theirs = self.target[max(0, lag):n - max(0, -lag)]
            return float(np.sqrt(np.nanmean((theirs - ours) ** 2)))

        if len(self.times) < 10:
            return 0
        zero = misfit(0)
        best = min((lag for lag in (-2, -1, 1, 2)), key=misfit)
        return best if misfit(best) * 10 <= zero else 0


def common_signals(reference: Result, target: Result) -> list[AlignedSignals]:
    """All variables that both results recorded for common neurons at common times."""
    found = []
    for population in reference.populations:
        ours, theirs = reference.signals(population), target.signals(population)
        for name in ours:
            if name in theirs:
                pair = AlignedSignals(f"{population}, {name}", ours[name], theirs[name])
                if not pair.problem and len(pair.neurons):
                    found.append(pair)
    return found


def judge_traces(reference: Result, target: Result, limits: Thresholds,
                 until: float | None = None) -> RungVerdict:
    """L1: largest and RMS difference of every recorded variable of every recorded neuron.

    All samples of all neurons are used, a block of neurons at a time.

    Parameters
    ----------
    reference, target : Result
    limits : Thresholds
    until : float, optional
        When the first spike differs (ms). Only what comes more than a time step before it is
        judged: from then on the two networks get other input, and traces repeat what the spikes
        say. All samples if left out.

    Returns
    -------
    RungVerdict
    """
    threshold = (
        f"Largest difference at most {limits.trace_steps:g} steps of the target's resolution, or "
        f"{limits.trace_fraction:.0%} of the reference trace's range where it states none. "
        f"Reason: {Thresholds.reason('trace_steps')}; {Thresholds.reason('trace_fraction')}.")
    found: list[Measurement] = []
    later: list[Measurement] = []
    remarks: list[str] = []
    stories: list[str] = []
    # The reset after a spike is in the sample of its step, or with another label one before it.
    end = None if until is None else until - max(reference.timestep, target.timestep)
    for population in dict.fromkeys([*reference.populations, *target.populations]):
        ours, theirs = reference.signals(population), target.signals(population)
        for name in dict.fromkeys([*ours, *theirs]):
            label = f"{population}, {name}"
            if name not in ours or name not in theirs:
                holder = reference.name if name in ours else target.name
                remarks.append(f"{label}: recorded only by {holder}; left out")
                continue
            pair = AlignedSignals(label, ours[name], theirs[name])
            remarks += pair.remarks
            if pair.problem or not len(pair.neurons):
                remarks.append(f"{label}: not compared, {pair.problem or 'no common neuron'}")
                continue
            if end is not None:
                whole, _, _ = pair.differences()
                later.append(Measurement(
                    label, "largest difference over the whole run", float(whole.max()), pair.unit,
                    note="after the first spike that differs: shown, not judged"))
                pair.until(end)
                if not len(pair.times):
                    remarks.append(f"{label}: no sample before the first spike that differs, at "
                                   f"{until:g} ms")
                    continue
            part, story = _judge_signal(pair, target.signal_resolution(population, name), limits)
            found += part
            stories += story
    if not found:
        why = " ".join(r + "." for r in remarks) or "No analog signal was recorded."
        return RungVerdict("L1", TITLE, Verdict.NOT_COMPARABLE, why, threshold, tuple(later),
                           remarks=tuple(remarks))
    verdict = worst(m.verdict for m in found if m.verdict is not None)
    if verdict is Verdict.IDENTICAL:
        summary = "All recorded traces are equal, sample by sample."
    elif verdict is Verdict.EQUIVALENT:
        peak = max((m for m in found if m.limit), key=lambda m: m.value / (m.limit or 1.0))
        summary = (f"Traces agree within the limit; largest difference {peak.value:.3g} "
                   f"{peak.unit} ({peak.where}; limit {peak.limit:g}).")
    else:
        summary = " ".join(stories[:2])
    if until is not None:
        summary += (f" Judged until the first spike that differs, at {until:g} ms: what follows "
                    "is judged by the spikes.")
    return RungVerdict("L1", TITLE, verdict, summary, threshold, tuple(found + later), (),
                       tuple(remarks))


def _judge_signal(pair: AlignedSignals, resolution: float | None, limits: Thresholds,
                  ) -> tuple[list[Measurement], list[str]]:
    largest, square, broken = pair.differences()
    top, rms = float(largest.max()), float(np.sqrt(np.mean(square**2)))
    magnitude = float(np.nanmax(np.abs(pair.reference))) if pair.reference.size else 0.0
    span = float(np.nanmax(pair.reference) - np.nanmin(pair.reference))
    if resolution:
        value, unit, limit = top / resolution, "resolution steps", limits.trace_steps
        note = f"{top:.4g} {pair.unit}; one step is {resolution:.4g} {pair.unit}"
    else:
        scale = span if span > 0 else max(magnitude, np.finfo(float).tiny)
        value, unit, limit = top / scale, "of the range", limits.trace_fraction
        note = f"{top:.4g} {pair.unit}; range {scale:.4g} {pair.unit}"
    if not np.isfinite(value):
        value, note = float("nan"), "not a number on one side"
    verdict = graded(top <= limits.rounding * magnitude, value <= limit)
    found = [
        Measurement(pair.label, "largest difference", value, unit, limit, "at most", verdict,
                    f"{note}; {len(pair.neurons)} neurons, {len(pair.times)} samples"),
        Measurement(pair.label, "RMS difference",
                    rms / resolution if resolution else rms,
                    "resolution steps" if resolution else pair.unit),
    ]
    if broken:
        found.append(Measurement(
            pair.label, "samples that are not a number on one side only", float(broken),
            "samples", 0.0, "at most", Verdict.DIFFERENT))
    stories = []
    if verdict is Verdict.DIFFERENT:
        first = pair.first_above(limit * (resolution or span or magnitude))
        lag = pair.best_lag()
        story = f"{pair.label}: traces differ by up to {top:.4g} {pair.unit}"
        if first:
            story += f", first beyond the limit at {first[0]:g} ms in neuron {first[1]}"
        if lag:
            story += (f". Moved by {abs(lag)} sample{'s' if abs(lag) > 1 else ''} "
                      f"{'earlier' if lag > 0 else 'later'} the target fits: check the step label "
                      "offset that its adapter declares")
        stories.append(story + ".")
    return found, stories

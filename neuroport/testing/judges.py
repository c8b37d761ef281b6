"""Judges: how close what a backend did must be to what it should do, and why that close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroport.testing.case import Judge, Outcome

__all__ = ["after_spikes", "close", "equal", "other", "spikes_like", "trace"]

FloatArray = NDArray[np.float64]

# Double precision: a few thousand operations of relative error 1e-16 on 100 mV, and the fine
# integration's own error of some 1e-8 mV at 20 steps in a step of 1 ms.
DOUBLE = 1e-6
# Fixed point with 15 fraction bits against the same rules in double precision between the grids.
# One unit is 3e-5 mV, nA or µS. A conductance that is two units off drives a membrane of 60 MΩ,
# 60 mV away, by 0.2 mV at the very most; half of that is allowed, as errors have either sign.
# Where a cell is about to fire, or has fired, small errors grow: 1 mV, at the same spike steps.
# The decay of a synaptic variable has 15 bits, too, and is off for as long as the variable lasts.
UNITS = 4 * 2.0**-15
GRID = 5e-4
FIXED = 0.1
FIRING = 1.0
# A scheme that is not exact, at the suite's time step: a part of the signal's own range, below
# which every parameter's effect still shows (each changes the signal by 5 % of it or more).
SCHEME = 0.03
FIRST_ORDER = 0.04
# What is left of a spike that is up to 1.5 ms early among inputs, mV.
AFTER = 1.4
# A machine's own rules without a reference: first order in the time step of 1 ms over time
# constants of 3 ms and more.
ROUGH = 0.2


def tolerance(outcome: Outcome, scheme: str, wanted: FloatArray) -> float:
    """Return how far a sample may be off (in the signal's unit).

    `scheme` is what the backend declares of the cell's integration; empty: exact.
    """
    span = float(np.ptp(wanted)) if wanted.size else 0.0
    if outcome.source == "approximation":
        return ROUGH * span
    if scheme:
        return (FIRST_ORDER if "first order" in scheme else SCHEME) * span
    return DOUBLE * max(span, 1.0)


def _exact(outcome: Outcome, scheme: str) -> bool:
    """Whether the same steps are expected: by closed form without a scheme, or by the reference."""
    return outcome.source == "reference" or (outcome.source == "expectation" and not scheme)


def close(name: str, absolute: float, reason: str, relative: float = 0.0) -> Judge:
    """Judge one measurement by a fixed bound; `reason` says where the bound comes from."""

    def judge(outcome: Outcome) -> str:
        got, want = np.asarray(outcome.observed[name]), np.asarray(outcome.wanted[name])
        if got.shape != want.shape:
            return f"{name}: {got.shape} values, expected {want.shape}"
        off = np.abs(got - want)
        bad = ~(off <= absolute + relative * np.abs(want))
        if not bad.any():
            return ""
        worst = np.unravel_index(int(np.argmax(np.where(bad, np.nan_to_num(off, nan=np.inf), 0))),
                                 off.shape)
        return (f"{name}: {got[worst]:.7g}, expected {want[worst]:.7g} within "
                f"{absolute + relative * abs(want[worst]):.2g} ({reason})")

    return judge


def equal(name: str) -> Judge:
    """Judge one measurement that has to be the same to the last bit."""

    def judge(outcome: Outcome) -> str:
        got, want = outcome.observed[name], outcome.wanted[name]
        if got.shape != want.shape:
            return f"{name}: {got.shape} values, expected {want.shape}"
        if np.array_equal(got, want, equal_nan=True):
            return ""
        where = int(np.flatnonzero((got != want).ravel())[0])
        return f"{name}: {got.ravel()[where]:.7g}, expected {want.ravel()[where]:.7g}"

    return judge


def other(name: str) -> Judge:
    """Judge one measurement that has to be another than that of the other part."""

    def judge(outcome: Outcome) -> str:
        got, want = outcome.observed[name], outcome.wanted[name]
        same = got.shape == want.shape and np.array_equal(got, want)
        return f"{name}: the same, expected another" if same else ""

    return judge


def trace(
    variable: str, cell: int, *, quiet: int, scheme: str = "", lost: int = 0,
    without: tuple[int, ...] = (), jumps: tuple[int, ...] = (),
) -> Judge:
    """Judge a recorded variable of one cell.

    Parameters
    ----------
    variable : str
    cell : int
        Column of the recording.
    quiet : int
        Steps in which the cell is driven gently. Where the cell's integration is not exact only
        these are compared sample by sample: later a spike may be early or late.
    scheme : str
        What the backend declares of the integration; empty: exact.
    lost : int
        Samples that the backend declares to be missing at the end.
    without : tuple of int
        Samples that are not compared: at the moment of a change before and after are both right.
    jumps : tuple of int
        Steps in which the potential jumps. Where such a jump fires the cell, the potential before
        the reset and after it are both right in that sample; with an approximate scheme, the
        potential before and after any jump.
    """

    def judge(outcome: Outcome) -> str:
        got = outcome.observed[variable][:, cell]
        want = outcome.wanted[variable][:, cell]
        if got.size not in (want.size, want.size - lost):
            return f"{variable}: {got.size} samples, expected {want.size}"
        want = want[: got.size]
        exact = _exact(outcome, scheme)
        keep = np.ones(got.size, dtype=bool)
        keep[list(without)] = False
        if jumps:
            table = outcome.wanted.get("spikes", np.empty((0, 2)))
            fired = table[table[:, 1] == cell, 0].astype(int).tolist()
            keep[[k for k in jumps if (scheme or k in fired) and k < keep.size]] = False
        if not exact:
            keep[quiet:] = False
        bound: FloatArray = np.full(got.size, tolerance(outcome, scheme, want[keep]))
        if outcome.source == "reference":
            span = float(np.ptp(want)) if want.size else 0.0
            bound[:] = FIXED if variable in ("v", "u") else UNITS + GRID * span
            bound[quiet:] *= FIRING / FIXED
        off = np.abs(got - want)
        bad = keep & ~(off <= bound)
        if not bad.any():
            return ""
        step = int(np.flatnonzero(bad)[0])
        return (f"{variable}: {got[step]:.6g} at step {step}, expected {want[step]:.6g} within "
                f"{bound[step]:.2g}")

    return judge


def spikes_like(name: str, cell: int, *, scheme: str = "", steps: int = 0) -> Judge:
    """Judge the spikes of one cell: the very steps, or within `steps` where a scheme is declared.

    With an approximate scheme a count that is off by one in ten is right, too: a spike at the end
    may fall out of the run.
    """

    def judge(outcome: Outcome) -> str:
        got, want = (table[name][table[name][:, 1] == cell, 0]
                     for table in (outcome.observed, outcome.wanted))
        exact = _exact(outcome, scheme)
        if exact:
            return "" if np.array_equal(got, want) else (
                f"spikes in steps {_few(got)}, expected {_few(want)}")
        slack = max(1, round(0.1 * want.size))
        if abs(got.size - want.size) > slack:
            return f"{got.size} spikes, expected {want.size} (within {slack})"
        # Later ones gather the errors of those before; how many there are says that of them all.
        first = slice(0, min(1, got.size, want.size))
        if np.abs(got[first] - want[first]).max(initial=0) > steps:
            return f"spikes in steps {_few(got)}, expected {_few(want)} within {steps}"
        return ""

    return judge


def after_spikes(cell: int, steps: int) -> Judge:
    """Judge the potential for `steps` after the last spike, where both sides have one.

    For cells whose scheme is not exact: seen from their own last spike, since that may be early or
    late. Half of the samples must be within the bound, so that inputs that are shifted against the
    spike by a fraction of a millisecond do not count.
    """

    def judge(outcome: Outcome) -> str:
        if _exact(outcome, "scheme"):
            return ""
        pieces = []
        for found in (outcome.observed, outcome.wanted):
            spikes = found["spikes"][found["spikes"][:, 1] == cell, 0]
            if not spikes.size:
                return ""
            last = int(spikes[-1]) + 1
            pieces.append(found["v"][last : last + steps, cell])
        size = min(p.size for p in pieces)
        if size < steps // 2:
            return ""
        off = float(np.median(np.abs(pieces[0][:size] - pieces[1][:size])))
        return "" if off <= AFTER else (
            f"v after the last spike is off by {off:.3g} mV, at most {AFTER:g}")

    return judge


def _few(steps: FloatArray) -> str:
    shown = ", ".join(f"{s:g}" for s in steps[:6])
    return f"[{shown}{', ...' if steps.size > 6 else ''}]"

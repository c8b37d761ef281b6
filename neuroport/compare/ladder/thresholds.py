"""Every limit of the ladder in one place, each with the reason for its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from neuroport.compare.errors import ComparisonError

__all__ = ["SamplingLimits", "Thresholds"]


def _limit(default: Any, rung: str, unit: str, reason: str) -> Any:
    return field(default=default, metadata={"rung": rung, "unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the ladder.

    Each field's reason is available from `table`, in the report, and in ``docs/compare.md``.

    Raises
    ------
    ComparisonError
        If a limit is not a positive finite number.
    """

    rounding: float = _limit(
        1e-9, "L0, L1, L4", "relative",
        "still 'identical': converting units and summing in another order moves a double by a few "
        "1e-16; anything a user could have chosen differently is far above 1e-9")
    weight_steps: float = _limit(
        1.0, "L0", "stored weight steps",
        "rounding to nearest is off by at most half a step, truncation (used by several tool "
        "chains) by less than one")
    weight_without_resolution: float = _limit(
        1e-6, "L0", "relative",
        "single precision keeps 6e-8; some sums of it stay below 1e-6")
    projection_weight_change: float = _limit(
        0.01, "L0", "relative",
        "rounding of every weight by up to one step is harmless only while the summed weight of "
        "the projection keeps: rates follow it about in proportion, and 1 % is a fifth of the "
        "5 % change that L3 is built to see")
    delay_steps: float = _limit(
        0.5, "L0", "steps of the target's delay grid",
        "rounding to the nearest grid point is off by at most half a step")
    trace_steps: float = _limit(
        64.0, "L1", "steps of the target's resolution",
        "a fixed-point neuron rounds about three times per time step, and a membrane remembers "
        "about 20 steps of it (tau_m = 20 ms at 1 ms): 3 x 20 = 60, next power of two 64")
    trace_fraction: float = _limit(
        0.01, "L1", "of the reference trace's range",
        "used where the target states no resolution: a 1 % error of the excursion shifts a "
        "threshold crossing by less than one time step for the slopes at which neurons fire")
    spike_time_precision: float = _limit(
        2.0, "L2", "ms",
        "window of a coincidence, as in Jolivet et al. 2008 (J. Neurosci. Methods 169:417); never "
        "less than two time steps")
    van_rossum_time_constant: float = _limit(
        10.0, "L2", "ms",
        "the usual scale of a postsynaptic potential (van Rossum 2001, Neural Comput. 13:751)")
    spike_distance: float = _limit(
        0.05, "L2", "normalised distance, 0 to 1",
        "mean over neurons: corresponds to one spike in twenty missing, added or moved away")
    coincidence: float = _limit(
        0.95, "L2", "coincidence factor",
        "the same one spike in twenty; 1 is perfect, 0 is chance (Kistler et al. 1997)")
    false_difference: float = _limit(
        0.02, "L3", "probability",
        "nominal level of all tests of the rung together (Holm's correction). The stated rate at "
        "which two runs of one engine are called different is at most 5 %; the tests are "
        "approximate with few seeds, so the level is set below that; measured in docs/compare.md")
    shape_part: float = _limit(
        0.2, "L3", "of the false-difference probability",
        "given to the tests of shape, whose Wasserstein distances have heavier tails than the "
        "log-normal distribution they assume (1.5 to 2 times as many small p values, measured), so "
        "that the whole rung keeps its promise")
    equivalence_level: float = _limit(
        0.05, "L3", "probability",
        "each equivalence test (TOST) accepts a difference as large as its bound at most this "
        "often; all have to pass, so no correction is needed (Berger 1982)")
    run_difference_sigma: float = _limit(
        3.0, "L3", "standard deviations",
        "bound of equivalence: the 3-sigma limit of the difference between two runs of the "
        "reference with different seeds, widened by Student's t for the number of seeds. A "
        "target inside differs less from the reference than the reference from itself")
    calibration_seeds: int = _limit(
        5, "L3", "reference seeds", "with fewer the spread itself is known to worse than +-35 %")
    unvaried: float = _limit(
        0.05, "L3", "of the rate, absolute for CV, LV and correlation",
        "bound where all reference seeds give the same number: a spread of 0 says that the seed "
        "has no effect there, not that nothing may differ; one spike in twenty, as in L2")
    correlation_bin: float = _limit(
        5.0, "L3", "ms", "bin of the spike counts that are correlated; covers synaptic decay and "
        "delay of usual models, so that cause and effect fall into one bin")
    minimum_intervals: int = _limit(
        3, "L3", "inter-spike intervals per neuron",
        "CV and LV of fewer intervals are noise; such neurons are left out and counted")
    changed_sign: float = _limit(
        0.05, "L4", "fraction of synapses",
        "one synapse in twenty may learn in the other direction; a wrong sign convention turns "
        "most of them")
    weight_distance: float = _limit(
        0.05, "L4", "of the weight range",
        "Wasserstein distance: mean displacement of a weight, as part of the range it can move in")
    at_bounds: float = _limit(
        0.05, "L4", "fraction of synapses", "one synapse in twenty more or less at a bound")
    weight_rank_correlation: float = _limit(
        0.95, "L4", "Spearman's rho",
        "order of the synapses by weight, which decides what was learnt; used if nearly all "
        "weights differ")
    score_margin: float = _limit(
        0.05, "L5", "of the score", "one item in twenty, the resolution of a usual test set")
    confidence: float = _limit(0.95, "L5", "probability", "usual confidence level")
    stated_margins: Mapping[str, float] | None = field(default=None, metadata={
        "rung": "L3", "unit": "Hz for 'rate', else none",
        "reason": "bounds that the user states for 'rate', 'CV', 'LV' or 'correlation' instead "
                  "of the calibrated ones"})

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            if value is None or isinstance(value, dict):
                continue
            if not 0 < value < float("inf"):
                raise ComparisonError(f"threshold {name!r}", f"{value}",
                                      "a positive finite number", "choose another limit")

    def as_dict(self) -> dict[str, Any]:
        """All limits by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        margins = values["stated_margins"]
        values["stated_margins"] = None if margins is None else dict(margins)
        return values

    @classmethod
    def table(cls) -> list[tuple[str, str, Any, str, str]]:
        """Rows (rung, name, default value, unit, reason) of all limits."""
        return [(f.metadata["rung"], f.name, f.default, f.metadata["unit"], f.metadata["reason"])
                for f in fields(cls)]

    @classmethod
    def reason(cls, name: str) -> str:
        """Why the named limit has its value."""
        return next(str(f.metadata["reason"]) for f in fields(cls) if f.name == name)


@dataclass(frozen=True, slots=True)
class SamplingLimits:
    """How much data the costly metrics use; whatever is left out is stated in the verdict.

    Attributes
    ----------
    pair_neurons : int
        Neurons per population for the spike-train distances of L2 (about 5 ms a pair).
    irregularity_neurons : int
        Neurons per population whose CV and LV are computed (about 0.4 ms a neuron).
    correlation_neurons : int
        Neurons per population whose pairwise correlations are taken (n² / 2 pairs).
    spikes_per_train : int
        Spikes per train for the Victor-Purpura distance, whose cost grows with their square.
    seed : int
        Of the draw of neurons, so that a report can be repeated.
    """

    pair_neurons: int = 100
    irregularity_neurons: int = 5000
    correlation_neurons: int = 200
    spikes_per_train: int = 1000
    seed: int = 0

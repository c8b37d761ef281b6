"""Verdicts: what one rung of the ladder says, and what all of them together say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from neuroport.compare.errors import ResultsDisagreeError

if TYPE_CHECKING:
    from neuroport.results.result import Result

__all__ = [
    "Comparison", "Measurement", "RungVerdict", "Sampling", "Verdict", "graded", "lacking", "worst",
]


class Verdict(StrEnum):
    """The four things a rung can say."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"


_ORDER = [Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.NOT_COMPARABLE, Verdict.DIFFERENT]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several parts: one difference decides, then one open question.

    Parameters
    ----------
    verdicts : iterable of Verdict

    Returns
    -------
    Verdict
        `Verdict.NOT_COMPARABLE` if there is nothing to judge.
    """
    found = list(verdicts)
    return max(found, key=_ORDER.index) if found else Verdict.NOT_COMPARABLE


def graded(exact: bool, within: bool) -> Verdict:
    """The verdict on a number that is the same, within its limit, or neither."""
    if exact:
        return Verdict.IDENTICAL
    return Verdict.EQUIVALENT if within else Verdict.DIFFERENT


def lacking(reference: Result, target: Result, has: Callable[[Result], bool]) -> str:
    """Name those of two results that do not have something; empty where both have it."""
    return " and ".join(
        f"the {role} ({result.name})"
        for role, result in (("reference", reference), ("target", target)) if not has(result))


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number that a rung measured.

    Attributes
    ----------
    where : str
        Population or projection.
    quantity : str
        What was measured.
    value : float
        The number; NaN if it is not defined, and `note` says why.
    unit : str
    limit : float or None
        The threshold, None for numbers that are shown but not judged.
    sense : str
        ``"at most"``, ``"at least"``, or ``""``.
    verdict : Verdict or None
        None for numbers that are shown but not judged.
    note : str
        Anything needed to read the number.
    """

    where: str
    quantity: str
    value: float
    unit: str = ""
    limit: float | None = None
    sense: str = ""
    verdict: Verdict | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """A statement that only a part of the data was used.

    Attributes
    ----------
    where : str
        Population or projection.
    what : str
        What was sampled, for instance ``"neurons"``.
    used, total : int
    how : str
        How the part was chosen.
    """

    where: str
    what: str
    used: int
    total: int
    how: str

    def __str__(self) -> str:
        return f"{self.where}: {self.used} of {self.total} {self.what} ({self.how})"


@dataclass(frozen=True, slots=True)
class RungVerdict:
    """What one rung says.

    Attributes
    ----------
    rung : str
        ``"L0"`` to ``"L5"``.
    title : str
    verdict : Verdict
    summary : str
        One or two sentences for a user; for `Verdict.NOT_COMPARABLE` it says why.
    threshold : str
        The limit in words, with the reason for it.
    measurements : tuple of Measurement
    sampling : tuple of Sampling
        Empty if all data were used.
    remarks : tuple of str
        What was left out or assumed.
    undecided : bool
        True if the rung could be computed but the data are too few to decide.
    """

    rung: str
    title: str
    verdict: Verdict
    summary: str
    threshold: str = ""
    measurements: tuple[Measurement, ...] = ()
    sampling: tuple[Sampling, ...] = ()
    remarks: tuple[str, ...] = ()
    undecided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The verdict on two results.

    Attributes
    ----------
    reference, target : Result
    rungs : tuple of RungVerdict
        L0 to L5 in order.
    verdict : Verdict
        All rungs together; `summary` says how it was reached.
    summary : str
    first_failing : RungVerdict or None
        The lowest rung that says "different".
    target_runs : int
        Number of target runs that were used at L3.
    calibration_seeds : int
        Number of reference seeds behind the bounds of L3; 0 without calibration.
    wall_time : float
        Seconds the comparison took.
    settings : dict
        The thresholds and limits of sampling that were used.
    """

    reference: Result
    target: Result
    rungs: tuple[RungVerdict, ...]
    verdict: Verdict
    summary: str
    first_failing: RungVerdict | None
    target_runs: int = 1
    calibration_seeds: int = 0
    wall_time: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)

    def rung(self, name: str) -> RungVerdict:
        """The verdict of one rung, by its name ``"L0"`` to ``"L5"``."""
        for rung in self.rungs:
            if rung.rung == name:
                return rung
        raise KeyError(f"no rung {name!r}; there are {', '.join(r.rung for r in self.rungs)}")

    def require(self, at_least: Verdict | str = Verdict.EQUIVALENT,
                rung: str | None = None) -> None:
        """Raise unless the verdict is good enough: the gate for a test suite.

        Parameters
        ----------
        at_least : Verdict or str
            ``"identical"`` or ``"equivalent"``.
        rung : str, optional
            Judge by this rung (``"L3"``) instead of by all of them together.

        Raises
        ------
        ResultsDisagreeError
            With the rung, the numbers and the reason.
        ValueError
            If `at_least` is not one of the two.

        Examples
        --------
        >>> from neuroport.compare import compare, from_spike_times
        >>> laptop = from_spike_times({"out": [[1.0, 5.0], []]}, name="laptop", stop=10.0)
        >>> board = from_spike_times({"out": [[1.0, 5.0], []]}, name="board", stop=10.0)
        >>> compare(laptop, board).require("identical")
        """
        wanted = Verdict(at_least)
        if wanted not in (Verdict.IDENTICAL, Verdict.EQUIVALENT):
            raise ValueError(f"at_least = {wanted!s}: choose 'identical' or 'equivalent'")
        judged = self if rung is None else self.rung(rung)
        if _ORDER.index(judged.verdict) > _ORDER.index(wanted):
            place = f"rung {rung}" if rung else "all rungs"
            raise ResultsDisagreeError(
                f"{self.target.name!r} against {self.reference.name!r}: {judged.verdict} "
                f"({place}; required: {wanted}).\n{judged.summary}")

    def __str__(self) -> str:
        lines = [f"{self.target.name} against {self.reference.name}: {self.verdict}",
                 self.summary]
        lines += [f"  {r.rung} {r.title}: {r.verdict}. {r.summary}" for r in self.rungs]
        return "\n".join(lines)

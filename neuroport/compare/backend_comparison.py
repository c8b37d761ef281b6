"""What comparing backends gave: an outcome each, the verdicts, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neuroport.compare.calibration.spread import Calibration
from neuroport.compare.errors import BackendFailedError, ResultsDisagreeError
from neuroport.compare.explain.switching import Explanation
from neuroport.compare.ladder.verdict import Comparison, Verdict, worst
from neuroport.compare.workers import Outcome

__all__ = ["BackendComparison"]


@dataclass(frozen=True, slots=True, eq=False)
class BackendComparison:
    """What comparing backends gave.

    Attributes
    ----------
    model : str
        What was run.
    outcomes : tuple of Outcome
        One a backend, the reference first; those that failed say why.
    comparisons : tuple of Comparison
        Each of the others that ran, and each stored result, against the reference.
    explanations : mapping of str to Explanation
        By the target's name, where one was looked for.
    unexplained : mapping of str to str
        By the target's name, why there is no explanation where one was wanted.
    calibration : Calibration or None
    notes : tuple of str
        What a reader has to know.
    command : str
        The command that does all of it again.
    seconds : float
        Wall time.
    """

    model: str
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[Comparison, ...]
    explanations: Mapping[str, Explanation] = field(default_factory=dict)
    unexplained: Mapping[str, str] = field(default_factory=dict)
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()
    command: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The backends that gave no result."""
        return tuple(o for o in self.outcomes if o.failed)

    @property
    def verdict(self) -> Verdict:
        """All comparisons together; at best "not comparable" where a backend gave no result."""
        verdicts = [c.verdict for c in self.comparisons]
        if self.failed:
            verdicts.append(Verdict.NOT_COMPARABLE)
        return worst(verdicts)

    @property
    def summary(self) -> str:
        """One or two sentences over all."""
        parts = []
        if self.failed:
            parts.append("No result from " + ", ".join(
                f"{o.job.name} ({o.status})" for o in self.failed) + ".")
        for verdict in reversed(Verdict):
            names = [c.target.name for c in self.comparisons if c.verdict is verdict]
            if names:
                parts.append(f"{verdict.capitalize()}: {', '.join(names)}.")
        if not self.comparisons:
            parts.append("Nothing could be compared.")
        return " ".join(parts)

    def why(self, target: str) -> str:
        """Return why a target differs, or why that is not known; empty where nobody asked."""
        if target in self.explanations:
            return self.explanations[target].summary
        return f"not known. {self.unexplained[target]}" if target in self.unexplained else ""

    def __getitem__(self, name: str) -> Comparison:
        for comparison in self.comparisons:
            if comparison.target.name == name:
                return comparison
        have = ", ".join(repr(c.target.name) for c in self.comparisons) or "none"
        raise KeyError(f"no comparison with {name!r}; there are: {have}")

    def require(self, at_least: Verdict | str = Verdict.EQUIVALENT,
                rung: str | None = None) -> None:
        """Raise unless every backend ran and agrees well enough with the reference.

        Parameters
        ----------
        at_least : Verdict or str
            ``"identical"`` or ``"equivalent"``.
        rung : str, optional
            Judge by this rung (``"L3"``) instead of by all of them together.

        Raises
        ------
        BackendFailedError
            If a backend gave no result, with its reason.
        ResultsDisagreeError
            With the verdict, the rung, the place and the explanation.
        """
        if self.failed:
            raise BackendFailedError("\n".join(
                f"{o.job.name}: {o.status}. {o.reason}" for o in self.failed))
        texts = []
        for comparison in self.comparisons:
            try:
                comparison.require(at_least, rung)
            except ResultsDisagreeError as problem:
                why = self.why(comparison.target.name)
                texts.append(f"{problem}\nWhy: {why}" if why else str(problem))
        if texts:
            again = f"\nAgain, with figures: {self.command} --html report.html" if (
                self.command) else ""
            raise ResultsDisagreeError("\n\n".join(texts) + again)

    def __str__(self) -> str:
        lines = [f"{self.model}: {self.verdict}. {self.summary}",
                 *(f"{o.job.name}: {o.status}. {o.reason}" for o in self.failed)]
        for comparison in self.comparisons:
            lines.append(str(comparison))
            if why := self.why(comparison.target.name):
                lines.append(f"  Why: {why}")
        return "\n".join([*lines, *self.notes])

"""Findings: what a check saw, with the measured value, the limit, the reason and ways out.

A finding has a code (``NP101``); :func:`explain` tells more about each. Findings are collected,
never raised one by one: a user sees all of them at once. Those of severity ``error`` stop a run.
"""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from neuroport.source_line import SourceLine

__all__ = ["Severity", "Finding", "FindingKind", "KINDS", "register", "register_file", "finding",
           "explain", "worst", "without_superseded"]


class Severity(enum.Enum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def blocks(self) -> bool:
        """Whether a run is refused."""
        return self is Severity.ERROR

    @property
    def rank(self) -> int:
        """0 for a note, 1 for a warning, 2 for an error."""
        return {"note": 0, "warning": 1, "error": 2}[self.value]


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What all findings of one code have in common.

    Attributes
    ----------
    code : str
        ``NP`` and three digits.
    title : str
        One line.
    severity : Severity
        The usual severity.
    explanation : str
        What it means, why it matters and what to do, at length.
    supersedes : tuple of str
        Codes that say less of the same thing: where this one is found they are left out. With its
        own code: it is told once of each object.
    """

    code: str
    title: str
    severity: Severity
    explanation: str
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw.

    Attributes
    ----------
    code : str
        The kind, see :data:`KINDS`.
    severity : Severity
        How much it matters here.
    where : str
        The population, projection or other object.
    measured : str
        What was found, with its unit.
    limit : str
        What was allowed or asked.
    why : str
        The reason, in a sentence.
    fixes : tuple of str
        Ways out, the best first.
    line : SourceLine or None
        The user's line that made the object.
    data : mapping
        The figures behind the words, for programs.
    """

    code: str
    severity: Severity
    where: str
    measured: str
    limit: str
    why: str
    fixes: tuple[str, ...] = ()
    line: SourceLine | None = None
    data: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """The one-line title of this kind of finding."""
        return KINDS[self.code].title

    def __str__(self) -> str:
        lines = [f"{self.severity.value} {self.code} {self.title}: {self.where}"]
        lines.append(f"  measured: {self.measured}")
        if self.limit:
            lines.append(f"  limit:    {self.limit}")
        lines.append(f"  why:      {self.why}")
        lines.extend(f"  way out:  {fix}" for fix in self.fixes)
        if self.line is not None:
            lines.append(f"  at {self.line}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for JSON."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "title": self.title,
            "where": self.where,
            "measured": self.measured,
            "limit": self.limit,
            "why": self.why,
            "fixes": list(self.fixes),
            "line": None if self.line is None else str(self.line),
            "data": self.data,
        }


KINDS: dict[str, FindingKind] = {}


def register(
    code: str, title: str, severity: Severity, explanation: str,
    supersedes: Sequence[str] = (),
) -> FindingKind:
    """Add a kind of finding; a backend calls this for codes of its own.

    Raises
    ------
    ValueError
        If the code is taken by another kind.
    """
    kind = FindingKind(code, title, severity, " ".join(explanation.split()), tuple(supersedes))
    if KINDS.get(code, kind) != kind:
        raise ValueError(f"finding code {code} is already used for '{KINDS[code].title}'")
    KINDS[code] = kind
    return kind


def register_file(package: str, name: str = "codes.toml") -> None:
    """Add the kinds of findings in a file of a package: a table for each code.

    A table has ``title``, ``severity`` (``note``, ``warning`` or ``error``), ``explanation`` and,
    where it says better what others say as well, ``supersedes``; see :class:`FindingKind`.

    Raises
    ------
    ValueError
        If a code is taken by another kind.
    """
    for code, kind in tomllib.loads((files(package) / name).read_text("utf-8")).items():
        register(code, **{**kind, "severity": Severity(kind["severity"])})


def finding(
    code: str,
    where: str,
    *,
    measured: str,
    why: str,
    limit: str = "",
    fixes: Sequence[str] = (),
    line: SourceLine | None = None,
    severity: Severity | None = None,
    **data: Any,
) -> Finding:
    """Make a finding of a registered kind."""
    kind = KINDS[code]
    return Finding(
        code, severity or kind.severity, where, measured, limit, why, tuple(fixes), line, data
    )


def without_superseded(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, less those that another one says better of the same object."""
    given = [(f, f.where.partition(", ")[0]) for f in findings]
    better = {
        (code, place) for f, place in given for code in KINDS[f.code].supersedes if code != f.code
    }
    kept: list[Finding] = []
    told: set[tuple[str, str]] = set()
    for f, place in given:
        once = f.code in KINDS[f.code].supersedes
        if (f.code, place) not in better and not (once and (f.code, place) in told):
            kept.append(f)
        told.add((f.code, place))
    return kept


def explain(code: str) -> str:
    """Return the long explanation of a code.

    Raises
    ------
    KeyError
        If no such code is registered.
    """
    kind = KINDS[code.upper()]
    return f"{kind.code}: {kind.title} (usually {kind.severity.value})\n\n{kind.explanation}"


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the highest severity, or None where there are no findings."""
    return max((f.severity for f in findings), key=lambda s: s.rank, default=None)

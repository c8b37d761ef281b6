"""Findings with one cause told once: a network of a hundred projections has one short delay rule.

Only what is printed is put together; data (JSON, results, errors' ``findings``) keep all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neuroport.findings.finding import Finding

__all__ = ["FindingGroup", "grouped"]

_SHOWN = 3  # of what differs within a group
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?|'[^']*'")


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one kind, reason and severity, whose values and objects may differ.

    Attributes
    ----------
    findings : tuple of Finding
        One or more.
    """

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The one that came first."""
        return self.findings[0]

    def where(self, most: int | None = _SHOWN) -> str:
        """Return the objects; no more than `most`, with the number of the others."""
        return _some((f.where for f in self.findings), most, "\n")

    def lines(self, reason: bool, most: int | None = _SHOWN) -> list[str]:
        """Return what is said of them, one thing a line.

        Parameters
        ----------
        reason : bool
            Whether the reason is told as well.
        most : int or None
            Of each thing that differs so many are shown; None: all.
        """
        each = self.findings
        told = [f"{self.first.title}: {_some((f.measured for f in each), most, '; ')}"]
        if self.first.limit:
            told.append(f"limit: {_some((f.limit for f in each), most, '; ')}")
        if reason:
            told.append(f"why: {_some((f.why for f in each), most, '; ')}")
        fixes = list(dict.fromkeys(fix for f in each for fix in f.fixes))
        shown = fixes if most is None else fixes[: max(most, len(self.first.fixes))]
        told += [f"way out: {fix}" for fix in shown]
        if len(shown) < len(fixes):
            told.append(f"way out: and {len(fixes) - len(shown)} more with other values")
        places = [str(f.line) for f in each if f.line is not None]
        if places:
            told.append(f"at {_some(places, most, chr(10) + 'at ')}")
        return told

    def __str__(self) -> str:
        if len(self.findings) == 1:
            return str(self.first)
        head = f"{self.first.severity.value} {self.first.code}, {len(self.findings)} times: "
        title, *rest = self.lines(reason=True)
        return "\n".join([head + title, f"  in {_some((f.where for f in self.findings), _SHOWN)}",
                          *("  " + line.replace("\n", "\n  ") for line in rest)])


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Return findings put together by what they have in common, in the order of the first of each.

    Two findings are of one group where only numbers and names in their words differ.
    """
    found: dict[tuple[object, ...], list[Finding]] = {}
    for f in findings:
        words = tuple(_NUMBER.sub("#", text) for text in (f.why, f.limit, *f.fixes))
        found.setdefault((f.code, f.severity, words), []).append(f)
    return [FindingGroup(tuple(each)) for each in found.values()]


def _some(texts: Iterable[str], most: int | None, between: str = ", ") -> str:
    different: Sequence[str] = list(dict.fromkeys(texts))
    shown = different if most is None else different[:most]
    more = len(different) - len(shown)
    return between.join(shown) + (f"{between}and {more} more" if more else "")

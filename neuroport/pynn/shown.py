"""What a simulator tells its user while a script runs: findings, and remarks of other kinds."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable

from neuroport.backend.session import SessionBase
from neuroport.findings import Finding
from neuroport.findings.grouping import grouped
from neuroport.source_line import user_line

__all__ = ["FindingWarning", "Remark", "Shown"]


class FindingWarning(UserWarning):
    """A finding of severity ``warning``, shown once when a run starts."""


class Remark(UserWarning):
    """What a user should know of a simulator, said once."""


class Shown:
    """Keeps findings and shows each thing once, as a warning at the user's line.

    Attributes
    ----------
    findings : list of Finding
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._shown: set[tuple[str, str]] = set()
        self._remarked: set[str] = set()

    def remark(self, text: str) -> None:
        """Tell the user something, once."""
        if text not in self._remarked:
            self._remarked.add(text)
            _warn(Remark(text))

    def idle(self, what: str, why: str) -> None:
        """Tell the user that something of sPyNNaker's changes nothing here, once."""
        self.remark(f"{what} has no effect here: {why}")

    def report(self, found: Finding) -> None:
        """Keep a finding that came up outside the checks, and show it."""
        self.findings.append(found)
        self._show_findings()

    def _take_findings(self, session: SessionBase) -> None:
        """Take over what an engine found during the run, such as spikes that it lost."""
        self.take_over(session.findings)

    def take_over(self, told: Iterable[Finding]) -> None:
        """Take over findings that are not known yet, in place of what was said of the same."""
        found = [f for f in told if f not in self.findings]
        if found:
            # An engine counts on: what it says now takes the place of what it said before.
            said = {(f.code, f.where) for f in found}
            self.findings = [f for f in self.findings if (f.code, f.where) not in said] + found
            self._show_findings()

    def _show_findings(self) -> None:
        fresh = {(f.code, f.where): f for f in self.findings if f.severity.value == "warning"
                 and (f.code, f.where) not in self._shown}
        self._shown |= set(fresh)
        for group in grouped(fresh.values()):
            _warn(FindingWarning(str(group)))


def _warn(message: Warning) -> None:
    """Show a warning at the user's line."""
    line = user_line()
    place = os.path.abspath(line.file) if line else "neuroport"
    warnings.warn_explicit(message, None, place, line.line if line else 0)

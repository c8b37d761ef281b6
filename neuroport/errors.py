"""Named errors for everything a user can get wrong.

Every error says *where* (the object and the user's own line), *what was measured*, *the limit*
and *a way out*. Errors double-inherit from the PyNN or built-in exception that a script written
for another simulator would catch, so that ``except`` clauses keep working.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from pyNN import errors as pynn_errors

from neuroport.secrets import without_secrets
from neuroport.source_line import SourceLine, user_line

__all__ = [
    "NeuroportError",
    "UserError",
    "Problem",
    "UnknownParameterError",
    "InvalidValueError",
    "UnknownArgumentError",
    "InvalidSizeError",
    "InvalidTimeError",
    "WeightSignError",
    "DelayError",
    "ConnectorError",
    "NetworkTooLargeError",
    "UnsupportedError",
    "UnknownBackendError",
    "UnknownNumericsError",
    "BackendMissingError",
    "BetweenRunsError",
    "CheckFailedError",
    "NetworkChangedError",
    "NotReadyError",
    "FileFormatError",
    "RunInterrupted",
    "did_you_mean",
    "nearest",
    "unknown_name",
]


def nearest(word: str, candidates: Iterable[str], how_many: int = 3) -> list[str]:
    """Return the candidates that look most like `word`, best first.

    Case is ignored, and a candidate that contains the word counts as near.
    """
    by_lower = {str(c).lower(): str(c) for c in candidates}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=how_many, cutoff=0.6)
    contained = [c for c in by_lower if word.lower() in c and c not in close]
    return [by_lower[c] for c in (close + contained)[:how_many]]


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """Return the way out of a name that does not exist: the one most like it, or `otherwise`."""
    for near in nearest(word, candidates, 1):
        return f"did you mean {near}?" if near.startswith("-") else f"did you mean '{near}'?"
    return otherwise


def unknown_name(
    what: str, name: str, known: Iterable[str], kind: str = "", otherwise: str = ""
) -> Problem:
    """Return the problem of a name that does not exist.

    Parameters
    ----------
    what : str
        The problem in one sentence.
    name : str
        As the user wrote it.
    known : iterable of str
        The names that there are.
    kind : str, optional
        What they are, before the list of them.
    otherwise : str, optional
        The way out where none is like it.
    """
    names = [str(one) for one in known]
    listed = ", ".join(names) or "(none)"
    return Problem(what, limit=f"{kind}: {listed}" if kind else listed,
                   fix=did_you_mean(name, names, otherwise))


class NeuroportError(Exception):
    """Base class of all errors that neuroport raises on purpose."""


class Problem:
    """One thing that is wrong: what, the measured value, the limit and a way out.

    Parameters
    ----------
    what : str
        The problem in one sentence.
    measured : str, optional
        The value found.
    limit : str, optional
        What was allowed.
    fix : str, optional
        What the user can do.
    """

    __slots__ = ("fix", "limit", "measured", "what")

    def __init__(self, what: str, measured: str = "", limit: str = "", fix: str = "") -> None:
        # Whatever the words come from: another program's error may repeat an address whole.
        self.what = without_secrets(what)
        self.measured = without_secrets(measured)
        self.limit = without_secrets(limit)
        self.fix = without_secrets(fix)

    def lines(self) -> list[str]:
        """Return the problem as lines of text, the first without indentation."""
        result = [self.what]
        if self.measured:
            result.append(f"  measured: {self.measured}")
        if self.limit:
            result.append(f"  limit:    {self.limit}")
        if self.fix:
            result.append(f"  way out:  {self.fix}")
        return result


class UserError(NeuroportError):
    """A mistake in what the user wrote, with its place and a way out.

    Parameters
    ----------
    problems : Problem, str or sequence of those
        Everything found wrong in this one place, not only the first.
    where : str, optional
        The object: a population, a projection, a connector.
    line : SourceLine, optional
        The user's line. Found from the call stack when left out.
    """

    def __init__(
        self,
        problems: Problem | str | Sequence[Problem],
        *,
        where: str = "",
        line: SourceLine | None = None,
    ) -> None:
        if isinstance(problems, (Problem, str)):
            problems = [problems if isinstance(problems, Problem) else Problem(problems)]
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.where = where
        self.line = line if line is not None else user_line()
        # Not super(): the PyNN errors that some subclasses also are take other arguments.
        Exception.__init__(self, self.text())

    def text(self) -> str:
        """Return the message a user reads."""
        head = []
        if self.where:
            head.append(self.where)
        if self.line is not None:
            head.append(f"at {self.line}")
        lines: list[str] = []
        if len(self.problems) > 1:
            lines.append(f"{len(self.problems)} problems:")
        for problem in self.problems:
            lines.extend(problem.lines())
        if head:
            lines.append("in " + " ".join(head) if self.where else " ".join(head))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


class UnknownParameterError(UserError, pynn_errors.NonExistentParameterError):  # type: ignore[misc]
    """One or more parameter names that a model does not have; the nearest right ones are named."""

    def __init__(
        self, names: Sequence[str], model: str, valid: Iterable[str], *, where: str = ""
    ) -> None:
        self.valid_parameter_names = sorted(valid)
        self.parameter_name = ", ".join(names)
        self.model_name = model
        problems = []
        for name in names:
            near = " or ".join(f"'{n}'" for n in nearest(name, self.valid_parameter_names))
            problems.append(
                Problem(
                    f"{model} has no parameter '{name}'",
                    limit="parameters of "
                    f"{model}: {', '.join(self.valid_parameter_names) or '(none)'}",
                    fix=f"did you mean {near}?" if near else "",
                )
            )
        UserError.__init__(self, problems, where=where)


class UnknownArgumentError(UserError, TypeError):
    """One or more arguments that nothing takes; the nearest right ones are named."""

    def __init__(self, names: Sequence[str], what: str, valid: Iterable[str]) -> None:
        valid = sorted(valid)
        super().__init__([
            unknown_name(f"{what} has no argument '{name}'", name, valid, "arguments",
                         "leave it out")
            for name in names
        ])


class InvalidValueError(UserError, pynn_errors.InvalidParameterValueError):  # type: ignore[misc]
    """A parameter value that cannot be used: NaN, wrong type, out of range."""


class InvalidSizeError(UserError, pynn_errors.InvalidDimensionsError):  # type: ignore[misc]
    """A size that cannot be: negative, zero, not whole, or not matching another size."""


class InvalidTimeError(UserError, ValueError):
    """A time that cannot be simulated: negative, in the past, not a number."""


class WeightSignError(UserError, pynn_errors.ConnectionError):  # type: ignore[misc]
    """A weight whose sign contradicts the receptor that it goes to."""


class DelayError(UserError, pynn_errors.ConnectionError):  # type: ignore[misc]
    """A delay below one time step, or outside the limits given to ``setup``."""


class ConnectorError(UserError, pynn_errors.ConnectionError):  # type: ignore[misc]
    """A connector that contradicts itself or the populations that it joins."""


class NetworkTooLargeError(UserError, MemoryError):
    """A network that would not fit into this machine's memory; raised before it is built."""


class UnsupportedError(UserError, NotImplementedError):
    """Something that this backend or these numerics do not have; what they have is listed."""


class BetweenRunsError(UnsupportedError):
    """A change that this backend takes before the first run or after a reset only."""


class UnknownBackendError(UserError, ValueError):
    """A backend name that nothing registered."""


class UnknownNumericsError(UserError, ValueError):
    """A name or a choice of numerics that does not exist."""


class BackendMissingError(UserError, ImportError):
    """A backend whose packages are not installed; the command that installs them is named."""


class NetworkChangedError(UserError):
    """The network was changed after a run, where that cannot be honoured."""


class NotReadyError(UserError, pynn_errors.NothingToWriteError):  # type: ignore[misc]
    """Data were asked for before there were any."""


class FileFormatError(UserError, OSError):
    """A file that cannot be read as what it claims to be."""


class CheckFailedError(NeuroportError):
    """The network was refused before the run; `findings` holds all the reasons.

    Attributes
    ----------
    findings : tuple of neuroport.findings.Finding
        Every finding, errors first.
    """

    def __init__(self, findings: Sequence[Any]) -> None:
        self.findings = tuple(findings)
        from neuroport.findings.grouping import grouped  # findings know no errors

        errors = [f for f in self.findings if f.severity.blocks]
        text = "\n".join(map(str, grouped(errors)))
        super().__init__(f"{len(errors)} finding(s) prevent this run:\n{text}")


class RunInterrupted(KeyboardInterrupt):
    """A run was stopped by the user; what was recorded until then is kept.

    Attributes
    ----------
    reached : float
        Simulated time reached (ms).
    asked : float
        Simulated time that the run was to reach (ms).
    """

    def __init__(self, reached: float, asked: float) -> None:
        self.reached = reached
        self.asked = asked
        super().__init__(
            f"interrupted at {reached:g} ms of {asked:g} ms; "
            "everything recorded until then is kept and get_data() returns it"
        )

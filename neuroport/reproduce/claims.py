"""Claims: what a paper says, with a tolerance, a reason for it and a source."""

from __future__ import annotations

import enum
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from neuroport.errors import FileFormatError, Problem

__all__ = ["Claim", "Paper", "Verdict", "ClaimsError", "load_claims", "judge", "met"]

_KINDS = ("near", "at_least", "at_most")


class ClaimsError(FileFormatError):
    """A claims file that is incomplete or contradicts itself."""


class Verdict(enum.Enum):
    """How an obtained value stands to a claim."""

    AGREES = "agrees"
    FAILS = "fails"
    EXPLAINED = "differs, as explained"
    MISSING = "not obtained"
    IMPOSSIBLE = "not possible here"

    @property
    def good(self) -> bool:
        """Whether it leaves the exit code at 0."""
        return self in (Verdict.AGREES, Verdict.EXPLAINED, Verdict.IMPOSSIBLE)


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes
    ----------
    id : str
        Unique in the experiment.
    group : str
        Heading in the table.
    what : str
        The claim in words.
    value : object
        A number, text, truth value, list, or table of those.
    tolerance : float or mapping of str to float
        Largest difference of a number; for a table, by key, 0 where left out.
    why : str
        Reason for the tolerance.
    source : str
        Where the paper or its public recording says so.
    unit : str
    kind : {"near", "at_least", "at_most"}
    known_deviation : str
        Why this claim is not expected to be met; the difference is shown and does not count as a
        failure.
    ours : bool
        Whether it is about an extension that is not in the paper.
    """

    id: str
    group: str
    what: str
    value: Any
    tolerance: Any
    why: str
    source: str
    unit: str = ""
    kind: str = "near"
    known_deviation: str = ""
    ours: bool = False


@dataclass(frozen=True)
class Paper:
    """What is reproduced.

    Attributes
    ----------
    name, title, reference, url, machine, licence : str
        `machine`: what the paper's own results come from. `licence`: of the values in the claims.
    claims : tuple of Claim
    """

    name: str
    title: str
    reference: str
    url: str
    machine: str
    licence: str
    claims: tuple[Claim, ...]


def load_claims(path: Path) -> Paper:
    """Load a ``claims.toml``.

    Raises
    ------
    ClaimsError
        If it cannot be read, or a claim lacks a value, a tolerance's reason or a source.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClaimsError(Problem(f"the claims cannot be read ({error})"), where=where) from None
    problems: list[Problem] = []
    paper = data.get("paper", {})
    names = ("name", "title", "reference", "url", "machine", "licence")
    problems += [Problem(f"[paper] has no '{n}'") for n in names if not paper.get(n)]
    claims: list[Claim] = []
    seen: set[str] = set()
    known = {f.name for f in fields(Claim)}
    for number, entry in enumerate(data.get("claims", []), start=1):
        called = f"claim {number} ('{entry.get('id', '?')}')"
        problems += [
            Problem(f"{called} has no '{n}'")
            for n in ("id", "group", "what", "value", "why", "source")
            if entry.get(n) in (None, "")
        ]
        problems += [Problem(f"{called} has an unknown field '{n}'") for n in entry
                     if n not in known]
        if entry.get("kind", "near") not in _KINDS:
            problems.append(Problem(f"{called} has an unknown kind", f"{entry['kind']}",
                                    ", ".join(_KINDS)))
        if entry.get("id") in seen:
            problems.append(Problem(f"{called} has the id of another claim"))
        seen.add(entry.get("id", ""))
        if not problems:
            claims.append(Claim(**{"tolerance": 0.0, **entry}))
    if not data.get("claims"):
        problems.append(Problem("there are no claims"))
    if problems:
        raise ClaimsError(problems, where=where)
    return Paper(**{n: paper[n] for n in names}, claims=tuple(claims))


def met(claim: Claim, verdict: Verdict) -> bool:
    """Whether a claim leaves the exit code at 0; only our own may be impossible on a backend."""
    return verdict.good and (claim.ours or verdict is not Verdict.IMPOSSIBLE)


def judge(claim: Claim, obtained: Any, impossible: bool = False) -> Verdict:
    """Return the verdict on an obtained value; None means that there is none.

    Parameters
    ----------
    claim : Claim
    obtained : object
    impossible : bool
        Whether the backend refused a step of the protocol that the claim needs. A claim of the
        paper's is then still one that was not reproduced: see :func:`met`.
    """
    if obtained is None:
        return Verdict.IMPOSSIBLE if impossible else Verdict.MISSING
    if claim.kind == "near":
        good = _near(claim.value, obtained, claim.tolerance)
    elif not _number(obtained) or math.isnan(obtained):
        good = False
    elif claim.kind == "at_least":
        good = obtained >= claim.value - claim.tolerance
    else:
        good = obtained <= claim.value + claim.tolerance
    if good:
        return Verdict.AGREES
    return Verdict.EXPLAINED if claim.known_deviation else Verdict.FAILS


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _near(claimed: Any, obtained: Any, tolerance: Any) -> bool:
    if isinstance(claimed, Mapping):
        by_key = tolerance if isinstance(tolerance, Mapping) else dict.fromkeys(claimed, tolerance)
        return isinstance(obtained, Mapping) and all(
            key in obtained and _near(value, obtained[key], by_key.get(key, 0.0))
            for key, value in claimed.items()
        )
    if isinstance(claimed, list):
        return (
            isinstance(obtained, list)
            and len(claimed) == len(obtained)
            and all(_near(a, b, tolerance) for a, b in zip(claimed, obtained, strict=True))
        )
    if _number(claimed):
        # A hair more than the tolerance: decimal fractions are not exact in binary.
        return _number(obtained) and abs(claimed - obtained) <= tolerance * (1 + 1e-9) + 1e-12
    return bool(type(claimed) is type(obtained) and claimed == obtained)

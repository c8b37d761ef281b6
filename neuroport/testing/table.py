"""The support matrix: what came out of the suite, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neuroport.backend.capabilities import Capabilities
from neuroport.testing.suite import Result, chosen_cases

__all__ = ["matrix_states", "shown", "support_matrix", "undeclared"]

_NO = "no"
_HEAD = """# What each backend supports

Not written by hand, but made by

    {command}

Each line is a case of the conformance suite (`neuroport.testing`), each case a capability that a
backend can declare in its `capabilities.toml`.

* **works**: it was run and did what it should, by a closed form or fine integration.
* **as the reference**: it was run and did what the Brian2 reference does in the same numerics.
* **roughly**: it was run; the machine has rules of its own that nothing else here has, so it was
  held against the textbook's within a fifth of the signal's range.
* **differs**: it was run, or refused, and did not.
* **no**: the backend does not declare it; a network that asks for it is refused before the run.

Versions: {versions}.
"""
_SHOWN = {"expectation": "works", "reference": "as the reference", "approximation": "roughly"}


def support_matrix(
    results: Sequence[Result], command: str, versions: Mapping[str, str]
) -> str:
    """Return the page, in Markdown.

    Parameters
    ----------
    results : sequence of Result
        Of one or more backends, all of the same cases.
    command : str
        The command that makes the page.
    versions : mapping of str to str
        Engine -> version.
    """
    backends = list(dict.fromkeys(r.backend for r in results))
    lines = [_HEAD.format(command=command,
                          versions=", ".join(f"{k} {v}" for k, v in versions.items()))]
    lines += _table("subject", backends, [
        (subject, [_share(results, subject, b) for b in backends])
        for subject in dict.fromkeys(r.subject for r in results)])
    by_name = {(r.subject, r.feature, r.backend): r for r in results}
    for subject in dict.fromkeys(r.subject for r in results):
        features = dict.fromkeys(r.feature for r in results if r.subject == subject)
        lines += [f"\n## {subject}\n"]
        lines += _table("", backends, [
            (f, [shown(by_name[subject, f, b]) for b in backends]) for f in features])
    wrong = [r for r in results if r.state == "differs"]
    if wrong:
        lines += ["\n## What differs\n"]
        lines += [f"* {r.backend}, {r.name}: {r.why}" for r in wrong]
    return "\n".join(lines) + "\n"


def _table(first: str, backends: list[str], rows: Iterable[tuple[str, list[str]]]) -> list[str]:
    head = [f"| {' | '.join([first, *backends])} |", "|" + "---|" * (len(backends) + 1)]
    return head + [f"| {' | '.join([name, *cells])} |" for name, cells in rows]


def _share(results: Sequence[Result], subject: str, backend: str) -> str:
    mine = [r for r in results if r.subject == subject and r.backend == backend]
    declared = [r for r in mine if r.state != "not declared"]
    working = sum(r.state == "works" for r in declared)
    if not declared:
        return _NO
    return f"{working} of {len(declared)}" + (
        f", {len(mine) - len(declared)} not declared" if len(declared) < len(mine) else "")


def shown(result: Result) -> str:
    """Return a result in the words of the page."""
    if result.state == "not declared":
        return _NO
    return "**differs**" if result.state == "differs" else _SHOWN[result.judged_by]


def matrix_states(text: str) -> dict[tuple[str, str, str], str]:
    """Return (subject, feature, backend) -> what a page says of it."""
    found: dict[tuple[str, str, str], str] = {}
    subject, backends = "", []
    for line in text.splitlines():
        if line.startswith("## "):
            subject = line[3:]
        elif line.startswith("| ") and subject:
            name, *cells = [c.strip() for c in line.strip("|").split("|")]
            if not name:
                backends = cells
            else:
                found |= {(subject, name, b): c for b, c in zip(backends, cells, strict=True)}
    return found


def undeclared(capabilities: Capabilities) -> dict[tuple[str, str], str]:
    """Return (subject, feature) -> what is not declared; empty: it is; without running anything."""
    return {(c.subject, c.feature): c.lacks for c in chosen_cases(capabilities)}

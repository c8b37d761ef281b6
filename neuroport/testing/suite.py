"""The conformance suite run on a backend: parts put together, sessions, verdicts."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

from neuroport.backend import load_backend
from neuroport.backend.capabilities import Capabilities
from neuroport.errors import BackendMissingError, InvalidValueError, Problem, UserError
from neuroport.testing.case import Case, Observed, Outcome, Part, Setting, Source
from neuroport.testing.cases import all_cases

__all__ = ["REFERENCE", "Result", "chosen_cases", "declared", "run_suite"]

REFERENCE = "brian2"
State = Literal["works", "differs", "not declared"]


@dataclass(frozen=True)
class Result:
    """What came out of a case.

    Attributes
    ----------
    backend, subject, feature : str
    state : {"works", "differs", "not declared"}
    why : str
        What differs, or which capability is not declared.
    judged_by : str
        ``expectation`` (a closed form or fine integration), ``reference`` (Brian2 in the same
        numerics), ``approximation`` (an expectation without the machine's own rules) or empty.
    """

    backend: str
    subject: str
    feature: str
    state: State
    why: str = ""
    judged_by: str = ""

    @property
    def name(self) -> str:
        """Subject and feature."""
        return f"{self.subject}: {self.feature}"


def declared(backend: str, **options: Any) -> Capabilities:
    """Return what a backend declares.

    Raises
    ------
    UnknownBackendError, BackendMissingError
        If there is no such backend, or it cannot be loaded.
    """
    capabilities: Capabilities = load_backend(backend, **options).capabilities
    return capabilities


def chosen_cases(capabilities: Capabilities, words: str = "") -> list[Case]:
    """Return the cases whose name contains all words, whatever their case.

    Raises
    ------
    InvalidValueError
        If no case does.
    """
    found = all_cases(capabilities)
    chosen = [c for c in found if all(w in c.name.lower() for w in words.lower().split())]
    if not chosen:
        raise InvalidValueError(Problem(
            f"no conformance case is called {words!r}",
            limit=", ".join(sorted({c.subject for c in found})), fix="see docs/support-matrix.md"))
    return chosen


def run_suite(
    backend: str,
    words: str = "",
    *,
    cases: Sequence[Case] | None = None,
    progress: Callable[[str], None] | None = None,
    **options: Any,
) -> list[Result]:
    """Run the conformance suite on a backend.

    Parameters
    ----------
    backend : str
        A registered backend.
    words : str
        Only cases whose name contains all of these words.
    cases : sequence of Case, optional
        These cases, instead of those that `words` choose.
    progress : callable, optional
        Called with a line about each session.
    **options
        Passed to the backend.

    Returns
    -------
    list of Result
        One for each case, in order.

    Raises
    ------
    UnknownBackendError, BackendMissingError
        If there is no such backend, or something it needs to run is missing.
    InvalidValueError
        If no case is chosen.
    """
    made = load_backend(backend, **options)
    missing = made.missing()
    if missing:
        raise BackendMissingError(missing)
    capabilities = made.capabilities
    chosen = chosen_cases(capabilities, words) if cases is None else list(cases)
    tell = progress or (lambda line: None)
    parts = _unique(p for c in chosen if not c.lacks for p in (c.part, c.other) if p is not None)
    seen: dict[int, Observed | str] = {}
    for setting, group in _by_setting(parts):
        began = monotonic()
        seen |= _observe(backend, options, setting, group)
        tell(f"{backend}: {len(group)} parts, {setting.steps} steps of {setting.timestep:g} ms, "
             f"{monotonic() - began:.1f} s")
    unsure = [p for p in parts if not isinstance(seen[id(p)], str) and not p.exact]
    known: dict[int, Observed | str] = {}
    for setting, group in _by_setting(unsure):
        began = monotonic()
        known |= _observe(REFERENCE, {"codegen": "numpy"}, setting, group)
        tell(f"reference: {len(group)} parts, {monotonic() - began:.1f} s")
    wanted = {id(p): _wanted(p, seen[id(p)], known.get(id(p))) for p in parts}
    return [_judge(backend, case, seen, wanted, capabilities) for case in chosen]


def _wanted(
    part: Part, observed: Observed | str, reference: Observed | str | None
) -> tuple[Observed | str, Source]:
    """Return what a part should have measured, and who says so."""
    if isinstance(observed, str):
        return observed, "expectation"
    if reference is not None and not isinstance(reference, str):
        return reference, "reference"
    expected = part.expected(observed)
    if part.exact:
        return expected or {}, "expectation"
    if expected is not None:
        return expected, "approximation"
    return reference or "no reference", "reference"


def _unique(parts: Iterable[Part]) -> list[Part]:
    return list({id(part): part for part in parts}.values())


def _by_setting(parts: Iterable[Part]) -> list[tuple[Setting, list[Part]]]:
    groups: dict[Setting, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.setting, []).append(part)
    return list(groups.items())


def _observe(
    backend: str, options: Mapping[str, Any], setting: Setting, parts: list[Part]
) -> dict[int, Observed | str]:
    """Return what each part measured, or in words why it could not be run; by the part's id."""
    try:
        return _run(backend, options, setting, parts)
    except Exception:  # whatever an engine throws: whose it is, is looked for now
        refusals = {id(part): _refused(backend, options, setting, part) for part in parts}
    found: dict[int, Observed | str] = {key: why for key, why in refusals.items() if why}
    willing = [part for part in parts if id(part) not in found]
    return found | _halved(backend, options, setting, willing)


def _halved(
    backend: str, options: Mapping[str, Any], setting: Setting, parts: list[Part]
) -> dict[int, Observed | str]:
    """Run parts together; where that fails, halve them until the one that fails is alone."""
    if not parts:
        return {}
    try:
        return _run(backend, options, setting, parts)
    except Exception as error:  # as above; alone, it is that part's result
        if len(parts) == 1:
            return {id(parts[0]): _words(error)}
    middle = len(parts) // 2
    return (_halved(backend, options, setting, parts[:middle])
            | _halved(backend, options, setting, parts[middle:]))


def _words(error: Exception) -> str:
    first = error.problems[0].what if isinstance(error, UserError) else str(error)
    return f"{type(error).__name__.lstrip('_')}: {' '.join(first.split())[:300]}"


def _simulator(backend: str, options: Mapping[str, Any], setting: Setting) -> Any:
    import neuroport

    return neuroport.simulator(backend, timestep=setting.timestep, seed=setting.seed,
                               numerics=setting.numerics, **options)


def _refused(
    backend: str, options: Mapping[str, Any], setting: Setting, part: Part
) -> str:
    """Return why a backend's own check refuses a part; empty where it does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sim = _simulator(backend, options, setting)
            try:
                copy.copy(part).build(sim)
                blocking = [f for f in sim.check() if f.severity.blocks]
            finally:
                sim.end()
    except Exception as error:  # as above
        return _words(error)
    return "; ".join(f"refused ({f.code}): {f.measured}, limit {f.limit}" for f in blocking[:1])


def _run(
    backend: str, options: Mapping[str, Any], setting: Setting, parts: list[Part]
) -> dict[int, Observed | str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # findings are not what is tested here
        sim = _simulator(backend, options, setting)
        made = [copy.copy(part) for part in parts]
        try:
            for part in made:
                part.build(sim)
            for again in range(2 if setting.again else 1):
                if again:
                    sim.reset()
                for number, length in enumerate(setting.runs):
                    sim.run(length)
                    if number < len(setting.runs) - 1:
                        for part in made:
                            part.between(sim, number)
            return {id(part): _observation(copied, sim)
                    for part, copied in zip(parts, made, strict=True)}
        finally:
            sim.end()


def _observation(part: Part, sim: Any) -> Observed | str:
    try:
        return part.observe(sim)
    except Exception as error:  # as above
        return _words(error)


def _judge(
    backend: str, case: Case, seen: Mapping[int, Observed | str],
    wanted: Mapping[int, tuple[Observed | str, Source]], capabilities: Capabilities,
) -> Result:
    def result(state: State, why: str = "", judged_by: str = "") -> Result:
        return Result(backend, case.subject, case.feature, state, why, judged_by)

    if case.lacks or case.part is None:
        return result("not declared", case.lacks)
    observed = seen[id(case.part)]
    if isinstance(observed, str):
        return result("differs", observed)
    right, source = wanted[id(case.part)]
    if case.other is not None:
        right, source = seen[id(case.other)], "expectation"
    if isinstance(right, str):
        return result("differs", f"nothing to compare with: {right}")
    why = case.judge(Outcome(observed, right, source, capabilities, case.part.setting))
    return result("differs" if why else "works", why, source)

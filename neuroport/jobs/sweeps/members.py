"""Which runs a sweep consists of."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from neuroport.backend import backend_option_types
from neuroport.errors import InvalidValueError, Problem, UserError
from neuroport.jobs.options import value_of
from neuroport.jobs.specification import RunSpec
from neuroport.models import load_model

__all__ = ["MOST", "members_of", "read_varied"]

MOST = 100_000
"""Members of a sweep at most: more are a mistake in writing."""
_OF_THE_RUN: dict[str, Any] = {"seed": int, "timestep": float, "duration": float, "backend": str,
                               "numerics": str}


def read_varied(words: Sequence[str]) -> dict[str, list[Any]]:
    """Read ``rate=5,10,20`` and ``gain=0:1:0.25``.

    Parameters
    ----------
    words : sequence of str
        ``NAME=VALUE,VALUE...``, or ``NAME=FIRST:LAST:STEP`` with the last value where a step meets
        it.

    Raises
    ------
    InvalidValueError
        Naming everything that is wrong.
    """
    problems: list[Problem] = []
    found: dict[str, list[Any]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or not name or not text.strip():
            problems.append(Problem(f"--vary {word} cannot be read",
                                    limit="NAME=VALUE,VALUE or NAME=FIRST:LAST:STEP"))
            continue
        if name in found:
            problems.append(Problem(f"'{name}' is varied twice", fix="give all values at once"))
            continue
        try:
            found[name] = _values(text)
        except ValueError as error:
            problems.append(Problem(f"--vary {word} cannot be read", measured=str(error),
                                    limit="NAME=VALUE,VALUE or NAME=FIRST:LAST:STEP"))
    if problems:
        raise InvalidValueError(problems, where="sweep")
    return found


def _values(text: str) -> list[Any]:
    parts = text.split(":")
    if len(parts) == 3:
        try:
            numbers = [value_of(part.strip()) for part in parts]
            first, last, step = (n for n in numbers if isinstance(n, (int, float)))
        except ValueError:
            return [value_of(one.strip()) for one in text.split(",")]
        if step == 0 or (last - first) / step < 0:
            raise ValueError("the step does not lead from the first value to the last")
        count = int((last - first) / step * (1 + 1e-12) + 1e-9) + 1
        if count > MOST:
            raise ValueError(f"{count} values")
        # By multiplication, and short: 0.1 + 0.2 is to be written 0.3.
        return [first + k * step if isinstance(first, int) and isinstance(step, int)
                else float(f"{first + k * step:.12g}") for k in range(count)]
    values = [value_of(one.strip()) for one in text.split(",")]
    if "" in values:
        raise ValueError("a value is empty")
    return values


def members_of(
    spec: RunSpec, varied: Mapping[str, Sequence[Any]], seeds: int = 1
) -> list[tuple[dict[str, Any], RunSpec]]:
    """Return the runs of a sweep, with what distinguishes each.

    Parameters
    ----------
    spec : RunSpec
        What they share.
    varied : mapping of str to sequence
        Name -> values; all combinations are run, the last name fastest. A name is one of the run's
        (seed, timestep, duration, backend, numerics), of the backend's options, or of the model's.
    seeds : int
        How many runs with different seeds of each combination: the run's seed, or 1, and those
        that follow.

    Raises
    ------
    InvalidValueError, UnknownOptionError
        For names that nobody has, and values that cannot be.
    """
    problems: list[Problem] = []
    names = list(varied)
    if seeds < 1:
        problems.append(Problem(f"there cannot be {seeds} seeds", limit="1 or more"))
    if seeds > 1 and "seed" in varied:
        problems.append(Problem("seeds and values of 'seed' were given", fix="give one of them"))
    problems += [Problem(f"'{name}' has no values") for name in names if not len(varied[name])]
    count = seeds
    for name in names:
        count *= max(1, len(varied[name]))
    if count > MOST:
        problems.append(Problem("too many members", measured=str(count), limit=str(MOST)))
    problems += [Problem(f"'{name}' cannot be {value!r}", limit=f"a {kind.__name__}")
                 for name, kind in _OF_THE_RUN.items() for value in varied.get(name, ())
                 if not _fits(value, kind)]
    if problems:
        raise InvalidValueError(problems, where="sweep")
    found = []
    first = 1 if spec.seed is None else spec.seed
    for values in itertools.product(*(varied[name] for name in names)):
        for seed in range(first, first + seeds):
            told = dict(zip(names, values, strict=True))
            one = spec
            for name, value in told.items():
                one = _with(one, name, value)
            if seeds > 1:
                told["seed"] = seed
                one = one.replace(seed=seed)
            found.append((told, one))
    _known_by_the_model(found)
    return found


def _fits(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind) and not isinstance(value, bool)


def _with(spec: RunSpec, name: str, value: Any) -> RunSpec:
    if name in _OF_THE_RUN:
        return spec.replace(**{name: _OF_THE_RUN[name](value)})
    if spec.backend is not None and name in backend_option_types(spec.backend):
        return spec.replace(options={**spec.options, name: value})
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return spec.replace(arguments=[*spec.arguments, f"--{name.replace('_', '-')}", text])


def _known_by_the_model(found: Sequence[tuple[dict[str, Any], RunSpec]]) -> None:
    """Refuse now what a registered model would refuse in every member."""
    problems: dict[str, Problem] = {}
    for _, spec in found:
        if spec.is_script:
            return  # reads its words itself
        try:
            load_model(spec.model).read_options(spec.words)
        except UserError as error:
            problems |= {one.what: one for one in error.problems}
    if problems:
        raise InvalidValueError(list(problems.values()), where="sweep")

"""PyNN's space, structures and random numbers with checked arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np
from pyNN import random, space
from pyNN.random import AbstractRNG, available_distributions

from neuroport.errors import InvalidValueError, Problem, unknown_name
from neuroport.plain_numbers import (
    NotNumbersError,
    floats,
    is_one_of,
    is_whole,
    number_problem,
    shown,
)
from neuroport.pynn.entrance import checked_class
from neuroport.realise.memory import memory_limit

__all__ = ["RANDOMNESS", "SPACES"]

_Check = Callable[[str, Any], "Problem | None"]


def _number(name: str, value: Any) -> Problem | None:
    return number_problem(f"'{name}'", value)


def _extent(name: str, value: Any) -> Problem | None:
    return number_problem(f"'{name}'", value, least=0)


def _ratio(name: str, value: Any) -> Problem | None:
    return number_problem(f"'{name}'", value, above=0)


def _rng(name: str, value: Any) -> Problem | None:
    if value is None or isinstance(value, AbstractRNG):
        return None
    return Problem("rng is not a PyNN random number generator", shown(value), "NumpyRNG(seed=...)")


def _order(name: str, value: Any) -> Problem | None:
    if is_one_of(value, ("sequential", "random")):
        return None
    return Problem("unknown fill_order", shown(value), "'sequential' or 'random'")


def _axes(name: str, value: Any) -> Problem | None:
    if value is None or is_one_of(value, [axes for axes in space.Space.AXES if axes]):
        return None
    return Problem("unknown axes", shown(value),
                   "'x', 'y', 'z', 'xy', 'yz', 'xz', 'xyz' or None")


def _one_or_three(name: str, value: Any) -> Problem | None:
    try:
        numbers = floats(value)
        if numbers.shape in ((), (3,)) and np.isfinite(numbers).all():
            return None
        why = ""
    except NotNumbersError as error:
        why = f": {error}"
    return Problem(f"'{name}' is not a place{why}", shown(value), "one number, or three")


def _place(name: str, value: Any) -> Problem | None:
    problem = _one_or_three(name, value)
    return problem or (None if np.ndim(value) else Problem(
        f"'{name}' is not a place", shown(value), "three numbers"))


def _boundaries(name: str, value: Any) -> Problem | None:
    if value is None:
        return None
    good = isinstance(value, (tuple, list)) and len(value) == 3
    for pair in value if good else ():
        if pair is None:
            continue
        try:
            numbers = floats(pair)
        except NotNumbersError:
            good = False
            break
        good = good and numbers.shape == (2,) and bool(np.isfinite(numbers).all()) and bool(
            numbers[0] < numbers[1])
    return None if good else Problem(
        "periodic_boundaries is not clear", shown(value),
        "None, or ((x_min, x_max), (y_min, y_max), (z_min, z_max)) with None for axes without")


def _shape(name: str, value: Any) -> Problem | None:
    if isinstance(value, space.Shape):
        return None
    return Problem("the boundary is not a shape", shown(value), "Cuboid(...) or Sphere(...)")


def _seed(name: str, value: Any) -> Problem | None:
    if value is None or (is_whole(value) and 0 <= value < 2**32):
        return None
    return Problem("the seed cannot be used", shown(value),
                   "a whole number, 0 to 2^32 - 1, or None")


def _truth(name: str, value: Any) -> Problem | None:
    return None if is_one_of(value, (True, False)) else Problem(
        f"'{name}' is unclear", shown(value), "True or False")


_CHECKS: dict[str, _Check] = {
    "aspect_ratio": _ratio, "aspect_ratioXY": _ratio, "aspect_ratioXZ": _ratio,
    "fill_order": _order, "rng": _rng, "axes": _axes, "scale_factor": _one_or_three,
    "offset": _one_or_three, "periodic_boundaries": _boundaries, "boundary": _shape,
    "origin": _place, "width": _extent, "height": _extent, "depth": _extent, "radius": _extent,
    "seed": _seed, "parallel_safe": _truth,
}


def _next(base: type) -> Callable[..., Any]:
    draw = base.next  # type: ignore[attr-defined]

    @wraps(draw)
    def limited(self: Any, n: Any = None, *values: Any, **keywords: Any) -> Any:
        most = int(memory_limit() / np.dtype(float).itemsize)
        if is_whole(n) and n > most:
            raise InvalidValueError(
                Problem("so many random numbers do not fit into the memory", f"{n} numbers",
                        f"{most} numbers; NEUROPORT_MEMORY_GB sets it", "draw them in parts"),
                where=f"{base.__name__}.next")
        return draw(self, n, *values, **keywords)

    return limited


def _checked(base: type, **body: Any) -> type:
    shown_signature = signature(base)

    def __init__(self: Any, *values: Any, **keywords: Any) -> None:
        given = shown_signature.bind(*values, **keywords).arguments
        problems = [_CHECKS.get(name, _number)(name, value) for name, value in given.items()]
        found = [problem for problem in problems if problem is not None]
        if found:
            raise InvalidValueError(found, where=base.__name__)
        for name, value in given.items():  # a number in lists of one is a number to PyNN, too
            if _CHECKS.get(name, _number) in (_number, _extent, _ratio):
                given[name] = float(floats(value).reshape(-1)[0])
        if given.get("seed") is not None:
            given["seed"] = int(given["seed"])
        base.__init__(self, **given)  # type: ignore[misc]

    return checked_class(base, __name__, __init__=__init__, __signature__=shown_signature, **body)


SPACES: dict[str, type] = {
    base.__name__: _checked(base) for base in (
        space.Space, space.Line, space.Grid2D, space.Grid3D, space.RandomStructure, space.Cuboid,
        space.Sphere)
}


def _init_distribution(
    self: Any, distribution: str, parameters_pos: Any = None, rng: Any = None,
    **parameters_named: Any,
) -> None:
    problems = []
    known = list(available_distributions)
    if not isinstance(distribution, str) or distribution not in known:
        problems.append(unknown_name(f"there is no distribution {shown(distribution)}",
                                     shown(distribution), known))
    else:
        problems += _parameters(distribution, parameters_pos, parameters_named)
    wrong = _rng("rng", rng)
    if wrong is not None:
        problems.append(wrong)
    if problems:
        raise InvalidValueError(problems, where="RandomDistribution")
    random.RandomDistribution.__init__(self, distribution, parameters_pos, rng, **parameters_named)
    try:  # with another generator: the script's own is not touched
        drawn = floats(random.NumpyRNG(seed=1).next(1, distribution, self.parameters))
        impossible = "" if np.isfinite(drawn).all() else "it gives values that are not finite"
    except Exception as error:  # NumPy's own words for values that are out of range
        impossible = " ".join(str(error).split()) or type(error).__name__
    if impossible:
        given = ", ".join(f"{k}={shown(v)}" for k, v in self.parameters.items())
        raise InvalidValueError(
            Problem(f"the distribution '{distribution}' cannot have these parameters", given,
                    impossible), where="RandomDistribution")


def _parameters(name: str, by_order: Any, by_name: Mapping[str, Any]) -> list[Problem]:
    expected = available_distributions[name]
    listed = isinstance(by_order, (list, tuple, np.ndarray)) and np.ndim(by_order) == 1
    given = dict(zip(expected, by_order, strict=False)) if listed else dict(by_name)
    number = len(by_order) if listed else len(given)
    if (by_order is not None and (not listed or by_name)) or number != len(expected) or (
        set(given) != set(expected)
    ):
        found = shown(by_order) if by_order is not None else ", ".join(by_name) or "(none)"
        return [Problem(f"the distribution '{name}' has other parameters", found,
                        ", ".join(expected),
                        f"RandomDistribution('{name}', {', '.join(f'{e}=...' for e in expected)})")]
    infinite = ("low", "high")  # of clipped distributions: without a bound
    problems = [number_problem(f"'{key}'", value, infinite=key in infinite)
                for key, value in given.items()]
    return [problem for problem in problems if problem is not None]


RANDOMNESS: dict[str, type] = {
    "NumpyRNG": _checked(random.NumpyRNG, next=_next(random.NumpyRNG)),
    "RandomDistribution": checked_class(
        random.RandomDistribution, __name__, __init__=_init_distribution,
        next=_next(random.RandomDistribution),
        __signature__=signature(random.RandomDistribution)),
}

"""Parameters of models as the user gives them: names and values checked, all at once."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pyNN.parameters import LazyArray
from pyNN.random import RandomDistribution
from pyNN.standardmodels.base import build_translations

from neuroport.errors import InvalidValueError, Problem, UnknownParameterError
from neuroport.pynn.dialects import PYNN, Dialect

__all__ = ["Checked", "check_parameters", "identity", "signature_of"]


def check_parameters(model: str, given: dict[str, Any], valid: list[str]) -> None:
    """Refuse misspelt names and values that are not numbers, all at once.

    Raises
    ------
    UnknownParameterError
        For names that the model does not have.
    InvalidValueError
        For None, NaN, infinite or non-numeric values.
    """
    unknown = [name for name in given if name not in valid]
    if unknown:
        raise UnknownParameterError(unknown, model, valid)
    problems = []
    for name, value in given.items():
        problem = _value_problem(model, name, value)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise InvalidValueError(problems)


def _value_problem(model: str, name: str, value: Any) -> Problem | None:
    if isinstance(value, LazyArray):
        value = value.base_value
    if isinstance(value, RandomDistribution) or callable(value) or isinstance(value, (dict, str)):
        return None
    if value is None and name == "delay":
        return None
    if value is None:
        return Problem(f"{model}: '{name}' has no value", measured="None")
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None  # ragged lists and Sequences are judged where they are evaluated
    if np.isnan(numbers).any():
        return Problem(
            f"{model}: '{name}' is not a number",
            measured="NaN" if numbers.ndim == 0 else f"NaN in {int(np.isnan(numbers).sum())} "
            f"of {numbers.size} values",
            fix="check the computation that gave this value",
        )
    if np.isinf(numbers).any() and name not in ("duration", "stop"):
        return Problem(f"{model}: '{name}' is infinite", measured=f"{numbers}")
    return None


def signature_of(
    defaults: Mapping[str, Any], order: Sequence[str] | None, required: Collection[str] = ()
) -> inspect.Signature:
    """Return the signature that a constructor shows.

    Parameters
    ----------
    defaults : mapping
        All arguments and their defaults.
    order : sequence of str or None
        Those that need no name, in their order; None if all need it.
    required : collection of str
        Those without a default.
    """
    first = [name for name in order or () if name in defaults]
    return inspect.Signature([
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD if name in first
            else inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if name in required else defaults[name],
        )
        for name in [*first, *(n for n in defaults if n not in first)]
    ])


class Checked:
    """Mixin: check the parameters when a model is instantiated."""

    dialect: ClassVar[Dialect] = PYNN
    default_parameters: dict[str, Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        order = cls.dialect.order(cls.__name__, None)
        states = getattr(cls, "default_initial_values", {}) if order else {}
        cls.__signature__ = signature_of(  # type: ignore[attr-defined]
            {**{n: v for n, v in states.items() if n in (order or ())}, **cls.default_parameters},
            order,
        )

    def __init__(self, *values: Any, **keywords: Any) -> None:
        own = list(self.default_parameters)
        given = self.dialect.arguments(type(self).__name__, values, keywords)
        # sPyNNaker's cells take initial values among their parameters.
        self.initial_given = self.dialect.states(
            given, getattr(self, "default_initial_values", ()), own
        )
        parameters = {k: v for k, v in given.items() if k not in self.initial_given}
        check_parameters(type(self).__name__, parameters, own)
        super().__init__(**parameters)

    def __repr__(self) -> str:
        given = {
            name: value.base_value
            for name, value in self.parameter_space._parameters.items()  # type: ignore[attr-defined]
            if not _same(value.base_value, self.default_parameters.get(name))
        }
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in given.items())})"


def _same(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except (TypeError, ValueError):
        return False


def identity(base: type) -> dict[str, Any]:
    return build_translations(*[(name, name) for name in base.default_parameters])  # type: ignore[attr-defined, no-any-return]

"""Parameters of models as the user gives them: names and values checked, all at once."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pyNN.parameters import ArrayParameter, LazyArray
from pyNN.random import RandomDistribution
from pyNN.standardmodels.base import build_translations

from neuroport.errors import InvalidValueError, Problem, UnknownParameterError, UserError
from neuroport.plain_numbers import NotNumbersError, floats, shown
from neuroport.pynn.dialects import PYNN, Dialect
from neuroport.pynn.entrance import checked_function
from neuroport.pynn.spike_times import given_times

__all__ = ["Checked", "check_initial", "check_parameters", "identity", "signature_of"]


def check_parameters(
    model: str, given: Mapping[str, Any], valid: Sequence[str], *, texts: bool = False
) -> None:
    """Refuse misspelt names and values that are not numbers, all at once.

    Parameters
    ----------
    model : str
        Name of the class.
    given : mapping of str to object
        Parameters as the user gave them.
    valid : sequence of str
        Those that the model has.
    texts : bool
        Whether a text is a function of the distance `d`, as it is for synapses.

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
        problem = _value_problem(model, name, value, texts)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise InvalidValueError(problems)


def _value_problem(model: str, name: str, value: Any, texts: bool) -> Problem | None:
    if isinstance(value, LazyArray):
        value = value.base_value
    if isinstance(value, RandomDistribution) or (callable(value) and not isinstance(value, type)):
        return None  # judged by what they give
    if value is None and name == "delay":
        return None
    if value is None:
        return Problem(f"{model}: '{name}' has no value", measured="None")
    if isinstance(value, str) and texts:
        return _text_problem(model, name, value)
    if name == "spike_times":
        return None  # lists of several lengths are judged where they are evaluated
    try:
        numbers = floats(_without_sequences(value))
    except NotNumbersError as error:
        return Problem(f"{model}: '{name}' is not a number: {error}", measured=shown(value),
                       limit="a number, an array of numbers, a RandomDistribution or a function",
                       fix=error.fix)
    if np.isnan(numbers).any():
        return Problem(
            f"{model}: '{name}' is not a number",
            measured="NaN" if numbers.ndim == 0 else f"NaN in {int(np.isnan(numbers).sum())} "
            f"of {numbers.size} values",
            fix="check the computation that gave this value",
        )
    endless = np.isposinf(numbers) if name in ("duration", "stop") else np.zeros(1, dtype=bool)
    if (np.isinf(numbers) & ~endless).any():
        return Problem(f"{model}: '{name}' is infinite", measured=shown(value))
    return None


def _without_sequences(value: Any) -> Any:
    """Return arrays for PyNN's array parameters, of which a cell has one."""
    if isinstance(value, ArrayParameter):
        return value.value
    if isinstance(value, (list, tuple)) or (
        isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1
    ):
        return [one.value if isinstance(one, ArrayParameter) else one for one in value]
    return value


def _text_problem(model: str, name: str, text: str) -> Problem | None:
    """Return why a text is no function of the distance."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    used = set() if tree is None else {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    if "d" in used:
        return None
    try:
        float(text)
        fix = "leave out the quotes"
    except ValueError:
        fix = "'0.1 + 0.2*d', or a number"
    return Problem(f"{model}: '{name}' is a text and no function of the distance d",
                   measured=shown(text), limit="an expression with d, such as 'exp(-d/100)'",
                   fix=fix)


def check_initial(given: Any, model: str, known: Collection[str], where: str) -> None:
    """Refuse initial values that a cell does not have or that are not numbers."""
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UnknownParameterError([str(n) for n in unknown], f"the state of {model}", known,
                                    where=where)
    try:
        check_parameters(f"the state of {model}", given, list(known))
    except UserError as error:
        raise InvalidValueError(error.problems, where=where) from None


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

    @checked_function
    def __init__(self, *values: Any, **keywords: Any) -> None:
        own = list(self.default_parameters)
        given = self.dialect.arguments(type(self).__name__, values, keywords)
        # sPyNNaker's cells take initial values among their parameters.
        self.initial_given = self.dialect.states(
            given, getattr(self, "default_initial_values", ()), own
        )
        parameters = {k: v for k, v in given.items() if k not in self.initial_given}
        check_parameters(type(self).__name__, parameters, own)
        if "spike_times" in parameters:
            parameters["spike_times"] = given_times(parameters["spike_times"])
        super().__init__(**parameters)

    def get_schema(self) -> dict[str, Any]:
        """Return the types of parameters; PyNN would cut 10.7 to 10 where a default is 10."""
        schema: dict[str, Any] = super().get_schema()  # type: ignore[misc]
        return {name: float if kind is int else kind for name, kind in schema.items()}

    def __repr__(self) -> str:
        given = {
            name: value.base_value
            for name, value in self.parameter_space._parameters.items()  # type: ignore[attr-defined]
            if not _same(value.base_value, self.default_parameters.get(name))
        }
        return f"{type(self).__name__}({', '.join(f'{k}={shown(v)}' for k, v in given.items())})"


def _same(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except Exception:  # whatever an object of the user's does when it is compared
        return False


def identity(base: type) -> dict[str, Any]:
    return build_translations(*[(name, name) for name in base.default_parameters])  # type: ignore[attr-defined, no-any-return]

"""Registered models: what they are called, what options they take, what they give back.

A model is a function of a simulator, registered in the entry-point group ``neuroport.models``::

    from typing import Literal
    from neuroport.models import ModelResult, model

    @model("my-model", timestep=1.0)
    def my_model(sim, *, cells: int = 100, drive: Literal["weak", "strong"] = "weak"):
        \"\"\"One line that says what it is.

        Parameters
        ----------
        cells : int
            Number of cells.
        drive : str
            How strong the input is.
        \"\"\"
        population = sim.Population(cells, sim.IF_curr_exp())
        ...
        return ModelResult(populations=[population])

Its keyword arguments are the options of ``neuroport run my-model --cells 50 --drive strong``;
their help comes from the docstring. A model imports no engine.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from neuroport.errors import Problem, UserError, did_you_mean
from neuroport.registered import not_registered, registered

__all__ = [
    "GROUP",
    "Mark",
    "Model",
    "ModelResult",
    "Option",
    "UnknownModelError",
    "UnknownOptionError",
    "describe",
    "load_model",
    "model",
    "model_names",
]

GROUP = "neuroport.models"


class UnknownModelError(UserError, ValueError):
    """A model name that nothing registered."""


class UnknownOptionError(UserError, ValueError):
    """An option that a model does not have, or a value that it cannot take."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A named moment, shown along the top of a raster.

    Attributes
    ----------
    time : float
        ms.
    text : str
        A few characters.
    """

    time: float
    text: str


@dataclass
class ModelResult:
    """What a model gives back.

    Attributes
    ----------
    title : str
        Heading of the table.
    columns : sequence of str
        Headings of the table: what was asked and what came back.
    rows : sequence of sequences of str
        The table.
    populations : sequence of Population
        What to plot, from top to bottom; empty: everything recorded.
    marks : sequence of Mark
        Moments to mark in the raster.
    right, asked : int
        The score: how many of how many answers were right. 0 of 0 where there is no score.
    items : sequence of str
        Names of the questions, unique; lets `neuroport compare` pair the answers of two engines.
    outcomes : sequence of float
        One for each item: 1 right, 0 wrong, or any number of which more is better.
    data : mapping
        Figures for ``--json``.
    """

    title: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    populations: Sequence[Any] = ()
    marks: Sequence[Mark] = ()
    right: int = 0
    asked: int = 0
    items: Sequence[str] = ()
    outcomes: Sequence[float] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every answer was right."""
        return self.right == self.asked

    @property
    def score(self) -> dict[str, Any] | None:
        """The score as plain data, None where there is none."""
        if not self.asked and not len(self.outcomes):
            return None
        return {
            "right": self.right, "asked": self.asked,
            "items": [str(item) for item in self.items],
            "outcomes": [float(outcome) for outcome in self.outcomes],
        }


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a model.

    Attributes
    ----------
    name : str
        As in Python; on the command line with dashes.
    kind : type
        ``int``, ``float``, ``str`` or ``bool``.
    default : object
        None where the model chooses.
    choices : tuple
        The values allowed; empty: any.
    help : str
        From the docstring.
    """

    name: str
    kind: type
    default: Any
    choices: tuple[Any, ...] = ()
    help: str = ""

    @property
    def flag(self) -> str:
        """The option as typed on the command line."""
        return "--" + self.name.replace("_", "-")

    def read(self, text: str) -> Any:
        """Return the value for a text.

        Raises
        ------
        ValueError
            With the kind of value that is wanted.
        """
        wanted = {int: "a whole number", float: "a number", bool: "yes or no"}.get(self.kind)
        if self.choices:
            if text in [str(c) for c in self.choices]:
                return next(c for c in self.choices if str(c) == text)
            choices = [str(c) for c in self.choices]
            hint = did_you_mean(text, choices)
            raise ValueError(" or ".join(choices) + (f" ({hint})" if hint else ""))
        try:
            if self.kind is bool:
                return {"yes": True, "true": True, "1": True,
                        "no": False, "false": False, "0": False}[text.lower()]
            return self.kind(text)
        except (ValueError, KeyError):
            raise ValueError(wanted or self.kind.__name__) from None


@dataclass(frozen=True)
class Model:
    """A model as the command line sees it.

    Attributes
    ----------
    name : str
    function : callable
        Takes a simulator and the options as keywords.
    options : tuple of Option
    timestep : float or None
        The time step that it needs or prefers (ms).
    numerics : str or None
        The numerics that it is meant for.
    """

    name: str
    function: Callable[..., Any]
    options: tuple[Option, ...]
    timestep: float | None = None
    numerics: str | None = None

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """Its docstring up to the parameters."""
        text = inspect.getdoc(self.function) or ""
        return re.split(r"\n\w[\w ]*\n-{3,}\n", text, maxsplit=1)[0].strip()

    def __call__(self, sim: Any, **options: Any) -> Any:
        """Run the model in a simulator."""
        return self.function(sim, **options)

    def read_options(
        self, words: Sequence[str], others: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return keyword arguments for words of a command line.

        Parameters
        ----------
        words : sequence of str
            ``["--cues", "5", "--period=14"]``.
        others : sequence of str
            Options that belong to the command itself; used for hints.

        Raises
        ------
        UnknownOptionError
            Naming everything that is wrong, with the nearest right names.
        """
        flags = {option.flag: option for option in self.options}
        result: dict[str, Any] = {}
        problems: list[Problem] = []
        rest = list(words)
        while rest:
            word, equals, value = rest.pop(0).partition("=")
            if not word.startswith("-"):
                problems.append(
                    Problem(f"'{word}' belongs to no option", fix="write options as --name VALUE")
                )
                continue
            flag = "--" + word.lstrip("-").replace("_", "-")
            option = flags.get(flag)
            if option is None:
                if not equals and rest and not _is_flag(rest[0]):
                    rest.pop(0)  # the value of the option that does not exist
                problems.append(
                    Problem(
                        f"{self.name} has no option {word}",
                        limit=f"options of {self.name}: {', '.join(flags) or '(none)'}",
                        fix=did_you_mean(flag, [*flags, *others],
                                         f"see `neuroport models {self.name}`"),
                    )
                )
                continue
            if not equals:
                if rest and not _is_flag(rest[0]):
                    value = rest.pop(0)
                elif option.kind is bool:
                    value = "yes"
                else:
                    problems.append(Problem(f"{word} needs a value", fix=f"{word} VALUE"))
                    continue
            try:
                result[option.name] = option.read(value)
            except ValueError as wanted:
                problems.append(
                    Problem(f"{word} cannot be '{value}'", limit=str(wanted))
                )
        if problems:
            raise UnknownOptionError(problems)
        return result


def _is_flag(word: str) -> bool:
    return word.startswith("-") and not re.fullmatch(r"-[0-9.]+(e[+-]?\d+)?", word)


def model(
    name: str, *, timestep: float | None = None, numerics: str | None = None
) -> Callable[[Callable[..., Any]], Model]:
    """Make a model of a function; see the top of this module."""

    def make(function: Callable[..., Any]) -> Model:
        return describe(function, name, timestep=timestep, numerics=numerics)

    return make


def describe(
    function: Callable[..., Any],
    name: str,
    *,
    timestep: float | None = None,
    numerics: str | None = None,
) -> Model:
    """Return the model for a function, its options read from the signature and docstring."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError):  # names known to type checkers only
        hints = {}
    texts = _parameter_help(inspect.getdoc(function) or "")
    options = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        kind, choices = _kind(hints.get(parameter.name), default)
        options.append(
            Option(parameter.name, kind, default, choices, texts.get(parameter.name, ""))
        )
    return Model(name, function, tuple(options), timestep, numerics)


def _kind(hint: Any, default: Any) -> tuple[type, tuple[Any, ...]]:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    if get_origin(hint) is Literal:
        return str, get_args(hint)
    if hint in (int, float, str, bool):
        return hint, ()
    return (type(default) if isinstance(default, (bool, int, float)) else str), ()


def _parameter_help(doc: str) -> dict[str, str]:
    """Return the descriptions in a numpydoc ``Parameters`` section."""
    match = re.search(r"^Parameters\n-{3,}\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", doc, re.S | re.M)
    texts: dict[str, list[str]] = {}
    name = ""
    for line in (match.group(1) if match else "").splitlines():
        if line and not line[0].isspace():
            name = line.partition(":")[0].strip()
            texts[name] = []
        elif name and line.strip():
            texts[name].append(line.strip())
    return {key: " ".join(value) for key, value in texts.items()}


def model_names() -> list[str]:
    """Return the names of all registered models."""
    return sorted(registered(GROUP))


def load_model(name: str) -> Model:
    """Return a registered model.

    Raises
    ------
    UnknownModelError
        If nothing is registered under that name; the nearest names are shown.
    """
    points = registered(GROUP)
    if name not in points:
        raise UnknownModelError(not_registered(
            f"there is no model '{name}', and no file of that name", GROUP, name,
            "see `neuroport models`, or give the path of a script"))
    try:
        loaded = points[name].load()
    except ImportError as error:
        raise UnknownModelError(
            Problem(f"model '{name}' cannot be loaded: {error}", fix="see `neuroport doctor`")
        ) from error
    return loaded if isinstance(loaded, Model) else describe(loaded, name)

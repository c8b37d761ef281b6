"""What a user writes to say what is to be compared: ``brian2:pynn``, a model, a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuroport.backend import backend_names
from neuroport.errors import InvalidValueError, NeuroportError, Problem, UserError, nearest
from neuroport.jobs.run import Request
from neuroport.models import Model, load_model
from neuroport.numerics import numerics as numerics_of

__all__ = ["BackendChoice", "ModelChoice", "backend_choices", "model_choice"]


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """One backend with its numerics, and what it is called in reports."""

    name: str
    backend: str
    numerics: str | None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model: a registered name or a script, perhaps one function of it, and its options."""

    model: str
    function: str | None = None
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For headings."""
        return self.function or Request(self.model).name


def backend_choices(
    backends: str | Iterable[str], numerics: str | None = None
) -> tuple[BackendChoice, ...]:
    """Read ``brian2:pynn,spinnaker-emulated``.

    Parameters
    ----------
    backends : str or iterable of str
        Each ``NAME`` or ``NAME:NUMERICS``, in a text separated by commas.
    numerics : str, optional
        For those that name none.

    Raises
    ------
    InvalidValueError
        Naming everything that is wrong.
    """
    words = backends.split(",") if isinstance(backends, str) else list(backends)
    words = [word.strip() for word in words if word.strip()]
    problems: list[Problem] = []
    if not words:
        problems.append(Problem("no backend was named",
                                fix="--backends brian2:spinnaker,spinnaker-emulated"))
    found: list[BackendChoice] = []
    known = backend_names()
    for word in words:
        backend, colon, chosen = word.partition(":")
        if backend not in known:
            near = nearest(backend, known, 1)
            problems.append(Problem(
                f"there is no backend '{backend}'", limit=f"registered: {', '.join(known)}",
                fix=f"did you mean '{near[0]}'?" if near else "see `neuroport backends`"))
        text = chosen if colon else numerics
        if text is not None:
            try:
                text = numerics_of(text).text
            except UserError as error:
                problems += error.problems
        name, k = word, 2
        while name in [one.name for one in found]:
            name, k = f"{word} #{k}", k + 1
        found.append(BackendChoice(name, backend, text))
    if problems:
        raise InvalidValueError(problems, where="backends")
    return tuple(found)


def model_choice(
    model: str | Path | Model | Callable[..., Any],
    options: Mapping[str, Any] | Sequence[str] = (),
) -> ModelChoice:
    """Say where a worker finds a model, after a look whether it can.

    Parameters
    ----------
    model : str, path, Model or function
        A registered name, a script, or a function of a simulator defined at the top of a file.
    options : mapping or sequence of str
        The model's own options, by name or as words of a command line.

    Raises
    ------
    InvalidValueError, UnknownModelError, UnknownOptionError
    """
    arguments: list[str] = []
    if isinstance(options, Mapping):
        for name, value in options.items():
            text = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
            arguments += ["--" + str(name).replace("_", "-"), str(text)]
    else:
        arguments = [str(word) for word in options]
    if isinstance(model, Model):
        function = model.function
        if _registered(model):
            model.read_options(arguments)
            return ModelChoice(model.name, None, tuple(arguments))
        return ModelChoice(*_place(function), tuple(arguments))
    if callable(model):
        return ModelChoice(*_place(model), tuple(arguments))
    text = str(model)
    request = Request(text)
    if not request.is_script:
        load_model(text).read_options(arguments)
    elif not Path(text).is_file():
        raise InvalidValueError(
            Problem(f"{text} is not a file", fix="the name of a model, or the path of a script; "
                    "see `neuroport models`"))
    return ModelChoice(text, None, tuple(arguments))


def _registered(model: Model) -> bool:
    try:
        return load_model(model.name).function is model.function
    except NeuroportError:
        return False


def _place(function: Callable[..., Any]) -> tuple[str, str]:
    file = inspect.getsourcefile(inspect.unwrap(function)) if callable(function) else None
    name = getattr(function, "__qualname__", "")
    if file is None or not Path(file).is_file() or "." in name or not name.isidentifier():
        raise InvalidValueError(
            Problem("this function cannot be found by another process",
                    measured=f"{name or function!r} in {file or 'no file'}",
                    limit="a function at the top of a file: each backend runs in a process of "
                    "its own",
                    fix="move it out of the function or notebook that it is defined in"))
    return file, name

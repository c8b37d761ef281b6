"""What a user writes to say which model is to be compared: a name, a script, a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroport.errors import InvalidValueError, NeuroportError, Problem
from neuroport.jobs.specification import RunSpec
from neuroport.models import Model, load_model

__all__ = ["model_spec"]


def model_spec(
    model: str | Path | Model | Callable[..., Any],
    options: Mapping[str, Any] | Sequence[str] = (),
    other_options: Sequence[str] = (),
) -> RunSpec:
    """Say where a worker finds a model, after a look whether it can.

    Parameters
    ----------
    model : str, path, Model or function
        A registered name, a script, or a function of a simulator defined at the top of a file.
    options : mapping or sequence of str
        The model's own options, by name or as words of a command line.
    other_options : sequence of str
        Options that belong to the command and its backends, for hints.

    Returns
    -------
    RunSpec
        With the model, its function and its arguments.

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
        if not _registered(model):
            return _place(model.function, arguments)
        model.read_options(arguments, other_options)
        return RunSpec(model.name, arguments=arguments)
    if callable(model):
        return _place(model, arguments)
    spec = RunSpec(str(model), arguments=arguments)
    if not spec.is_script:
        load_model(spec.model).read_options(arguments, other_options)
    elif not Path(spec.model).is_file():
        raise InvalidValueError(
            Problem(f"{spec.model} is not a file", fix="the name of a model, or the path of a "
                    "script; see `neuroport models`"))
    return spec


def _registered(model: Model) -> bool:
    try:
        return load_model(model.name).function is model.function
    except NeuroportError:
        return False


def _place(function: Callable[..., Any], arguments: Sequence[str]) -> RunSpec:
    file = inspect.getsourcefile(inspect.unwrap(function)) if callable(function) else None
    name = getattr(function, "__qualname__", "")
    if file is None or not Path(file).is_file() or "." in name or not name.isidentifier():
        raise InvalidValueError(
            Problem("this function cannot be found by another process",
                    measured=f"{name or function!r} in {file or 'no file'}",
                    limit="a function at the top of a file: each backend runs in a process of "
                    "its own",
                    fix="move it out of the function or notebook that it is defined in"))
    return RunSpec(file, name, arguments)

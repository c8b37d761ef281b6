"""The door of the front end: no error of a dependency goes out of it without a name.

PyNN, lazyarray and NumPy answer arguments that they cannot use with bare assertions, or with errors
of their own inside. Calls of the front end let these out as an error that names the object, the
user's line and the arguments. It is also an error of the kind that it was, so that `except` clauses
of scripts go on to work, and what it came from stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from inspect import isfunction
from typing import Any, TypeVar

from neuroport.errors import (
    FileFormatError,
    InvalidValueError,
    NetworkTooLargeError,
    NeuroportError,
    Problem,
    UnsupportedError,
    UserError,
)
from neuroport.plain_numbers import shown

__all__ = ["also", "checked_class", "checked_function", "entrance"]

_Class = TypeVar("_Class", bound=type)

_OPERATORS = ("__init__", "__call__", "__getitem__", "__setitem__", "__add__", "__iadd__",
              "__contains__")
_NAMED: tuple[tuple[type[Exception], type[UserError]], ...] = (
    (OSError, FileFormatError), (MemoryError, NetworkTooLargeError),
    (NotImplementedError, UnsupportedError),
)


def entrance(*without: str) -> Callable[[_Class], _Class]:
    """Return a decorator of classes: their public methods and properties answer by name.

    Parameters
    ----------
    *without : str
        Methods that are left as they are.
    """

    def decorate(cls: _Class) -> _Class:
        for name in dir(cls):
            if name in without or (name.startswith("_") and name not in _OPERATORS):
                continue
            found = next(b.__dict__[name] for b in cls.__mro__ if name in b.__dict__)
            if isfunction(found):
                setattr(cls, name, checked_function(found))
            elif isinstance(found, property) and found.fset is not None:
                setattr(cls, name, found.setter(checked_function(found.fset, name)))
        return cls

    return decorate


def checked_class(base: type, module: str, **body: Any) -> type:
    """Return a subclass of the same name that answers by name.

    Parameters
    ----------
    base : type
        One of PyNN's.
    module : str
        Where it is to seem to come from.
    **body
        What it has besides.
    """
    made = type(base.__name__, (base,), {"__doc__": base.__doc__, "__module__": module, **body})
    return entrance()(made)


def checked_function(function: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """Return a function or method that answers by name.

    Parameters
    ----------
    function : callable
    name : str, optional
        How the user writes it, where that is not the function's own name.
    """
    if getattr(function, "answers_by_name", False):
        return function
    name = name or function.__name__
    method = name in _OPERATORS or "." in function.__qualname__.rpartition("<locals>.")[2]

    @wraps(function)
    def call(*values: Any, **keywords: Any) -> Any:
        try:
            return function(*values, **keywords)
        except NeuroportError:
            raise
        except Exception as error:
            owner, given = (values[0], values[1:]) if method and values else (None, values)
            raise named(error, name, owner, given, keywords) from error

    call.answers_by_name = True  # type: ignore[attr-defined]
    return call


def named(
    error: Exception, name: str, owner: Any, values: tuple[Any, ...], keywords: dict[str, Any]
) -> UserError:
    """Return a dependency's error as one of neuroport's.

    Parameters
    ----------
    error : Exception
    name : str
        Of the function.
    owner : object
        That it belongs to; None for a function.
    values, keywords
        Its arguments.
    """
    kind = "" if owner is None else type(owner).__name__
    called = kind if name == "__init__" else f"{kind}.{name}" if kind else name
    given = [shown(v) for v in values] + [f"{k}={shown(v)}" for k, v in keywords.items()]
    text = " ".join(str(error).split())
    return _answer(type(error))(
        Problem(
            f"{called} cannot use these arguments",
            measured=", ".join(given)[:400] or "(none)",
            limit=f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__,
            fix=f"help({called}) says what it takes",
        ),
        where=_where(owner),
    )


def _answer(kind: type[Exception]) -> type[UserError]:
    return also(next((ours for theirs, ours in _NAMED if issubclass(kind, theirs)),
                     InvalidValueError), kind)  # type: ignore[arg-type]


@cache
def also(ours: type[UserError], kind: type[Exception]) -> type[UserError]:
    """Return one of neuroport's errors that is also one of this kind."""
    if issubclass(ours, kind):
        return ours
    try:
        return type(ours.__name__, (ours, kind), {"__module__": ours.__module__})
    except TypeError:  # two built-in errors that have fields of their own
        return ours


def _where(owner: Any) -> str:
    """Return what a population or projection is called."""
    for kind in type(owner).__mro__:
        word = {"BasePopulation": "population", "Projection": "projection",
                "Assembly": "assembly"}.get(kind.__name__)
        label = getattr(owner, "label", None) if word else None
        if isinstance(label, str):
            return f"{word} '{label}'"
    return ""

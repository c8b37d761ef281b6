"""Options of an engine on the command line: read from its signature, as a model's are."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from neuroport.errors import InvalidValueError, Problem
from neuroport.secrets import keep_secrets

__all__ = ["flags_of", "split_options", "value_of"]


def flags_of(known: Mapping[str, Any]) -> dict[str, str]:
    """Return ``--some-name`` -> ``some_name``."""
    return {f"--{name.replace('_', '-')}": name for name in known}


def split_options(
    words: Sequence[str], known: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return an engine's options among the words of a command line, and the other words.

    Parameters
    ----------
    words : sequence of str
        ``--name VALUE`` or ``--name=VALUE``, and whatever belongs to a model.
    known : mapping of str to type
        Names as in Python and their types, see :func:`neuroport.jobs.networks.options_for`.

    Raises
    ------
    InvalidValueError
        If an option has no value; all of them are named.
    """
    found: dict[str, Any] = {}
    rest: list[str] = []
    problems: list[Problem] = []
    flags = flags_of(known)
    waiting = keep_secrets(list(words))
    while waiting:
        word = waiting.pop(0)
        flag, equals, text = word.partition("=")
        if flag not in flags:
            rest.append(word)
            continue
        if not equals:
            if not waiting or waiting[0] in flags:
                problems.append(Problem(f"{flag} has no value", fix=f"{flag} VALUE"))
                continue
            text = waiting.pop(0)
        name = flags[flag]
        found[name] = value_of(text, known[name])
    if problems:
        raise InvalidValueError(problems)
    return found, rest


def _is_text(kind: Any) -> bool:
    origin = get_origin(kind)
    if origin is Literal:
        return all(isinstance(a, str) for a in get_args(kind))
    if origin in (Union, types.UnionType):
        return all(_is_text(a) for a in get_args(kind) if a is not type(None))
    return kind is str


def value_of(text: str, kind: Any = None) -> Any:
    """Return the value that a word means: a number, a truth value, ``a=1,b=2``, or the word."""
    if _is_text(kind):
        return text
    if "=" in text:
        pairs = [part.partition("=") for part in text.split(",")]
        return {name.strip(): value_of(value.strip()) for name, _, value in pairs}
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)

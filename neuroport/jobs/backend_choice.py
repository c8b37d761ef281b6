"""Backends as a user writes them: ``brian2:pynn``, ``spinnaker:machine=10.11.193.1``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuroport.backend import backend_names, backend_option_types
from neuroport.backend.registry import unknown_backend
from neuroport.errors import InvalidValueError, Problem, UserError, did_you_mean
from neuroport.jobs.options import flags_of, value_of
from neuroport.jobs.specification import option_text
from neuroport.numerics import numerics as numerics_of
from neuroport.secrets import keep_secrets

__all__ = ["BackendChoice", "backend_choices", "common_options", "folder_name"]


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """One backend with its numerics and options, and what it is called in reports.

    Attributes
    ----------
    name : str
        As written, without users and passwords; with a number where it was written twice.
    backend : str
    numerics : str or None
        None: the model's own.
    options : mapping of str to object
        For the backend's constructor, those for all backends included.
    """

    name: str
    backend: str
    numerics: str | None
    options: Mapping[str, Any] = field(default_factory=dict)


def backend_choices(
    backends: str | Iterable[str],
    numerics: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[BackendChoice, ...]:
    """Read ``brian2:pynn,spinnaker:machine=A,spinnaker:machine=B``.

    Parameters
    ----------
    backends : str or iterable of str
        Each ``NAME[:NUMERICS][:OPTION=VALUE]...``, in a text separated by commas.
    numerics : str, optional
        For those that name none.
    options : mapping of str to object, optional
        For all that take them and do not say otherwise themselves.

    Raises
    ------
    InvalidValueError
        Naming everything that is wrong.

    Examples
    --------
    >>> [c.name for c in backend_choices("brian2,brian2:spinnaker")]
    ['brian2', 'brian2:spinnaker']
    """
    words = (_listed(_hide_user_info(backends)) if isinstance(backends, str)
             else [_hide_user_info(word.strip()) for word in backends])
    problems: list[Problem] = []
    if not any(words):
        problems.append(Problem("no backend was named",
                                fix="--backends brian2:spinnaker,spinnaker-emulated"))
    found: list[BackendChoice] = []
    for word in filter(None, words):
        choice = _read(word, numerics, problems)
        name, k = choice.name, 2
        while name in [one.name for one in found]:
            name, k = f"{choice.name} #{k}", k + 1
        mine = backend_option_types(choice.backend)
        shared = {n: v for n, v in (options or {}).items() if n in mine}
        found.append(BackendChoice(name, choice.backend, choice.numerics,
                                   {**keep_secrets(shared), **choice.options}))
    known = common_options(found)
    problems += [_unknown(name, "none of the backends", known)
                 for name in options or {} if name not in known]
    if problems:
        raise InvalidValueError(problems, where="backends")
    return tuple(found)


def common_options(choices: Sequence[BackendChoice]) -> dict[str, Any]:
    """Return the options that at least one of the backends takes, with their types."""
    known: dict[str, Any] = {}
    for choice in choices:
        known = {**backend_option_types(choice.backend), **known}
    return known


def folder_name(name: str) -> str:
    """Return a backend's name in reports as the name of a folder or file."""
    return re.sub(r"[:+/]+", "-", name.replace(" ", ""))


# A user and password may hold the characters that separate backends and options.
_HIDDEN = str.maketrans(",:", "\ue000\ue001")
_SHOWN = str.maketrans("\ue000\ue001", ",:")


def _hide_user_info(text: str) -> str:
    """Make everything up to the ``@`` of an address one word."""
    another = "|".join(map(re.escape, backend_names()))
    inside = rf"://(?:(?!,(?:{another})(?:[:,]|$)).)*@"
    return re.sub(inside, lambda found: found[0].translate(_HIDDEN), text, flags=re.DOTALL)


def _listed(text: str) -> list[str]:
    """Split at the commas that separate backends; a value may have some itself."""
    words: list[str] = []
    for piece in text.split(","):
        if words and "=" in piece.partition(":")[0]:
            words[-1] += f",{piece}"
        else:
            words.append(piece)
    return [word.strip() for word in words]


def _read(word: str, numerics: str | None, problems: list[Problem]) -> BackendChoice:
    backend, colon, rest = word.partition(":")
    known = backend_option_types(backend)
    if backend not in backend_names():
        problems.append(unknown_backend(backend))
    chosen: str | None = None
    texts: dict[str, str] = {}
    for number, part in enumerate(rest.split(":") if colon else ()):
        name = part.partition("=")[0].replace("-", "_")
        if "=" in part and name in known:
            texts[name] = part.partition("=")[2]
        elif texts:  # an address has colons
            last = list(texts)[-1]
            texts[last] += f":{part}"
        elif "=" in part and name.isidentifier():
            problems.append(_unknown(name, f"backend '{backend}'", known))
            break  # what follows may belong to it
        elif number == 0:
            chosen = part
    options = keep_secrets({name: value_of(text.translate(_SHOWN), known[name])
                            for name, text in texts.items()})
    shown = ":".join([backend, *([] if chosen is None else [chosen]),
                      *(f"{name}={option_text(value)}" for name, value in options.items())])
    used = numerics if chosen is None else chosen
    try:
        used = used if used is None else numerics_of(used).text
    except UserError as error:
        problems += error.problems
    return BackendChoice(shown, backend, used, options)


def _unknown(name: str, what: str, known: Mapping[str, Any]) -> Problem:
    return Problem(
        f"{what} has an option '{name}'" if what.startswith("none") else
        f"{what} has no option '{name}'",
        limit=f"options: {', '.join(flags_of(known)) or '(none)'}",
        fix=did_you_mean(name, known, "leave it out"))

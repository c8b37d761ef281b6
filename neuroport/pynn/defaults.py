"""What a script's ``setup`` takes where the script says nothing.

The user's environment variables say it (``NEUROPORT_BACKEND``, ``NEUROPORT_NUMERICS``,
``NEUROPORT_SEED``, ``NEUROPORT_DIALECT``, ``NEUROPORT_BACKEND_OPTIONS``), and before them whoever
runs the script, with :func:`defaulting_to`. With :func:`insisting_on` it also overrules what the
script says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from neuroport.errors import InvalidValueError, Problem

__all__ = ["DEFAULT_SEED", "DEFAULT_TIMESTEP", "Defaults", "Insisted", "defaulting_to", "defaults",
           "insisted", "insisting_on", "numerics_named"]

DEFAULT_TIMESTEP = 0.1
DEFAULT_SEED = 42


@dataclass(frozen=True)
class Defaults:
    """Settings of a simulator that a script may leave out.

    Attributes
    ----------
    backend, numerics : str
    assumed : bool
        Whether nobody named the numerics: they are those of the dialect in which a script is
        written, and a backend that cannot follow them takes the nearest that it has.
    seed : int
    dialect : str or None
        None: ``pynn``, unless the script imports another simulator's dialect.
    options : mapping of str to object
        For the backend's constructor.
    """

    backend: str = "brian2"
    numerics: str = "pynn"
    assumed: bool = False
    seed: int = DEFAULT_SEED
    dialect: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Insisted:
    """What every simulator gets, whatever a script says; None: what it says.

    Attributes
    ----------
    timestep : float or None
        ms.
    seed : int or None
    numerics : str or None
    further : int
        Added to every seed, so that several simulators of one script keep different ones.
    """

    timestep: float | None = None
    seed: int | None = None
    numerics: str | None = None
    further: int = 0


_insisted: ContextVar[Insisted | None] = ContextVar("insisted", default=None)


def insisted() -> Insisted:
    """Return what is insisted on at present."""
    return _insisted.get() or Insisted()


@contextmanager
def insisting_on(wanted: Insisted) -> Iterator[None]:
    """Let all simulators that are made inside take these settings."""
    token = _insisted.set(wanted)
    try:
        yield
    finally:
        _insisted.reset(token)


_NOTHING: Mapping[str, Any] = MappingProxyType({})
_given: ContextVar[Mapping[str, Any]] = ContextVar("defaults", default=_NOTHING)


def defaults() -> Defaults:
    """Return the defaults in force.

    Raises
    ------
    InvalidValueError
        If an environment variable cannot be read.
    """
    return replace(Defaults(**_environment()), **_given.get())


def numerics_named() -> bool:
    """Whether the user's environment, or whoever runs a script, names the numerics."""
    return "numerics" in {**_environment(), **_given.get()}


@contextmanager
def defaulting_to(**given: Any) -> Iterator[dict[str, Any]]:
    """Let scripts that run inside take these defaults; None: as outside.

    Parameters
    ----------
    **given
        Attributes of :class:`Defaults`.

    Yields
    ------
    dict
        The defaults; what is put there holds, too, until the end.
    """
    inside = {**_given.get(), **{k: v for k, v in given.items() if v is not None}}
    token = _given.set(inside)
    try:
        yield inside
    finally:
        _given.reset(token)


def _environment() -> dict[str, Any]:
    texts = {name: os.environ.get(f"NEUROPORT_{variable}") for name, variable in (
        ("backend", "BACKEND"), ("numerics", "NUMERICS"), ("seed", "SEED"),
        ("dialect", "DIALECT"), ("options", "BACKEND_OPTIONS"))}
    found: dict[str, Any] = {name: text for name, text in texts.items() if text}
    try:
        if "seed" in found:
            found["seed"] = int(found["seed"])
    except ValueError:
        raise InvalidValueError(
            Problem("NEUROPORT_SEED cannot be used", found["seed"], "a whole number from 0")
        ) from None
    if "options" in found:
        try:
            found["options"] = json.loads(found["options"])
        except ValueError as error:
            raise InvalidValueError(
                Problem("NEUROPORT_BACKEND_OPTIONS cannot be read", str(error), "JSON",
                        """'{"machine": "HOST"}'""")) from None
        if not isinstance(found["options"], dict):
            raise InvalidValueError(
                Problem("NEUROPORT_BACKEND_OPTIONS holds no options", limit="a JSON object",
                        fix="""'{"machine": "HOST"}'"""))
    return found

"""Backends by name, found by entry point.

A backend is a package with one entry point in the group ``neuroport.backends``; it names a class
that is a :class:`neuroport.backend.prepared.Backend`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint
from inspect import signature
from typing import Any

from neuroport.backend.prepared import Backend
from neuroport.errors import (
    BackendMissingError,
    Problem,
    UnknownArgumentError,
    UnknownBackendError,
)
from neuroport.plain_numbers import shown
from neuroport.registered import not_registered, registered

__all__ = [
    "backend_class",
    "backend_names",
    "backend_option_types",
    "backend_options",
    "load_backend",
    "unknown_backend",
    "GROUP",
]

GROUP = "neuroport.backends"


def backend_names() -> list[str]:
    """Return the names of all registered backends."""
    return sorted(registered(GROUP))


def backend_options(name: str) -> list[str]:
    """Return the options that a backend's constructor takes; none for an unknown backend."""
    return list(backend_option_types(name))


def backend_option_types(name: str) -> dict[str, Any]:
    """Return the options that a backend's constructor takes, with their types."""
    point = registered(GROUP).get(name)
    if point is None:
        return {}
    try:
        made = point.load()
    except ImportError:
        return {}
    try:
        parameters = signature(made, eval_str=True).parameters
    except NameError:  # a type that only a type checker imports
        parameters = signature(made).parameters
    return {n: p.annotation for n, p in parameters.items()}


def load_backend(name: str, **options: Any) -> Backend:
    """Return a backend by name.

    Parameters
    ----------
    name : str
        As registered, e.g. ``brian2``.
    **options
        Passed to the backend's constructor.

    Raises
    ------
    UnknownBackendError
        If nothing is registered under that name; what is registered is listed.
    BackendMissingError
        If the engine behind it is not installed; the command that installs it is named.
    """
    factory = backend_class(name)
    unknown = [o for o in options if o not in signature(factory).parameters]
    if unknown:
        raise UnknownArgumentError(unknown, f"backend '{name}'", signature(factory).parameters)
    backend: Backend = factory(**options)
    return backend


def unknown_backend(name: str) -> Problem:
    """Return the problem of a name that no backend has."""
    return not_registered(f"there is no backend '{name}'", GROUP, name, "see `neuroport backends`")


def backend_class(name: str) -> Any:
    """Return the class of a backend, which tells what it can do without an engine.

    Raises
    ------
    UnknownBackendError
        If nothing is registered under that name; what is registered is listed.
    BackendMissingError
        If its package cannot be imported.
    """
    points = registered(GROUP)
    if not isinstance(name, str) or name not in points:
        raise UnknownBackendError(unknown_backend(name if isinstance(name, str) else shown(name)))
    try:
        return points[name].load()
    except BackendMissingError:
        raise
    except ImportError as error:
        raise BackendMissingError(
            Problem(
                f"backend '{name}' cannot be loaded: {error}",
                fix=_installs(points[name]),
            )
        ) from None


def _installs(point: EntryPoint) -> str:
    """Return the command that installs what a backend's package needs."""
    package = "neuroport" if point.dist is None else point.dist.name
    if package == "neuroport":
        return f"pip install 'neuroport[{point.name.partition('-')[0]}]'"
    return f"pip install {package}"

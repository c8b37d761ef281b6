"""PyNN's module style over a simulator object: ``import neuroport.pynn as sim``.

``setup`` makes a new simulator; everything else is passed on to it. Scripts that keep several
simulators at once use :func:`neuroport.simulator` instead.
"""

from __future__ import annotations

import difflib
import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

from neuroport.backend import backend_options
from neuroport.errors import NotReadyError, Problem, UnknownArgumentError
from neuroport.numerics import Numerics
from neuroport.pynn.simulator import DEFAULT_SEED, DEFAULT_TIMESTEP, Simulator, simulator
from neuroport.pynn.state import FindingWarning

__all__ = ["setup", "end"]

_current: Simulator | None = None
_MINE = ("timestep", "min_delay", "max_delay", "backend", "numerics", "dialect", "seed")


def _backend_options(extra: dict[str, Any], backend: str) -> dict[str, Any]:
    """Keep what the backend takes; warn of the rest, and refuse misspelt names.

    PyNN's setup takes arguments "required by a given simulator but not by others" (``threads``,
    ``rng_seeds`` ...): what concerns another engine must not stop a script.
    """
    mine = backend_options(backend)
    rest = [name for name in extra if name not in mine]
    misspelt = [name for name in rest if difflib.get_close_matches(name, _MINE, cutoff=0.8)]
    if misspelt:
        raise UnknownArgumentError(misspelt, "setup()", [*_MINE, *mine])
    if rest:
        warnings.warn(
            FindingWarning(
                f"setup(): {', '.join(rest)}: for another engine, without effect on '{backend}'"
            ),
            stacklevel=3,
        )
    return {name: value for name, value in extra.items() if name in mine}


def _environment_options(backend: str) -> dict[str, Any]:
    """Return the options that NEUROPORT_BACKEND_OPTIONS (JSON) has for this backend."""
    given = json.loads(os.environ.get("NEUROPORT_BACKEND_OPTIONS", "{}"))
    return {k: v for k, v in given.items() if k in backend_options(backend)}


def setup(
    timestep: float = DEFAULT_TIMESTEP,
    min_delay: float | str = "auto",
    max_delay: float | str = "auto",
    backend: str | None = None,
    numerics: str | Numerics | Mapping[str, Any] | None = None,
    dialect: str | None = None,
    seed: int | None = None,
    **extra_params: Any,
) -> int:
    """Start anew: any network of this module is given up.

    Parameters
    ----------
    timestep, min_delay, max_delay : float or "auto"
        ms.
    backend : str, optional
        Default: what the environment variable NEUROPORT_BACKEND says, else ``brian2``.
    numerics, dialect, seed
        As for :func:`neuroport.simulator`; NEUROPORT_NUMERICS, NEUROPORT_DIALECT and
        NEUROPORT_SEED give other defaults, NEUROPORT_BACKEND_OPTIONS (JSON) the backend's own.
    **extra_params
        Arguments that PyNN scripts pass for another engine (``threads``, ``rng_seeds`` ...) have
        no effect, and a warning says so; anything else goes to the backend.

    Returns
    -------
    int
        0, the rank of this process.
    """
    global _current
    wrong = [p for p in ("mindelay", "maxdelay", "dt", "time_step") if p in extra_params]
    if wrong:
        raise _OldNameError(
            [Problem(f"{p} is not a valid argument for setup()",
                     fix="use timestep, min_delay, max_delay") for p in wrong]
        )
    if _current is not None:
        _current.state.close()
        _current = None
    name = backend or os.environ.get("NEUROPORT_BACKEND", "brian2")
    options = {**_environment_options(name), **_backend_options(extra_params, name)}
    environment_seed = os.environ.get("NEUROPORT_SEED")
    _current = simulator(
        name,
        timestep=timestep,
        seed=seed if seed is not None else int(environment_seed or DEFAULT_SEED),
        numerics=numerics or os.environ.get("NEUROPORT_NUMERICS", "pynn"),
        dialect=dialect or os.environ.get("NEUROPORT_DIALECT", "pynn"),
        min_delay=min_delay,
        max_delay=max_delay,
        **options,
    )
    return 0


def _simulator() -> Simulator:
    global _current
    if _current is None:
        raise NotReadyError(
            Problem("setup() has not been called", fix="call setup(timestep=...) first")
        )
    return _current


def end(compatible_output: bool = True) -> None:
    """Write what was to be written at the end; see :meth:`neuroport.pynn.Simulator.end`."""
    _simulator().end(compatible_output)


def _release() -> None:
    """Forget the present simulator without ending it; for a runner of several scripts."""
    global _current
    _current = None


# Names that a script may use before setup(): definitions that belong to no simulator.
def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if _current is not None:
        return getattr(_current, name)
    from neuroport.pynn.dialects import dialect_of
    from neuroport.pynn.namespace import definitions

    early = definitions(dialect_of(os.environ.get("NEUROPORT_DIALECT", "pynn")))
    if name in early:
        return early[name]
    return getattr(_simulator(), name)


class _OldNameError(NotReadyError, TypeError):
    """An argument name that PyNN gave up."""

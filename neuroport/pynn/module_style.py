"""PyNN's module style over a simulator object: ``import neuroport.pynn as sim``.

``setup`` makes a new simulator; everything else is passed on to it. Scripts that keep several
simulators at once use :func:`neuroport.simulator` instead.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from typing import Any

from neuroport.backend import backend_options
from neuroport.backend.registry import unknown_backend
from neuroport.errors import (
    NotReadyError,
    Problem,
    UnknownArgumentError,
    UnknownBackendError,
)
from neuroport.numerics import Numerics
from neuroport.plain_numbers import shown
from neuroport.pynn.defaults import DEFAULT_TIMESTEP, defaults
from neuroport.pynn.dialects import dialect_of
from neuroport.pynn.entrance import checked_function
from neuroport.pynn.late import late_names
from neuroport.pynn.namespace import definitions, missing_name
from neuroport.pynn.shown import Remark
from neuroport.pynn.simulator import Simulator, simulator

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
            Remark(f"setup(): {', '.join(rest)}: for another engine, without effect on "
                   f"'{backend}'"),
            stacklevel=3,
        )
    return {name: value for name, value in extra.items() if name in mine}


@checked_function
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
    left_out = defaults()
    name = left_out.backend if backend is None else backend
    if not isinstance(name, str):
        raise UnknownBackendError(unknown_backend(shown(name)))
    mine = backend_options(name)
    spoken = (left_out.dialect or "pynn") if dialect is None else dialect
    assumed = left_out.assumed and numerics is None
    if assumed and spoken != left_out.dialect:
        assumed, numerics = False, dialect_of(spoken).default_numerics
    _current = simulator(
        name,
        timestep=timestep,
        seed=left_out.seed if seed is None else seed,
        numerics=left_out.numerics if numerics is None else numerics,
        dialect=spoken,
        min_delay=min_delay,
        max_delay=max_delay,
        **{**{k: v for k, v in left_out.options.items() if k in mine},
           **_backend_options(extra_params, name)},
    )
    if assumed:
        _current.state.assume_numerics()
    return 0


def _simulator() -> Simulator:
    if _current is None:
        raise NotReadyError(
            Problem("setup() has not been called", fix="call setup(timestep=...) first")
        )
    return _current


def _release() -> None:
    """Forget the present simulator without ending it; for a runner of several scripts."""
    global _current
    _current = None


_late = late_names(_simulator)


def names() -> dict[str, Any]:
    """Return what a script finds in the module, also before ``setup()``."""
    spoken = dialect_of(defaults().dialect or "pynn") if _current is None else (
        _current.state.dialect)
    return {**definitions(spoken), **_late, "setup": setup}


def __getattr__(name: str) -> Any:
    if name == "__all__":  # for `from neuroport.pynn import *`
        return sorted(names())
    if name.startswith("__"):
        raise AttributeError(name)
    known = names()
    if name in known:
        return known[name]
    if _current is None:
        raise missing_name(name, known, "setup() has not been called")
    return getattr(_current, name)


class _OldNameError(NotReadyError, TypeError):
    """An argument name that PyNN gave up."""

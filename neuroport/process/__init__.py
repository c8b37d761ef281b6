"""Engines in child processes: their state, their files and their output stay there.

The parent asks through an :class:`EngineProcess`; the child runs :mod:`neuroport.process.serve`
in whatever Python has the engine. Between them go JSON and arrays, see
:mod:`neuroport.process.wire`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroport.process.host import (
        EngineEndedError,
        EngineError,
        EngineFailedError,
        EngineProcess,
        EngineSilentError,
    )

__all__ = [
    "EngineEndedError", "EngineError", "EngineFailedError", "EngineProcess", "EngineSilentError",
]


def __getattr__(name: str) -> Any:
    # Ctrl-C is looked after in every command, and few have a child process.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from neuroport.process import host

    return getattr(host, name)

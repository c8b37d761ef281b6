"""Engines in child processes: their state, their files and their output stay there.

The parent asks through an :class:`EngineProcess`; the child runs :mod:`neuroport.process.serve`
in whatever Python has the engine. Between them go JSON and arrays, see
:mod:`neuroport.process.wire`.
"""

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

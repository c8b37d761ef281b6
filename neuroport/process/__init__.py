"""An engine in a child process: its state, its files and its output stay there.

For engines with global state or a habit of crashing. The child runs :mod:`neuroport.process.serve`,
which needs nothing of neuroport; the parent asks it through :class:`EngineProcess`.
"""

from neuroport.process.host import (
    EngineEndedError,
    EngineError,
    EngineProcess,
    EngineSilentError,
)

__all__ = ["EngineEndedError", "EngineError", "EngineProcess", "EngineSilentError"]

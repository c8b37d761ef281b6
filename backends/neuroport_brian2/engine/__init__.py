"""Import Brian2 as a guest: without its exception hook, log, warnings and Ctrl-C handler."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings
from typing import Any

_hook = sys.excepthook
_show = warnings.showwarning
_interrupt = signal.getsignal(signal.SIGINT)
import brian2  # noqa: E402
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject  # noqa: E402

# Brian2 would print a request to report a Brian2 bug under any uncaught exception of the user's.
sys.excepthook = _hook
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, _interrupt)  # Ctrl-C belongs to the user's script
if warnings.showwarning is not _show:
    # Brian2 sends the warnings of the whole process to its log.
    logging.captureWarnings(False)
brian2.prefs.logging.file_log = False
brian2.prefs.logging.save_script = False
logging.getLogger("brian2").setLevel(logging.ERROR)

__all__ = ["brian2", "code_class"]


def code_class(target: str) -> Any:
    """Return Brian2's code object class for a target, ``numpy`` or ``cython``."""
    if target == "numpy":
        return NumpyCodeObject
    from brian2.codegen.runtime.cython_rt import CythonCodeObject

    return CythonCodeObject

"""The child's side: load an engine's file and answer what it is asked, until the pipe closes.

Run as ``python serve.py DESCRIPTOR FILE CLASS`` in the working folder. Nothing of neuroport is
imported, so that the child starts quickly. Whatever the engine prints goes where the parent
pointed the standard output.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any


def load(path: str, name: str) -> Any:
    """Return an instance of the class `name` in the file `path`."""
    spec = importlib.util.spec_from_file_location("engine", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)()


def failure(error: BaseException) -> tuple[str, str, str, str]:
    """Return what the parent is told of an exception."""
    return "failed", type(error).__name__, str(error), traceback.format_exc()


def main() -> int:
    """Answer requests ``(method, keywords)`` until the parent goes away."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        engine = load(sys.argv[2], sys.argv[3])
    except BaseException as error:
        connection.send(failure(error))
        return 1
    connection.send(("done", None))
    while True:
        try:
            method, keywords = connection.recv()
        except (EOFError, OSError):  # the parent has closed the pipe, or died
            return 0
        try:
            reply: tuple[Any, ...] = ("done", getattr(engine, method)(**keywords))
        except BaseException as error:
            reply = failure(error)
        try:
            connection.send(reply)
        except OSError:
            return 0
        except Exception as error:  # a result that cannot be pickled
            connection.send(failure(error))


if __name__ == "__main__":
    sys.exit(main())

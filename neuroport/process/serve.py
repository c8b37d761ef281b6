"""The child's side: load an engine's file and answer what it is asked, until the input ends.

Run as ``python serve.py FOLDER FILE CLASS PATIENCE`` by any Python; of neuroport only the two
files beside this one are loaded that need nothing else of it. Messages come on standard input and
go to what was standard output at the start; whatever the engine prints goes to standard error,
which the parent has pointed at its log. When the input ends, because the parent has closed it or
has died, the engine is told to let go, and process and FOLDER are gone at most PATIENCE seconds
and a little later.

An engine is a class that is made with a :class:`Link` and whose methods are what can be asked. An
exception may have ``kind``, the name under which the parent knows it, and ``details``, a
dictionary that is told with it.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import queue
import shutil
import signal
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn


def beside(folder: Path, package: str, name: str) -> Any:
    """Import a file from a folder, as a module of a package that may import its neighbours."""
    if package not in sys.modules:
        made = types.ModuleType(package)
        made.__path__ = [str(folder)]
        sys.modules[package] = made
    return importlib.import_module(f"{package}.{name}")


wire = beside(Path(__file__).parent, "served", "wire")
copied = beside(Path(__file__).parent, "served", "copied")


class Link:
    """An engine's line to whoever asks.

    Attributes
    ----------
    stop : threading.Event
        Set where what is being done should end soon: the parent asked for it, or is gone.
    busy : bool
        Whether a request is being served.
    """

    def __init__(self, descriptor: int, patience: float) -> None:
        self.stop = threading.Event()
        self.busy = False
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopped = -1  # number of the last request that is to stop
        self._left = False  # nobody listens any more
        self._at_once: list[Callable[[], None]] = []
        self._at_end: list[Callable[[], None]] = []
        self._patience = patience
        self._letting_go = threading.Lock()
        self._let_go_of = False
        self._done = threading.Event()

    def tell(self, note: str, **details: Any) -> None:
        """Tell something without being asked, from any thread: a sign of life."""
        self.send({"note": note, "details": details})

    def at_end(self, function: Callable[[], None], at_once: bool = False) -> None:
        """Have a function called when nobody listens any more.

        Parameters
        ----------
        function : callable
        at_once : bool
            Whether to call it at once, in another thread than the one that answers requests, and
            not only when the present request is done.
        """
        (self._at_once if at_once else self._at_end).append(function)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; where nobody listens the end of the input ends everything."""
        pieces = wire.packed(message)
        with self._lock, contextlib.suppress(OSError):
            wire.send(self._descriptor, pieces)

    def in_a_copy(self, function: Callable[[], Any], within: float) -> Any:
        """Return what a function returns in a copy of this process; here nothing changes.

        See `neuroport.process.copied.in_a_copy`.
        """
        return copied.in_a_copy(function, within, wire)

    def listen(self, descriptor: int, leave: Callable[[], None]) -> None:
        """Take requests until the input ends; then see that the process ends, too."""
        incoming = wire.Incoming()
        while piece := _read(descriptor):
            incoming.add(piece)
            while (message := incoming.take()) is not None:
                if "stop" in message:
                    with self._lock:
                        self._stopped = message["stop"]
                        self.stop.set()
                else:
                    self._waiting.put(message)
        with self._lock:
            self._left = True
            self.stop.set()
        self._waiting.put(None)
        self._let_go()
        if not self._done.wait(self._patience):
            leave()

    def _let_go(self) -> None:
        """Do what is to be done at once, once; whoever comes second waits until it is done."""
        if self._letting_go.acquire(timeout=self._patience):
            try:
                if not self._let_go_of:
                    self._let_go_of = True
                    _call(self._at_once)
            finally:
                self._letting_go.release()

    def told(self, number: int, frame: types.FrameType | None) -> None:
        """Break off what is being done, as Ctrl-C does; where that is nothing, end."""
        if not self.busy:
            self._waiting.put(None)
            return
        self.busy = False  # once is enough
        raise KeyboardInterrupt

    def next(self) -> dict[str, Any] | None:
        """Return the next request; None where no more will come."""
        request = self._waiting.get()
        with self._lock:
            if request is not None and not self._left and self._stopped < request["number"]:
                self.stop.clear()
        return request

    def finish(self) -> None:
        """Let go of everything, in the main thread."""
        self._let_go()
        _call(self._at_end)
        atexit._run_exitfuncs()  # now: a package may write into the folder at its exit
        self._done.set()


def _call(functions: list[Callable[[], None]]) -> None:
    for function in functions:
        with contextlib.suppress(Exception):
            function()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 20)
    except OSError:
        return b""


def answer(link: Link, number: int, ask: Callable[..., Any], **keywords: Any) -> bool:
    """Send what a function returns, or why it does not; return whether it did."""
    try:
        link.busy = True
        done = ask(**keywords)
        link.busy = False
        link.send({"done": done, "number": number})
    except BaseException as error:  # also what cannot be sent
        link.busy = False
        link.send({**wire.failure(error), "number": number})
        return False
    return True


def main() -> int:
    """Answer requests ``{"ask": method, "keywords": {...}, "number": n}`` until the parent goes."""
    folder, file, name, patience = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5]
    link = Link(os.dup(1), float(patience))
    requests = os.dup(0)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # whoever asks a question gets no answer
    here = str(Path(__file__).parent)
    sys.path[:] = [p for p in sys.path if p != here]
    signal.signal(signal.SIGTERM, link.told)

    def leave() -> NoReturn:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(
        target=link.listen, args=(requests, leave), daemon=True
    ).start()
    engine: Any = None

    def begin() -> None:
        nonlocal engine
        engine = getattr(beside(file.parent, "engine", file.stem), name)(link)

    def perform(method: str, keywords: dict[str, Any]) -> Any:
        return getattr(engine, method)(**keywords)

    if not answer(link, 0, begin):
        return 1
    while (request := link.next()) is not None:
        answer(link, request["number"], perform, method=request["ask"],
               keywords=request["keywords"])
    link.finish()
    leave()


if __name__ == "__main__":
    sys.exit(main())

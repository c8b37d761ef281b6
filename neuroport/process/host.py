"""The parent's side: starts the child, asks it, and never waits for ever."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroport.errors import Problem, UserError
from neuroport.process.ending import end
from neuroport.process.environment import surroundings
from neuroport.process.wire import Incoming, packed
from neuroport.secrets import without_secrets

__all__ = [
    "EngineEndedError", "EngineError", "EngineFailedError", "EngineProcess", "EngineSilentError",
]

LOGGER = logging.getLogger("neuroport.process")
"""What went wrong inside an engine, in full."""

_LOG = "engine.log"
_LOOK_EVERY = 0.2  # s between two looks at the clock while waiting
_STATUS_WITHIN = 2.0  # s for a process that has closed its output to end
_PIPE = 1 << 20  # bytes
_GRACE = 5.0  # s to let go of everything
_HUNG = 2.0  # s for the same, where it has said nothing for long


class EngineError(UserError, RuntimeError):
    """An engine in a child process refused or failed; its own words are named."""


class EngineFailedError(EngineError):
    """The engine raised an exception."""


class EngineEndedError(EngineError):
    """The engine's process ended by itself: it crashed or was killed."""


class EngineSilentError(EngineError, TimeoutError):
    """The engine gave no sign of life for too long and was stopped."""


class EngineProcess:
    """An object of a Python class in a process of its own.

    The process is a server for one class, see :mod:`neuroport.process.serve`. What it prints goes
    into a log. It ends when its input is closed: by `close`, at the end of the program, when this
    object is forgotten, and also when this process is killed.

    Parameters
    ----------
    name : str
        The engine, as users know it.
    script : pathlib.Path
        A file with the class; it may import its neighbours relatively, and need not import
        neuroport.
    class_name : str
        The class; its methods are what can be asked.
    timeout : float
        Seconds without a sign of life after which the process is stopped, unless a request says
        otherwise.
    start_timeout : float, optional
        The same while it starts.
    grace : float
        Seconds that it has to let go of everything once its input is closed.
    python : str, optional
        The interpreter; this one.
    isolated : bool
        Whether it has a home, a working folder and an environment of its own, without secrets;
        else the user's.
    environment : mapping of str to (str or None), optional
        Further environment variables; None: to leave out.
    files : mapping of str to str, optional
        Texts to find below `folder`, readable by this user only.
    prefix : str
        The beginning of the folder's name.
    log : Path, optional
        Where what it prints is added, to be kept; else in `folder`.
    keep : sequence of int
        Open files that it inherits: locks that are held as long as it lives.

    Attributes
    ----------
    folder : pathlib.Path
        The process' own folder, which is removed with it. The home is ``home``.

    Raises
    ------
    EngineError
        If the engine cannot be started.
    """

    def __init__(
        self,
        name: str,
        script: Path,
        class_name: str,
        *,
        timeout: float = 600.0,
        start_timeout: float | None = None,
        grace: float = _GRACE,
        python: str | None = None,
        isolated: bool = True,
        environment: Mapping[str, str | None] | None = None,
        files: Mapping[str, str] | None = None,
        prefix: str = "neuroport-engine-",
        log: Path | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._timeout = timeout
        self._grace = grace
        self._number = 0  # of the last request
        self._incoming = Incoming()
        self._outgoing: deque[memoryview] = deque()
        self._last_words: str | None = None  # of a process that has ended
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self._log = log or self.folder / _LOG
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        for place, text in (files or {}).items():
            descriptor = os.open(self.folder / place, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        own = surroundings(os.environ, home if isolated else None, environment or {})
        try:
            with self._log.open("ab") as printed:
                self._process = subprocess.Popen(
                    [python or sys.executable, "-u", str(Path(__file__).with_name("serve.py")),
                     str(self.folder), str(script), class_name, str(grace)],
                    cwd=self.folder if isolated else None, env=own, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=printed, pass_fds=tuple(keep),
                    start_new_session=True,  # Ctrl-C belongs to the user's process
                )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise self._not_started(error) from None
        if self._process.stdin is None or self._process.stdout is None:
            raise EngineError(Problem(f"the process for {name} has no pipes"))
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        with contextlib.suppress(OSError, AttributeError):  # Linux: fewer, larger pieces
            for descriptor in (self._to, self._from):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)
        # Also where a session is forgotten without being closed, and at the end of the program.
        self._end = weakref.finalize(self, end, self._process, self.folder, grace)
        try:
            self._answer("start", timeout if start_timeout is None else start_timeout)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._end.alive and self._process.poll() is None

    @property
    def number(self) -> int:
        """The process number."""
        return self._process.pid

    # -- asking --------------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        *,
        timeout: float | None = None,
        within: float | None = None,
        waiting: Callable[[], bool | None] | None = None,
        **keywords: Any,
    ) -> Any:
        """Call a method of the engine and return what it returns.

        Parameters
        ----------
        method : str
        timeout : float, optional
            Seconds to wait for the answer or for the next sign of life.
        within : float, optional
            Seconds to wait for the answer, signs of life or not.
        waiting : callable, optional
            Called at least five times a second while the engine works; True is a sign of life
            that only the caller can see. What it raises ends the wait; the engine goes on, and
            its answer is dropped when it comes.
        **keywords
            The method's arguments: numbers, words, None, arrays, and lists and dictionaries of
            those.

        Raises
        ------
        EngineFailedError, EngineEndedError, EngineSilentError
        EngineError
            Where the arguments cannot be sent.
        """
        if not self._end.alive:
            raise EngineEndedError(Problem(f"the {self.name} process has been closed"))
        try:
            pieces = packed({"ask": method, "number": self._number + 1, "keywords": keywords})
        except TypeError as error:
            raise EngineError(Problem(f"'{method}' of {self.name}: {error}")) from None
        self._number += 1
        self._outgoing += pieces
        return self._answer(method, self._timeout if timeout is None else timeout, within, waiting)

    def stop(self) -> None:
        """Ask the engine to end soon what it is doing, and to answer; for `waiting`."""
        self._outgoing += packed({"stop": self._number})

    def interrupt(self) -> None:
        """Break off what the engine is doing, as Ctrl-C does; from any thread."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                self._process.terminate()

    def _answer(
        self, method: str, timeout: float, within: float | None = None,
        waiting: Callable[[], bool | None] | None = None,
    ) -> Any:
        now = time.monotonic()
        limit = None if within is None else now + within
        silent = now + timeout
        while True:
            message = self._incoming.take()
            now = time.monotonic()
            if message is None:
                if limit is not None and now >= limit:
                    raise self._silent(method, within or 0.0)
                if now >= silent:
                    raise self._silent(method, timeout)
                if waiting is not None and waiting():
                    silent = now + timeout
                self._exchange(method, min(_LOOK_EVERY, silent - now))
            elif message.get("number", self._number) == self._number and "note" not in message:
                break  # not that of a request that was broken off
            else:
                silent = now + timeout
                if "note" in message:
                    self._heard(message["note"], message["details"])
        if "error" in message:
            raise self._failed(method, message)
        return message["done"]

    def _exchange(self, method: str, wait: float) -> None:
        """Send and receive what can be, and wait a little where that is nothing."""
        watch = select.poll()
        watch.register(self._from, select.POLLIN)
        if self._outgoing:
            watch.register(self._to, select.POLLOUT)
        for descriptor, _ in watch.poll(max(0.0, wait) * 1e3):
            try:
                if descriptor == self._to:
                    piece = self._outgoing[0]
                    sent = os.write(self._to, piece)
                    self._outgoing[0] = piece[sent:]
                    if sent == len(piece):
                        self._outgoing.popleft()
                    continue
                received = os.read(self._from, 1 << 20)
            except BlockingIOError:
                continue
            except BrokenPipeError:  # what it said before it ended is still to be read
                self._outgoing.clear()
                continue
            if not received:
                raise self._ended(method)
            self._incoming.add(received)

    # -- what an engine's own host may say otherwise -----------------------------------------------

    def _heard(self, note: str, details: Mapping[str, Any]) -> None:
        """Take what the engine told without being asked."""

    def _not_started(self, error: OSError) -> Exception:
        """Return the error of an interpreter that cannot be started."""
        return EngineError(Problem(f"a process for {self.name} cannot be started: {error}"))

    def _failed(self, method: str, told: Mapping[str, Any]) -> Exception:
        """Return the error of an engine that raised one: its `error` (kind), `text`, `trace`."""
        LOGGER.debug("the traceback of %s:\n%s", self.name, without_secrets(told["trace"]))
        words = self.log(5)
        return EngineFailedError(
            Problem(f"{self.name} failed at '{method}'",
                    measured=f"{told['error']}: {told['text']}",
                    limit=f"last words: {words}" if words else "",
                    fix="the logger 'neuroport' has the traceback at level DEBUG")
        )

    def _silent(self, method: str, seconds: float) -> Exception:
        """End the process and return the error of one that said nothing."""
        self.close(min(self._grace, _HUNG))
        return EngineSilentError(
            Problem(f"{self.name} did not answer '{method}' and was stopped",
                    measured=f"{seconds:g} s without a sign of life",
                    limit=f"last words: {self.log(5)}")
        )

    def _ended(self, method: str) -> Exception:
        """Return the error of a process that has ended."""
        return EngineEndedError(
            Problem(f"the {self.name} process ended during '{method}'", measured=self._how(),
                    limit=f"last words: {self.log(15)}",
                    fix="what was recorded before is kept; reset() starts a new process")
        )

    def _how(self) -> str:
        """Close what is left of a process and return how it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_STATUS_WITHIN)
        self.close()
        status = self._process.returncode
        if status is not None and status < 0:
            return f"signal {signal.Signals(-status).name}"
        return f"exit status {status}"

    # -- the end -----------------------------------------------------------------------------------

    def log(self, lines: int = 40) -> str:
        """Return the end of what the engine printed; also after it has ended."""
        text = self._last_words
        if text is None:
            try:
                text = self._log.read_text("utf-8", errors="replace")
            except OSError:
                return ""
        return "\n".join(text.splitlines()[-lines:])

    def close(self, grace: float | None = None) -> None:
        """End the process, see :func:`neuroport.process.ending.end`, and remove its folder.

        Parameters
        ----------
        grace : float, optional
            Seconds to let go of everything, if others than usual.
        """
        if self._last_words is None:
            self._last_words = self.log()
        if grace is None:
            self._end()
        elif self._end.detach() is not None:
            end(self._process, self.folder, grace)

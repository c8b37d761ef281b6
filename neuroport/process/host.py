"""The parent's side: starts the child, asks it, and never waits for ever."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from neuroport.errors import Problem, UserError

__all__ = ["EngineProcess", "EngineError", "EngineEndedError", "EngineSilentError"]

_LOG = "engine.log"
_LOOK_EVERY = 0.2  # seconds between two looks at the clock while waiting
_END_WITHIN = 10.0  # seconds for a killed process to go


class EngineError(UserError, RuntimeError):
    """An engine in a child process refused or failed; its own words are named."""


class EngineEndedError(EngineError):
    """The engine's process ended by itself: it crashed or was killed."""


class EngineSilentError(EngineError, TimeoutError):
    """The engine gave no answer for too long and was stopped."""


class EngineProcess:
    """A Python object in a process of its own, with its own home and working folder.

    Parameters
    ----------
    name : str
        The engine, as users know it.
    script : pathlib.Path
        A file with the class; it must not need neuroport.
    class_name : str
        The class; its methods are what can be asked.
    timeout : float
        Seconds to wait for an answer, unless a request says otherwise.
    environment : mapping of str to str, optional
        Further environment variables.

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
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._timeout = timeout
        self.folder = Path(tempfile.mkdtemp(prefix="neuroport-engine-"))
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        mine, theirs = socket.socketpair()
        surroundings = {
            **os.environ, "HOME": str(home), "USERPROFILE": str(home),
            "XDG_CONFIG_HOME": str(home / "config"), **(environment or {}),
        }
        try:
            with (self.folder / _LOG).open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-u", str(Path(__file__).with_name("serve.py")),
                     str(theirs.fileno()), str(script), class_name],
                    cwd=self.folder, env=surroundings, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT, pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # Ctrl-C belongs to the user's process
                )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            mine.close()
            raise EngineError(
                Problem(f"a process for {name} cannot be started: {error}")
            ) from None
        finally:
            theirs.close()
        self._connection: Connection[Any, Any] = Connection(mine.detach())
        # Also where a session is forgotten without being closed, and at the end of the program.
        self._end = weakref.finalize(self, _end, self._process, self._connection, self.folder)
        self._answer("start", timeout, None)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._end.alive and self._process.poll() is None

    @property
    def number(self) -> int:
        """The process number."""
        return self._process.pid

    def ask(
        self,
        method: str,
        *,
        timeout: float | None = None,
        waiting: Callable[[], None] | None = None,
        **keywords: Any,
    ) -> Any:
        """Call a method of the engine and return what it returns.

        Parameters
        ----------
        method : str
        timeout : float, optional
            Seconds.
        waiting : callable, optional
            Called now and then while the engine works; what it raises ends the wait.
        **keywords
            The method's arguments; anything that can be pickled.

        Raises
        ------
        EngineError, EngineEndedError, EngineSilentError
        """
        if not self._end.alive:
            raise EngineEndedError(Problem(f"the {self.name} process has been closed"))
        try:
            self._connection.send((method, keywords))
        except OSError:
            raise self._ended(method) from None
        return self._answer(method, self._timeout if timeout is None else timeout, waiting)

    def _answer(
        self, method: str, timeout: float, waiting: Callable[[], None] | None
    ) -> Any:
        limit = time.monotonic() + timeout
        while not self._answered(max(0.0, min(_LOOK_EVERY, limit - time.monotonic())), method):
            if time.monotonic() >= limit:
                words = self.log(5)
                self.close()
                raise EngineSilentError(
                    Problem(f"{self.name} did not answer '{method}' and was stopped",
                            measured=f"{timeout:g} s", limit=f"last words: {words}")
                )
            if waiting is not None:
                waiting()
        try:
            reply = self._connection.recv()
        except (EOFError, OSError):
            raise self._ended(method) from None
        if reply[0] == "done":
            return reply[1]
        _, kind, text, trace = reply
        raise EngineError(
            Problem(f"{self.name} failed at '{method}'", measured=f"{kind}: {text}",
                    limit="\n" + trace[-1500:])
        )

    def _answered(self, wait: float, method: str) -> bool:
        """Wait for an answer, or for the end of the process."""
        try:
            return self._connection.poll(wait)
        except OSError:
            raise self._ended(method) from None

    def _ended(self, method: str) -> EngineEndedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_END_WITHIN)
        status = self._process.returncode
        how = f"signal {signal.Signals(-status).name}" if status is not None and status < 0 \
            else f"exit status {status}"
        words = self.log(15)
        self.close()
        return EngineEndedError(
            Problem(f"the {self.name} process ended during '{method}'", measured=how,
                    limit=f"last words: {words}",
                    fix="what was recorded before is kept; reset() starts a new process")
        )

    def log(self, lines: int = 40) -> str:
        """Return the end of what the engine printed."""
        try:
            text = (self.folder / _LOG).read_text("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """End the process and remove its folder."""
        self._end()


def _end(
    process: subprocess.Popen[bytes], connection: Connection[Any, Any], folder: Path
) -> None:
    connection.close()
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_END_WITHIN)
    shutil.rmtree(folder, ignore_errors=True)

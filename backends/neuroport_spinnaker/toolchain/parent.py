"""The parent's side of the worker: starts it, asks it, and never waits for ever."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import BackendMissingError, NeuroportError, Problem, UnsupportedError
from neuroport.secrets import with_secrets, without_secrets
from neuroport_spinnaker.errors import (
    BoardVersionError,
    MachineLostError,
    MachineMemoryError,
    MachineUnreachableError,
    ToolchainError,
    ToolchainSilentError,
    ToolchainVersionError,
)
from neuroport_spinnaker.machine.crash import core_failed
from neuroport_spinnaker.options import Options

__all__ = ["Worker", "PYTHON", "INSTALL"]

LOGGER = logging.getLogger("neuroport.spinnaker")
"""What the tool-chain logs, as it happens."""

PYTHON = "NEUROPORT_SPINNAKER_PYTHON"
INSTALL = "pip install 'neuroport[spinnaker]'"
# What it says of its own making, which tells a user nothing.
_CHATTER = (" skipped as ", "is non-standard PyNN", "external source", "live event connection")
_UNREACHABLE = ("SpinnmanTimeoutException", "SpinnmanIOException", "SpinnmanBootException",
                "gaierror", "ConnectionRefusedError", "OSError", "TimeoutError",
                "ConnectionError", "ConnectTimeout", "SSLError", "ProtocolTimeoutError",
                "ProtocolError", "SpallocException", "ReadTimeout", "HTTPError",
                "JobDestroyedError", "StateChangeTimeoutError")
_LOST = {"SpinnmanTimeoutException", "SpinnmanIOException", "SpinnmanGroupedProcessException",
         "SpinnmanGenericProcessException", "SpinnmanUnexpectedResponseCodeException",
         "JobDestroyedError", "ConnectionRefusedError", "ConnectionResetError"}
_INNER = re.compile(r"Received exception class: (\w+)")
_NO_MEMORY = re.compile(
    r"Could not allocate (\d+) bytes of SDRAM.*?When sending to (\d+):(\d+)", re.DOTALL
)
_READS = ("run", "spikes", "signal", "state", "weights", "set")
_KEPT = "what was recorded before is kept; call reset() to start anew"
_BOOTS = 2  # attempts to boot a machine that says nothing; each takes 9 s
_ABOUT_BOARDS = re.compile(r"width|height|version", re.IGNORECASE)
_END_WITHIN = 30.0  # s to give the machine back
_BUSY_END_WITHIN = 10.0  # s, where it was broken off


class Worker:
    """sPyNNaker in a child process with its own home and working folder.

    Parameters
    ----------
    machine : mapping
        Options of the section ``[Machine]`` of its configuration.
    options : Options

    Attributes
    ----------
    folder : Path
        Its working folder.
    version : str
        Of sPyNNaker.
    running_since : float or None
        When the machine began to run (``time.monotonic``); None while it does not.
    running_seconds : float
        How long a machine in real time takes for that run.
    ran : bool
        Whether the machine has begun to run at all.
    secrets : dict of str to dict
        What of the configuration is not in its file, by section and option; for ``build``.
    """

    def __init__(self, machine: Mapping[str, Any], options: Options) -> None:
        self._options = options
        self.folder = Path(tempfile.mkdtemp(prefix="neuroport-spinnaker-"))
        os.chmod(self.folder, 0o700)
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        self._write_configuration(home / ".spynnaker.cfg", machine)
        python = os.environ.get(PYTHON) or sys.executable
        environment = {
            **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONSTARTUP")},
            "HOME": str(home), "USERPROFILE": str(home), "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CONFIG_DIRS": str(home / "none"), "MPLBACKEND": "Agg",
        }
        child = Path(__file__).with_name("child.py")
        try:
            self._process = subprocess.Popen(
                [python, "-u", str(child)], cwd=self.folder, env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise BackendMissingError(
                Problem(f"the interpreter for sPyNNaker cannot be started: {error}",
                        measured=f"{PYTHON}={python}")
            ) from None
        # Also where a session is forgotten without being closed, and at the end of the program.
        self._end = weakref.finalize(self, _end, self._process, self.folder)
        self._buffer = b""
        self._number = 0  # of the last request
        self._busy = False  # a request has no reply yet
        self._refused = False
        self._failed = False  # it has just said that the run failed
        self._boots = 0
        self._began = time.monotonic()
        self._reached_machine = False  # the tool-chain says so in its log
        self.running_since: float | None = None
        self.running_seconds = 0.0
        self.ran = False
        LOGGER.info("starting sPyNNaker")
        try:
            first = self._reply(options.start_timeout, "start")
        except BaseException:
            self._end()
            raise
        self.version = str(first["ready"])

    def _write_configuration(self, path: Path, machine: Mapping[str, Any]) -> None:
        sections: dict[str, dict[str, Any]] = {
            "Machine": dict(machine),
            "Reports": {"write_network_graph": "False"},
        }
        for section, entries in self._options.configuration.items():
            sections.setdefault(section, {}).update(entries)
        # A password is not for a file: the child is told when it builds.
        self.secrets = {
            section: {key: value for key, value in with_secrets(entries).items()
                      if value != entries[key]}
            for section, entries in sections.items()
        }
        lines = []
        for section, entries in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in entries.items()]
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    # -- asking --------------------------------------------------------------------------------

    def ask(
        self,
        what: str,
        timeout: float | None = None,
        beat: Callable[[], bool] | None = None,
        **details: Any,
    ) -> dict[str, Any]:
        """Send a request and return the reply.

        Parameters
        ----------
        what : str
        timeout : float, optional
            Seconds to wait for the reply, or for the next sign of life: something that is logged.
        beat : callable, optional
            Called five times a second; True where there was a sign of life that only the caller
            can see.
        **details
            Of the request.

        Raises
        ------
        ToolchainError, ToolchainSilentError, MachineUnreachableError, MachineLostError
        """
        self._number += 1
        self._send({"do": what, "number": self._number, **details}, what)
        self._busy = True  # and stays so where the wait is broken off
        reply = self._reply(timeout or self._options.silence_timeout, what, beat)
        self._busy = False
        if "error" in reply:
            raise self._error(reply, what)
        done: dict[str, Any] = reply["done"]
        return done

    def stop(self) -> None:
        """Ask a run to end at the step that the machine has reached."""
        self._send({"do": "stop"}, "stop")

    def _send(self, request: dict[str, Any], what: str) -> None:
        try:
            if self._process.stdin is None:  # cannot be: it is a pipe
                raise BrokenPipeError
            self._process.stdin.write((json.dumps(request) + "\n").encode())
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise self._dead(what) from None

    def send(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put arrays into the working folder."""
        np.savez(self.folder / name, **dict(arrays))  # type: ignore[arg-type]

    def received(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the last reply."""
        with np.load(self.folder / "reply.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    def log(self, lines: int = 40) -> str:
        """Return the end of what sPyNNaker printed."""
        try:
            text = (self.folder / "spynnaker.log").read_text("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _reply(
        self, timeout: float, what: str, beat: Callable[[], bool] | None = None
    ) -> dict[str, Any]:
        end = time.monotonic() + timeout
        while True:
            line = self._line(end, beat)
            if line is None:
                tail = self.log(5)
                self.kill()
                raise ToolchainSilentError(
                    Problem(
                        f"sPyNNaker did not answer '{what}' and was stopped",
                        measured=f"{timeout:g} s without a sign of life",
                        limit=f"last words: {tail}" if tail else "it said nothing",
                        fix="a longer silence_timeout, if the network is large",
                    )
                )
            if line == b"":
                raise self._dead(what)
            if not line.startswith(b"."):  # "." is a beat
                reply: dict[str, Any] = json.loads(line)
                if "event" in reply:
                    self._heard(reply)
                elif reply.get("number", self._number) == self._number:
                    break  # not that of a request that was broken off
            end = time.monotonic() + timeout
        if what == "start" and "error" in reply:
            raise self._error(reply, what)
        return reply

    def _line(self, end: float, beat: Callable[[], bool] | None) -> bytes | None:
        """Return the next line, ``.`` for a beat, nothing for the end, None where time is up."""
        if self._process.stdout is None:
            return b""
        number = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0:
                return None
            if beat is not None and beat():
                return b"."
            ready, _, _ = select.select([number], [], [], min(left, 0.2))
            if ready:
                piece = os.read(number, 65536)
                if not piece:
                    return b""
                self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _heard(self, event: dict[str, Any]) -> None:
        """Pass on what the child told without being asked."""
        if event["event"] == "log":
            text = str(event["text"])
            if text.startswith("Creating transceiver"):
                self._began = time.monotonic()
            self._reached_machine |= text.startswith(("Detected ", "Found board with"))
            self._boots += "Attempting to boot" in text
            # It would try again, for minutes, at a machine that is not there.
            if self._boots > _BOOTS and not self._reached_machine:
                self.kill()
                raise self._unreachable(
                    f"no word in {time.monotonic() - self._began:.0f} s, "
                    f"nor after {_BOOTS} attempts to boot it"
                )
            if self._refused and not self._reached_machine:
                self.kill()
                raise self._unreachable(text)
            self._refused |= "Error on machine_generation" in text
            if self._failed and ("SpinnmanTimeout" in text or "IO Error" in text):
                # It would ask every core for its last words, 10 s each.
                self.kill()
                raise self._lost(text)
            self._failed = "error has occurred during simulation" in text
            # A tool-chain's errors are raised with its reply; here they are only its log.
            level = min(int(event["level"]), logging.WARNING)
            if any(words in text for words in _CHATTER):
                level = logging.DEBUG
            LOGGER.log(level, "sPyNNaker: %s", without_secrets(text))
        elif event["event"] == "running":
            self.ran = self._reached_machine = True
            self.running_since = time.monotonic()
            self.running_seconds = float(event["seconds"])
        elif event["event"] == "ran":
            self.running_since = None

    def _error(self, reply: dict[str, Any], what: str) -> Exception:
        if reply["error"] == "missing":
            self.kill()
            return BackendMissingError(
                Problem("sPyNNaker is not installed", measured=f"in {reply['python']}",
                        fix=f"{INSTALL}, or set {PYTHON} to an interpreter that has it")
            )
        if reply["error"] == "version":
            self.kill()
            return ToolchainVersionError(
                Problem("this version of sPyNNaker is not known", measured=reply["version"],
                        limit="7.4.x", fix=INSTALL)
            )
        kind, text = str(reply["kind"]), str(reply["text"])
        if kind == "NoRoomError":
            return UnsupportedError(
                Problem("the new spike times need more memory than was taken at the first run",
                        measured=text, limit="sPyNNaker 7.4 takes it by the first spike times",
                        fix="call reset() before, or give all spike times before the first run")
            )
        if what == "run" and not self._reached_machine and kind in _UNREACHABLE:
            return self._unreachable(f"{kind}: {text}")
        if reply.get("cores"):
            return core_failed(reply["cores"], what)
        if full := _NO_MEMORY.search(text):
            return MachineMemoryError(
                Problem("a chip has no memory left for this network",
                        measured=f"{full[1]} bytes could not be taken on chip {full[2]},{full[3]}",
                        limit="119 MB of SDRAM on a chip, less what else is on the machine",
                        fix="a larger target, fewer synapses or recordings on a chip, and nobody "
                        "else on the machine")
            )
        # What a group of messages failed with is inside.
        kinds = set(_INNER.findall(text)) or {kind}
        if what in _READS and self._reached_machine and kinds & _LOST:
            return self._lost(f"at '{what}': {kind}: {text}")
        if what == "run" and kind == "SpinnMachineException" and _ABOUT_BOARDS.search(text):
            return BoardVersionError(
                Problem("the machine is not the board that was asked for", measured=text,
                        limit="version 3 has 4 chips, version 5 has 48",
                        fix="--target spinn3 or spinn5, or --version for a board like one of them")
            )
        trace = str(reply.get("trace", ""))
        LOGGER.debug("sPyNNaker's traceback:\n%s", without_secrets(trace))
        raised = [line.strip() for line in trace.splitlines() if line.startswith("  File ")]
        return ToolchainError(
            Problem(f"sPyNNaker failed at '{what}'",
                    measured=f"{kind}: {text}" + (f" ({raised[-1]})" if raised else ""),
                    limit=f"last words: {self.log(5)}",
                    fix="`neuroport check` names what can be known beforehand; the logger "
                    "'neuroport' has the traceback at level DEBUG")
        )

    @staticmethod
    def _lost(words: str) -> Exception:
        return MachineLostError(
            Problem("the machine stopped answering", measured=words, fix=_KEPT)
        )

    @staticmethod
    def _unreachable(words: str) -> Exception:
        return MachineUnreachableError(
            Problem("the machine does not answer", measured=words,
                    fix="check its address, that it is switched on, and its board version")
        )

    def _dead(self, what: str) -> Exception:
        tail = self.log(15)
        self.kill()
        status = self._process.returncode
        how = f"exit status {status}"
        if status < 0:
            how = f"ended by {signal.Signals(-status).name}"
            if -status == signal.SIGKILL:
                how += ", as a system without free memory does"
        return ToolchainError(
            Problem(f"the sPyNNaker process ended during '{what}'", measured=how,
                    limit=f"last words: {tail}", fix=_KEPT)
        )

    # -- ending --------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Give the machine back and end the process; at most half a minute."""
        try:
            if self.alive:
                with contextlib.suppress(NeuroportError):  # it is ended below in any case
                    if self._busy:
                        self.stop()
                    self.ask("end", timeout=_BUSY_END_WITHIN if self._busy else _END_WITHIN)
        finally:
            self._end()

    def kill(self) -> None:
        """End the process and whatever it started."""
        _kill(self._process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10.0)


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    _kill(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    shutil.rmtree(folder, ignore_errors=True)

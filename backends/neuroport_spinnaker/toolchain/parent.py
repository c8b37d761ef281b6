"""The parent's side of sPyNNaker: starts it, asks it, and knows what its words mean."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroport.errors import BackendMissingError, Problem
from neuroport.process import EngineProcess
from neuroport.secrets import with_secrets, without_secrets
from neuroport_spinnaker.errors import ToolchainError, ToolchainSilentError
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.toolchain.failures import INSTALL, PYTHON, Failure, lost, unreachable

__all__ = ["Worker", "configuration", "PYTHON", "INSTALL"]

LOGGER = logging.getLogger("neuroport.spinnaker")
"""What the tool-chain logs, as it happens."""

# What it says of its own making, which tells a user nothing.
_CHATTER = (" skipped as ", "is non-standard PyNN", "external source", "live event connection")
_KEPT = "what was recorded before is kept; call reset() to start anew"
_BOOTS = 2  # attempts to boot a machine that says nothing; each takes 9 s
_GRACE = 20.0  # s to give the machine back
_GIVEN_UP = 3.0  # s for the same, where the machine does not answer: a server's job is ended
# What a server's clients need to sign on.
_CREDENTIALS = ("SPALLOC_USER", "SPALLOC_PASSWORD", "OIDC_BEARER_TOKEN", "JUPYTERHUB_API_TOKEN")


class Worker(EngineProcess):
    """sPyNNaker in a child process, in any interpreter that has it.

    Parameters
    ----------
    machine : mapping
        Options of the section ``[Machine]`` of its configuration.
    options : Options

    Attributes
    ----------
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
    waiting_for : str
        What a server says while it has no machine ready: ``queued`` or ``power``; else empty.
    """

    def __init__(self, machine: Mapping[str, Any], options: Options) -> None:
        self._refused = False
        self._run_failed = False  # it has just said so
        self._boots = 0
        self._began = time.monotonic()
        self._reached_machine = False  # the tool-chain says so in its log
        self._allocated = "spalloc_server" in machine
        self.running_since: float | None = None
        self.running_seconds = 0.0
        self.ran = False
        self.waiting_for = ""
        LOGGER.info("starting sPyNNaker")
        text, self.secrets = configuration(machine, options)
        given = {k: os.environ[k] for k in _CREDENTIALS if self._allocated and k in os.environ}
        self._python = os.environ.get(PYTHON)
        super().__init__(
            "sPyNNaker", Path(__file__).with_name("child.py"), "Child",
            timeout=options.silence_timeout, start_timeout=options.start_timeout, grace=_GRACE,
            python=self._python, environment={"PYTHONPATH": None, **given},
            files={"home/.spynnaker.cfg": text},
            prefix="neuroport-spinnaker-",
        )
        self.version = str(self.ask("about")["version"])

    def _give_up(self) -> None:
        """End it at once, but for a server's boards, which are given back."""
        self.close(_GIVEN_UP if self._allocated else 0.0)

    def _heard(self, note: str, details: Mapping[str, Any]) -> None:
        """Pass on what the child told without being asked."""
        if note == "waiting":
            if details["state"] != self.waiting_for:
                LOGGER.info("the server's job is in state '%s'", details["state"])
            self.waiting_for = str(details["state"])
            return
        self.waiting_for = ""
        if note == "log":
            text = str(details["text"])
            if text.startswith("Creating transceiver"):
                self._began = time.monotonic()
            self._reached_machine |= text.startswith(("Detected ", "Found board with"))
            self._boots += "Attempting to boot" in text
            # It would try again, for minutes, at a machine that is not there.
            if self._boots > _BOOTS and not self._reached_machine:
                self._give_up()
                raise unreachable(
                    f"no word in {time.monotonic() - self._began:.0f} s, "
                    f"nor after {_BOOTS} attempts to boot it"
                )
            if self._refused and not self._reached_machine:
                self._give_up()
                raise unreachable(text)
            self._refused |= "Error on machine_generation" in text
            if self._run_failed and ("SpinnmanTimeout" in text or "IO Error" in text):
                # It would ask every core for its last words, 10 s each.
                self._give_up()
                raise lost(text)
            self._run_failed = "error has occurred during simulation" in text
            # A tool-chain's errors are raised with its reply; here they are only its log.
            level = min(int(details["level"]), logging.WARNING)
            if any(words in text for words in _CHATTER):
                level = logging.DEBUG
            LOGGER.log(level, "sPyNNaker: %s", without_secrets(text))
        elif note == "running":
            self.ran = self._reached_machine = True
            self.running_since = time.monotonic()
            self.running_seconds = float(details["seconds"])
        elif note == "ran":
            self.running_since = None

    # -- what its words mean -------------------------------------------------------------------

    def _not_started(self, error: OSError) -> Exception:
        return BackendMissingError(
            Problem(f"the interpreter for sPyNNaker cannot be started: {error}",
                    measured=f"{PYTHON}={self._python}")
        )

    def _failed(self, method: str, told: Mapping[str, Any]) -> Exception:
        LOGGER.debug("sPyNNaker's traceback:\n%s", without_secrets(str(told.get("trace", ""))))
        return Failure(method, told, self._reached_machine, self.log(5)).error()

    def _silent(self, method: str, seconds: float) -> Exception:
        self._give_up()
        tail = self.log(5)
        return ToolchainSilentError(
            Problem(f"sPyNNaker did not answer '{method}' and was stopped",
                    measured=f"{seconds:g} s without a sign of life",
                    limit=f"last words: {tail}" if tail else "it said nothing",
                    fix="a longer silence_timeout, if the network is large")
        )

    def _ended(self, method: str) -> Exception:
        how = self._how()
        if how.endswith("SIGKILL"):
            how += ", as a system without free memory sends"
        return ToolchainError(
            Problem(f"the sPyNNaker process ended during '{method}'", measured=how,
                    limit=f"last words: {self.log(15)}", fix=_KEPT)
        )


def configuration(
    machine: Mapping[str, Any], options: Options
) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return sPyNNaker's configuration.

    Returns
    -------
    text : str
        Its file, without users and passwords.
    secrets : dict of str to dict
        Section -> option -> value, where the file has another one.
    """
    sections: dict[str, dict[str, Any]] = {
        "Machine": dict(machine),
        "Reports": {"write_network_graph": "False"},
    }
    for section, entries in options.configuration.items():
        sections.setdefault(section, {}).update(entries)
    # A password is not for a file: the child is told when it builds.
    secrets = {
        section: {key: value for key, value in with_secrets(entries).items()
                  if value != entries[key]}
        for section, entries in sections.items()
    }
    lines = []
    for section, entries in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in entries.items()]
    return "\n".join(lines) + "\n", secrets

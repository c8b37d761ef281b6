"""What an exception inside sPyNNaker means to a user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroport.errors import BackendMissingError, Problem, UnsupportedError
from neuroport_spinnaker.errors import (
    BoardVersionError,
    MachineLostError,
    MachineMemoryError,
    MachineUnreachableError,
    ToolchainError,
    ToolchainVersionError,
)
from neuroport_spinnaker.machine.crash import core_failed

__all__ = ["INSTALL", "PYTHON", "Failure", "lost", "unreachable"]

PYTHON = "NEUROPORT_SPINNAKER_PYTHON"
INSTALL = "pip install 'neuroport[spinnaker]'"
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
_ABOUT_BOARDS = re.compile(r"width|height|version", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """An exception of sPyNNaker's.

    Attributes
    ----------
    method : str
        What was asked.
    told : mapping
        ``error`` (the exception's class), ``text``, ``trace``, and more.
    reached : bool
        Whether it has reached a machine.
    last_words : str
        The end of its log.
    """

    method: str
    told: Mapping[str, Any]
    reached: bool
    last_words: str

    def error(self) -> Exception:
        """Return the named error."""
        reply, what = self.told, self.method
        if reply["error"] == "missing":
            return BackendMissingError(
                Problem("sPyNNaker is not installed", measured=f"in {reply['python']}",
                        fix=f"{INSTALL}, or set {PYTHON} to an interpreter that has it")
            )
        if reply["error"] == "version":
            return ToolchainVersionError(
                Problem("this version of sPyNNaker is not known", measured=reply["version"],
                        limit="7.4.x", fix=INSTALL)
            )
        kind, text = str(reply["error"]), str(reply["text"])
        if kind == "NoRoomError":
            return UnsupportedError(
                Problem("the new spike times need more memory than was taken at the first run",
                        measured=text, limit="sPyNNaker 7.4 takes it by the first spike times",
                        fix="call reset() before, or give all spike times before the first run")
            )
        if what == "run" and not self.reached and kind in _UNREACHABLE:
            return unreachable(f"{kind}: {text}")
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
        if what in _READS and self.reached and kinds & _LOST:
            return lost(f"at '{what}': {kind}: {text}")
        if what == "run" and kind == "SpinnMachineException" and _ABOUT_BOARDS.search(text):
            return BoardVersionError(
                Problem("the machine is not the board that was asked for", measured=text,
                        limit="version 3 has 4 chips, version 5 has 48",
                        fix="--target spinn3 or spinn5, or --version for a board like one of them")
            )
        trace = str(reply.get("trace", ""))
        raised = [line.strip() for line in trace.splitlines() if line.startswith("  File ")]
        return ToolchainError(
            Problem(f"sPyNNaker failed at '{what}'",
                    measured=f"{kind}: {text}" + (f" ({raised[-1]})" if raised else ""),
                    limit=f"last words: {self.last_words}",
                    fix="`neuroport check` names what can be known beforehand; the logger "
                    "'neuroport' has the traceback at level DEBUG")
        )


def lost(words: str) -> MachineLostError:
    """Return the error of a machine that stopped answering in mid-run."""
    return MachineLostError(
        Problem("the machine stopped answering", measured=words,
                fix="what was recorded before is kept; call reset() to start anew")
    )


def unreachable(words: str) -> MachineUnreachableError:
    """Return the error of a machine that never answered."""
    return MachineUnreachableError(
        Problem("the machine does not answer", measured=words,
                fix="check its address, that it is switched on, and its board version")
    )

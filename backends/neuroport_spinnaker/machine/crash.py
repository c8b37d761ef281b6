"""Cores that crashed, in words: whose, where, how, and what they said last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuroport.errors import Problem
from neuroport_spinnaker.errors import CoreFailedError

__all__ = ["core_failed"]

_NAMES = (*(f"r{i}" for i in range(8)), "psr", "sp", "lr")
_LINES = 6  # of what a core said


def core_failed(cores: Sequence[dict[str, Any]], what: str) -> CoreFailedError:
    """Return the error that names cores which failed.

    Parameters
    ----------
    cores : sequence of dict
        See :class:`neuroport_spinnaker.errors.CoreFailedError`.
    what : str
        What was asked for.
    """
    error = CoreFailedError([_problem(core, what) for core in cores])
    error.cores = list(cores)
    return error


def _problem(core: dict[str, Any], what: str) -> Problem:
    if core["population"]:
        whose = f"population '{core['population']}', cells {core['first']} to {core['last']}"
    else:
        whose = core["label"] or core["binary"]
    crashed = core["state"] in ("RUN_TIME_EXCEPTION", "WATCHDOG")
    said = [line for line in core["iobuf"].split("\n") if line.strip()][-_LINES:]
    values = " ".join(
        f"{n}={v:#x}" for n, v in zip(_NAMES, core["registers"], strict=False)
    )
    state = core["state"] + (f", {core['code']}" if core["state"] == "RUN_TIME_EXCEPTION" else "")
    return Problem(
        f"core {core['x']},{core['y']},{core['p']} ({core['binary']}) "
        + (f"crashed during '{what}'" if crashed else f"did not come to its end in '{what}'")
        + f": {whose}",
        measured=f"{state}" + (f"; {values}" if crashed else ""),
        limit="it said: " + (" | ".join(said) if said else "nothing"),
        fix="fewer cells on a core (neurons_per_core) where memory ran out; else the data or "
        "the program are at fault: call reset() and run again",
    )

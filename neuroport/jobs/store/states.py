"""The states of a job, and which may follow which: one vocabulary for every target."""

from __future__ import annotations

__all__ = [
    "ACTIVE", "EXIT_CODES", "FINAL", "NEXT", "STATES", "UNDER_WAY", "WAITING", "job_exit_code",
]

STATES = {
    "created": "known, not written yet",
    "staged": "written, not accepted yet",
    "queued": "accepted; nobody works on it",
    "submitting": "a supervisor works on it",
    "waiting": "a server has it in its queue, or a place on this computer is waited for",
    "starting": "boards are being switched on, or engines started",
    "running": "the network runs",
    "collecting": "the run is over; results are put away",
    "retry_wait": "the machine failed it; it is tried again later",
    "blocked": "something is needed from the user",
    "cancelling": "to be ended; machines are being given back",
    "lost": "nobody can say what became of it",
    "done": "finished, results are there",
    "failed": "the model or its check said no",
    "cancelled": "ended by the user",
    "crashed": "the machine failed it, and it is not tried again",
}
"""State -> what it means."""

FINAL = ("done", "failed", "cancelled", "crashed")
UNDER_WAY = ("submitting", "waiting", "starting", "running", "collecting", "cancelling")
"""States in which an attempt is open: a supervisor holds the job, or has died with it."""
WAITING = ("queued", "retry_wait", "blocked")
ACTIVE = (*WAITING, *UNDER_WAY)
"""States that need a supervisor."""

_BROKEN_OFF = ("retry_wait", "blocked", "cancelling", "lost", "failed", "crashed")
NEXT: dict[str, tuple[str, ...]] = {
    "created": ("staged", "cancelled", "lost"),
    "staged": ("queued", "cancelled", "lost"),
    "queued": ("submitting", "cancelling", "lost"),
    "submitting": ("waiting", "starting", "running", "collecting", *_BROKEN_OFF),
    "waiting": ("starting", "running", "collecting", *_BROKEN_OFF),
    "starting": ("waiting", "running", "collecting", *_BROKEN_OFF),
    "running": ("waiting", "starting", "collecting", *_BROKEN_OFF),
    "collecting": ("done", *_BROKEN_OFF),
    "retry_wait": ("queued", "cancelling", "crashed", "lost"),
    "blocked": ("queued", "cancelling", "lost"),
    "cancelling": ("cancelled", "lost", "collecting"),
    "lost": ("queued", "collecting", "cancelled", "crashed"),
    "done": (), "failed": ("queued",), "cancelled": ("queued",), "crashed": ("queued",),
}
"""State -> states that may follow; a final one is left only by ``jobs retry``."""

EXIT_CODES = {"done": 0, "failed": 1, "cancelled": 130, "crashed": 3}
STILL_RUNNING = 4


def job_exit_code(state: str, code: str = "") -> int:
    """Return the exit code that stands for a job's state.

    Parameters
    ----------
    state : str
    code : str
        Of the reason: a run that ended with an error is 2, as with ``neuroport run``.

    Returns
    -------
    int
        0 done; 1 a check or an answer said no; 2 the run ended with an error; 3 the machine
        failed it; 4 not over yet; 130 cancelled.
    """
    if state == "failed" and code not in ("wrong", "refused"):
        return 2
    return EXIT_CODES.get(state, STILL_RUNNING)

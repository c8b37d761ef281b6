"""The surroundings of a child process: what it needs of the user's, and no secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from neuroport.installed import without_refused

__all__ = ["surroundings"]

_SECRET = re.compile(r"TOKEN|PASSW|SECRET|KEY|CREDENTIAL", re.IGNORECASE)
# They change what an interpreter does at its start or end, for people at a terminal.
_INTERACTIVE = {"PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONDEBUG"}


def surroundings(
    present: Mapping[str, str], home: Path | None, changes: Mapping[str, str | None]
) -> dict[str, str]:
    """Return the environment of a child process.

    Parameters
    ----------
    present : mapping
        The user's environment.
    home : Path or None
        Where an engine may write, and finds none of the user's configuration; None for a process
        that runs what is the user's own: it keeps the user's home and all variables.
    changes : mapping
        Variables to add, also such as would be left out; None: to leave out.

    Returns
    -------
    dict
        Of an engine with a home of its own: without variables whose names say that they are
        secret.
    """
    wanted: dict[str, str | None] = dict(present)
    if home is not None:
        wanted = {k: v for k, v in present.items()
                  if k not in _INTERACTIVE and not _SECRET.search(k)}
        wanted |= {
            "HOME": str(home), "USERPROFILE": str(home), "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CONFIG_DIRS": str(home / "none"), "MPLBACKEND": "Agg",
        }
    if "PYTHONPATH" in wanted:  # engines are what a script's own processes must not be
        wanted["PYTHONPATH"] = without_refused(wanted["PYTHONPATH"] or "") or None
    wanted |= changes
    return {k: v for k, v in wanted.items() if v is not None}

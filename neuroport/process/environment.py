"""The surroundings of a child process: what it needs of the user's, and no secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["surroundings"]

_SECRET = re.compile(r"TOKEN|PASSW|SECRET|KEY|CREDENTIAL", re.IGNORECASE)
# They change what an interpreter does at its start or end, for people at a terminal.
_INTERACTIVE = {"PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONDEBUG"}


def surroundings(
    present: Mapping[str, str], home: Path, changes: Mapping[str, str | None]
) -> dict[str, str]:
    """Return the environment of an engine that has a home of its own.

    Parameters
    ----------
    present : mapping
        The user's environment.
    home : Path
        Where the engine may write, and finds none of the user's configuration.
    changes : mapping
        Variables to add, also such as would be left out; None: to leave out.

    Returns
    -------
    dict
        Without variables whose names say that they are secret.
    """
    kept = {k: v for k, v in present.items() if k not in _INTERACTIVE and not _SECRET.search(k)}
    own = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CONFIG_HOME": str(home / "config"),
           "XDG_CONFIG_DIRS": str(home / "none"), "MPLBACKEND": "Agg"}
    wanted: dict[str, str | None] = {**kept, **own, **changes}
    return {k: v for k, v in wanted.items() if v is not None}

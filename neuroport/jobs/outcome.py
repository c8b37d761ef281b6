"""How an attempt at a job ended, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Kind", "Outcome", "WAITS", "next_wait"]

Kind = Literal["ok", "model", "cancelled", "board", "allocation", "server", "worker", "user",
               "policy"]

WAITS: dict[str, tuple[float, ...]] = {
    "board": (0.0,),
    "allocation": (0.0, 60.0, 300.0, 900.0),
    "server": (10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
    "worker": (0.0,),
}
"""Kind -> seconds to wait before the next attempt; the last value holds for all further ones."""
_LONGEST = 86400.0  # s for which a server that does not answer is tried


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes
    ----------
    kind : str
        ``ok``: it ran. ``model``: the model, its check or its answers said no; never retried.
        ``cancelled``: the user ended it. ``board``: a board is suspect; another one is tried.
        ``allocation``: boards were lost; asked for again. ``server``: a server does not answer;
        waited for, not counted. ``worker``: the process that ran it died. ``user``: something is
        needed from the user; it goes on when that is there. ``policy``: an administrator or a
        rule ended it; not retried.
    code : str
        The status of the run (``ok``, ``wrong``, ``refused``, ``error``), or the name of an error.
    text : str
        A sentence for the user.
    boards : tuple of str
        Suspect ones.
    details : mapping
        More of it for ``outcome.json``: the score, messages, seconds by phase.
    """

    kind: Kind
    code: str
    text: str = ""
    boards: tuple[str, ...] = ()
    details: Mapping[str, Any] | None = None

    @property
    def retried(self) -> bool:
        """Whether it is tried again."""
        return self.kind in WAITS

    @property
    def counted(self) -> bool:
        """Whether it is one of a job's attempts: not where nothing had been allocated."""
        return self.kind not in ("server", "user")

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "boards": list(self.boards)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Turn plain data back."""
        return cls(data["kind"], data["code"], data["text"], tuple(data["boards"]),
                   data["details"])


def next_wait(kind: str, before: list[str]) -> float | None:
    """Return how long to wait before the next attempt; None: not tried again.

    Parameters
    ----------
    kind : str
        How this attempt ended.
    before : list of str
        How those before it ended, the last one last.
    """
    if kind not in WAITS:
        return None
    row = 0
    for one in reversed(before):
        if one != kind:
            break
        row += 1
    if kind == "worker" and row >= 1:
        return None  # twice in a row is no accident of the machine
    if kind == "server" and sum(WAITS["server"][: row + 1]) + WAITS["server"][-1] * max(
            0, row + 1 - len(WAITS["server"])) > _LONGEST:
        return None
    waits = WAITS[kind]
    return waits[min(row, len(waits) - 1)]

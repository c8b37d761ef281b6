"""What can be asked of the memory, when its answer comes, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Operation", "Outcome", "LEARN_SPIKES", "ANSWER", "ECHO", "LAST_SPIKE",
           "SAFE_PERIOD", "SHORTEST_PERIOD", "read_outcome"]

Kind = Literal["learn", "recall_by_cue", "recall_by_content"]

LEARN_SPIKES = (0, 1, 2)  # a memory is presented in three consecutive steps
ECHO, ANSWER, LAST_SPIKE = 5, 6, 7  # steps after the first input spike
# Random words: 240 of 240 operations exact from 13 ms on; 239 of 240 at 10 to 12 ms, 234 at 9 ms.
SAFE_PERIOD = 13.0
# Below this the published memory's own steps of one operation overlap with the next.
SHORTEST_PERIOD = {"learn": 7.0, "recall_by_cue": 6.0, "recall_by_content": 6.0}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing asked of the memory.

    Attributes
    ----------
    kind : str
        ``learn``, ``recall_by_cue`` or ``recall_by_content``.
    time : float
        First input spike (ms).
    cue : int or None
        Cue cell; None for a recall by content.
    content : frozenset of int
        Content cells; empty for a recall by cue.
    """

    kind: Kind
    time: float
    cue: int | None
    content: frozenset[int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, and what should have.

    Attributes
    ----------
    operation : Operation
    cues, content : frozenset of int
        Cells of the output that fired as the answer.
    expected_cues, expected_content : frozenset of int
        What the stored memories imply.
    """

    operation: Operation
    cues: frozenset[int]
    content: frozenset[int]
    expected_cues: frozenset[int]
    expected_content: frozenset[int]

    @property
    def exact(self) -> bool:
        """Whether the answer is exactly the expected one."""
        return self.cues == self.expected_cues and self.content == self.expected_content


def read_outcome(
    operation: Operation,
    output: Mapping[int, Iterable[int]],
    n_cues: int,
    stored: Mapping[int, frozenset[int]],
) -> Outcome:
    """Read an operation's answer from the output layer.

    Parameters
    ----------
    operation : Operation
    output : mapping of int to iterable of int
        Time step -> output cells that fired; cues first, then content.
    n_cues : int
        Number of cue cells.
    stored : mapping of int to frozenset of int
        What the memory should hold when the operation begins.
    """
    start = round(operation.time)

    def fired(offset: int) -> tuple[frozenset[int], frozenset[int]]:
        cells = list(output.get(start + offset, ()))
        return (
            frozenset(c for c in cells if c < n_cues),
            frozenset(c - n_cues for c in cells if c >= n_cues),
        )

    if operation.kind == "learn":
        cues, content = fired(ECHO)
        assert operation.cue is not None
        return Outcome(operation, cues, content, frozenset({operation.cue}), operation.content)
    if operation.kind == "recall_by_cue":
        # The cue is echoed first, the stored word follows.
        cues, _ = fired(ECHO)
        _, content = fired(ANSWER)
        assert operation.cue is not None
        expected = stored.get(operation.cue, frozenset())
        return Outcome(operation, cues, content, frozenset({operation.cue}), expected)
    _, content = fired(ECHO)
    cues, _ = fired(ANSWER)
    matching = frozenset(c for c, word in stored.items() if word & operation.content)
    return Outcome(operation, cues, content, matching, operation.content)

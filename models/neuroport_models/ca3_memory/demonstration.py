"""The CA3 memory as a registered model: ``neuroport run ca3-memory``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from neuroport.errors import InvalidValueError, Problem
from neuroport.models import Mark, ModelResult, model
from neuroport_models.ca3_memory.memory import CA3Memory, SpacingWarning
from neuroport_models.ca3_memory.operations import Operation, Outcome

__all__ = ["demonstration", "functional", "random_words"]

FUNCTIONAL_PERIOD = 10.0  # the published experiment's
RANDOM_PERIOD = 14.0  # 13 is the shortest that is safe for overlapping words


@model("ca3-memory", timestep=1.0, numerics="spinnaker")
def demonstration(
    sim: Any,
    *,
    experiment: Literal["functional", "random"] = "functional",
    cues: int = 5,
    contents: int = 10,
    rounds: int = 2,
    period: float | None = None,
) -> ModelResult:
    """A spiking memory after hippocampal area CA3: learn, recall, forget.

    A cue and a set of content cells are learned together as one memory. Either part recalls the
    other; learning new content for a cue forgets the old. Casanueva-Morato et al., Neural
    Networks 2024, arXiv:2310.05868.

    Parameters
    ----------
    experiment : {"functional", "random"}
        functional: the paper's first experiment, one by one. random: learn random words for all
        cues, then recall by every cue and by every content cell.
    cues : int
        Cue cells; one memory each.
    contents : int
        Content cells.
    rounds : int
        For random: how often all of it is done, with new words each time.
    period : float
        Time between operations (ms). Default: 10 for functional as published, 14 for random.
    """
    if period is None:
        period = FUNCTIONAL_PERIOD if experiment == "functional" else RANDOM_PERIOD
    problems = []
    if experiment == "functional" and (cues < 5 or contents < 10):
        problems.append(
            Problem(
                "the functional experiment does not fit",
                measured=f"{cues} cues, {contents} contents",
                limit="at least 5 cues and 10 contents",
                fix="--experiment random takes any size",
            )
        )
    if rounds < 1:
        problems.append(Problem("rounds cannot be used", f"{rounds}", "1 or more"))
    if not 4 <= period < 1e6 or period != round(period):
        problems.append(
            Problem("the period cannot be used", f"{period:g} ms",
                    "a whole number of milliseconds, 4 or more")
        )
    if problems:
        raise InvalidValueError(problems, where="ca3-memory")
    memory = CA3Memory(sim, cues, contents, period=period)
    if experiment == "functional" and period == FUNCTIONAL_PERIOD:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpacingWarning)  # as published, with these very words
            functional(memory)
    elif experiment == "functional":
        functional(memory)
    else:
        random_words(memory, rounds, sim.seed)
    outcomes = memory.run()
    return _result(memory, outcomes, experiment)


def functional(memory: CA3Memory) -> None:
    """Ask what the paper's first experiment asks."""
    memory.learn(0, {0, 1, 8, 9})
    memory.learn(4, {1, 5, 6})
    memory.learn(3, {4, 5, 6})
    memory.recall_by_cue(0)
    memory.recall_by_content({6})
    memory.recall_by_content({0, 4})
    memory.learn(3, {1, 3, 4, 8})  # forgets {4, 5, 6}
    memory.recall_by_cue(3)
    memory.recall_by_content({6})


def random_words(memory: CA3Memory, rounds: int, seed: int) -> None:
    """Learn random words for all cues, recall by each cue and each content cell, and again."""
    draw = np.random.default_rng([seed, memory.n_cues, memory.n_contents])
    for _ in range(rounds):
        for cue in range(memory.n_cues):
            word = np.flatnonzero(draw.random(memory.n_contents) < 0.5)
            if word.size == 0:  # an empty word cannot be recalled by content
                word = draw.integers(memory.n_contents, size=1)
            memory.learn(cue, word.tolist())
        for cue in range(memory.n_cues):
            memory.recall_by_cue(cue)
        for cell in range(memory.n_contents):
            memory.recall_by_content({cell})


def _set(cells: Iterable[int]) -> str:
    return "{" + ",".join(str(c) for c in sorted(cells)) + "}"


def _asked(operation: Operation) -> str:
    if operation.kind == "learn":
        return f"cue {operation.cue} = {_set(operation.content)}"
    if operation.kind == "recall_by_cue":
        return f"cue {operation.cue}"
    return f"content {_set(operation.content)}"


def _answer(
    operation: Operation, cues: frozenset[int], content: frozenset[int]
) -> str:
    if operation.kind == "recall_by_content":
        text = f"cues {_set(cues)}"
        # A recall by content echoes its content; only a wrong echo is worth saying.
        return text if content == operation.content else f"{text}, echo {_set(content)}"
    text = _set(content)
    return text if cues == {operation.cue} else f"{text}, cues {_set(cues)}"


NAMES = {
    "learn": "learn",
    "recall_by_cue": "recall by cue",
    "recall_by_content": "recall by content",
}


def _mark(operation: Operation) -> str:
    if operation.kind == "learn":
        return f"learn {operation.cue}={_set(operation.content)}"
    if operation.kind == "recall_by_cue":
        return f"cue {operation.cue}?"
    return f"{_set(operation.content)}?"


def _result(memory: CA3Memory, outcomes: list[Outcome], experiment: str) -> ModelResult:
    rows = []
    learned: set[int] = set()
    for outcome in outcomes:
        operation = outcome.operation
        name = NAMES[operation.kind]
        if operation.kind == "learn" and operation.cue is not None:
            if operation.cue in learned:
                name = "relearn (forget)"
            learned.add(operation.cue)
        rows.append(
            (
                f"{operation.time:g}",
                name,
                _asked(operation),
                _answer(operation, outcome.expected_cues, outcome.expected_content),
                _answer(operation, outcome.cues, outcome.content),
                "yes" if outcome.exact else "NO",
            )
        )
    right = sum(outcome.exact for outcome in outcomes)
    marks = [Mark(o.time, _mark(o)) for o in memory.operations] if len(outcomes) <= 24 else []
    return ModelResult(
        title=f"CA3 memory, {memory.n_cues} cues, {memory.n_contents} content cells, "
        f"{experiment} experiment",
        columns=("ms", "operation", "asked", "expected", "came back", "exact?"),
        rows=rows,
        populations=[memory.populations[name] for name in memory.populations],
        marks=marks,
        right=right,
        asked=len(memory.operations),
        items=[f"{row[0]} ms, {row[1]}, {row[2]}" for row in rows],
        outcomes=[float(outcome.exact) for outcome in outcomes],
        data={
            "operations": [
                {
                    "time_ms": o.operation.time,
                    "operation": o.operation.kind,
                    "cue": o.operation.cue,
                    "content": sorted(o.operation.content),
                    "expected_cues": sorted(o.expected_cues),
                    "expected_content": sorted(o.expected_content),
                    "cues": sorted(o.cues),
                    "contents": sorted(o.content),
                    "exact": o.exact,
                }
                for o in outcomes
            ]
        },
    )

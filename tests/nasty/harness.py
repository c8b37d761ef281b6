"""One case: a script, the places in it that get a nasty value, and what came of it."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

import neuroport
from nasty.scripts import OUT, SCRIPTS
from nasty.values import NASTY
from neuroport.errors import NeuroportError

LONGEST = 5.0
"""Seconds of the processor after which a case is called hung; of the clock, twenty times that."""


class Hung(BaseException):
    """A case that did not come to an end."""


@dataclass
class Case:
    """A script and what stands in some of its places.

    Attributes
    ----------
    script : str
    values : dict of str to str
        Place -> name of the nasty value there.
    """

    script: str
    values: dict[str, str]

    def __str__(self) -> str:
        return f"{self.script}: " + ", ".join(f"{p} = {v}" for p, v in self.values.items())


@dataclass
class Outcome:
    """What came of a case.

    Attributes
    ----------
    fault : str
        Empty where all is well.
    detail : str
        Where it came from.
    """

    case: Case
    fault: str = ""
    detail: str = ""
    answered: str = ""


@dataclass
class _Chooser:
    values: dict[str, str]
    seen: list[tuple[str, Any]] = field(default_factory=list)
    judged: dict[str, bool | None] = field(default_factory=dict)

    def __call__(self, place: str, good: Any, kind: Any) -> Any:
        self.seen.append((place, kind))
        if place not in self.values:
            return good
        make = NASTY[self.values[place]]
        try:
            self.judged[place] = kind(make())
            return make()
        except NeuroportError:  # a value that is refused where it is made
            raise


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise Hung

    clocks = ((signal.SIGVTALRM, signal.ITIMER_VIRTUAL, seconds),
              (signal.SIGALRM, signal.ITIMER_REAL, 20 * seconds))
    old = [signal.signal(number, stop) for number, _, _ in clocks]
    for _, clock, limit in clocks:
        signal.setitimer(clock, limit)
    try:
        yield
    finally:
        for (number, clock, _), handler in zip(clocks, old, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, handler)


@cache
def _first() -> Any:
    return neuroport.simulator("brian2", timestep=1.0, seed=1, codegen="numpy")


def new_simulator() -> Any:
    """Return a fresh simulator."""
    return _first().another()


def places(script: str) -> list[str]:
    """Return the places of a script, from a run with good values."""
    chooser = _Chooser({})
    with _quiet():
        SCRIPTS[script](new_simulator(), chooser)
    return [place for place, _ in chooser.seen]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # The same limit on each computer: what is too large here is too large there.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()), contextlib.chdir(OUT), \
            patch.dict(os.environ, {"NEUROPORT_MEMORY_GB": "1"}):
        warnings.simplefilter("ignore")
        yield


def run(case: Case, simulate: float = 0.0) -> Outcome:
    """Run a case.

    Parameters
    ----------
    case : Case
    simulate : float
        How long a network that passes the checks is simulated (ms).
    """
    chooser = _Chooser(case.values)
    sim = new_simulator()
    try:
        with _quiet(), _limited(LONGEST):
            SCRIPTS[case.script](sim, chooser)
            if not sim.state._closed and sim.state.populations:
                refused = any(found.severity.blocks for found in sim.check())
                if simulate and not refused:
                    sim.run(simulate)
    except NeuroportError as error:
        return _refused(case, error, chooser)
    except Hung:
        return Outcome(case, "hung", _last(traceback.format_exc()))
    except BaseException as error:
        return Outcome(case, f"bare {type(error).__name__}: {str(error)[:80]}",
                       _last(traceback.format_exc()))
    wrong = [p for p, judged in chooser.judged.items() if judged is False]
    if wrong:
        return Outcome(case, f"accepted {', '.join(wrong)}")
    return Outcome(case, answered="ran")


def _refused(case: Case, error: NeuroportError, chooser: _Chooser) -> Outcome:
    name = type(error).__name__
    text = str(error)
    if len(text) > 6000:
        return Outcome(case, f"{name} of {len(text)} characters", text[:200])
    if name != "CheckFailedError" and not re.search(r"at \S*scripts\.py:\d+", text):
        return Outcome(case, f"{name} without the user's line", text[:600])
    if not text.strip():
        return Outcome(case, f"{name} without a message")
    if chooser.judged and all(chooser.judged.values()) and name != "CheckFailedError":
        return Outcome(case, f"refused what is right: {name}", text[:600])
    return Outcome(case, answered=name)


def _last(text: str) -> str:
    frames = re.findall(r'File "(.*?)", line (\d+), in (\S+)', text)
    return " < ".join(f"{f.rpartition('site-packages/')[2][-40:]}:{n} {w}"
                      for f, n, w in reversed(frames[-5:]))


class Deck:
    """Cases drawn from a seed.

    Parameters
    ----------
    seed : int
    only : str
        Scripts whose name fits this pattern.
    """

    def __init__(self, seed: int, only: str = "") -> None:
        self.seed = seed
        self.places = {s: places(s) for s in SCRIPTS if re.search(only, s)}
        self._scripts = [s for s in self.places for _ in range(1 + len(self.places[s]) // 4)]

    def case(self, number: int) -> Case:
        """Return case `number`."""
        rng = random.Random(f"{self.seed} {number}")
        script = rng.choice(self._scripts)
        n = rng.choices((1, 2, 3), (8, 1, 1))[0]
        chosen = rng.sample(self.places[script], min(n, len(self.places[script])))
        return Case(script, {place: rng.choice(list(NASTY)) for place in chosen})

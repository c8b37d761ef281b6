"""Functions that a script has called during a run, with checked answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuroport.errors import InvalidTimeError, Problem
from neuroport.plain_numbers import number_problem, one_float, shown

__all__ = ["checked_callbacks"]


class _Callback:
    """A function that says when it wants to be called next; PyNN believes every answer."""

    def __init__(self, function: Callable[[float], Any]) -> None:
        self.function = function
        self._called_at: float | None = None

    def __call__(self, time: float) -> float:
        asked = self.function(time)
        problem = number_problem("the time that a callback wants to be called at next", asked,
                                 infinite=True)
        if problem is None and one_float(asked) <= time and self._called_at == time:
            problem = Problem(
                "a callback wants to be called again at the time at which it is called",
                f"{one_float(asked):g} ms, asked at {time:g} ms", "a later time",
                "return t + interval")
        if problem is not None:
            raise InvalidTimeError(problem, where=f"callback {shown(self.function)}")
        self._called_at = time
        return max(one_float(asked), time)


def checked_callbacks(given: Any) -> list[_Callback] | None:
    """Return a script's callbacks, or None.

    Parameters
    ----------
    given : sequence of callable, or None

    Raises
    ------
    InvalidTimeError
        For what cannot be called; later for an answer that is no time, or never a later one.
    """
    if given is None:
        return None
    listed = isinstance(given, (list, tuple, set, frozenset))
    if not listed or not all(callable(one) for one in given):
        raise InvalidTimeError(
            Problem("callbacks are not functions", shown(given),
                    "a list of functions of the time (ms) that return the time of the next call",
                    f"callbacks=[{shown(given)}]" if callable(given) else ""))
    return [_Callback(one) for one in given]

"""The loop over time steps: Brian2's own for one clock, without what it does anew at every run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neuroport.backend.engine import Progress

__all__ = ["Loop"]

_PROGRESS_EVERY = 0.2  # seconds
_log = logging.getLogger("neuroport.brian2")


class Loop:
    """Runs a Brian2 network.

    ``brian2.Network.run`` prepares all objects each time (0.2 s); here they are prepared again
    only where something was added or taken away.

    Parameters
    ----------
    net : brian2.Network
        All of its objects on one clock.
    clock : brian2.Clock
    every : mapping of str to int
        Name of an object -> time steps between two times it runs; others run in each.
    compiles : bool
        Whether code is compiled, so that it is told how far that is.
    """

    def __init__(
        self, net: Any, clock: Any, every: Mapping[str, int], compiles: bool = False
    ) -> None:
        self._net, self._clock, self._every = net, clock, every
        self._compiles = compiles
        self._timestep, self._t, self._dt = (
            clock.variables[name].get_value() for name in ("timestep", "t", "dt"))
        self._runs: list[tuple[Callable[[], None], int]] | None = None

    @property
    def step(self) -> int:
        """Time steps done."""
        return int(self._timestep[0])

    def changed(self) -> None:
        """Take note that objects were added to the network or taken away."""
        self._runs = None

    def prepare(self) -> None:
        """Prepare all objects, where that has not been done."""
        if self._runs is None:
            self._net._clocks = {self._clock}  # as Brian2's run sets it
            with self._telling():
                self._net.before_run({})
            self._runs = [(o.run, self._every.get(o.name, 1))
                          for o in self._net.sorted_objects if o.active]

    def go_to(self, step: int) -> None:
        """Set the clock."""
        self._timestep[0] = step
        self._t[0] = step * self._dt[0]

    def run(self, steps: int, stop_asked: Callable[[], bool], progress: Progress) -> int:
        """Run some steps; return how many were done."""
        self.prepare()
        assert self._runs is not None
        timestep, t, dt = self._timestep, self._t, self._dt
        always = [run for run, every in self._runs if every == 1]
        sometimes = len(always) < len(self._runs)
        following = time.monotonic() + _PROGRESS_EVERY
        first = self.step
        for step in range(first, first + steps):
            self._net.t_ = t[0]
            for run in (
                [run for run, every in self._runs if step % every == 0] if sometimes else always
            ):
                run()
            timestep[0] += 1
            t[0] = timestep[0] * dt[0]
            if stop_asked():
                break
            if time.monotonic() >= following:
                following = time.monotonic() + _PROGRESS_EVERY
                progress(self.step * float(dt[0]) * 1e3)
        return self.step - first

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell how many objects of the network have been compiled."""
        objects = [o for o in self._net.sorted_objects if o.active] if self._compiles else []

        def told(number: int, prepare: Callable[[Any], None]) -> Callable[[Any], None]:
            def before_run(namespace: Any) -> None:
                _log.info("Brian2: compiling %d of %d, once", number, len(objects))
                prepare(namespace)

            return before_run

        for number, made in enumerate(objects, start=1):
            made.before_run = told(number, made.before_run)
        try:
            yield
        finally:
            for made in objects:
                del made.before_run

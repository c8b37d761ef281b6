"""Look on while scripts run: which simulators they make, how far they are, what they recorded.

The command line runs scripts that know nothing of it. Inside :func:`observe` every new simulator
reports its progress, and its results are kept when the script ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from neuroport.process.interrupt import keeps_data

__all__ = ["Observation", "StopBeforeRun", "observe", "observation"]

RunProgress = Callable[[float, float], None]
"""Called now and then with the simulated time reached and the time to reach (ms)."""
Collect = Callable[[Any], Any]
"""Takes a simulator and returns its results."""


class StopBeforeRun(BaseException):
    """Ends a script where its first run would begin; scripts cannot catch it by accident."""


@dataclass
class Observation:
    """What was seen.

    Attributes
    ----------
    progress : callable or None
        Called with (now, target) in ms during every run.
    stop_before_run : bool
        Whether to raise :class:`StopBeforeRun` where a run begins, to check networks only.
    traces : int
        Cells of each population whose membrane potential is recorded besides what is asked for.
    before_run : callable or None
        Called with a simulator and the time (ms) to which it is about to run; may refuse it.
    on_interrupt : callable or None
        Called in the handler of Ctrl-C during a run, see `neuroport.process.interrupt`.
    collect : callable or None
        Called with a simulator when its results are to be kept; None: nothing is kept.
    run_expected : bool
        Whether something is wrong if nothing is run: a model's function is to run, a script need
        not.
    simulators : list of Simulator
        In the order in which they were made.
    results : list
        Of simulators that have been ended, and of the others once :meth:`finish` was called.
    """

    progress: RunProgress | None = None
    stop_before_run: bool = False
    traces: int = 0
    collect: Collect | None = None
    run_expected: bool = False
    before_run: Callable[[Any, float], None] | None = None
    on_interrupt: Callable[[int], None] | None = None
    simulators: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    _done: set[int] = field(default_factory=set)

    def begin(self, simulator: Any, until: float) -> None:
        """Take note that a run to a time (ms) is about to begin."""
        if self.traces and simulator.state.session is None:
            for population in simulator.state.populations:
                recorded = {recording.variable for recording in
                            population.describe_frozen().recordings}
                if population.can_record("v") and "v" not in recorded:
                    population[: self.traces].record("v")
        if self.stop_before_run:
            raise StopBeforeRun
        if self.before_run is not None:
            self.before_run(simulator, until)

    @keeps_data
    def keep(self, simulator: Any) -> None:
        """Keep a simulator's results, once."""
        state = simulator.state
        if self.collect is None or not state.kept:
            return
        if id(simulator) not in self._done and (state.step > 0 or state.segment_counter > 0):
            self._done.add(id(simulator))
            self.results.append(self.collect(simulator))

    def finish(self) -> list[Any]:
        """Keep the results of all simulators that are still open, and return all."""
        for simulator in self.simulators:
            self.keep(simulator)
        return self.results


_current: ContextVar[Observation | None] = ContextVar("observation", default=None)


def observation() -> Observation | None:
    """Return the observation in force, or None."""
    return _current.get()


def checked_only() -> bool:
    """Whether what is being built will be checked and not run."""
    seen = _current.get()
    return seen is not None and seen.stop_before_run


@contextmanager
def observe(
    progress: RunProgress | None = None, stop_before_run: bool = False, traces: int = 0,
    collect: Collect | None = None, before_run: Callable[[Any, float], None] | None = None,
    on_interrupt: Callable[[int], None] | None = None,
) -> Iterator[Observation]:
    """Observe all simulators that are made inside.

    Parameters
    ----------
    progress : callable, optional
        Called now and then during a run with the simulated time reached and the target (ms).
    stop_before_run : bool
        Stop scripts where their first run begins.
    traces : int
        Record the membrane potential of this many cells of each population as well.
    collect : callable, optional
        Keeps the results of a simulator, see :func:`neuroport.results.collect`.
    before_run, on_interrupt : callable, optional
        See :class:`Observation`.

    Examples
    --------
    >>> import neuroport
    >>> from neuroport.pynn.observation import observe
    >>> with observe() as seen:
    ...     sim = neuroport.simulator("brian2", timestep=1.0)
    >>> seen.simulators == [sim]
    True
    """
    seen = Observation(progress, stop_before_run, traces, collect, before_run=before_run,
                       on_interrupt=on_interrupt)
    token = _current.set(seen)
    try:
        yield seen
    finally:
        _current.reset(token)

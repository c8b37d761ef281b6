"""Boards that a spalloc server hands out: waited for, and given back. Runs in the child."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Allocation", "NotWaitedForError"]

LOOK = 1.0  # s between two questions to the server


class NotWaitedForError(Exception):
    """A machine was still waited for when the run was to stop."""


class Allocation:
    """Takes the place of waiting for a server's boards, and gives them back in any case.

    sPyNNaker's clients wait for a state to change, without a word and without end; a job that they
    wait for is not destroyed when the process ends.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        Told ``waiting`` while a server has no machine ready; its `stop` ends the waiting. All jobs
        are destroyed as soon as nobody listens any more.

    Attributes
    ----------
    waited : float
        Seconds spent waiting.
    """

    def __init__(self, link: Any) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._jobs: list[Any] = []
        self.waited = 0.0
        from spalloc_client import Job
        from spinnman.spalloc.spalloc_client import _SpallocJob

        self._take_its_place(Job, lambda job: job.state)
        self._take_its_place(_SpallocJob, lambda job: job.get_state())
        link.at_end(self.give_back, at_once=True)

    def _take_its_place(self, kind: Any, state: Callable[[Any], Any]) -> None:
        ready, destroyed = kind.wait_until_ready, kind.destroy

        def wait_until_ready(job: Any, *rest: Any, **more: Any) -> None:
            with self._lock:
                self._jobs.append(job)
            began = time.monotonic()
            try:
                # For one board by its name the client itself gives up after a while.
                named = getattr(job, "_SpallocJob__board_st", None) is not None
                while not named and (name := state(job).name.lower()) in ("queued", "power"):
                    self._link.tell("waiting", state=name, seconds=time.monotonic() - began)
                    if self._link.stop.wait(LOOK):
                        raise NotWaitedForError(f"the server's job was still in state {name!r}")
                ready(job, *rest, **more)  # whatever else there is to say
            except BaseException:
                self.give_back()
                raise
            finally:
                self.waited += time.monotonic() - began

        def destroy(job: Any, *rest: Any, **more: Any) -> None:
            with self._lock:
                self._jobs = [other for other in self._jobs if other is not job]
            destroyed(job, *rest, **more)

        kind.wait_until_ready, kind.destroy = wait_until_ready, destroy

    def give_back(self) -> None:
        """Destroy all jobs; from any thread."""
        with self._lock:
            jobs, self._jobs = self._jobs, []
        for job in jobs:
            with contextlib.suppress(Exception):  # the server ends it later by itself
                job.destroy("given back")

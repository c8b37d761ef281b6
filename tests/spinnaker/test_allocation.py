"""Waiting in a server's queue: signs of life, an end when asked, and nothing forgotten."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Any

import pytest
from neuroport_spinnaker.toolchain import allocation as module
from neuroport_spinnaker.toolchain.allocation import Allocation, NotWaitedForError


class State(Enum):
    QUEUED, POWER, READY, DESTROYED = range(4)


class Line:
    """As an engine's link: keeps what it is told."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.told: list[str] = []

    def tell(self, note: str, **details: Any) -> None:
        assert note == "waiting"
        self.told.append(details["state"])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[Allocation, Any]:
    """An allocation, and a class of jobs whose waiting it has taken over."""
    monkeypatch.setattr(module, "LOOK", 0.01)

    class Job:
        def __init__(self, *states: State) -> None:
            self.states, self.ready, self.destroyed = list(states), 0, 0

        def wait_until_ready(self) -> None:
            self.ready += 1
            if self.states[0] is State.DESTROYED:
                raise ValueError("the server's own words")

        def destroy(self, reason: str = "") -> None:
            self.destroyed += 1

    def state(job: Job) -> State:
        return job.states[0] if len(job.states) == 1 else job.states.pop(0)

    allocation = object.__new__(Allocation)
    allocation._link, allocation._lock, allocation._jobs = Line(), threading.Lock(), []
    allocation.waited = 0.0
    allocation._take_its_place(Job, state)
    return allocation, Job


def test_each_look_at_a_queue_is_a_sign_of_life(made: tuple[Allocation, Any]) -> None:
    allocation, kind = made
    job = kind(State.QUEUED, State.QUEUED, State.POWER, State.READY)
    job.wait_until_ready()
    assert allocation._link.told == ["queued", "queued", "power"]
    assert job.ready == 1
    assert allocation.waited >= 0.03
    assert job.destroyed == 0
    allocation.give_back()
    allocation.give_back()
    assert job.destroyed == 1


def test_a_job_that_its_client_has_destroyed_is_not_destroyed_again(
    made: tuple[Allocation, Any],
) -> None:
    allocation, kind = made
    job = kind(State.READY)
    job.wait_until_ready()
    job.destroy("by sPyNNaker")
    allocation.give_back()
    assert job.destroyed == 1


def test_a_wait_that_is_to_stop_destroys_the_job(made: tuple[Allocation, Any]) -> None:
    allocation, kind = made
    job = kind(State.QUEUED)
    threading.Timer(0.1, allocation._link.stop.set).start()
    with pytest.raises(NotWaitedForError, match="queued"):
        job.wait_until_ready()
    assert job.destroyed == 1
    assert job.ready == 0


def test_a_job_that_the_server_ends_says_why(made: tuple[Allocation, Any]) -> None:
    _, kind = made
    with pytest.raises(ValueError, match="own words"):
        kind(State.QUEUED, State.DESTROYED).wait_until_ready()

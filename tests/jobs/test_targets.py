"""Locks of this computer, whose fault an error is, and a computer that slept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from neuroport.jobs.supervise.sleeping import SleepWatch
from neuroport.jobs.targets.base import load_target_of
from neuroport.jobs.targets.locks import one_of


class Waiting:
    """A work that says how often it was told to wait, and is cancelled then."""

    job = "JOB"

    def __init__(self) -> None:
        self.states: list[str] = []

    def state(self, to: str, text: str = "", code: str = "") -> None:
        self.states.append(to)

    def pause(self, seconds: float) -> None:
        raise TimeoutError


def test_as_many_hold_a_place_as_there_are(tmp_path: Path) -> None:
    work: Any = Waiting()
    with one_of(work, tmp_path, "place", 2, "full"), one_of(work, tmp_path, "place", 2, "full"):
        assert work.states == []
        with pytest.raises(TimeoutError), one_of(work, tmp_path, "place", 2, "full"):
            pass
        assert work.states == ["waiting"]
        with one_of(work, tmp_path, "another place", 1, "full"):
            pass
    with one_of(work, tmp_path, "place", 1, "full"):
        pass


def test_a_place_is_held_by_a_process_that_inherits_it_and_free_when_that_is_killed(
    tmp_path: Path
) -> None:
    work: Any = Waiting()
    with one_of(work, tmp_path, "place", 1, "full") as held:
        heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                                pass_fds=[held])
    try:
        with pytest.raises(TimeoutError), one_of(work, tmp_path, "place", 1, "full"):
            pass
    finally:
        os.kill(heir.pid, signal.SIGKILL)
        heir.wait()
    with one_of(work, tmp_path, "place", 1, "full"):
        pass


@pytest.mark.parametrize(("target", "error", "kind"), [
    ("board://192.0.2.1", "MachineUnreachableError", "board"),
    ("board://192.0.2.1", "MachineLostError", "allocation"),
    ("spalloc://host", "ToolchainSilentError", "board"),
    ("spalloc://host", "CoreFailedError", "model"),
    ("spalloc://host", "MachineMemoryError", "model"),
    ("spalloc://host", "InvalidValueError", "model"),
    ("spalloc://host", "ToolchainError", "worker"),
    ("emulated", "MachineLostError", "worker"),  # there is no other board to take
    ("local", "MachineLostError", "model"),
])
def test_whose_fault_an_error_is(target: str, error: str, kind: str) -> None:
    assert load_target_of(target).kind_of("text", (error, "UserError", "Exception")) == kind


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="no clock tells")
def test_a_computer_that_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asleep = time.clock_gettime, 0.0
    monkeypatch.setattr(time, "clock_gettime", lambda clock: real(clock) + (
        asleep if clock == time.CLOCK_BOOTTIME else 0.0))
    watch = SleepWatch()
    assert watch.slept() == 0.0
    asleep = 512.0
    assert watch.slept() == pytest.approx(512.0, abs=1.0)  # two clocks are not read at once
    assert watch.slept() == 0.0

"""Backends with options of their own; machines are booked one after the other."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from neuroport.cli.app import app
from neuroport.compare import compare_backends
from neuroport.compare.workers import Job, Outcome
from neuroport.compare.workers.side_by_side import Blind, side_by_side
from neuroport.errors import InvalidValueError
from neuroport.jobs.specification import RunSpec
from neuroport.models import UnknownOptionError


class Slow:
    """Stands in for a worker: takes a moment, and knows who else was running."""

    running: set[str] = set()
    met: set[frozenset[str]] = set()
    lock = threading.Lock()

    def run(self, job: Job, timeout: float, beat: Any) -> Outcome:
        with self.lock:
            self.running.add(job.name)
            self.met |= {frozenset((job.name, other)) for other in self.running}
        time.sleep(0.2)
        with self.lock:
            self.running.remove(job.name)
        return Outcome(job, "ok")


def test_machines_are_booked_one_after_the_other() -> None:
    jobs = [
        Job("laptop", RunSpec("m", backend="brian2")),
        Job("board a", RunSpec("m", backend="spinnaker", options={"machine": "a"})),
        Job("board b", RunSpec("m", backend="spinnaker", options={"machine": "b"})),
        Job("emulated", RunSpec("m", backend="spinnaker-emulated")),
    ]
    outcomes, _ = side_by_side([Slow() for _ in jobs], jobs, 0, 60.0, Blind())  # type: ignore[misc]
    assert [o.job for o in outcomes] == jobs
    assert frozenset(("board a", "board b")) not in Slow.met
    assert frozenset(("laptop", "emulated")) in Slow.met


def test_options_reach_the_backends_that_take_them() -> None:
    # Nothing listens to the discard port: each run says with which address it tried.
    found = compare_backends(
        "ca3-memory",
        "brian2,spinnaker,spinnaker:spalloc=http://127.0.0.1:9/own", explain=False,
        backend_options={"spalloc": "http://127.0.0.1:9/all", "start_timeout": 50.0})
    assert [dict(o.job.spec.options) for o in found.outcomes] == [
        {}, {"spalloc": "http://127.0.0.1:9/all", "start_timeout": 50.0},
        {"spalloc": "http://127.0.0.1:9/own", "start_timeout": 50.0}]
    assert [o.status for o in found.outcomes] == ["ok", "error", "error"]
    assert all("127.0.0.1 port 9" in o.reason for o in found.failed)
    assert "spinnaker:spalloc=http://127.0.0.1:9/own:start_timeout=50" in found.command
    assert "--spalloc http://127.0.0.1:9/all" in found.failed[0].job.spec.command


def test_an_option_that_nothing_takes_is_named() -> None:
    with pytest.raises(UnknownOptionError, match="did you mean --machine"):
        compare_backends("ca3-memory", "brian2,spinnaker", options=["--machin", "a"])
    with pytest.raises(InvalidValueError, match="did you mean 'machine'"):
        compare_backends("ca3-memory", "brian2,spinnaker", backend_options={"machin": "a"})


def test_the_command_takes_options_of_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    import neuroport.compare as room

    asked: dict[str, Any] = {}

    def look(model: str, backends: str, **settings: Any) -> Any:
        asked.update(settings, backends=backends)
        raise InvalidValueError("enough")

    monkeypatch.setattr(room, "compare_backends", look)
    CliRunner().invoke(app, ["compare", "ca3-memory", "-b", "brian2", "-b", "spinnaker",
                             "--machine", "HOST", "--cues", "5", "--start-timeout=3"])
    assert asked["backends"] == "brian2,spinnaker"
    assert asked["backend_options"] == {"machine": "HOST", "start_timeout": 3}
    assert asked["options"] == ["--cues", "5"]

"""What all tests share: a simulator factory that is quick, offline and quiet about findings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import neuroport

pytest_plugins = ["pytester"]

# Building a network takes longer than hypothesis' usual 0.2 s an example on a busy machine, and
# the examples are the same in every run.
settings.register_profile(
    "neuroport",
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("neuroport")


@pytest.fixture
def make() -> Iterator[Callable[..., Any]]:
    """Return ``make(**options) -> simulator`` on Brian2 without a compiler, closed at the end.

    PyNN's default refractory period of 0.1 ms is no multiple of 1 ms; that finding is tested on
    its own and is silenced elsewhere.
    """
    made: list[Any] = []

    def factory(**options: Any) -> Any:
        options = {"timestep": 1.0, "seed": 7, "codegen": "numpy", **options}
        sim = neuroport.simulator("brian2", **options)
        made.append(sim)
        return sim

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", neuroport.FindingWarning)
        yield factory
    for sim in made:
        sim.state.close()

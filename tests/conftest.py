"""What all tests share: a simulator factory that is quick, offline and quiet about findings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engines import ENGINES, REQUIRED, lacking, required
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


def pytest_sessionstart(session: pytest.Session) -> None:
    """Fail, and do not skip, where an engine is missing that has to be here."""
    wanted = required()
    unknown = [name for name in wanted if name not in ENGINES]
    missing = [f"{name}: {why}" for name in wanted
               if name not in unknown and (why := lacking(name))]
    missing += [f"{name}: known are {', '.join(ENGINES)}" for name in unknown]
    if missing:
        raise pytest.UsageError(
            f"engines that {REQUIRED} names are missing\n" + "\n".join(missing))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in the last lines what was not tested here: engines, and tests that take long."""
    left_out = [] if required() else [
        f"{name}: {why}" for name in ENGINES if (why := lacking(name))]
    slow = [item for item in terminalreporter.stats.get("deselected", ())
            if item.get_closest_marker("slow")]
    if slow:
        left_out.append(f"slow tests ({len(slow)}): make test-all")
    if left_out:
        terminalreporter.section("not tested here")
        for line in left_out:
            terminalreporter.write_line(line)


@pytest.fixture
def engine() -> Callable[[str], None]:
    """Return ``engine(name)``, which skips the test where that engine is not installed."""

    def needs(name: str) -> None:
        if why := lacking(name):
            pytest.skip(why)

    return needs


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

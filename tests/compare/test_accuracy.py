"""Where both sides name their integrators, the order of accuracy is an explanation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neuroport.compare import Result, explain_difference, make_block
from neuroport.compare.explain.numerics_choices import TIME_STEP, Setting, claimed, numerics_choices
from neuroport.numerics import PYNN

DURATION, NEURONS = 400.0, 10
SCHEMES = {
    "brian2": "IF_cond_exp: exponential, with the mean conductance of each step (second order)",
    "nest": "IF_cond_exp: NEST's iaf_cond_exp, Runge-Kutta-Fehlberg with step-size control",
}


def engine(name: str, parting: float, error: float = 0.0, timestep: float = 0.1,
           named: bool = True) -> Result:
    """Two engines fire alike until `parting` (ms) and by chance afterwards, as chaos makes them."""
    common = np.random.default_rng(1).uniform(1.0, DURATION, (NEURONS, 20))
    own = np.random.default_rng(len(name)).uniform(parting, DURATION, (NEURONS, 20))
    trains = [np.unique(np.concatenate((a[a < parting], b)).round(1))
              for a, b in zip(common, own, strict=True)]
    time = np.arange(round(DURATION / 0.1)) * 0.1
    v = np.repeat((-60.0 + 5.0 * np.sin(time / 7.0) + error)[:, None], NEURONS, axis=1)
    after = time >= parting + 20.0  # where a spike that only one side has is sure to have come
    v[after] += np.random.default_rng(len(name)).normal(size=(np.count_nonzero(after), NEURONS))
    findings = ({"code": "NP110", "where": "population 'exc'", "measured": SCHEMES[name]},)
    block = make_block("exc", trains, stop=DURATION, signals={"v": v}, period=0.1)
    return Result(name, {"exc": block}, timestep, findings=findings if named else (),
                  provenance={"numerics": "pynn", "seed": 3})


BASE, TARGET = engine("brian2", 142.0), engine("nest", 142.0, error=1e-5)


def counted(
    runner: Callable[[Setting], Result],
) -> tuple[Callable[[Setting], Result], list[Setting]]:
    runs: list[Setting] = []

    def run(where: Setting) -> Result:
        runs.append(where)
        return runner(where)
    return run, runs


def test_the_order_of_accuracy_is_named_soon_where_no_switch_helps() -> None:
    """It took two minutes to say that the cause lies elsewhere, with both schemes in sight."""
    run, runs = counted(lambda where: BASE)
    found = explain_difference(run, BASE, TARGET)
    assert not found.explained and found.shares == ()
    assert "order of accuracy" in found.summary and "lies elsewhere" not in found.summary
    assert all(scheme in found.summary for scheme in SCHEMES.values())
    assert "within their limit until the first spike differs, at 14" in found.summary
    assert any(where.timestep == pytest.approx(0.05) for where in runs)
    assert any(where.numerics.integrator == "chip" for where in runs)
    choices = numerics_choices(Setting(PYNN, 3, 0.1), PYNN, approximate=True)
    # Each alternative once, and all that one choice in a chaotic network moves is chance.
    assert len(runs) <= sum(len(others) for _, others in choices.values())


def test_traces_that_differ_by_more_are_not_put_down_to_it() -> None:
    found = explain_difference(lambda where: BASE, BASE, engine("nest", 142.0, error=3.0))
    assert "order of accuracy" in found.summary
    assert "The traces show it" not in found.summary


def test_half_the_time_step_is_a_choice_where_integration_is_approximate() -> None:
    target = replace(TARGET, timestep=0.1)
    found = explain_difference(
        lambda where: target if where.timestep == pytest.approx(0.05) else BASE, BASE, target)
    assert found.explained and [(s.choice, s.value) for s in found.shares] == [(TIME_STEP, 0.05)]
    exact = numerics_choices(Setting(PYNN, 3, 0.1), PYNN, target_timestep=0.1)
    assert TIME_STEP not in exact
    other = numerics_choices(Setting(PYNN, 3, 0.1), PYNN, target_timestep=1.0, approximate=True)
    assert other[TIME_STEP] == (0.1, [1.0, 0.05])  # the target's own comes first
    assert TIME_STEP not in claimed(Setting(PYNN, 3, 0.1), Setting(PYNN, 3, 0.1))
    assert TIME_STEP in claimed(Setting(PYNN, 3, 0.1), Setting(PYNN, 3, 1.0))


def test_a_choice_that_does_explain_it_is_found_all_the_same() -> None:
    target = engine("nest", 142.0, error=1e-5)
    found = explain_difference(
        lambda where: target if where.numerics.input_rule == "step" else BASE, BASE, target)
    assert found.explained and [s.choice for s in found.shares] == ["input rule"]
    assert "order of accuracy" not in found.summary


def test_without_the_findings_the_cause_lies_elsewhere() -> None:
    found = explain_difference(
        lambda where: engine("brian2", 142.0, named=False), engine("brian2", 142.0, named=False),
        engine("nest", 142.0, named=False), max_runs=20)
    assert "lies elsewhere" in found.summary and "accuracy" not in found.summary

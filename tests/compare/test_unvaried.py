"""Seeds of a calibration: drawn whatever the script says, and no bound where they do nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuroport.compare import Result, Verdict, calibrate, compare, from_spike_times
from neuroport.compare.engines import _seeds_used
from neuroport.compare.workers import Job, Outcome
from neuroport.compare.workers.side_by_side import Blind, side_by_side
from neuroport.jobs.run import run
from neuroport.jobs.specification import RunSpec

EQUIVALENT, DIFFERENT = Verdict.EQUIVALENT, Verdict.DIFFERENT
#: As in a network of 80 and 20 cells whose ten seeds were one: about 361 Hz each.
CELLS, RATE, DURATION = 80, 361.0, 2000.0


def regular(missing: int = 0, shift: float = 0.0, rate: float = RATE) -> Result:
    trains = [np.round(np.arange(2.0 + k / CELLS, DURATION - 1.0, 1000.0 / rate) + shift, 1)
              for k in range(CELLS)]
    for k in range(missing):
        trains[k] = trains[k][:-1]
    return from_spike_times({"exc": trains}, name="engine", timestep=0.1, stop=DURATION)


def test_a_spread_of_zero_is_no_bound() -> None:
    """Two spikes of 57 760, 0.0125 Hz of 361, were 'different' at p = 0."""
    calibration = calibrate([regular() for _ in range(10)])
    comparison = compare(regular(), regular(missing=2, shift=0.7), calibration=calibration)
    rung = comparison.rung("L3")
    means = next(m for m in rung.measurements if m.quantity == "rate: difference of means")
    assert means.value == pytest.approx(-0.0125)  # 2 spikes / 80 cells / 2 s
    assert rung.verdict is comparison.verdict is EQUIVALENT, rung.summary
    assert "Not calibrated: 4 means are the same with all 10 seeds" in rung.summary
    assert "p = 0" not in means.note and "fixed one" in means.note
    # One spike in twenty is where it ends, in both directions.
    for factor, verdict in ((1.04, EQUIVALENT), (0.96, EQUIVALENT), (1.07, DIFFERENT),
                            (0.93, DIFFERENT)):
        other = compare(regular(), regular(rate=RATE * factor), calibration=calibration)
        rates = [m.verdict for m in other.rung("L3").measurements
                 if m.quantity == "rate: difference of means"]
        assert rates == [verdict], factor


def test_only_what_the_seed_does_not_touch_has_the_fixed_bound(
    reference_seeds: list[Result], poisson: Any
) -> None:
    def both(noisy: Result, train: list[float]) -> Result:
        spikes = noisy.spikes("cells")
        assert spikes is not None
        return from_spike_times({"cells": spikes.times, "clock": [train] * 4}, stop=1000.0)
    clock = list(np.arange(5.0, 1000.0, 10.0))
    calibration = calibrate([both(r, clock) for r in reference_seeds])
    good = compare(both(poisson(20), clock), both(poisson(100), clock[:-1]),
                   calibration=calibration)
    assert good.verdict is EQUIVALENT, good.summary
    assert "seeds may" in good.rung("L3").summary and "Not calibrated" in good.rung("L3").summary
    bad = compare(both(poisson(20), clock), both(poisson(100), clock[::2]),
                  calibration=calibration)
    assert bad.verdict is DIFFERENT and "clock" in bad.rung("L3").summary


SCRIPT = """
import neuroport.pynn as sim
sim.setup(timestep=1.0, seed=3, numerics="pynn")
noise = sim.Population(20, sim.SpikeSourcePoisson(rate=100.0), label="noise")
noise.record("spikes")
sim.run(100.0)
"""


def drawn(path: Path, **settings: Any) -> tuple[Any, bytes, list[str]]:
    report = run(RunSpec(str(path), backend="brian2", **settings))
    assert report.result is not None, report.error
    spikes = report.result.spikes("noise")
    assert spikes is not None
    return report.result, b"".join(t.tobytes() for t in spikes.times), report.messages


def test_another_draw_is_made_of_a_script_that_names_its_seed(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    own, first, _ = drawn(path)
    assert own.provenance["seed"] == 3
    ignored, same, notes = drawn(path, seed=9)
    assert (ignored.provenance["seed"], same) == (3, first)  # a script's own seed still holds ...
    assert any("--seed 9 was not used" in note for note in notes)
    further, other, notes = drawn(path, further_seed=2)
    assert further.provenance["seed"] == 5 and other != first  # ... but not where others are asked
    assert not notes
    told, _, _ = drawn(path, seed=9, timestep=0.5, numerics="pynn+delay_rule=next_step",
                       insist=True)
    assert (told.provenance["seed"], told.timestep) == (9, 0.5)
    assert told.provenance["numerics"] == "pynn+delay_rule=next_step"


def test_every_simulator_of_a_script_keeps_a_seed_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("import neuroport\n" + "".join(f"""
sim = neuroport.simulator("brian2", timestep=1.0, seed={seed})
sim.Population(2, sim.SpikeSourcePoisson(rate=100.0)).record("spikes")
sim.run(10.0)
""" for seed in (4, 8)))
    report = run(RunSpec(str(path), further_seed=1))
    assert report.result is not None, report.error
    assert [part.provenance["seed"] for part in report.result.parts] == [5, 9]


class Counter:
    """Stands in for a worker: the script names seed 3."""

    def run(self, job: Job, timeout: float, beat: Any) -> Outcome:
        seed = 3 + job.spec.further_seed
        return Outcome(job, "ok", from_spike_times(
            {"a": [[float(seed)]]}, name="brian2", stop=20.0, provenance={"seed": seed}))


def test_the_calibration_says_which_seeds_it_drew() -> None:
    jobs = [Job("brian2", RunSpec("script.py"))]
    outcomes, seeds = side_by_side([Counter()], jobs, 3, 60.0, Blind())  # type: ignore[list-item]
    assert outcomes[0].result is not None
    assert _seeds_used(outcomes[0].result, seeds) == [
        "Calibration: 3 further runs of brian2 with the seeds 4, 5, 6, whatever seed the model "
        "names; the comparison itself has seed 3."]

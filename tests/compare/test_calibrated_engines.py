"""Bounds from the reference's own seeds, through the command and against another engine."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from neuroport.cli.app import app
from neuroport.process.ending import descendants

sys.path.insert(0, str(Path(__file__).parent))
import models_for_tests as models

ROOT = Path(__file__).parents[2]


def _l3(report: dict[str, Any]) -> dict[str, Any]:
    return next(r for r in report["comparisons"][0]["rungs"] if r["rung"] == "L3")


@pytest.mark.slow
@pytest.mark.parametrize(("target", "verdict"), [
    ("brian2:pynn+delay_rule=next_step", "equivalent"),  # other spikes, the same statistics
    ("brian2:pynn+refractory_rule=floor_or_more", "refused"),
])
def test_calibrated_bounds_from_the_command_line(
    target: str, verdict: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, [
        "compare", str(models.__file__), "--function", "noisy", "-b", f"brian2:pynn,{target}",
        "--calibrate", "10", "--timestep", "1.0", "--seed", "3", "--no-explain", "--json",
        "--html", str(tmp_path / "r.html")])
    if verdict == "refused":  # before any of the eleven runs
        assert done.exit_code == 2
        assert "refractory_rule" in done.output
        return
    report = json.loads(done.stdout)
    rung = _l3(report)
    assert rung["verdict"] == verdict, rung["summary"]
    assert "10 seeds" in rung["summary"]
    assert report["comparisons"][0]["calibration_seeds"] == 10
    assert (tmp_path / "r.html").is_file()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("nest") is None, reason="NEST is not installed")
def test_brian2_and_nest_are_equivalent_and_a_parameter_5_percent_off_is_not() -> None:
    """Vogels and Abbott's network, smaller and shorter than in benchmarks/engines_agree.py."""
    assert package_version("nest-simulator").startswith("3.10")
    place = importlib.util.spec_from_file_location(
        "engines_agree", ROOT / "benchmarks" / "engines_agree.py")
    assert place is not None and place.loader is not None
    benchmark = importlib.util.module_from_spec(place)
    place.loader.exec_module(benchmark)
    found = benchmark.study(
        "vogels-abbott", 6, 3, {"neurons": 2000, "duration": 4000.0, "wiring": 1},
        {"inhibition": -9.0 * 1.05})
    assert found["first_difference_ms"] == float("inf")  # with one seed, every spike
    assert found["spikes"]["brian2"] == found["spikes"]["nest"] > 10_000
    assert [(r["changed"], r["verdict"]) for r in found["rows"]] == [
        ("as published", "equivalent"), ("inhibition", "different")]


def test_ctrl_c_ends_every_run(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "neuroport", "compare", str(models.__file__), "--function",
         "never_ends_on_spinnaker_numerics", "-b", "brian2:spinnaker,brian2:spinnaker",
         "--timestep", "1.0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        # A shell starts background jobs with Ctrl-C ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    end = time.monotonic() + 60.0
    while len(descendants(process.pid)) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    workers = descendants(process.pid)
    assert len(workers) == 2
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    try:
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, error
    assert "interrupted; all runs were stopped" in error
    assert "Traceback" not in error
    assert not [one for one in workers if one.is_running()]
    assert not list(tmp_path.glob("neuroport-compare-*"))  # nor their folders

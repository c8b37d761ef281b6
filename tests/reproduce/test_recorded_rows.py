"""Rows of the pattern detector's study as recorded on hardware, on an engine besides Brian2."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neuroport_experiments.pattern_detector.protocol as experiment
import pytest

import neuroport
from neuroport.reproduce import judge
from neuroport.reproduce.claims import load_claims

# One pattern, all two at Hamming distances 1 to 9, and three of which the last is the hardest.
ROWS = [(992,), *((992, p) for p in experiment.SECOND if p != 31),
        (0, 0, 1), (0, 1, 2), (0, 3, 1021), (0, 31, 995), (0, 63, 967)]


@pytest.mark.slow
def test_twenty_recorded_rows_on_nengo(engine: Any) -> None:
    engine("nengo")
    context: Any = SimpleNamespace(
        simulator=lambda: neuroport.simulator("nengo", timestep=1.0, numerics="spinnaker"),
        tell=lambda *_: None)
    claims = {c.id: c for c in load_claims(
        Path(experiment.__file__).with_name("claims.toml")).claims}
    assert len(ROWS) == 20
    found = {"rows": experiment._study(ROWS)(context, {})}
    verdicts = {
        patterns: judge(claims[f"row-{'-'.join(map(str, patterns))}"],
                        experiment._row(found, "rows", experiment._name(patterns))).value
        for patterns in ROWS}
    assert verdicts == dict.fromkeys(ROWS, "agrees")

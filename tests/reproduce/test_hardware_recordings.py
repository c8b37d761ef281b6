"""The CA3 memory's three experiments against their recordings on hardware, spike by spike.

The recordings are known here by fingerprints of each layer's raster (experiments/ca3_memory).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neuroport_experiments.ca3_memory.protocol as experiment
import pytest

import neuroport
from neuroport.reproduce.claims import load_claims

pytestmark = pytest.mark.filterwarnings("ignore::neuroport_models.ca3_memory.SpacingWarning")
EXPERIMENTS = {"one": (0, 90), "two": (1, 851), "three": (2, 140)}


def rasters(backend: str, name: str) -> Mapping[str, Any]:
    step, _ = EXPERIMENTS[name]
    context: Any = SimpleNamespace(
        simulator=lambda: neuroport.simulator(backend, timestep=1.0, numerics="spinnaker")
    )
    found: Mapping[str, Any] = experiment.steps()[step].function(context, {})
    return found


def recorded(name: str) -> dict[str, str]:
    paper = load_claims(Path(experiment.__file__).with_name("claims.toml"))
    value: dict[str, str] = {c.id: c.value for c in paper.claims}[f"{name}-raster"]
    return value


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_brian2_gives_every_recorded_spike(name: str) -> None:
    found = rasters("brian2", name)
    assert experiment._prints(found, EXPERIMENTS[name][1]) == recorded(name)


@pytest.mark.parametrize("name", [
    "one", pytest.param("two", marks=pytest.mark.slow),
    pytest.param("three", marks=pytest.mark.slow)])
def test_nengo_gives_every_recorded_spike(name: str, engine: Any) -> None:
    engine("nengo")
    found = rasters("nengo", name)
    assert experiment._prints(found, EXPERIMENTS[name][1]) == recorded(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_emulated_board_gives_every_recorded_spike(name: str) -> None:
    if importlib.util.find_spec("spynnaker") is None:
        pytest.skip("sPyNNaker is not installed: pip install 'neuroport[spinnaker]'")
    pytest.importorskip(
        "neuroport_spinnaker.board", reason="the compiled engine is not built",
        exc_type=ImportError,
    )
    found = rasters("spinnaker-emulated", name)
    assert experiment._prints(found, EXPERIMENTS[name][1]) == recorded(name)


def test_one_spike_elsewhere_is_seen() -> None:
    found = {"rasters": {layer: {"3": [1, 4]} for layer in experiment.LAYERS}}
    before = experiment._prints(found, 10)
    found["rasters"]["OUT"] = {"3": [1], "4": [4]}
    after = experiment._prints(found, 10)
    assert [layer for layer in before if before[layer] != after[layer]] == ["OUT"]

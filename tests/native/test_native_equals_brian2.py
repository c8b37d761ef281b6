"""Random networks: the same spikes, weights and samples as Brian2's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="neuroport[native] is not installed")
sys.path.insert(0, str(Path(__file__).parent))
from random_networks import CELLS, SYNAPSES, differences, run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_random_network_of_the_usual_kinds(seed: int) -> None:
    chosen = ("IF_curr_exp",), ("static", "additive")
    native, brian2 = (run(backend, seed, *chosen) for backend in ("native", "brian2"))
    assert differences(native, brian2) == []
    assert sum(len(v) for k, v in native.items() if k.startswith("spikes")) > 10


# More of them: python tests/native/random_networks.py --seed 1000 --count 200
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 30))
def test_a_random_network_of_any_kind(seed: int) -> None:
    native, brian2 = (run(b, seed, CELLS, SYNAPSES) for b in ("native", "brian2"))
    assert differences(native, brian2) == []

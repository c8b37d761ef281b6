"""Weight grids by name: those of other packages, and weights that are stored on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroport.errors import UnknownNumericsError
from neuroport.network.stored_weights import store_weights
from neuroport.numerics import grids, numerics, register_grid


def network(make: Any, weights: list[float], grid: str, cell: str = "IF_curr_exp") -> Any:
    sim = make(numerics={"static_weight_step": grid})
    pre = sim.Population(len(weights), sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(2, getattr(sim, cell)())
    rows = [(k, k % 2, w, 1.0 + k % 3) for k, w in enumerate(weights)]
    sim.Projection(pre, post, sim.FromListConnector(rows), sim.StaticSynapse())
    return sim.state.network_as_written()


def test_a_package_registers_its_own_grid(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "_REGISTERED", {})
    register_grid("thirds", lambda network: {
        (p.post, p.receptor): 1 / 3 for p in network.projections})
    stored = store_weights(network(make, [0.3, 0.6, 1.0], "thirds")).projections[0]
    assert stored.weight_step == 1 / 3
    np.testing.assert_allclose(np.sort(stored.weight), [1 / 3, 2 / 3, 1.0], rtol=1e-15)
    assert grids.grid_names() == ["ring_buffer", "thirds"]


def test_a_grid_that_no_package_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNumericsError, match=r"'ring_buffer', or None"):
        numerics({"static_weight_step": "ring_bufer"})
    monkeypatch.setattr(grids, "_REGISTERED", {})
    monkeypatch.setattr(grids, "_installed", dict)
    with pytest.raises(UnknownNumericsError, match="no installed package has a weight grid"):
        grids.load_grid("ring_buffer")


def test_rounding_over_the_border_takes_the_next_grid(make: Any) -> None:
    """0.99999 nA is 32767.7 steps of 2^-15; stored as 1 it needs the grid of 1, 2^-14."""
    stored = store_weights(network(make, [0.99999], "ring_buffer")).projections[0]
    assert (stored.weight[0], stored.weight_step) == (1.0, 2.0**-14)


@given(
    weights=st.lists(st.floats(0, 4).map(lambda w: round(w, 5)), min_size=1, max_size=30),
    cell=st.sampled_from(["IF_curr_exp", "IF_cond_exp"]),
)
def test_stored_weights_stay_where_they_are(make: Any, weights: list[float], cell: str) -> None:
    written = network(make, weights, "ring_buffer", cell)
    once = store_weights(written)
    twice = store_weights(once)
    for a, b in zip(once.projections, twice.projections, strict=True):
        assert a.weight_step == b.weight_step
        np.testing.assert_array_equal(a.weight, b.weight)
    kept = {(p.post, p.receptor): p.weight_step for p in once.projections}
    assert kept == grids.load_grid("ring_buffer")(once)


def test_projections_without_synapses_have_the_finest_grid(make: Any) -> None:
    sim = make(numerics="spinnaker")
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(1, sim.IF_cond_exp(tau_refrac=1.0))
    sim.Projection(pre, post, sim.FixedProbabilityConnector(0.0),
                   sim.StaticSynapse(weight=0.1, delay=1.0))
    assert sim.network().projections[0].weight_step == 2.0**-25  # 1/1024 µS over 2^15

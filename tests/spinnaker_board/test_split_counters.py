"""Counters of synapse cores that are split from their neurons: an overload must not stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]

BODY = """
sim.setup(1.0)
source = sim.Population({n}, sim.SpikeSourceArray([[20, 21, 22]] * {n}))
target = sim.Population(256, sim.IF_curr_exp(), n_synapse_cores=1)
sim.Projection(source, target, sim.FixedNumberPostConnector({fan_out}),
               sim.StaticSynapse(0.001, 1.0))
sim.run(60)
answer()
sim.end()
"""


@pytest.mark.slow
def test_a_synapse_core_that_cannot_keep_up_says_so(run_network: Run) -> None:
    busy = run_network(BODY.format(n=1000, fan_out=250))["report"]
    assert busy.provenance["late_packets"] > 0
    assert any(line.startswith("late_packets") for line in busy.findings())
    idle = run_network(BODY.format(n=100, fan_out=1))["report"]
    assert idle.provenance["late_packets"] == 0
    assert idle.findings() == []

"""Mistakes planted one by one and all together are each found once, at the right place."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from neuroport.findings import KINDS, explain

from .plants import OPTIONS, PLANTS, Plant

pytestmark = pytest.mark.filterwarnings("ignore")


def found(spinnaker: Any, plants: tuple[Plant, ...]) -> list[Any]:
    labels = {plant.code.lower().replace("n", "") for plant in plants}
    chosen = {k: n for k, n in OPTIONS["neurons_per_core"].items() if k.split(".")[0] in labels}
    sim = spinnaker(neurons_per_core=chosen)
    for plant in plants:
        plant.build(sim)
    network = sim.network()
    for plant in plants:
        if plant.change is not None:
            network = plant.change(network)
    return [f for f in sim.state.backend.check(network) if f.severity.value != "note"]


@pytest.mark.parametrize("plant", PLANTS, ids=[p.code for p in PLANTS])
def test_a_planted_mistake_is_the_only_finding(spinnaker: Any, plant: Plant) -> None:
    findings = found(spinnaker, (plant,))
    mine = [f for f in findings if f.code == plant.code]
    assert len(mine) == 1, [str(f) for f in findings]
    assert plant.where in mine[0].where
    assert len(findings) == 1, [str(f) for f in findings]


def test_all_mistakes_together_are_each_found_once(spinnaker: Any) -> None:
    alone = Counter(
        (f.code, f.where) for plant in PLANTS for f in found(spinnaker, (plant,))
    )
    together = Counter((f.code, f.where) for f in found(spinnaker, PLANTS))
    assert len(PLANTS) >= 20
    assert together == alone
    assert max(together.values()) == 1


def test_findings_carry_measure_limit_reason_way_out_and_line(spinnaker: Any) -> None:
    for one in found(spinnaker, PLANTS):
        assert one.measured, one
        assert one.limit, one
        assert one.why, one
        assert one.fixes, one
        assert one.line is not None, one
        json.dumps(one.as_dict())


def test_every_code_is_explained_at_length() -> None:
    codes = [c for c in KINDS if c.startswith("NP3")]
    assert len(codes) >= 25
    for code in codes:
        assert len(explain(code)) > 120


def test_the_ca3_memory_as_published_has_no_finding(spinnaker: Any) -> None:
    from neuroport_models.ca3_memory import CA3Memory

    sim = spinnaker(numerics="spinnaker")
    CA3Memory(sim, 5, 10)
    assert sim.state.backend.check(sim.network()) == []


@pytest.mark.parametrize(("model", "true"), [
    ("ca3-memory", set()), ("pattern-detector", set()), ("vogels-abbott", set()),
    # Its weights are potentials, which they are not on the chip.
    ("brunel", {"NP322"}),
])
def test_published_models_have_no_findings_but_true_ones(model: str, true: set[str]) -> None:
    from neuroport.networks import build
    from neuroport.target.planner import load_planner

    built = build(model)
    found = [f for network in built.networks for f in load_planner("spinn5").check(network)]
    assert built.networks
    assert {f.code for f in found if f.severity.value != "note"} == true


def test_a_misspelt_population_in_an_option_is_found(spinnaker: Any) -> None:
    sim = spinnaker(neurons_per_core={"exx": 5})
    sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0), label="exc")
    (one,) = [f for f in sim.state.backend.check(sim.network()) if f.code == "NP333"]
    assert "'exx'" in one.measured
    assert one.fixes == ("did you mean 'exc'?",)

"""Mistakes planted one by one and all together are each found once, at the right place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from neuroport_spinnaker.backend import RULES

from neuroport.backend.prepare import prepare
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
    prepared = prepare(network, sim.state.backend)
    # What is wrong on every engine (NP1..) is tested with the front end.
    machine = [f for record in prepared.log if record.name == RULES for f in record.findings]
    return [f for f in machine if f.severity.value != "note"]


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
    assert sim.check() == []


@pytest.mark.parametrize(("model", "true"), [
    ("ca3-memory", set()), ("pattern-detector", set()), ("vogels-abbott", set()),
    # Its weights are potentials, which they are not on the chip.
    ("brunel", {"NP322"}),
])
def test_published_models_have_no_findings_but_true_ones(model: str, true: set[str]) -> None:
    from neuroport.backend.planning import prepare_for_target
    from neuroport.jobs.networks import build

    built = build(model)
    networks = [made.written for made in built.prepared]
    found = [f for n in networks for f in prepare_for_target(n, "spinn5").findings]
    assert networks
    assert {f.code for f in found if f.severity.value != "note"} == true


def test_a_misspelt_population_in_an_option_is_found(spinnaker: Any) -> None:
    sim = spinnaker(neurons_per_core={"exx": 5})
    sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0), label="exc")
    (one,) = [f for f in sim.check() if f.code == "NP333"]
    assert "'exx'" in one.measured
    assert one.fixes == ("did you mean 'exc'?",)


SCRIPT = """
import pyNN.spiNNaker as sim
sim.setup(timestep=1.0)
a, b = (sim.Population(10, sim.IF_curr_exp(tau_refrac=2.0), label=k) for k in "ab")
for pre, post, label in ((a, b, "ab"), (b, a, "ba")):
    sim.Projection(pre, post, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.5, delay=0.0),
                   label=label)
sim.Projection(a, b, sim.OneToOneConnector(), sim.StaticSynapse(weight=-0.5, delay=1.0),
               label="sign")
c = sim.Population(10, sim.EIF_cond_exp_isfa_ista(tau_refrac=1.0), label="c")
sim.Projection(a, c, sim.OneToOneConnector(), sim.TsodyksMarkramSynapse(weight=0.5, delay=3.0),
               label="ac")
sim.run(10.0)
"""


def test_a_script_s_mistakes_are_found_together_also_those_that_end_a_run(tmp_path: Path) -> None:
    """A run ends at the first of them; a check goes on."""
    from neuroport.backend.planning import prepare_for_target
    from neuroport.findings import without_superseded
    from neuroport.jobs.networks import build

    (tmp_path / "script.py").write_text(SCRIPT)
    built = build(str(tmp_path / "script.py"))
    assert built.error is None
    general = [f for f in built.findings if f.code in ("NP114", "NP115")]
    assert [(f.code, f.where) for f in general] == [
        ("NP114", "projection 'ab'"), ("NP114", "projection 'ba'"),
        ("NP115", "projection 'sign'"),
    ]
    found = prepare_for_target(built.prepared[0].written, "spinn5").findings
    together = without_superseded([*general, *found])
    errors = sorted((f.code, f.where) for f in together if f.severity.blocks)
    assert errors == [
        ("NP309", "projection 'ab'"), ("NP309", "projection 'ba'"),
        ("NP310", "population 'c'"), ("NP311", "projection 'ac'"),
        ("NP321", "projection 'sign'"),
    ]
    assert all(f.data["loop"] for f in found if f.code == "NP309")


def test_parts_of_a_rule_that_no_program_has_together_are_found(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker", dialect="spynnaker")
    pre = sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label="pre")
    for kind in ("Additive", "Multiplicative"):
        post = sim.Population(4, sim.IF_curr_exp(tau_refrac=1.0), label=kind)
        weight = getattr(sim, f"{kind}WeightDependence")(w_min=0.0, w_max=4.0)
        sim.Projection(pre, post, sim.AllToAllConnector(), sim.STDPMechanism(
            timing_dependence=sim.Vogels2011Rule(tau=20.0, eta=0.05, rho=3.0),
            weight_dependence=weight, weight=1.0, delay=1.0), receptor_type="inhibitory",
            label=f"to {kind}")
    found = [f for f in sim.check() if f.code == "NP311"]
    assert [f.where for f in found] == ["projection 'to Multiplicative'"]
    assert "Vogels2011Rule with MultiplicativeWeightDependence" in found[0].measured

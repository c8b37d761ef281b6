"""A result says which rules it was computed with, not only which were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engines import lacking
from hypothesis import given, settings
from hypothesis import strategies as st

import neuroport
from neuroport.backend import backend_class
from neuroport.compare.explain.engines import setting_of
from neuroport.findings.honoured import numerics_used
from neuroport.findings.judge import judge
from neuroport.numerics import NAMED, PYNN, SPINNAKER, numerics
from neuroport.results import load_results, save_results

pytestmark = pytest.mark.filterwarnings("ignore")
BACKENDS = ("brian2", "nest", "spinnaker", "spinnaker-emulated")
CHOICES = {name: sorted({getattr(point, name) for point in NAMED.values()}, key=str)
           for name in PYNN.as_dict() if name != "name"}


def _network(sim: Any, plastic: bool = False) -> Any:
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[5.0, 20.0]), label="source")
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=2.0), label="cells")
    synapse = sim.StaticSynapse(weight=0.5, delay=1.0)
    if plastic:
        synapse = sim.STDPMechanism(sim.SpikePairRule(), sim.AdditiveWeightDependence(),
                                    weight=0.5, delay=1.0)
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    cells.record("spikes")
    return sim.network()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BACKENDS), st.booleans(), st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_they_differ_where_the_check_says_so(
    backend: str, plastic: bool, choices: dict[str, Any]
) -> None:
    sim = neuroport.simulator("brian2", timestep=1.0, numerics={"base": "pynn", **choices})
    network, has = _network(sim, plastic), backend_class(backend).capabilities
    used = numerics_used(network, has)
    said = any(f.where == "network" for f in judge(network, has) if f.code in (
        "NP201", "NP320", "NP401"))
    assert (used != network.numerics) == said
    # What is used is honoured, so that asking for it changes nothing.
    for choice in used.differences(network.numerics):
        assert getattr(used, choice) in has.numerics[choice]


@pytest.mark.parametrize("asked", NAMED)
def test_brian2_uses_what_is_asked_for(asked: str) -> None:
    sim = neuroport.simulator("brian2", timestep=1.0, numerics=asked)
    _network(sim)
    sim.run(10.0)
    about = neuroport.results.collecting.collect(sim).information
    assert about["numerics"] == about["numerics_used"] == NAMED[asked].as_dict()


@pytest.mark.slow
def test_a_chip_has_its_own_rules_and_the_result_says_so(tmp_path: Path) -> None:
    if reason := lacking("spinnaker-emulated"):
        pytest.skip(reason)
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="pynn")
    _network(sim)
    sim.run(10.0)
    save_results(sim, tmp_path / "out")
    sim.end()
    (found,) = (load_results(p.parent) for p in tmp_path.rglob("run.json"))
    assert found.information["numerics"] == PYNN.as_dict()
    used = numerics({"base": "pynn", **{
        k: v for k, v in found.information["numerics_used"].items() if k != "name"}})
    for choice in ("input_rule", "refractory_rule", "static_weight_step", "state_bits"):
        assert getattr(used, choice) == getattr(SPINNAKER, choice), choice
    # The explainer tries what was used, not what was asked for.
    setting = setting_of(found)
    assert setting is not None
    assert setting.numerics.differences(used) == {}

"""Findings with one cause are printed once; data keep all of them."""

from __future__ import annotations

import json
import textwrap

import pytest
from typer.testing import CliRunner

import neuroport
from neuroport.errors import CheckFailedError
from neuroport.findings import finding
from neuroport.findings.grouping import grouped


def _same(count: int, code: str = "NP103") -> list[object]:
    return [finding(code, f"projection 'p{k}'", measured=f"{k} of them", limit=f"{k + 1} ms",
                    why=f"the step is {k} ms", fixes=(f"delay={k}",)) for k in range(count)]


def test_only_numbers_and_names_may_differ():
    several = [*_same(16), finding("NP103", "network", measured="1", why="another reason")]
    groups = grouped(several)
    assert [len(g.findings) for g in groups] == [16, 1]
    assert [f for g in groups for f in g.findings] == several  # none is lost
    text = str(groups[0])
    assert "16 times" in text and "and 13 more" in text and len(text.splitlines()) < 12
    assert str(groups[1]) == str(several[-1])
    assert len(groups[0].lines(reason=True, most=None)) > len(groups[0].lines(reason=True))


MANY = """
    import neuroport.pynn as sim
    sim.setup(timestep=0.1)
    cells = [sim.Population(2, sim.IF_cond_exp(), label=f"c{k}") for k in range(8)]
    for a in cells:
        for b in cells:
            sim.Projection(a, b, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.001))
    sim.run(1.0)
"""


@pytest.mark.parametrize("command", ["check", "run"])
def test_one_cause_is_one_row_and_json_has_all(tmp_path, command):
    from neuroport.cli.app import app

    script = tmp_path / "many.py"
    script.write_text(textwrap.dedent(MANY))
    words = [command, str(script), "-b", "nest"]
    shown = CliRunner().invoke(app, words).output
    assert shown.count("NP402") == 1 and "64 times" in shown
    assert "pynn+delay_rule=next_step" in shown
    assert len(shown.splitlines()) < 60  # 64 projections: a line each would be more
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["findings"]
    assert sum(f["code"] == "NP402" for f in found) == 64


def _recurrent(backend: str, numerics: str, plastic: bool = False):
    """The network of a public script: no delay is given, so it is one step."""
    sim = neuroport.simulator(backend, timestep=0.1, numerics=numerics)
    a = sim.Population(10, sim.IF_cond_exp(i_offset=1.0))
    a.record("spikes")
    synapse = sim.STDPMechanism(
        sim.SpikePairRule(), sim.AdditiveWeightDependence(w_max=0.002), weight=0.001
    ) if plastic else sim.StaticSynapse(weight=0.001)
    sim.Projection(a, a, sim.AllToAllConnector(allow_self_connections=False), synapse,
                   receptor_type="excitatory" if plastic else "inhibitory")
    return sim, a


@pytest.mark.parametrize("plastic", [False, True])
def test_the_way_out_is_one_switch_that_runs(plastic):
    sim, _ = _recurrent("nest", "pynn", plastic)
    with pytest.raises(CheckFailedError) as refused:
        sim.run(1.0)
    ways = {fix.split()[1] for f in refused.value.findings if f.severity.blocks for fix in f.fixes
            if fix.startswith("--numerics")}
    assert len(ways) == 1  # every finding offers the same, and it mends all of them
    numerics = ways.pop()
    sim, a = _recurrent("nest", numerics, plastic)
    sim.run(100.0)
    assert a.mean_spike_count() > 0
    if not plastic:
        # What pyNN.nest (PyNN 0.12.3 on NEST 3.10) gives for the same script.
        assert a.mean_spike_count() == 3.0
    sim.end()

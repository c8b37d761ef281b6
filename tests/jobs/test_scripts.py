"""Scripts get what was asked for from their context; the environment is the user's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neuroport.errors import InvalidValueError
from neuroport.jobs.run import run
from neuroport.jobs.specification import RunSpec
from neuroport.pynn.defaults import defaulting_to, defaults

SCRIPT = """
import os
import pyNN.{dialect} as sim
assert not [name for name in os.environ if name.startswith("NEUROPORT_")]
sim.setup(timestep=1.0)
cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0, tau_refrac=1.0), label="cells")
cells.record("spikes")
sim.run(20.0)
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the user's variables away."""
    for name in [name for name in os.environ if name.startswith("NEUROPORT_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(("imported", "dialect"), [("nest", "pynn"), ("spiNNaker", "spynnaker")])
def test_options_reach_a_script_without_the_environment(
    tmp_path: Path, imported: str, dialect: str
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(dialect=imported))
    before = dict(os.environ)
    report = run(RunSpec(str(path), backend="nest", options={"threads": 2}, numerics="pynn",
                         seed=7))
    assert report.status == "ok", report.error
    assert report.result is not None
    about = report.result.information
    assert (about["backend"], about["seed"], about["dialect"]) == ("nest", 7, dialect)
    assert dict(os.environ) == before
    assert defaults().backend == "brian2"


def test_whoever_runs_a_script_goes_before_the_user_s_variables(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPORT_BACKEND", "nest")
    monkeypatch.setenv("NEUROPORT_SEED", "5")
    with defaulting_to(backend="spinnaker", numerics=None):
        with defaulting_to(seed=6):
            inner = defaults()
        assert defaults().seed == 5
    assert (inner.backend, inner.seed, inner.numerics) == ("spinnaker", 6, "pynn")
    assert defaults().backend == "nest"


@pytest.mark.parametrize(("name", "text"), [
    ("SEED", "many"), ("BACKEND_OPTIONS", "{machine: here}"), ("BACKEND_OPTIONS", "[1]")])
def test_variables_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"NEUROPORT_{name}", text)
    with pytest.raises(InvalidValueError, match=f"NEUROPORT_{name}"):
        defaults()


# A logic gate for the chip: membranes and synapses of 0.1 ms at steps of 1 ms. Read back from
# sPyNNaker 7.4.1 on an emulated board: each of the three spikes passes it.
GATE = """
import pyNN.spiNNaker as sim
sim.setup(timestep=1.0{more})
fast = dict(cm=0.1, tau_m=0.1, tau_refrac=0.0, tau_syn_E=0.1, tau_syn_I=0.1, v_rest=-65.0,
            v_reset=-65.0, v_thresh=-64.91)
source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 20.0, 30.0]))
gate = sim.Population(1, sim.{cell}(**fast), label="gate")
gate.record("spikes")
sim.Projection(source, gate, sim.OneToOneConnector(), sim.StaticSynapse(weight=1.0, delay=1.0))
sim.run(50.0)
spikes = gate.get_data().segments[0].spiketrains[0].magnitude.tolist()
assert spikes == {spikes}, spikes
"""


def gate(path: Path, spikes: list[float], more: str = "", cell: str = "IF_curr_exp") -> str:
    path.write_text(GATE.format(spikes=spikes, more=more, cell=cell))
    return str(path)


def test_a_chip_s_script_gets_the_chip_s_numerics(tmp_path: Path) -> None:
    report = run(RunSpec(gate(tmp_path / "gate.py", [11.0, 21.0, 31.0])))
    assert report.status == "ok", report.error
    assert report.result is not None
    assert report.result.information["numerics"]["name"] == "spinnaker"
    assert any("numerics spinnaker, because the script imports sPyNNaker" in m
               for m in report.messages)


@pytest.mark.parametrize("how", ["command", "environment", "script", "dialect"])
def test_unless_it_is_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    more = {"script": ", numerics='pynn'", "dialect": ", dialect='pynn'"}.get(how, "")
    if how == "environment":
        monkeypatch.setenv("NEUROPORT_NUMERICS", "pynn")
    report = run(RunSpec(gate(tmp_path / "gate.py", [], more),
                         numerics="pynn" if how == "command" else None))
    assert report.status == "ok", report.error
    assert not [m for m in report.messages if "numerics" in m]


def test_a_backend_that_cannot_follow_them_takes_the_nearest_and_says_so(tmp_path: Path) -> None:
    # The chip's arithmetic of alpha synapses is not known: Brian2 has PyNN's.
    report = run(RunSpec(gate(tmp_path / "gate.py", [], cell="IF_curr_alpha")))
    assert report.status == "ok", report.error
    assert report.result is not None
    used = report.result.information["numerics"]
    assert (used["integrator"], used["input_rule"]) == ("accurate", "exact")
    assert used["plasticity_amplitude"] == "absolute"  # what the script's numbers mean
    assert any("brian2 cannot follow numerics spinnaker" in m for m in report.messages)
    told = run(RunSpec(gate(tmp_path / "gate.py", [], cell="IF_curr_alpha"), numerics="spinnaker"))
    assert told.status == "refused"


def test_numbers_of_another_meaning_are_never_taken(tmp_path: Path) -> None:
    # Under the chip's numerics the weight of a delta synapse is a current, elsewhere a voltage.
    path = gate(tmp_path / "gate.py", [], cell="IF_curr_delta")
    text = Path(path).read_text().replace("tau_syn_E=0.1, tau_syn_I=0.1, ", "")
    Path(path).write_text(text)
    assert run(RunSpec(path, backend="nest")).status == "refused"


BUILDS = """
import pyNN.nest as sim
sim.setup(timestep=1.0)
cells = sim.Population(3, sim.IF_curr_exp(i_offset=1.0, tau_refrac=2.0), label="cells")
made = sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.1))
assert len(made.get("weight", "list")) == 9
"""


def test_a_script_may_only_look_at_connections(tmp_path: Path) -> None:
    path = tmp_path / "builds.py"
    path.write_text(BUILDS)
    report = run(RunSpec(str(path)))
    assert (report.status, report.exit_code) == ("ok", 0), report.error
    assert any("nothing was run" in m for m in report.messages)


def test_time_counts_over_resets(tmp_path: Path) -> None:
    path = tmp_path / "again.py"
    path.write_text(BUILDS + "cells.record('spikes')\nsim.run(20.0)\nsim.reset()\n"
                    "sim.run(10.0)\nsim.reset()\n")
    report = run(RunSpec(str(path)))
    assert report.status == "ok", report.error
    assert report.result is not None
    assert report.result.information["simulated_ms"] == 30.0


@pytest.mark.parametrize(("start", "encoding", "word"), [
    ("# -*- coding: latin-1 -*-\n", "latin-1", "Männchen"),
    ("# vim: set fileencoding=cp1252 :\n", "cp1252", "5 €"),
    ("", "utf-8-sig", "µS"),
    ("", "utf-8", "→"),
])
def test_files_that_python_reads(tmp_path: Path, start: str, encoding: str, word: str) -> None:
    path = tmp_path / "script.py"
    text = f"{start}word = {word!r}\nassert len(word) == {len(word)}\n{BUILDS}"
    path.write_bytes(text.encode(encoding).replace(b"\n", b"\r\n"))
    report = run(RunSpec(str(path)))
    assert report.status == "ok", report.error


@pytest.mark.parametrize("content", [
    b"# -*- coding: no-such -*-\n", b"a = '\xff'\n", b"a = 1\x00\n", b"a = \n"])
def test_files_that_python_does_not_read_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "script.py"
    path.write_bytes(content)
    report = run(RunSpec(str(path)))
    assert report.status == "error"
    assert "script.py" in str(report.error)


def test_a_script_knows_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "script.py").write_text(
        "import os, sys\nassert os.path.isabs(__file__), __file__\n"
        "os.chdir('/')\nassert os.path.exists(os.path.join(os.path.dirname(__file__), 'data'))\n"
        f"assert sys.argv[0] == 'script.py'\n{BUILDS}")
    (tmp_path / "data").touch()
    monkeypatch.chdir(tmp_path)
    report = run(RunSpec("script.py"))
    assert report.status == "ok", report.error


def test_what_python_itself_does_not_show_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("1\n" * 10)
    path = tmp_path / "script.py"
    path.write_text(f"{BUILDS}\nfor _ in range(3):\n    open({str(tmp_path / 'data')!r}).read()\n")
    report = run(RunSpec(str(path)))
    assert report.status == "ok", report.error
    assert not [m for m in report.messages if "ResourceWarning" in m]


def test_pynn_s_helpers_find_the_simulator(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(
        "from pyNN.utility import get_script_args\nname = get_script_args(1)[0]\n"
        "exec('import pyNN.%s as sim' % name)\nsim.setup()\n")
    report = run(RunSpec(str(path)))
    assert report.status == "ok", report.error
    assert run(RunSpec(str(path), arguments=("nest",))).status == "ok"

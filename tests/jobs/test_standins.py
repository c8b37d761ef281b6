"""Neuroport is every simulator that a script imports, whoever imports it; none is started."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pyNN
import pytest

import neuroport.pynn
from neuroport.installed import REFUSED, installed
from neuroport.jobs.report import Report
from neuroport.jobs.run import run
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.standins import ChipPackageError

# A module of the user's imports the simulator, not the script; weights as sPyNNaker's users give
# them: positive for inhibition.
NET = """
{imported}
def build():
    sim.setup(timestep=1.0)
    p = sim.Population(3, sim.IF_curr_exp(i_offset=1.0, tau_refrac=2.0), label="p")
    p.record("spikes")
    q = sim.Population(3, sim.IF_curr_exp(tau_refrac=2.0), label="q")
    sim.Projection(p, q, sim.OneToOneConnector(), sim.StaticSynapse(weight=1.0, delay=1.0),
                   receptor_type="inhibitory")
    sim.run(100)
    assert len(p.get_data().segments[0].spiketrains[0]) == 3
    sim.end()
"""
WAYS = {
    "as": "import pyNN.spiNNaker as sim",
    "from": "from pyNN import spiNNaker as sim",
    "importlib": "import importlib; sim = importlib.import_module('pyNN.spiNNaker')",
    "__import__": "sim = __import__('pyNN.spiNNaker', fromlist=['setup'])",
    "exec": "exec('import pyNN.spiNNaker as sim')",
    "attribute": "import pyNN.spiNNaker; import pyNN; sim = pyNN.spiNNaker",
    "spynnaker": "import spynnaker.pyNN as sim",
    "from spynnaker": "from spynnaker import pyNN as sim",
    "spynnaker8": "import spynnaker8 as sim",
    "tried": "try:\n    import spynnaker8 as sim\nexcept ImportError:\n    import pyNN.nest as sim",
}


@pytest.fixture(autouse=True)
def nothing_left() -> object:
    """Hold what the imports of a script leave behind against what there was."""
    modules, path, finders = set(sys.modules), list(sys.path), list(sys.meta_path)
    variable = os.environ.get("PYTHONPATH")
    children = {name for name in ("spiNNaker", "nest", "brian2", "neuron") if hasattr(pyNN, name)}
    yield
    for word in ("pyNN.spiNNaker", "pyNN.nest", "spynnaker", "spynnaker8", "spinnman", "net"):
        assert (word in sys.modules) == (word in modules), word
    assert (sys.path, sys.meta_path) == (path, finders)
    assert os.environ.get("PYTHONPATH") == variable
    assert {name for name in ("spiNNaker", "nest", "brian2", "neuron")
            if hasattr(pyNN, name)} == children


def _run(folder: Path, main: str, check: bool = False, **files: str) -> Report:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    path = folder / "main.py"
    path.write_text(main, encoding="utf-8")
    return run(RunSpec(str(path), backend="brian2", check_only=check))


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("how", WAYS)
def test_a_module_of_the_user_s_imports_it(tmp_path: Path, how: str, check: bool) -> None:
    net = NET.format(imported=WAYS[how])
    report = _run(tmp_path, "from net import build\nbuild()\n", check, net=net)
    assert report.status == "ok", report.error
    if not check:
        assert report.result is not None
        assert report.result.information["dialect"] == "spynnaker"


def test_each_script_has_its_own_modules(tmp_path: Path) -> None:
    for number, how in enumerate(("as", "exec")):
        folder = tmp_path / str(number)
        folder.mkdir()
        net = NET.format(imported=WAYS[how]) + f"number = {number}\n"
        report = _run(folder, f"import net\nassert net.number == {number}\nnet.build()\n", net=net)
        assert report.status == "ok", report.error


def test_what_had_been_imported_is_out_of_sight_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, inner, holder = (types.ModuleType(n) for n in ("pyNN.spiNNaker", "spynnaker", "net"))
    holder.sim, holder.__file__ = real, str(tmp_path / "net.py")  # type: ignore[attr-defined]
    for module in (real, inner, holder):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(pyNN, "spiNNaker", real, raising=False)
    report = _run(tmp_path, "from net import build\nbuild()\n", net=NET.format(
        imported=WAYS["from"]))
    assert report.status == "ok", report.error
    assert [sys.modules[m.__name__] for m in (real, inner, holder)] == [real, inner, holder]
    assert pyNN.spiNNaker is real


HELPERS = """
import spynnaker8 as p
from spynnaker.pyNN.utilities import neo_convertor
from spynnaker8.utilities.neo_compare import compare_blocks
from spynnaker.pyNN.extra_algorithms.splitter_components import SplitterPopulationVertexFixed
from spynnaker.pyNN.models.neural_projections.connectors import FromListConnector
from spynnaker.pyNN.extra_models import IFCurDelta
p.setup(1.0)
assert FromListConnector is p.FromListConnector and IFCurDelta is p.extra_models.IFCurDelta
cells = p.Population(2, p.IF_curr_exp(i_offset=1.0, tau_refrac=2.0),
                     splitter=SplitterPopulationVertexFixed())
cells.record("spikes")
p.run(30)
block = cells.get_data()
assert len(neo_convertor.convert_spikes(block)) == 2
compare_blocks(block, block)
p.end()
"""


def test_helpers_of_the_chip_s_software_are_found(tmp_path: Path) -> None:
    before = set(vars(neuroport.pynn))
    report = _run(tmp_path, HELPERS)
    assert report.status == "ok", report.error
    assert any("splitter of a population has no effect here" in m for m in report.messages)
    left = {name for name in set(vars(neuroport.pynn)) - before if not name.startswith("neo_")}
    assert not left


@pytest.mark.parametrize("line", [
    "from spynnaker.pyNN.models.utility_models.spike_injector import SpikeInjector",
    "from spynnaker.pyNN.external_devices import SpikeInjector",
    "import spynnaker8.external_devices as e; e.SpikeInjector",
])
def test_what_a_helper_does_not_have_is_refused_by_its_name(tmp_path: Path, line: str) -> None:
    report = _run(tmp_path, line + "\n")
    assert isinstance(report.error, ChipPackageError)
    assert "SpikeInjector'" in str(report.error)
    assert "neuroport board --run" in str(report.error)


@pytest.mark.parametrize("name", ["spynnaker.pyNN.data", "spinnman", "spinn_front_end_common"])
def test_the_rest_of_the_chip_s_software_is_refused(tmp_path: Path, name: str) -> None:
    report = _run(tmp_path, f"import {name}\n")
    assert isinstance(report.error, ChipPackageError)
    assert name in str(report.error)
    there = _run(tmp_path, f"try:\n    import {name}\nexcept ImportError:\n    pass\n{SCRIPT}")
    assert there.status == "ok", there.error


SCRIPT = NET.format(imported=WAYS["as"]) + "build()\n"
PROCESS = """
import multiprocessing, os, subprocess, sys

def part():
    try:
        import pyNN.spiNNaker
    except ImportError as error:
        return str(error)

if __name__ == "__main__":
    code = "import {name}"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode and "spynnaker" in told.stderr and "is refused" in told.stderr, told
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert "is refused" in pool.apply(part)
    import pyNN.nest as sim
    sim.setup(1.0)
    cell = sim.Population(1, sim.IF_curr_exp())
    sim.run(5.0)
"""


@pytest.mark.parametrize("name", ["pyNN.spiNNaker", "spynnaker.pyNN", "spynnaker8"])
@pytest.mark.skipif(not installed("spynnaker"), reason="without sPyNNaker none could be started")
def test_a_process_that_a_script_starts_starts_no_machine(tmp_path: Path, name: str) -> None:
    report = _run(tmp_path, PROCESS.format(name=name))
    assert report.status == "ok", report.error


def test_the_command_writes_no_configuration_and_reads_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    cfg = home / ".spynnaker.cfg"
    cfg.write_text("[Machine]\nmachine_name = 192.0.2.1\nversion = 5\n", encoding="utf-8")
    (tmp_path / "net.py").write_text(NET.format(imported=WAYS["as"]), encoding="utf-8")
    (tmp_path / "main.py").write_text("from net import build\nbuild()\n", encoding="utf-8")
    before = cfg.read_bytes()
    told = subprocess.run(
        [sys.executable, "-m", "neuroport", "check", str(tmp_path / "main.py")],
        env={**os.environ, "HOME": str(home)}, cwd=tmp_path, capture_output=True, text=True,
        timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert cfg.read_bytes() == before
    assert not [p for p in home.iterdir() if "spynnaker" in p.name and p != cfg]


def test_refused_modules_are_no_one_else_s(tmp_path: Path) -> None:
    """The engines' own processes, and what asks whether a package is there, do not meet them."""
    text = f"""
import os
from neuroport.installed import installed
from neuroport.process.environment import surroundings
assert {REFUSED!r} in os.environ["PYTHONPATH"]
assert {REFUSED!r} not in surroundings(os.environ, None, {{}}).get("PYTHONPATH", "")
assert installed("spynnaker") is {installed("spynnaker")}
assert not installed("spynnaker8")
{SCRIPT}"""
    report = _run(tmp_path, text)
    assert report.status == "ok", report.error

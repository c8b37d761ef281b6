"""A backend that somebody else could have written: in, run, compared and judged, core untouched.

The package in `numpy_backend` is written from docs/new-backend.md. Here it is put where an
installer would put it, in a folder of its own, and everything happens in child processes that have
this folder on their path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE / "numpy_backend"
CORE = HERE.parents[1]

SCRIPT = """
import pyNN.nest as sim
sim.setup(timestep=1.0)
noise = sim.Population(40, sim.SpikeSourcePoisson(rate=60.0), label="noise")
cells = sim.Population(30, sim.IF_curr_exp(tau_m=10.0, tau_refrac=2.0), label="cells")
sim.Projection(noise, cells, sim.FixedProbabilityConnector(0.5),
               sim.StaticSynapse(weight=0.4, delay=2.0))
sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.2),
               sim.StaticSynapse(weight=-0.2, delay=1.0), receptor_type="inhibitory")
cells.record(["spikes", "v"])
sim.run(300.0)
sim.end()
"""

# Both engines in one process. Everything that may change between two runs, spikes under way while
# weights do, half a step of refractoriness, parallel synapses, and choices of the numerics that the
# backend does not pin.
CHANGES = """
import numpy as np

import neuroport


def found(numerics, name, **options):
    sim = neuroport.simulator(name, timestep=1.0, seed=3, numerics=numerics, **options)
    noise = sim.Population(40, sim.SpikeSourcePoisson(rate=60.0), label="noise")
    listed = sim.Population(2, sim.SpikeSourceArray(
        spike_times=[[1.0, 5.0, 30.0, 61.0], [3.0, 30.0, 90.0]]), label="listed")
    first = sim.Population(30, sim.IF_curr_exp(tau_m=10.0, tau_refrac=2.5), label="first")
    second = sim.Population(10, sim.IF_curr_exp(tau_m=5.0, tau_syn_E=5.0, tau_syn_I=3.0),
                            label="second")
    some, all_to_all = sim.FixedProbabilityConnector(0.5), sim.AllToAllConnector()
    sim.Projection(noise, first, some, sim.StaticSynapse(weight=1.4, delay=1.0))
    on = sim.Projection(first, second, some, sim.StaticSynapse(weight=0.5, delay=7.0))
    sim.Projection(second, first, all_to_all, sim.StaticSynapse(weight=-0.5, delay=3.0),
                   receptor_type="inhibitory")
    late = sim.Projection(listed, first, all_to_all, sim.StaticSynapse(weight=1.5, delay=20.0))
    sim.Projection(first, first, sim.FixedTotalNumberConnector(900),
                   sim.StaticSynapse(weight=0.02, delay=2.0))
    noisy = sim.NoisyCurrentSource(mean=0.3, stdev=0.3, start=10.0, stop=150.0, dt=1.0)
    noisy.inject_into(first)
    first.record(["spikes", "v", "isyn_exc", "isyn_inh"])
    second.record(["spikes"])
    spikes, signals = [], []

    def read():
        for population in (first, second):
            segment = population.get_data().segments[-1]
            spikes.append([train.magnitude.tolist() for train in segment.spiketrains])
            signals.extend(np.asarray(signal) for signal in segment.analogsignals)
        signals.append(late.get("weight", format="array"))

    sim.run(41.0)
    late.set(weight=0.7)
    first.set(tau_m=12.0, tau_refrac=5.0)
    noise.set(rate=40.0)
    listed.set(spike_times=[[60.0, 70.0], [80.0]])
    sim.run(50.0)
    read()
    first.initialize(isyn_exc=1.0)
    second.initialize(v=-60.0)
    second.record("v")
    noisy.set_parameters(mean=0.5)
    on.set(weight=0.8)
    sim.run(60.0)
    read()
    sim.reset()
    sim.run(30.0)
    read()
    sim.end()
    return spikes, signals


PYNN = {"base": "pynn"}
OTHER = {"refractory_rule": "ceil", "threshold_rule": ">", "static_weight_step": "ring_buffer"}
for numerics in (PYNN, PYNN | OTHER):
    spikes, signals = found(numerics, "numpy")
    expected, traces = found(numerics, "brian2", codegen="numpy")
    assert sum(map(len, spikes[0])) > 100, "too quiet a network"
    assert spikes == expected
    for mine, reference in zip(signals, traces, strict=True):
        # Another order of summation, in double precision.
        np.testing.assert_allclose(mine, reference, rtol=0, atol=1e-9)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put the package and what an installer notes of it into a folder; return the folder."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, folder / "numpy_backend", ignore=shutil.ignore_patterns("__pycache__"))
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    notes = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points.items())
             for group, points in project["entry-points"].items()]
    (notes / "entry_points.txt").write_text("\n".join(lines))
    (folder / "script.py").write_text(SCRIPT)
    (folder / "changes.py").write_text(CHANGES)
    return folder


def _child(site: Path, *arguments: str) -> str:
    """Run Python with the folder on its path; return what it printed."""
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run([sys.executable, "-W", "ignore", *arguments], cwd=site, text=True,
                          capture_output=True, env={**os.environ, "PYTHONPATH": path}, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_small_and_the_core_does_not_know_it() -> None:
    files = [p for p in PACKAGE.iterdir() if p.suffix in (".py", ".toml")]
    assert sum(len(p.read_text().splitlines()) for p in files) <= 300
    known = [p for folder in ("neuroport", "backends")
             for p in (CORE / folder).rglob("*") if p.suffix in (".py", ".toml")]
    text = [p for p in known if "numpy_backend" in p.read_text() or "NumpyBackend" in p.read_text()]
    assert known
    assert not text


def test_it_is_listed_with_what_it_has(site: Path) -> None:
    listed = json.loads(_child(site, "-m", "neuroport", "backends", "--json"))["backends"]
    assert [b["installed"] for b in listed if b["name"] == "numpy"] == [True]


def test_it_runs_a_script(site: Path) -> None:
    told = json.loads(_child(site, "-m", "neuroport", "run", "script.py", "-b", "numpy",
                             "--no-plots", "--json"))
    assert [run["backend"] for run in told["runs"]] == ["numpy"]


def test_a_script_does_the_same_as_on_brian2(site: Path) -> None:
    _child(site, "-m", "neuroport", "compare", "script.py", "-b", "brian2,numpy",
           "--at-least", "identical")


def test_it_does_the_same_as_brian2_through_changes(site: Path) -> None:
    _child(site, "changes.py")


def test_it_passes_the_conformance_suite(site: Path) -> None:
    results = json.loads(_child(site, "-m", "neuroport", "conformance", "numpy", "--json"))
    states = [(r["subject"], r["feature"]) for r in results["results"] if r["state"] == "works"]
    assert ("cell IF_curr_exp", "every parameter, one value") in states
    assert ("between runs", "weights") in states
    assert not [r for r in results["results"] if r["state"] == "differs"]

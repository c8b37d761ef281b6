"""The native engine: threads, memory in pieces, what compiles when, and stopping."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuroport

pytest.importorskip("numba", reason="neuroport[native] is not installed")
from neuroport_native.engine import cache, compiled, recording
from neuroport_native.lower.fixed import record_kernel, sample_kernel
from neuroport_native.lower.linear import linear_in
from neuroport_native.lower.statements import render

CELL = {"tau_m": 20.0, "tau_refrac": 2.0, "v_thresh": -54.0}


def network(seed: int = 4, **options: Any) -> tuple[Any, Any, Any]:
    """Recurrent cells with static and learning synapses, some of them slow."""
    sim = neuroport.simulator("native", timestep=0.5, seed=seed, **options)
    cells = sim.Population(60, sim.IF_curr_exp(i_offset=0.9, **CELL), label="cells")
    source = sim.Population(40, sim.SpikeSourcePoisson(rate=40.0), label="source")
    delays = sim.RandomDistribution("uniform", (0.5, 8.0))
    sim.Projection(source, cells, sim.FixedProbabilityConnector(0.3),
                   sim.StaticSynapse(weight=0.5, delay=delays))
    learning = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=0.02, A_minus=0.02),
        weight_dependence=sim.AdditiveWeightDependence(w_max=1.0), weight=0.3, delay=delays)
    learnt = sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.2), learning)
    cells.record("spikes")
    cells[:5].record("v")
    return sim, cells, learnt


def outcome(cells: Any, learnt: Any) -> list[Any]:
    segment = cells.get_data().segments[0]
    return [[np.asarray(train).tolist() for train in segment.spiketrains],
            np.asarray(segment.analogsignals[0]).tolist(), learnt.get("weight", format="list")]


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads: int) -> None:
    sim, *one = network()
    other, *several = network(threads=threads)
    for simulator in (sim, other):
        simulator.run(40.0)
        simulator.run(30.5)
    assert outcome(*several) == outcome(*one)
    assert sum(map(len, outcome(*one)[0])) > 60


def test_recordings_that_do_not_fit_are_taken_out_in_pieces(monkeypatch: Any) -> None:
    sim, *whole = network()
    sim.run(60.0)
    monkeypatch.setattr(recording, "_SPIKES", 1)
    monkeypatch.setattr(recording, "_SAMPLES", 1)
    other, *pieces = network()
    other.run(60.0)
    assert outcome(*pieces) == outcome(*whole)


def test_values_that_change_between_runs_compile_nothing() -> None:
    sim, cells, learnt = network()
    sim.run(5.0)
    before = set(compiled._made)
    for k in range(3):
        cells.set(i_offset=0.5 + 0.1 * k, tau_m=15.0 + k)
        cells.initialize(v=-60.0)
        learnt.set(weight=0.2 + 0.01 * k, A_plus=0.01 * k)
        sim.run(5.0)
    assert set(compiled._made) == before
    cells.set(i_offset=np.linspace(0.5, 1.0, 60))  # one number becomes one for each cell
    sim.run(5.0)
    once = set(compiled._made)
    cells.set(i_offset=np.linspace(0.2, 1.2, 60))
    cells.set(i_offset=0.7)
    sim.run(5.0)
    assert set(compiled._made) == once


def test_a_run_stops_when_it_is_asked() -> None:
    sim, _cells, _ = network()
    sim.prepare(10.0)
    session = sim.state.session
    asked = iter([False, False, True])
    done = session.run(10_000_000, stop_asked=lambda: next(asked, True))
    assert 0 < done < 10_000_000


# -- the cache -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "native")
    return tmp_path / "native"


def made(kernel: Any = None) -> compiled.Compiled:
    return compiled.Compiled((kernel or record_kernel()).source, {})


def test_what_was_compiled_is_found_again(folder: Path) -> None:
    assert made().seconds > 0
    assert made().seconds == 0.0
    assert len(list(folder.iterdir())) == 1
    assert made(sample_kernel("float64")).seconds > 0


@pytest.mark.parametrize("spoil", [
    lambda content: content[:-100], lambda content: b"", lambda content: b"x" * 100,
    lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:]])
def test_a_damaged_file_is_made_anew(folder: Path, spoil: Any) -> None:
    made()
    (file,) = folder.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    assert made().seconds > 0
    assert made().seconds == 0.0


def test_without_a_folder_to_write_to_nothing_is_kept_and_nothing_fails(
    tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "file" / "native")
    assert made().seconds > 0
    assert made().seconds > 0


TWICE = r"""
import sys
from pathlib import Path
import numpy as np
from neuroport_native.engine import cache, compiled, table
from neuroport_native.lower.kernel import Entry, kernel_source

def twice(factor):
    lines = f"    x = {factor}.0*exp(0.0*x)\n"*30  # more than is put where it is called
    further = f"def further(x):\n{lines}    return x\n"
    work = f"def work(step, into):\n    x = into[0]\n{lines}    into[0] = x + further(x)\n"
    kernel = kernel_source([Entry("into", "float64")], work, bare=True)
    made = compiled.compiled(kernel, {"further": further})
    into = np.zeros(1)
    made.call(table.Item(kernel, made.address, {"into": into}).table, 0)
    return into[0], made.seconds == 0.0
"""


def test_kernels_that_two_processes_made_are_told_apart(folder: Path) -> None:
    # Both are the first that their process compiles, and have the same arguments.
    makers = [
        subprocess.Popen([sys.executable, "-c", f"{TWICE}\ncache.folder = lambda: "
                          f"Path(sys.argv[1])\ntwice({factor})", str(folder)])
        for factor in (2, 7)]
    assert [process.wait() for process in makers] == [0, 0]
    names: dict[str, Any] = {}
    exec(TWICE, names)
    assert names["twice"](2) == (4.0, True)
    assert names["twice"](7) == (14.0, True)


def test_what_is_not_told_apart_is_not_kept(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(cache, "named", lambda function, name: function)
    assert made().seconds > 0
    assert made().seconds > 0


@pytest.mark.slow
def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    text = ("import neuroport; sim = neuroport.simulator('native', timestep=1.0); "
            "p = sim.Population(3, sim.IF_curr_exp(i_offset=1.0)); p.record('spikes'); "
            "sim.run(100.0); print(p.get_spike_counts())")
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    both = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", text], env=surroundings,
                             stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert said[0] == said[1] and said[0].startswith("{0: ")
    assert not list(tmp_path.rglob("*.part"))


# -- statements ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "at", "value"), [
    ("3.0 - 2.0*x", 0.7, 3.0 - 2.0 * 0.7),
    ("(a*(1.0 - x) - b*x)/c", 0.3, (2.0 * 0.7 - 5.0 * 0.3) / 4.0),
    ("-x/c + a", 1.5, -1.5 / 4.0 + 2.0),
    ("a - (b - x*c)", 0.25, 2.0 - (5.0 - 1.0)),
])
def test_a_linear_expression_is_taken_apart(text: str, at: float, value: float) -> None:
    rate, drive = linear_in(text, "x", {})
    names = {"a": 2.0, "b": 5.0, "c": 4.0}
    assert eval(f"{drive} - {rate}*{at}", names) == pytest.approx(value)


def test_what_is_not_linear_is_refused() -> None:
    with pytest.raises(ValueError, match="not linear in x"):
        linear_in("x*x", "x", {})


def test_conditions_look_at_all_their_parts() -> None:
    assert render(["y = int(a > 0 and not b)"], lambda name: name) == [
        "y = int((a > 0) & ((b != 0) == False))"]

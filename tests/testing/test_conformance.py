"""The shipped suite on every engine, that it sees faults, and the page that it makes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuroport.backend import backend_class
from neuroport.backend.capabilities import Capabilities, CellCapability, SynapseCapability
from neuroport.errors import InvalidValueError
from neuroport.network.cells import CELLS
from neuroport.network.synapses import BY_EQUATIONS
from neuroport.testing import Outcome, chosen_cases, run_suite
from neuroport.testing.cases import cells, numerics, plasticity
from neuroport.testing.table import matrix_states, shown, support_matrix, undeclared

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]
MATRIX = ROOT / "docs" / "support-matrix.md"
BACKENDS = ("brian2", "native", "nengo", "nest", "spinnaker-emulated")


def wrong(results: list[Any]) -> list[str]:
    return [f"{r.name}: {r.why}" for r in results if r.state == "differs"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_engine_does_what_the_matrix_says(backend: str, engine: Any) -> None:
    engine(backend)
    results = run_suite(backend)
    said = {(s, f): v for (s, f, b), v in matrix_states(MATRIX.read_text("utf-8")).items()
            if b == backend}
    found = {(r.subject, r.feature): shown(r) for r in results}
    assert found == said, wrong(results)
    if backend == "brian2":
        # PyNN's numerics: nothing may be judged by the reference, which it is itself.
        assert {r.judged_by for r in results} - {""} == {"expectation"}
    if backend != "spinnaker-emulated":  # what differs there is told on the page
        assert wrong(results) == []


# -- the suite itself ------------------------------------------------------------------------------


def everything() -> Capabilities:
    return backend_class("brian2").capabilities


def cell_cases(cell: str) -> list[Any]:
    return [c for c in chosen_cases(everything(), f"cell {cell.lower()}:")
            if c.subject == f"cell {cell}" and ("array" in c.feature or "initial" in c.feature)]


@pytest.mark.parametrize("cell", list(cells.SAMPLES))
def test_a_parameter_that_is_ignored_shows(cell: str) -> None:
    cases = cell_cases(cell)
    part = cases[0].part
    right = part.expected({})
    for number, case in enumerate(cases, start=1):
        outcome = Outcome(right, right, "expectation", everything(), part.setting)
        assert case.judge(outcome) == "", case.name
        ignored = {k: v.copy() for k, v in right.items()}
        for name in right:
            if name != "spikes":
                ignored[name][:, number] = ignored[name][:, 0]
        spikes = right["spikes"][right["spikes"][:, 1] != number]
        like_the_first = spikes[spikes[:, 1] == 0].copy()
        like_the_first[:, 1] = number
        ignored["spikes"] = np.concatenate([spikes, like_the_first])
        assert case.judge(replace(outcome, observed=ignored)) != "", case.name


@pytest.mark.parametrize("choice", list(numerics.CHOICES))
def test_a_choice_that_is_ignored_shows(choice: str) -> None:
    cases = [c for c in chosen_cases(everything(), "numerics:") if choice in c.feature]
    assert len(cases) > 1
    for asked in cases:
        right = asked.part.expected({})
        for done in cases:
            outcome = Outcome(done.part.expected({}), right, "expectation", everything(),
                              asked.part.setting)
            assert (asked.judge(outcome) == "") == (done is asked), (asked.name, done.name)


def test_all_that_pynn_names_is_tried() -> None:
    from neuroport.pynn.cells import CELL_TYPES

    for cell, sample in cells.SAMPLES.items():
        assert set(sample.other) == set(CELL_TYPES[cell].default_parameters) == set(sample.base)
        assert set(sample.initial) == set(CELL_TYPES[cell].default_initial_values), cell
    sources = {c.feature for c in chosen_cases(everything()) if c.subject == "source"}
    drawing = {c.feature for c in chosen_cases(everything(), "stochastic")}
    assert set(cells.SAMPLES) | sources | (drawing & set(CELLS)) == set(CELLS)
    assert set(BY_EQUATIONS) <= drawing


@pytest.mark.parametrize("fault", ["delay", "weight", "parameter", "seed"])
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"delay": "delay 3 steps source", "weight": "synapse: different",
             "parameter": "cell IF_curr_exp: tau_m", "seed": "running: same seed"}[fault]
    assert wrong(run_suite("brian2", words, codegen="numpy")) == []
    if fault == "seed":
        counted = iter(range(10**6))
        monkeypatch.setattr("neuroport.pynn.state.State.stream",
                            lambda self, *arguments: (next(counted),))
    else:
        monkeypatch.setattr("neuroport.testing.suite._observation", _spoilt(fault))
    assert wrong(run_suite("brian2", words, codegen="numpy")) != []


def _spoilt(fault: str) -> Any:
    """Return an observation with something off by the least that matters."""

    def observation(part: Any, sim: Any) -> Any:
        found = dict(part.observe(sim))
        if fault == "delay":
            found["delay"] = found["delay"] + 1
        else:
            found["v"] = found["v"] * (1 + 1e-5)
        return found

    return observation


def test_one_that_throws_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    build = cells.CellPart.build

    def breaks(self: Any, sim: Any) -> None:
        build(self, sim)
        if self.cell == "IF_curr_alpha":
            raise RuntimeError("no such thing")

    monkeypatch.setattr(cells.CellPart, "build", breaks)
    results = run_suite("brian2", "every parameter if_curr", codegen="numpy")
    assert [r.state for r in results] == ["works", "differs", "works"]
    assert "no such thing" in results[1].why


def test_a_small_backend_is_asked_for_nothing_that_it_does_not_declare() -> None:
    small = Capabilities(
        kind="simulation", deterministic=True,
        cells={"IF_curr_exp": CellCapability("IF_curr_exp", ("spikes", "v"), ("v",)),
               "SpikeSourceArray": CellCapability("SpikeSourceArray", ("spikes",))},
        synapses={"StaticSynapse": SynapseCapability()})
    asked = [c for c in chosen_cases(small) if not c.lacks]
    assert {c.part.cell for c in asked if isinstance(c.part, cells.CellPart)} == {"IF_curr_exp"}
    assert not [c for c in asked if isinstance(c.part, plasticity.PlasticPart)]
    assert not [c for c in asked if "isyn" in c.feature or "Poisson" in c.feature]
    empty = Capabilities(kind="simulation", deterministic=True, cells={})
    assert all(c.lacks for c in chosen_cases(empty))


def test_words_that_no_case_has() -> None:
    with pytest.raises(InvalidValueError, match="no conformance case"):
        chosen_cases(everything(), "nothing of the kind")


# -- the page --------------------------------------------------------------------------------------


def test_the_page_can_be_read_back() -> None:
    results = run_suite("brian2", "delay step", codegen="numpy")
    page = support_matrix(results, "neuroport conformance brian2", {"brian2": "2.9.0"})
    states = matrix_states(page)
    assert len(states) == len(results)
    assert set(states.values()) == {"works"}
    broken = [replace(results[0], state="differs", why="because"), *results[1:]]
    page = support_matrix(broken, "", {})
    assert "because" in page
    assert matrix_states(page)["delay", results[0].feature, "brian2"] == "**differs**"


def test_the_committed_matrix_is_what_is_declared_today() -> None:
    states = matrix_states(MATRIX.read_text("utf-8"))
    for backend in BACKENDS:
        lacks = undeclared(backend_class(backend).capabilities)
        mine = {(s, f): v for (s, f, b), v in states.items() if b == backend}
        assert {k for k, v in mine.items() if v == "no"} == {k for k, v in lacks.items() if v}, (
            f"neuroport conformance {' '.join(BACKENDS)} --table docs/support-matrix.md")
        assert set(mine) == set(lacks)


# -- the commands ----------------------------------------------------------------------------------


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True,
                          timeout=300, check=False, cwd=ROOT)


def test_command(tmp_path: Path) -> None:
    page = tmp_path / "matrix.md"
    done = run("neuroport", "conformance", "brian2", "-k", "delay source", "--json",
               "--table", str(page), "--codegen", "numpy")
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)["results"]
    assert [r["state"] for r in found] == ["works"] * len(found)
    assert len(matrix_states(page.read_text("utf-8"))) == len(found) > 3
    done = run("neuroport", "conformance", "brain2")
    assert done.returncode == 2
    assert "brian2" in done.stderr


@pytest.mark.slow
def test_as_tests_of_pytest() -> None:
    done = run("pytest", "--pyargs", "neuroport.testing", "--backend", "brian2", "-q",
               "-k", "delay and source", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "6 passed" in done.stdout
    done = run("pytest", "--pyargs", "neuroport.testing", "--backend", "nowhere", "-q")
    assert done.returncode != 0
    assert "there is no backend 'nowhere'" in done.stdout + done.stderr

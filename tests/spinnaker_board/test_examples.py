"""The runner of the examples: what it writes down about a script is what the script did."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CONFORMANCE = Path(__file__).parent.parent / "conformance"

NETWORK = """
import pyNN.spiNNaker as sim
sim.setup(1.0)
source = sim.Population(3, sim.SpikeSourceArray([[5], [6], [7]]))
target = sim.Population(3, sim.IF_curr_exp(), label="chain_of_three")
connections = sim.Projection(
    source, target, sim.OneToOneConnector(), sim.StaticSynapse({weight}, 1.0))
target.record("spikes")
sim.run(30)
target.get_data("spikes")
connections.get("weight", "list")
sim.end()
"""


@pytest.fixture
def parts() -> Iterator[dict[str, ModuleType]]:
    """The modules of the runner."""
    pytest.importorskip(
        "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
    )
    sys.path.insert(0, str(CONFORMANCE))
    try:
        names = ("scripts", "running", "judging", "table", "reasons")
        yield {name: importlib.import_module(f"example_runs.{name}") for name in names}
    finally:
        sys.path.remove(str(CONFORMANCE))


def run(
    parts: dict[str, ModuleType], checkout: Path, text: str, limit: float = 120
) -> dict[str, Any]:
    (checkout / "example.py").write_text(text, encoding="utf-8")
    (script,) = parts["scripts"].find(checkout)
    record: dict[str, Any] = parts["running"].run(script, checkout, limit)
    json.dumps(record)  # the journal takes it
    return record


@pytest.mark.slow
def test_spikes_and_weights_read_back_are_counted(
    spynnaker_python: str, parts: dict[str, ModuleType], tmp_path: Path
) -> None:
    fires = run(parts, tmp_path, NETWORK.format(weight=20.0))
    assert fires["result"] == "ran", fires["stderr"]
    entry = fires["notes"]["recordings"]["chain_of_three: spikes"]
    assert (entry["neurons"], entry["fired"], entry["order"]) == (3, 3, 1.0)
    assert entry["spikes"] >= 3
    assert fires["notes"]["weights"][0]["mean"] == 20.0
    silent = run(parts, tmp_path, NETWORK.format(weight=0.5))
    assert silent["notes"]["recordings"]["chain_of_three: spikes"]["spikes"] == 0
    assert "0 spikes of 3 neurons" in parts["table"].verdict(silent)[1]


def test_a_failure_is_named_and_not_explained_away(
    spynnaker_python: str, parts: dict[str, ModuleType], tmp_path: Path
) -> None:
    record = run(parts, tmp_path, "import not_there_at_all")
    result, remark, known = parts["table"].verdict(record)
    assert result == "failed" and not known
    assert "not_there_at_all" in remark
    assert parts["table"].table([record])[1] == ["example.py"]


def test_a_script_without_end_is_cut_off(
    spynnaker_python: str, parts: dict[str, ModuleType], tmp_path: Path
) -> None:
    record = run(parts, tmp_path, "import time; time.sleep(600)", limit=3)
    assert record["result"] == "not finished"
    assert record["wall"] < 60


def test_judgements_can_be_bad(parts: dict[str, ModuleType]) -> None:
    def said(script: str, **entry: Any) -> str:
        notes = {"recordings": {"pop_1: spikes": {
            "neurons": 200, "fired": 200, "spikes": 200, "end_ms": 100.0, "order": 1.0,
            "irregularity": None, "counts": None, "first_ms": 1.0, "last_ms": 50.0,
            **entry}}, "weights": []}
        record = {"script": script, "notes": notes, "live": {}, "stdout": ""}
        return "; ".join(parts["judging"].judge(record))

    assert "passes all 200" in said("examples/synfire_if_curr_exp.py")
    assert "**150 of 200" in said("examples/synfire_if_curr_exp.py", fired=150)
    assert "**200 of 200" in said("examples/synfire_if_curr_exp.py", order=0.3)
    assert "at neuron 150 of 200" in said("examples/synfire_izk.py", fired=150, last_ms=100.0)


def test_a_curve_with_one_side_is_no_curve(parts: dict[str, ModuleType]) -> None:
    def said(means: list[float]) -> str:
        weights = [{"label": "w", "synapses": 1, "mean": m, "least": m, "most": m} for m in means]
        record = {"script": "examples/stdp_curve.py", "live": {}, "stdout": "",
                  "notes": {"recordings": {}, "weights": weights}}
        return str(parts["judging"].judge(record)[0])

    rising = [0.5 + i / 100 for i in range(7)]
    falling = [0.2 + i / 100 for i in range(7)]
    assert said(rising + falling).startswith("two-sided")
    assert said(rising + rising).startswith("**not")
    assert said(rising).startswith("**7 weights")


def test_a_sudoku_is_solved_only_by_a_solution(parts: dict[str, ModuleType]) -> None:
    solution = [[(3 * (i % 3) + i // 3 + j) % 9 + 1 for j in range(9)] for i in range(9)]

    def said(grid: list[list[int]]) -> str:
        final = [[(9 * i + j) * 45 + (grid[i][j] - 1) * 5, 10] for i in range(9) for j in range(9)]
        heard = {"spynnaker_sudoku": {"Cells": {"final": final, "spikes": 810}}}
        record = {"script": "sudoku/sudoku_main.py", "live": heard, "stdout": "", "notes": None}
        return str(parts["judging"].judge(record)[0])

    assert "solved: all 27" in said(solution)
    solution[0][0], solution[0][1] = solution[0][1], solution[0][0]
    assert "not solved" in said(solution)


def test_the_table_replaces_only_its_own_place(
    parts: dict[str, ModuleType], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- PyNN -->\nold\n<!-- end of PyNN -->\nafter\n")
    parts["table"].place(page, "PyNN", [])
    text = page.read_text()
    assert text.startswith("before\n<!-- PyNN -->")
    assert text.endswith("<!-- end of PyNN -->\nafter\n")
    assert "old" not in text and "| script |" in text
    with pytest.raises(ValueError, match="no place for the table"):
        parts["table"].place(page, "Other", [])

"""A step that a check refuses takes its own claims, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from neuroport.reproduce import Claim, Drawing, Experiment, Paper, Step, Verdict, run, write_report


def _cells(context: Any, kind: str) -> int:
    sim = context.simulator()
    cells = sim.Population(2, getattr(sim, kind)(), label="cells")
    cells.record("spikes")
    sim.run(5.0)
    return len(cells.get_data().segments[0].spiketrains)


def _experiment(obtained: Any, ours: bool = True) -> Experiment:
    steps = [
        Step("runs", lambda context, results: _cells(context, "IF_curr_exp")),
        # A neuron that the chip's software does not have.
        Step("refused", lambda context, results: _cells(context, "HH_cond_exp")),
        Step("needs it", lambda context, results: results["refused"] + 1),
        Step("runs after", lambda context, results: results["runs"] + 1),
    ]
    claims = tuple(Claim(name, "g", "w", value, 0, "why", "source", ours=ours)
                   for name, value in (("a", 2), ("b", 2), ("c", 3), ("d", 3)))
    paper = Paper("toy", "A toy", "Nobody", "https://example.org", "nothing", "none", claims)

    def figures(results: Any) -> list[Drawing]:
        return [Drawing("there", "There", lambda: Figure(figsize=(results["runs"], 1))),
                Drawing("not", "Not", lambda: Figure(figsize=(results["refused"], 1)))]

    return Experiment("toy", paper, lambda: steps, obtained, figures, "f" * 64)


def each(results: Any) -> dict[str, Any]:
    names = {"a": "runs", "b": "refused", "c": "needs it", "d": "runs after"}
    return {claim: lambda step=step: results[step] for claim, step in names.items()}


@pytest.mark.parametrize("ours", [True, False])
def test_only_the_claims_of_the_refused_step_are_lost(tmp_path: Path, ours: bool) -> None:
    for resumed in (0, 4):
        done = run(_experiment(each, ours), "brian2", tmp_path)
        assert done.resumed == resumed
        assert [row.verdicts["brian2"] for row in done.rows] == [
            Verdict.AGREES, Verdict.IMPOSSIBLE, Verdict.IMPOSSIBLE, Verdict.AGREES]
        # A paper's claim that could not be tried is no success.
        assert done.passed is ours
    why = {row.claim.id: row.impossible.get("brian2", "") for row in done.rows}
    assert why["a"] == why["d"] == ""
    assert "NP201" in why["b"]
    assert "'refused'" in why["c"] and "NP201" in why["c"]
    paths = write_report(done)
    for kind in ("markdown", "html"):
        assert "not possible there: " in paths[kind].read_text()
    assert "NP201" in json.loads(paths["json"].read_text())[1]["impossible"]["brian2"]
    assert (tmp_path / "there.png").exists()
    assert not (tmp_path / "not.png").exists()


def test_a_table_made_in_one_go_is_lost_as_a_whole(tmp_path: Path) -> None:
    def together(results: Any) -> dict[str, Any]:
        return {"a": results["runs"], "b": results["refused"] + 1}

    done = run(_experiment(together), "brian2", tmp_path)
    assert {row.verdicts["brian2"] for row in done.rows} == {Verdict.IMPOSSIBLE}
    assert all("NP201" in row.impossible["brian2"] for row in done.rows)

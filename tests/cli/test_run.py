"""``neuroport run`` and ``check``, as a user sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuroport.results import load_results

from . import scripts


def test_the_main_job_recalls_everything(command, tmp_path: Path) -> None:
    result = command("run", "ca3-memory", "--output", "out")
    assert result.exit_code == 0, result.output
    assert "9 of 9 answers exact" in result.stdout
    assert "relearn (forget)" in result.stdout
    assert "NO" not in result.stdout
    assert "saved in out" in result.stdout
    assert "figure out/raster.png" in result.stdout
    assert (tmp_path / "out/raster.png").stat().st_size > 10_000
    stored = load_results(tmp_path / "out")
    score = stored.information["score"]
    assert (score["right"], score["asked"], score["outcomes"]) == (9, 9, [1.0] * 9)
    assert stored.information["numerics"]["name"] == "spinnaker"


def test_output_fits_80_columns_without_colour(command) -> None:
    for words in (("run", "ca3-memory", "--no-plots", "-o", "o"), ("doctor",), ("backends",),
                  ("numerics",), ("models", "ca3-memory"), ("explain",), ("run", "--help")):
        result = command(*words)
        assert "\x1b" not in result.output
        free = ("saved in", "figure", "C++ compiler:")  # paths are never broken over lines
        long = [line for line in result.stdout.splitlines()
                if len(line) > 80 and not line.startswith(free)]
        assert not long, words


def test_wrong_answers_give_exit_code_1(command) -> None:
    # Four milliseconds are too short for the published memory.
    result = command("run", "ca3-memory", "--period", "4", "--no-plots", "--json")
    data = json.loads(result.stdout)
    assert data["score"]["right"] < data["score"]["asked"] == 9
    assert data["status"] == "wrong"
    assert result.exit_code == data["exit_code"] == 1
    assert any("SpacingWarning" in message for message in data["messages"])


def test_random_words_come_back_exactly(command) -> None:
    result = command("run", "ca3-memory", "--experiment", "random", "--cues", "3",
                     "--contents", "6", "--rounds", "1", "--no-plots", "--json")
    assert json.loads(result.stdout)["score"] == {"right": 12, "asked": 12}


def test_a_script_runs_and_its_results_are_kept(command, script, tmp_path: Path) -> None:
    result = command("run", script(scripts.PLAIN), "--output", "out")
    assert result.exit_code == 0, result.output
    assert "the script printed this" in result.stdout
    (block,) = load_results(tmp_path / "out").blocks
    assert block.name == "cells"
    assert len(block.segments[0].spiketrains) == 5
    assert (tmp_path / "out/voltages.png").exists()


@pytest.mark.parametrize("text", [scripts.NEST, scripts.UTILITY, scripts.STAR],
                         ids=["nest", "get_simulator", "star"])
def test_scripts_for_other_pynn_back_ends_run_unchanged(command, script, text: str) -> None:
    result = command("run", script(text), "--no-plots", "--json", "--seed", "7")
    data = json.loads(result.stdout)
    assert data["status"] == "ok", data["error"]
    assert data["runs"][0]["backend"] == "brian2"
    assert data["runs"][0]["seed"] == 7


@pytest.mark.parametrize("words", [("--cells", "3"), ("nest", "--cells=3")])
def test_get_simulator_reads_the_other_arguments(command, script, words: tuple[str, ...]) -> None:
    result = command("run", script(scripts.ARGUMENTS), "--no-plots", "--json", "--", *words)
    data = json.loads(result.stdout)
    assert data["status"] == "ok", data["error"]


def test_json_keeps_standard_output_for_itself(command, script) -> None:
    result = command("run", script(scripts.PLAIN), "--json", "--no-plots")
    data = json.loads(result.stdout)
    assert set(data) == {
        "model", "status", "exit_code", "seconds", "phases_s", "score", "table", "data", "runs",
        "findings", "messages", "output", "files", "error",
    }
    assert "results.nix" in data["files"]
    assert "the script printed this" in result.stderr


def test_a_script_with_a_function_takes_options(command, script) -> None:
    result = command("run", script(scripts.FUNCTION), "--n", "3", "--duration", "50",
                     "--no-plots", "--json")
    data = json.loads(result.stdout)
    assert data["runs"][0]["cells"] == 3
    assert data["runs"][0]["simulated_ms"] == 50.0


def test_a_function_that_runs_nothing_asks_for_a_duration(command, script) -> None:
    result = command("run", script(scripts.FUNCTION))
    assert result.exit_code == 2
    assert "--duration" in result.stderr


def test_options_that_a_script_overrides_are_named(command, script) -> None:
    text = scripts.PLAIN.replace("timestep=0.1", "timestep=0.1, seed=5")
    result = command("run", script(text), "--seed", "9", "--no-plots")
    assert "--seed 9 was not used: the script itself sets 5" in result.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("run", "ca3-memory", "--cus", "5"), "did you mean --cues?"),
        (("run", "ca3-memory", "--sed", "5"), "did you mean --seed?"),
        (("run", "ca3-memory", "--cues", "five"), "a whole number"),
        (("run", "ca3-memory", "--experiment", "randm"), "did you mean 'random'?"),
        (("run", "ca3-memory", "--cues", "0"), "at least 5 cues"),
        (("run", "ca3-memry"), "did you mean 'ca3-memory'?"),
        (("run", "ca3-memory", "-b", "brain2"), "did you mean 'brian2'?"),
        (("run", "ca3-memory", "--numerics", "spinaker"), "did you mean 'spinnaker'?"),
        (("run", "missing.py"), "No such file"),
        (("models", "ca3-memry"), "did you mean 'ca3-memory'?"),
        (("explain", "NP1011"), "did you mean 'NP1"),
    ],
)
def test_mistakes_are_answered_with_the_way_out(command, words, hint: str) -> None:
    result = command(*words)
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.output


def test_a_mistake_in_a_script_shows_its_own_line(command, script) -> None:
    result = command("run", script(scripts.MISSPELT))
    assert result.exit_code == 2
    assert "script.py:3" in result.stderr
    assert "sim.IF_curr_exp(tau_mm=10.0)" in result.stderr
    assert "did you mean 'tau_m'" in result.stderr
    assert "Traceback" not in result.output


def test_a_python_error_in_a_script_keeps_what_was_recorded(command, script, tmp_path) -> None:
    result = command("run", script(scripts.BROKEN), "--output", "out", "--no-plots")
    assert result.exit_code == 2
    assert "script.py:6" in result.stderr
    assert "what was recorded is saved in out" in result.stdout
    assert load_results(tmp_path / "out").information["status"] == "error"


def test_traceback_on_demand(command, script) -> None:
    result = command("run", script(scripts.BROKEN), "--traceback", "--no-plots")
    assert "Traceback (most recent call last)" in result.stderr


def test_a_syntax_error_shows_its_line(command, script) -> None:
    result = command("run", script("import neuroport.pynn as sim\nsim.setup(\nx = = 1\n"))
    assert result.exit_code == 2
    assert "SyntaxError" in result.stderr
    assert "script.py:" in result.stderr


def test_a_refused_network_shows_all_findings(command, script) -> None:
    result = command("run", script(scripts.REFUSED))
    assert result.exit_code == 1
    assert "NP201" in result.stdout
    assert "script.py:3" in result.stdout
    assert "refused" in result.stderr


def test_check_reports_and_does_not_run(command, script, tmp_path: Path) -> None:
    result = command("check", script(scripts.WRONG_UNIT), "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == data["exit_code"] == 1
    assert [f["code"] for f in data["findings"]] == ["NP103"]
    assert not (tmp_path / "neuroport-output").exists()
    assert command("check", "ca3-memory").exit_code == 0


def test_a_taken_output_folder_is_not_overwritten(command, script, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("keep")
    result = command("run", script(scripts.PLAIN), "--output", "out", "--no-plots")
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_two_simulators_are_both_kept(command, script, tmp_path: Path) -> None:
    text = """
import neuroport
for numerics in ("pynn", "spinnaker"):
    sim = neuroport.simulator("brian2", timestep=1.0, numerics=numerics)
    cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0), label="cells")
    cells.record("spikes")
    sim.run(50.0)
"""
    assert command("run", script(text), "-o", "out", "--no-plots").exit_code == 0
    names = [
        load_results(tmp_path / f"out/simulator-{k}").information["numerics"]["name"]
        for k in (1, 2)
    ]
    assert names == ["pynn", "spinnaker"]

"""One model on several backends, through real worker processes."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

import neuroport
from neuroport.cli.app import app
from neuroport.compare import (
    BackendFailedError,
    ResultsDisagreeError,
    backend_choices,
    compare_backends,
    json_of_backends,
    json_schema,
    load_any,
    write_html,
    write_junit,
)
from neuroport.errors import InvalidValueError
from neuroport.numerics import PYNN, SPINNAKER, numerics
from neuroport.process.ending import descendants

sys.path.insert(0, str(Path(__file__).parent))
import models_for_tests as models

CHIP = pytest.mark.skipif(
    importlib.util.find_spec("spynnaker") is None
    or importlib.util.find_spec("neuroport_spinnaker.board._engine") is None,
    reason="needs sPyNNaker and the emulated board's compiled engine",
)
BOTH = "brian2:pynn,brian2:spinnaker"


def test_all_mistakes_are_named_before_anything_runs() -> None:
    with pytest.raises(InvalidValueError) as caught:
        backend_choices("brain2,brian2:pynn+input_rul=step,brian2:fast")
    text = str(caught.value)
    assert "did you mean 'brian2'?" in text
    assert "did you mean 'input_rule'?" in text
    assert "there are no numerics called 'fast'" in text
    assert [c.name for c in backend_choices("brian2,brian2")] == ["brian2", "brian2 #2"]
    with pytest.raises(InvalidValueError, match="top of a file"):
        compare_backends(lambda sim: None, "brian2")


@pytest.mark.parametrize("point", [
    PYNN, SPINNAKER, PYNN.switch(input_rule="step", threshold_rule=">"),
    SPINNAKER.switch(static_weight_step=None, plastic_weight_step=0.25),
])
def test_numerics_come_back_from_their_text(point: Any) -> None:
    assert numerics(point.text) == point


@pytest.fixture(scope="module")
def found() -> Any:
    """The quick model under both numerics; `pynn` rounds its refractory period to nothing."""
    return neuroport.compare(models.quick, BOTH, timestep=1.0)


def test_a_difference_is_explained_and_can_fail_a_test(found: Any) -> None:
    assert found.verdict == "different"
    why = found.explanations["brian2:spinnaker"]
    assert why.explained
    assert "refractory rule" in [s.choice for s in why.shares]
    assert any("Same realised network" in note for note in found.notes)
    with pytest.raises(ResultsDisagreeError, match=r"(?s)different.*Why: .*refractory rule"):
        found.require("equivalent")


def test_reports_on_all_backends(found: Any, tmp_path: Path) -> None:
    data = json.loads(json.dumps(json_of_backends(found), allow_nan=False))
    jsonschema.validate(data, json_schema(backends=True))
    page = write_html(found, tmp_path / "r.html").read_text("utf-8")
    assert page.index("Against brian2:pynn") < page.index("<h2>Figures</h2>")
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "neuroport compare" in page
    assert 'failures="0"' not in write_junit(found, tmp_path / "r.xml").read_text("utf-8").split(
        "<testsuite ")[2]


@pytest.mark.parametrize(("model", "status", "words"), [
    (models.dies_on_spinnaker_numerics, "died", "exit code 7.*the last words"),
    pytest.param(models.never_ends_on_spinnaker_numerics, "timed out", "--timeout",
                 marks=pytest.mark.slow),
    (models.wrong_on_spinnaker_numerics, "error", "the user's mistake"),
])
def test_one_that_fails_is_reported_and_the_others_go_on(
    model: Any, status: str, words: str
) -> None:
    found = compare_backends(
        model, "brian2:pynn,brian2:spinnaker,brian2:pynn+delay_rule=next_step", timestep=1.0,
        timeout=20.0 if status == "timed out" else 300.0, explain=False)
    assert [o.status for o in found.outcomes] == ["ok", status, "ok"]
    assert [c.verdict for c in found.comparisons] == ["identical"]
    with pytest.raises(BackendFailedError, match=rf"(?s){words}"):
        found.require()
    assert "Traceback" not in found.failed[0].reason
    import os

    assert not descendants(os.getpid())  # nothing is left behind


@pytest.mark.slow
def test_the_fixture_gates_a_model(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
        MODELS = {str(models.__file__)!r}

        def test_same(assert_agree):
            assert_agree(MODELS, ["brian2:pynn", "brian2:pynn"], "identical",
                         function="quick", timestep=1.0)

        def test_other(assert_agree):
            assert_agree(MODELS, ["brian2:pynn", "brian2:spinnaker"], function="quick",
                         timestep=1.0)
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*'brian2:spinnaker' against 'brian2:pynn': different*"])
    result.stdout.fnmatch_lines(["*First rung that fails*", "*Why:*refractory rule*"])


@pytest.mark.slow
def test_command_with_stored_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    result = run(app, ["compare", "ca3-memory", "-b", "brian2,brian2:pynn", "--no-explain",
                       "--output", "kept", "--html", "r.html"])
    assert result.exit_code == 1, result.output
    assert (tmp_path / "r.html").is_file()
    stored = load_any(tmp_path / "kept" / "brian2")
    assert stored.score is not None
    assert stored.score.outcomes.tolist() == [1.0] * 9
    result = run(app, ["compare", "kept/brian2", "kept/brian2"])
    assert result.exit_code == 0, result.output
    for rung in ("L0", "L1", "L2", "L3", "L4", "L5"):
        assert f"{rung}  = identical" in result.output
    assert run(app, ["compare", "kept/brian2", "kept/brian2-pynn"]).exit_code == 1
    result = run(app, ["compare", "ca3-memory"])
    assert result.exit_code == 2
    assert "--backends" in result.output
    result = run(app, ["compare", "ca3-memory", "-b", "brian2", "--perod", "14"])
    assert result.exit_code == 2
    assert "--period" in result.output


@CHIP
@pytest.mark.slow
def test_the_reference_equals_the_released_binaries_bit_for_bit() -> None:
    """CA3 memory: potentials, spikes, weights, answers, no tolerance; a mixed network."""
    engines = "brian2:spinnaker,spinnaker-emulated:spinnaker"
    ca3 = compare_backends("ca3-memory", engines, traces=30)
    ca3.require("identical")
    assert {r.rung: str(r.verdict) for r in ca3.comparisons[0].rungs} == dict.fromkeys(
        ("L0", "L1", "L2", "L3", "L4", "L5"), "identical")
    mixed = compare_backends(models.mixed, engines, timestep=1.0, traces=30, explain=False)
    mixed.require("identical")
    assert {r.rung: str(r.verdict) for r in mixed.comparisons[0].rungs} == {
        **dict.fromkeys(("L0", "L1", "L2", "L3", "L4"), "identical"), "L5": "not comparable"}


@CHIP
@pytest.mark.slow
def test_pynn_numerics_differ_from_the_board_and_the_reasons_are_named() -> None:
    found = compare_backends("ca3-memory", "brian2:pynn,spinnaker-emulated", explain_runs=60)
    assert found.verdict == "different"
    why = found.explanations["spinnaker-emulated"]
    assert why.explained, why.summary
    assert {"input rule", "plasticity convention"} <= {s.choice for s in why.shares}
    # One time step is one time step under both rules: tau_refrac is 1 ms.
    assert "refractory rule" in why.idle
    assert "refractory rule" in why.summary

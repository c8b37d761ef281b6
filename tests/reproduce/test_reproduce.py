"""Claims, journal, resumption, report and command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from neuroport.errors import Problem, UnsupportedError
from neuroport.reproduce import (
    Claim,
    ClaimsError,
    Drawing,
    Experiment,
    Journal,
    JournalError,
    Paper,
    Step,
    UnknownExperimentError,
    Verdict,
    experiment_names,
    judge,
    load_claims,
    load_experiment,
    run,
    write_report,
)
from neuroport.reproduce.command import app


def claim(value, tolerance=0.0, kind="near", **more):
    return Claim("a", "g", "w", value, tolerance, "why", "source", kind=kind, **more)


@pytest.mark.parametrize(
    ("made", "obtained", "verdict"),
    [
        (claim(1), 1, "agrees"),
        (claim(1), 2, "fails"),
        (claim(1), None, "not obtained"),
        (claim(0.1, 1e-3), 0.101, "agrees"),
        (claim(0.1, 1e-3), 0.1011, "fails"),
        (claim(1.0), float("nan"), "fails"),
        (claim(True), 1, "fails"),
        (claim(1), True, "fails"),
        (claim([1, 2]), [1, 2, 3], "fails"),
        (claim({"h": 1.0, "n": 3}, {"h": 0.1}), {"h": 1.05, "n": 3, "x": 9}, "agrees"),
        (claim({"h": 1.0, "n": 3}, {"h": 0.1}), {"h": 1.05, "n": 4}, "fails"),
        (claim({"h": 1.0}), {}, "fails"),
        (claim(0.9, kind="at_least"), 0.89, "fails"),
        (claim(0.9, kind="at_most"), 0.89, "agrees"),
        (claim(1, known_deviation="because"), 2, "differs, as explained"),
        (claim(1, known_deviation="because"), 1, "agrees"),
    ],
)
def test_verdicts(made, obtained, verdict):
    assert judge(made, obtained) is Verdict(verdict)


def test_claims_need_reason_and_source(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text('[paper]\nname="x"\n[[claims]]\nid="a"\nvalue=1\nsurprise=2\n')
    with pytest.raises(ClaimsError) as caught:
        load_claims(path)
    text = str(caught.value)
    assert "no 'why'" in text
    assert "no 'source'" in text
    assert "surprise" in text


def test_registered_experiments_have_complete_claims():
    assert {"ca3-memory", "pattern-detector"} <= set(experiment_names())
    for name in experiment_names():
        loaded = load_experiment(name)
        assert loaded.paper.claims
        assert len({s.name for s in loaded.steps()}) == len(loaded.steps())
    with pytest.raises(UnknownExperimentError, match="ca3-memory"):
        load_experiment("ca3-memry")


def experiment(calls, value=2.0):
    def step(name, number):
        def function(context, results):
            calls.append(name)
            sim = context.simulator()
            cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0), label="cells")
            cells.record("spikes")
            sim.run(50.0)
            n = sum(cells.get_spike_counts().values())
            sim.end()
            return {"spikes": n, "sum": number + sum(r["sum"] for r in results.values())}

        return Step(name, function)

    paper = Paper("toy", "A toy", "Nobody, nowhere", "https://example.org", "nothing", "none",
                  (claim(value), Claim("b", "g", "w", 3, 0, "why", "source")))
    return Experiment(
        "toy", paper, lambda: [step("one", 1), step("two", 1)],
        lambda results: {"a": float(results["two"]["sum"]), "b": 3},
        lambda results: [], "f" * 64,
    )


def test_run_table_and_report(tmp_path):
    calls = []
    done = run(experiment(calls), ["brian2"], tmp_path)
    assert calls == ["one", "two"]
    assert done.passed
    assert done.cost["brian2"]["simulations"] == 2
    assert done.cost["brian2"]["simulated"] == 100.0
    assert all(len(h) == 64 for h in done.hashes["brian2"].values())
    assert [len(texts) for texts in done.findings["brian2"].values()] == [1, 1]
    paths = write_report(done)
    for kind in ("markdown", "html"):
        text = paths[kind].read_text()
        assert "simulation" in text
        assert "neuroport reproduce toy --backend brian2" in text
        assert done.hashes["brian2"]["one"] in text
        assert "NP102 refractory period is not a whole number of time steps" in text
    assert "http-equiv" not in paths["html"].read_text()
    assert json.loads(paths["json"].read_text())[0]["verdict"] == {"brian2": "agrees"}


def test_a_failing_claim_fails(tmp_path):
    done = run(experiment([], value=5.0), ["brian2"], tmp_path)
    assert not done.passed
    assert "FAILS" in write_report(done)["markdown"].read_text()


@pytest.mark.parametrize("ours", [True, False])
def test_what_a_backend_refuses_is_shown_and_only_our_own_may_be_missing(tmp_path, ours):
    def refuses(context, results):
        raise UnsupportedError(Problem("weights cannot be written here"))

    paper = Paper("toy", "A toy", "Nobody, nowhere", "https://example.org", "nothing", "none",
                  (Claim("a", "g", "w", 3, 0, "why", "source", ours=ours),))
    toy = Experiment("toy", paper, lambda: [Step("one", refuses)],
                     lambda results: {"a": results["one"]}, lambda results: [], "f" * 64)
    for resumed in (0, 1):
        done = run(toy, ["brian2"], tmp_path)
        assert done.resumed == resumed
        assert done.rows[0].verdicts["brian2"].value == "not possible here"
        assert done.passed is ours
    assert "weights cannot be written here" in write_report(done)["html"].read_text()


def test_finished_steps_are_not_run_again(tmp_path):
    calls = []
    first = run(experiment(calls), ["brian2"], tmp_path / "whole")
    journal = tmp_path / "whole" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    (tmp_path / "cut").mkdir()
    # The second step was being written when it stopped.
    (tmp_path / "cut" / "journal.jsonl").write_text("".join(lines[:2]) + lines[2][:40])
    calls.clear()
    second = run(experiment(calls), ["brian2"], tmp_path / "cut")
    assert calls == ["two"]
    assert second.resumed == 1
    assert second.table() == first.table()
    assert second.hashes == first.hashes
    again = run(experiment(calls), ["brian2"], tmp_path / "cut")
    assert again.resumed == 2
    run(experiment(calls), ["brian2"], tmp_path / "cut", fresh=True)
    assert calls == ["two", "one", "two"]


def test_a_journal_of_something_else_is_refused(tmp_path):
    Journal(tmp_path / "j", "toy", "a").write({"backend": "b", "step": "s", "result": 1})
    with pytest.raises(JournalError, match="--fresh"):
        Journal(tmp_path / "j", "toy", "b")
    (tmp_path / "j").write_text("nonsense\n")
    with pytest.raises(JournalError, match="damaged"):
        Journal(tmp_path / "j", "toy", "a")


def test_killed_half_way_and_started_again_gives_the_same_table(tmp_path):
    """The real experiment's first steps, stopped by SIGKILL."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent("""
        import dataclasses, json, sys, warnings
        warnings.simplefilter("ignore")
        from neuroport.reproduce import load_experiment, run
        whole = load_experiment("ca3-memory")
        short = dataclasses.replace(
            whole, steps=lambda: whole.steps()[:3],
            obtained=lambda r: {"one-exact": sum(
                o["exact"] for o in r["experiment 1, functional"]["outcomes"])},
        )
        done = run(short, ["brian2"], sys.argv[1], progress=lambda t: print(t, flush=True))
        print(json.dumps([done.resumed, done.table()]))
    """))
    command = [sys.executable, str(script)]
    cut = tmp_path / "cut"
    with subprocess.Popen([*command, str(cut)], stdout=subprocess.DEVNULL) as process:
        journal = cut / "journal.jsonl"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (
            journal.exists() and journal.read_text().count("\n") >= 2
        ):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)

    def finish(folder: Path):
        found = subprocess.run(
            [*command, str(folder)], capture_output=True, text=True, check=True, timeout=300
        )
        return json.loads(found.stdout.splitlines()[-1])

    resumed, table = finish(cut)
    nothing, fresh = finish(tmp_path / "fresh")
    assert resumed >= 1
    assert nothing == 0
    assert table == fresh
    by_id = {row["id"]: row for row in table}
    assert by_id["one-exact"]["obtained"]["brian2"] == 9


@pytest.fixture
def command():
    main = Typer()
    main.command("other")(lambda: None)
    main.add_typer(app, name="reproduce")
    return lambda *words: CliRunner().invoke(main, ["reproduce", *words])


def test_command_lists_and_refuses(command):
    listed = command("--list", "--json")
    assert listed.exit_code == 0
    assert {x["name"] for x in json.loads(listed.stdout)} >= {"ca3-memory", "pattern-detector"}
    assert command().exit_code == 2
    unknown = command("nothing", "--backend", "brian2")
    assert unknown.exit_code == 2
    assert "there is no experiment" in unknown.output
    assert "there is no backend" in command("ca3-memory", "--backend", "brain2").output


@pytest.mark.parametrize(("value", "code"), [(2.0, 0), (5.0, 1)])
def test_exit_code_says_whether_claims_hold(command, monkeypatch, tmp_path, value, code):
    monkeypatch.setattr(
        "neuroport.reproduce.runner.load_experiment", lambda name: experiment([], value)
    )
    done = command("toy", "--out", str(tmp_path), "--json")
    assert done.exit_code == code
    assert '"passed": ' + ("true" if code == 0 else "false") in done.output


def test_figures_are_in_the_page(tmp_path):
    from dataclasses import replace

    from matplotlib.figure import Figure

    def draw():
        figure = Figure()
        figure.subplots().plot([1, 2])
        return figure

    toy = replace(experiment([]), figures=lambda results: [Drawing("f", "A <line>", draw)])
    paths = write_report(run(toy, ["brian2"], tmp_path))
    text = paths["html"].read_text()
    assert "data:image/png;base64," in text
    assert "A &lt;line&gt;" in text
    assert (tmp_path / "f.png").exists()


def test_a_folder_that_cannot_be_written_is_named(command, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = command("ca3-memory", "--out", str(tmp_path / "file"))
    assert done.exit_code == 2
    assert "could not be written" in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output

"""Places for results are looked at before the run; a late failure and Ctrl-C lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroport.results import load_run

from . import scripts

COMMAND = [sys.executable, "-m", "neuroport"]


@pytest.mark.parametrize("what", ["full", "a file", "below a file", "no permission", "no room"])
def test_a_bad_place_is_refused_before_the_run(
    command: Any, script: Callable[[str], str], tmp_path: Path, what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = script(scripts.PLAIN + "\nopen('it ran', 'w')\n")
    place = {"below a file": "taken/out"}.get(what, "taken")
    if what == "full":
        (tmp_path / "taken").mkdir()
        (tmp_path / "taken" / "mine").write_text("")
    elif what in ("a file", "below a file"):
        (tmp_path / "taken").write_text("")
    elif what == "no permission":  # as root has it, on another's disk
        def refuse(self: Path, *arguments: Any, **keywords: Any) -> None:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr("neuroport.output.checking.Path.mkdir", refuse)
    else:
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr("neuroport.output.checking.shutil.disk_usage",
                            lambda path: usage(10**9, 10**9, 1000))
    done = command("run", name, "--output", place)
    assert done.exit_code == 2
    assert "OutputError" in done.stderr
    assert "--output DIR" in done.stderr
    assert not (tmp_path / "it ran").exists()
    again = command("run", name, "--output", place, "--json")
    assert json.loads(again.stdout)["error"]["type"] == "OutputError"


def test_a_late_failure_saves_elsewhere_and_says_where(
    command: Any, script: Callable[[str], str], tmp_path: Path
) -> None:
    name = script(scripts.PLAIN + "\nimport os; os.mkdir('out'); open('out/mine', 'w').close()\n")
    done = command("run", name, "-o", "out", "--no-plots", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == told["exit_code"] == 2
    assert told["error"]["type"] == "SavedElsewhereError"
    assert "out is not empty" in told["error"]["message"]
    assert told["output"] in told["error"]["message"]
    assert Path(told["output"]).parent == tmp_path / "neuroport-output"
    assert load_run(told["output"]).n_spikes > 0


@pytest.mark.parametrize("words", [
    ("compare", "a.npz", "b.npz", "--html"), ("compare", "a.npz", "b.npz", "--junit"),
    ("check", "x.py", "--target", "spinn5", "--write"), ("plan", "x.py", "--picture"),
    ("conformance", "brian2", "--table"),
])
def test_a_report_s_place_is_looked_at_first(command: Any, tmp_path: Path, words: Any) -> None:
    (tmp_path / "folder").mkdir()
    for place, why in (("folder", "is a folder"), ("nowhere/x.html", "could not be written")):
        done = command(*words, place)
        assert done.exit_code == 2
        assert "OutputError" in done.stderr
        assert why in done.stderr
        assert words[-1] in done.stderr


def test_the_verdict_comes_first_and_the_report_is_kept_elsewhere(
    command: Any, script: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = script(scripts.PLAIN)
    assert command("run", name, "-o", "a", "--no-plots").exit_code == 0
    from neuroport.output import writing

    real = os.replace

    def refuse(old: Any, new: Any) -> None:
        if Path(new).parent == tmp_path:
            raise OSError(28, "No space left on device")
        real(old, new)

    monkeypatch.setattr(writing.os, "replace", refuse)
    done = command("compare", "a", "a", "--html", "page.html")
    assert done.exit_code == 2
    assert "identical" in done.stdout
    assert "No space left on device" in done.stderr
    assert "<html" in (tmp_path / "neuroport-output" / "page.html").read_text("utf-8")
    assert not (tmp_path / "page.html").exists()


MANY = """
import neuroport.pynn as sim
sim.setup(timestep=1.0)
cells = sim.Population(3000, sim.SpikeSourcePoisson(rate=200.0), label="cells")
cells.record("spikes")
def under_way(now):
    if now == 0.0:
        return 600.0
    print("under way", flush=True)
    return 1e9
sim.run(1e6, callbacks=[under_way])
"""
ELSEWHERE = """
import time
import neuroport.pynn as sim
sim.setup(timestep=1.0)
cells = sim.Population(30, sim.SpikeSourcePoisson(rate=200.0), label="cells")
cells.record("spikes")
sim.run(600.0)
print("under way", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [MANY, ELSEWHERE], ids=["in a run", "elsewhere"])
def test_ctrl_c_again_and_again_loses_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "long.py").write_text(text)
    process = subprocess.Popen(
        [*COMMAND, "run", "long.py", "--output", "out", "--json"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # The shell that started the tests may have told its children to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    while process.stderr.readline() != "under way\n":
        assert process.poll() is None
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    while not (first := process.stderr.readline()).startswith("Ctrl-C"):
        assert first
    assert "is saved in out" in first
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "saving" in error
    assert "about" in error
    stored = load_run(tmp_path / "out")
    assert stored.n_spikes > 0
    assert stored.information["status"] == "interrupted"
    assert json.loads(out)["output"] == "out"

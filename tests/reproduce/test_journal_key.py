"""What a journal goes on with: the same run, the same code, the same versions."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from neuroport_experiments.ca3_memory import protocol

from neuroport.reproduce import Claim, Experiment, JournalError, Paper, Step, load_experiment, run
from neuroport.reproduce import code as code_room
from neuroport.reproduce.code import code_hash


def _toy(calls: list[str], fingerprint: str = "f" * 64) -> Experiment:
    def step(context: Any, results: Any) -> int:
        calls.append(f"{context.spec.backend} {context.spec.numerics} {dict(context.spec.options)}")
        return 1

    paper = Paper("toy", "A toy", "Nobody", "https://example.org", "nothing", "none",
                  (Claim("a", "g", "w", 1, 0, "why", "source"),))
    return Experiment("toy", paper, lambda: [Step("one", step)],
                      lambda results: {"a": results["one"]}, lambda results: [], fingerprint)


def test_other_versions_are_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    said: list[str] = []
    run(_toy(calls), "brian2", tmp_path)
    assert run(_toy(calls), "brian2", tmp_path).resumed == 1
    monkeypatch.setattr("neuroport.reproduce.runner.versions", lambda backend: {"brian2": "9.9"})
    assert run(_toy(calls), "brian2", tmp_path, progress=said.append).resumed == 0
    assert len(calls) == 2
    assert any("options or versions have changed" in text for text in said)
    done = run(_toy(calls), "brian2", tmp_path)
    assert done.resumed == 1
    assert done.versions["brian2"] == {"brian2": "9.9"}


def test_other_options_are_run_again(tmp_path: Path) -> None:
    calls: list[str] = []
    for written in ("nest", "nest:threads=2", "nest:pynn"):
        run(_toy(calls), written, tmp_path)
    assert calls == ["nest spinnaker {}", "nest spinnaker {'threads': 2}", "nest pynn {}"]
    # One name, other options: what stands in the journal is of another run.
    done = run(_toy(calls), "nest:threads=2,nest:threads=2", tmp_path)
    assert list(done.backends) == ["nest:threads=2", "nest:threads=2 #2"]
    assert done.resumed == 1


def test_other_code_is_refused(tmp_path: Path) -> None:
    run(_toy([]), "brian2", tmp_path)
    with pytest.raises(JournalError, match="models"):
        run(_toy([], "e" * 64), "brian2", tmp_path)


def test_the_hash_covers_the_models_and_what_they_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "some_models/__init__.py": "", "some_models/memory/__init__.py": "from . import parts\n",
        "some_models/memory/parts.py": "from some_models.shared import x\n",
        "some_models/shared.py": "x = 1\n", "some_models/other.py": "y = 1\n",
        "study/__init__.py": "", "study/protocol.py": "from some_models.memory import parts\n",
        "study/claims.toml": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(code_room, "entry_points", lambda group: [
        EntryPoint("memory", "some_models.memory:model", group)])
    before = code_hash(tmp_path / "study")
    assert code_hash(tmp_path / "study") == before
    for name, text in files.items():
        (tmp_path / name).write_text(text + "# changed\n")
        covered = name not in ("some_models/other.py", "some_models/__init__.py")
        assert (code_hash(tmp_path / "study") != before) is covered, name
        (tmp_path / name).write_text(text)
    for name in [n for n in sys.modules if n.startswith("some_models")]:
        del sys.modules[name]


def test_a_registered_experiment_is_its_protocol() -> None:
    assert load_experiment("ca3-memory").steps is protocol.steps

"""What the README shows works as shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from neuroport.models import load_model

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(blocks("python")[0], names)
    count = float(capsys.readouterr().out.split()[0])
    assert 1 < count < 200


def test_the_commands_exist(command) -> None:
    lines = [line.partition("#")[0] for text in blocks("sh") for line in text.splitlines()]
    words = [shlex.split(line) for line in lines if line.startswith("neuroport ")]
    assert len(words) >= 8
    for name in {w[1] for w in words}:
        assert command(name, "--help").exit_code == 0, name


def test_the_model_options_in_the_readme_are_valid() -> None:
    (line,) = [x for text in blocks("sh") for x in text.splitlines()
               if x.startswith("neuroport run ca3-memory --")]
    options = load_model("ca3-memory").read_options(shlex.split(line.partition("#")[0])[3:])
    assert options == {"experiment": "random"}

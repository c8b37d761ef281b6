"""Fixtures: run the command in this process, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from neuroport.cli.app import app


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``neuroport ...`` in an empty folder, 80 columns wide, without colour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("BACKEND", "NUMERICS", "SEED", "DIALECT"):
        monkeypatch.delenv(f"NEUROPORT_{name}", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [str(w) for w in words])

    return run


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Write a script and return its name."""

    def write(text: str) -> str:
        (tmp_path / "script.py").write_text(text.lstrip("\n"))
        return "script.py"

    return write

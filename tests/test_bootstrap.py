"""The script that `make run` and `make test` set their environments up with."""

import subprocess
import sys
from pathlib import Path

import pytest

from neuroport import bootstrap

SCRIPT = Path(bootstrap.__file__)


def test_it_runs_before_anything_is_installed() -> None:
    """No site packages (-S) and nothing beside it (-P): the standard library must do."""
    asked = subprocess.run([sys.executable, "-S", "-P", str(SCRIPT), "--help"],
                           capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert "--extras" in asked.stdout


def test_another_python_is_refused_with_the_ones_that_do(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
        ) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert bootstrap.make(tmp_path / "env", ["brian2"], [], []) == 1
    assert "needs Python 3.11 to 3.13, and this is 3.10" in capsys.readouterr().err
    assert not (tmp_path / "env").exists()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; each test says what fails."""
    ran: list[list[str]] = []

    def run(self: bootstrap.Environment, command: list[str]) -> bool:
        ran.append(command)
        self.log.write_text("the installer's last words\n")
        return not any(word in command for word in ("fails", ".[fails]"))

    def create(self: bootstrap.Environment) -> None:
        self.folder.mkdir()
        self.log.touch()

    monkeypatch.setattr(bootstrap.Environment, "_run", run)
    monkeypatch.setattr(bootstrap.Environment, "create", create)
    return ran


def test_a_failure_shows_what_the_installer_said(
        tmp_path: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.make(tmp_path / "env", ["fails"], [], []) == 1
    told = capsys.readouterr().err
    assert "the installer's last words" in told
    assert "could not install -e .[fails]" in told
    assert str(tmp_path / "env" / "install.log") in told


def test_an_engine_that_cannot_be_had_is_named_and_the_rest_goes_on(
        tmp_path: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.make(tmp_path / "env", ["test"], ["fails", "nest"], ["client"]) == 0
    assert "neuroport[fails] could not be installed here" in capsys.readouterr().err
    assert [command[-1] for command in commands] == [".[test]", ".[fails]", ".[nest]", "client"]


def test_uv_that_fails_leaves_it_to_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        commands: list[list[str]]) -> None:
    environment = bootstrap.Environment(tmp_path / "env")
    environment.create()
    environment.uv = "fails"
    monkeypatch.setattr(environment, "_index_options", lambda: [])
    environment.install("package")
    assert [command[0] for command in commands] == ["fails", str(environment.python)]


def test_uv_looks_where_pip_is_told_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                            ) -> None:
    for name in ("UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = ("global.index-url='https://mirror.example/simple'\n"
                "global.find-links='/wheels'\n:env:.timeout='5'\n")

    def pip_config(command: list[str], **keywords: object) -> object:
        return subprocess.CompletedProcess(command, 0, stdout=settings)

    monkeypatch.setattr(bootstrap.subprocess, "run", pip_config)
    environment = bootstrap.Environment(tmp_path / "env")
    assert environment._index_options() == [
        "--index-url", "https://mirror.example/simple", "--find-links", "/wheels",
        "--index-strategy", "unsafe-best-match"]
    monkeypatch.setenv("UV_INDEX_URL", "https://other.example/simple")
    assert environment._index_options() == []

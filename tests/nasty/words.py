"""The command line with nasty words: every command ends with an exit code and a reason."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from neuroport.cli.app import app

SCRIPT = """
import neuroport.pynn as sim
sim.setup(timestep=1.0)
cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0))
cells.record("spikes")
sim.run(2.0)
sim.end()
"""

WORDS = (
    "", " ", "nan", "inf", "-1", "0", "1e300", "1e-300", "10" * 40, "1.5", "True", "None", "abc",
    "神経", "a=b", "=", "+", ":", ",", ",,", "../", "/", "/dev/null", "no/such/place", "{folder}",
    "{file}", "{binary}", "*", "a\nb", "--", "-x", "%s", "{}", "x" * 5000,
)


def places(script: str, out: Path) -> Iterator[tuple[str, Callable[[str], list[str]]]]:
    """Yield the places of all commands where a word can stand.

    Parameters
    ----------
    script : str
        Path of a script that runs.
    out : Path
        Folder for results.
    """
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        if name in _NOT_HERE:
            continue
        arguments = [p for p in command.params if isinstance(p, typer.core.TyperArgument)]
        # A comparison starts processes: its words are read before it finds that there is no model.
        model = [] if not arguments or name not in _WITH_MODEL else [
            script if name != "compare" else "no-such-model"]
        first = [name, *model, *_quiet(name, out)]
        for parameter in command.params:
            if isinstance(parameter, typer.core.TyperArgument):
                yield f"{name} {parameter.name}", lambda word, name=name: [name, word]
            elif not parameter.is_flag:
                option = max(parameter.opts, key=len)
                yield f"{name} {option}", lambda word, first=first, option=option: [
                    *first, f"{option}={word}"]
        yield f"{name} --unknown", lambda word, first=first: [*first, f"--unknown={word}"]
        yield f"{name} further", lambda word, first=first: [*first, word]


_WITH_MODEL = ("run", "check", "plan", "preview", "compare")
_NOT_HERE = ("board", "jobs", "submit", "conformance")  # they start servers, jobs and long suites


def _quiet(name: str, out: Path) -> list[str]:
    if name in ("plan", "preview"):
        return ["--quick"] if name == "plan" else ["--no-ask"]
    if name == "run":
        return [f"--output={out / 'results'}", "--no-plots"]
    return ["--no-explain"] if name == "compare" else []


def written(word: str, folder: Path) -> str:
    """Return a word with the paths that it stands for."""
    for name in ("folder", "file", "binary"):
        word = word.replace("{" + name + "}", str(folder / name))
    return word


def make_files(folder: Path) -> None:
    """Make what the words name."""
    (folder / "folder").mkdir()
    (folder / "file").write_text(SCRIPT, encoding="utf-8")
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")


def answer(words: list[str]) -> str:
    """Run the command line; return what is wrong with its end, or an empty text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["neuroport", *words])
        result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        last = traceback.extract_tb(result.exception.__traceback__)[-1]
        return (f"{type(result.exception).__name__}: {str(result.exception)[:100]} "
                f"[{last.filename[-40:]}:{last.lineno}]")
    if result.exit_code not in (0, 1, 2):
        return f"exit code {result.exit_code}"
    if "Traceback (most recent" in result.output:
        return f"a traceback is shown: {result.output[-200:]}"
    return "" if result.output.strip() else f"exit code {result.exit_code} without a word"

"""Run PyNN-style scripts: neuroport stands in for the simulator that they import."""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
import tokenize
import traceback
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neuroport.errors import Problem, UserError, did_you_mean
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.standins import SIMULATORS, standing_in_for_simulators
from neuroport.models import model_names
from neuroport.pynn.defaults import defaulting_to, defaults, numerics_named
from neuroport.pynn.dialects import SPYNNAKER
from neuroport.source_line import SourceLine

__all__ = ["ScriptError", "execute", "reads_arguments", "script_error", "script_function",
           "script_line", "source_of", "standing_in"]

_TAKES_SIMULATOR = re.compile(r"\bget_(simulator|script_args)\b")
_SCRIPT_FUNCTIONS = ("model", "main")


class ScriptError(UserError):
    """An error that a script raised itself, with the script's line."""


def source_of(path: Path) -> str:
    """Return a script's text.

    Raises
    ------
    ScriptError
        If it cannot be read; a file or model of nearly that name is named.
    """
    try:
        with tokenize.open(path) as stream:  # by its coding cookie or byte order mark, else UTF-8
            return stream.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        folder = path.parent if str(path.parent) else Path()
        beside = [str(p) for p in folder.glob("*.py")] if folder.is_dir() else []
        raise ScriptError(
            Problem(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
                fix=did_you_mean(str(path), [*beside, *model_names()]),
            )
        ) from None


def script_function(source: str, path: Path) -> str | None:
    """Return the name of the script's function of a simulator, if it defines one."""
    try:
        tree = ast.parse(source, str(path))
    except SyntaxError as error:
        raise ScriptError(
            Problem(f"SyntaxError: {error.msg}"),
            line=SourceLine(str(path), error.lineno or 0, (error.text or "").strip()),
        ) from None
    except ValueError as error:  # null bytes
        raise ScriptError(Problem(f"{path} is no Python script: {error}")) from None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _SCRIPT_FUNCTIONS:
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if names[:1] == ["sim"] or (node.name == "model" and names):
                return node.name
    return None


def reads_arguments(source: str) -> bool:
    """Whether a script looks as if it read its command line."""
    return bool(re.search(r"\b(argv|argparse|get_simulator|get_script_args|click|typer)\b", source))


def execute(
    path: Path, source: str, name: str, arguments: Sequence[str]
) -> dict[str, Any]:
    """Run a script's text as Python would, and return its names."""
    arguments = list(arguments)
    if _TAKES_SIMULATOR.search(source) and not any(a in SIMULATORS for a in arguments):
        arguments.insert(0, "neuroport")  # PyNN's helpers want the simulator as an argument
    linecache.checkcache(str(path))  # another version may have run in this process
    module = types.ModuleType(name)
    module.__file__ = os.path.abspath(path)
    before = (sys.argv, list(sys.path), sys.modules.get(name))
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    finally:
        sys.argv, sys.path[:] = before[0], before[1]
        if before[2] is not None:
            sys.modules[name] = before[2]
        else:
            sys.modules.pop(name, None)
    return module.__dict__


@contextmanager
def standing_in(spec: RunSpec) -> Iterator[None]:
    """Let a script's `import pyNN.nest as sim` give neuroport, with the options asked for."""
    if not spec.is_script:
        yield
        return
    from neuroport import pynn

    pynn._release()
    try:
        with defaulting_to(
            backend=spec.backend, numerics=spec.numerics, seed=spec.seed,
            options=spec.backend_options or None,
        ) as given, standing_in_for_simulators(lambda: _speak_as_the_chip(given)):
            yield
    finally:
        pynn._release()


def _speak_as_the_chip(given: dict[str, Any]) -> None:
    """Let a script that imports sPyNNaker write as for sPyNNaker, unless told otherwise."""
    if defaults().dialect is None:
        given["dialect"] = SPYNNAKER.name
        if not numerics_named():
            given |= {"numerics": SPYNNAKER.default_numerics, "assumed": True}


# -- errors of scripts ---------------------------------------------------------------------------


def script_line(error: BaseException, spec: RunSpec) -> SourceLine | None:
    """Return the innermost line of the traceback that is the user's."""
    own = str(Path(__file__).resolve().parent)
    mine = None
    root = str(Path(spec.model).resolve().parent) if spec.is_script else ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.abspath(frame.filename)
        if path.startswith(own) or "site-packages" in path or frame.filename.startswith("<"):
            continue
        if not root or path.startswith(root):
            mine = SourceLine(frame.filename, frame.lineno or 0, (frame.line or "").strip())
    return mine


def script_error(error: Exception, spec: RunSpec) -> ScriptError:
    """Return an error of the script's own, with its line."""
    text = str(error) or "(no message)"
    wrapped = ScriptError(
        Problem(f"{type(error).__name__}: {text}",
                fix="--traceback shows the whole call stack"),
        line=script_line(error, spec),
    )
    wrapped.__cause__ = error
    return wrapped

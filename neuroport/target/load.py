"""Read targets from TOML files: neuroport's own, or a user's."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from neuroport.errors import FileFormatError, Problem, UserError, nearest
from neuroport.target.machine import Budget, Geometry, Target

__all__ = ["load_target", "target_names", "UnknownTargetError"]


class UnknownTargetError(UserError, ValueError):
    """A target that is neither one of neuroport's nor a file."""


def target_names() -> list[str]:
    """Return the names of the targets that come with neuroport."""
    folder = files("neuroport.target") / "machines"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir()
                  if p.name.endswith(".toml"))


def load_target(name: str | os.PathLike[str]) -> Target:
    """Return a target by name, or from a TOML file.

    Parameters
    ----------
    name : str or path
        A name of :func:`target_names`, or a file that ends in ``.toml``.

    Raises
    ------
    UnknownTargetError
        If there is no such target; those that there are are listed.
    FileFormatError
        If the file is not a target; every missing or wrong entry is named.
    """
    text = str(name)
    if text.endswith(".toml"):
        path = Path(text)
        if not path.is_file():
            raise UnknownTargetError(Problem(f"there is no file {text}"))
        return _target(path.stem, path.read_text("utf-8"), text)
    if text not in target_names():
        near = nearest(text, target_names())
        raise UnknownTargetError(
            Problem(
                f"there is no target '{text}'",
                limit=f"targets: {', '.join(target_names())}, or a .toml file",
                fix=f"did you mean '{near[0]}'?" if near else "",
            )
        )
    file = files("neuroport.target") / "machines" / f"{text}.toml"
    return _target(text, file.read_text("utf-8"), f"target '{text}'")


def _target(name: str, text: str, where: str) -> Target:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem("not a TOML file", measured=str(error))
        raise FileFormatError(problem, where=where) from None
    problems: list[Problem] = []
    geometry = _part(data, "geometry", Geometry, problems)
    budget = _part(data, "budget", Budget, problems)
    for key in ("description", "family"):
        if not isinstance(data.get(key), str):
            problems.append(Problem(f"'{key}' is missing", limit="a text"))
    if problems or geometry is None or budget is None:
        raise FileFormatError(problems, where=where)
    sources = {str(k): str(v) for k, v in data.get("sources", {}).items()}
    return Target(name, data["description"], data["family"], geometry, budget, sources)


def _part(data: dict[str, Any], key: str, kind: Any, problems: list[Problem]) -> Any:
    given = data.get(key, {})
    names = [f.name for f in fields(kind)]
    before = len(problems)
    for unknown in sorted(set(given) - set(names)):
        problems.append(Problem(f"[{key}] has no entry '{unknown}'", limit=", ".join(names)))
    for name in names:
        value = given.get(name)
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        if not good:
            problems.append(
                Problem(f"[{key}] needs '{name}'", measured=repr(value), limit="a number from 0")
            )
    return None if len(problems) > before else kind(**given)

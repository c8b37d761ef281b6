"""Read targets from TOML files: neuroport's own, or a user's."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from neuroport.errors import FileFormatError, Problem, UserError, did_you_mean, unknown_name
from neuroport.machines.target import Budget, Geometry, Target

__all__ = ["load_target", "target_names", "UnknownTargetError"]


_MAY_BE_ZERO = ("system_cores_per_chip", "system_cores_per_board")


class UnknownTargetError(UserError, ValueError):
    """A target that is neither one of neuroport's nor a file."""


def target_names() -> list[str]:
    """Return the names of the targets that come with neuroport."""
    folder = files("neuroport.machines")
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
            raise UnknownTargetError(
                Problem(f"there is no file {text}",
                        limit=f"targets: {', '.join(target_names())}, or a .toml file")
            )
        try:
            return _target(path.stem, path.read_text("utf-8"), text)
        except (OSError, UnicodeDecodeError) as error:
            raise FileFormatError(Problem("cannot be read", str(error)), where=text) from None
    if text not in target_names():
        raise UnknownTargetError(
            Problem(f"there is no target '{text}'",
                    limit=f"targets: {', '.join(target_names())}, or a .toml file",
                    fix=did_you_mean(text, target_names()))
        )
    file = files("neuroport.machines") / f"{text}.toml"
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
    if geometry is not None and budget is not None:
        problems += _together(geometry, budget)
    if not isinstance(data.get("sources", {}), dict):
        problems.append(Problem("'sources' is not a section", limit="[sources]"))
    if problems or geometry is None or budget is None:
        raise FileFormatError(problems, where=where)
    sources = {str(k): str(v) for k, v in data.get("sources", {}).items()}
    return Target(name, data["description"], data["family"], geometry, budget, sources)


def _part(data: dict[str, Any], key: str, kind: Any, problems: list[Problem]) -> Any:
    given = data.get(key, {})
    if not isinstance(given, dict):
        problems.append(Problem(f"'{key}' is not a section", repr(given), f"[{key}]"))
        return None
    names = [f.name for f in fields(kind)]
    before = len(problems)
    problems += [unknown_name(f"[{key}] has no entry '{unknown}'", unknown, names)
                 for unknown in sorted(set(given) - set(names))]
    for field in fields(kind):
        value: Any = given.get(field.name)
        least = int(field.name not in _MAY_BE_ZERO)
        whole = field.type in (int, "int")
        good = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not good or not least <= value < float("inf"):
            problems.append(
                Problem(f"[{key}] needs '{field.name}'",
                        measured="nothing" if value is None else repr(value),
                        limit=f"a {'whole ' if whole else ''}number from {least}")
            )
    return None if len(problems) > before else kind(**given)


def _together(geometry: Geometry, budget: Budget) -> list[Problem]:
    """Return what each entry allows and all together do not."""
    found = []
    if geometry.chips < geometry.boards:
        found.append(Problem("there are fewer chips than boards",
                             f"{geometry.chips} chips, {geometry.boards} boards"))
    if geometry.chips > geometry.width * geometry.height:
        found.append(Problem("the chips do not fit into the grid", f"{geometry.chips} chips",
                             f"{geometry.width} x {geometry.height}"))
    system = (budget.system_cores_per_chip * geometry.chips
              + budget.system_cores_per_board * geometry.boards)
    if system >= geometry.cores:
        found.append(Problem("the tool-chain takes all cores", f"{system} of {geometry.cores}"))
    return found

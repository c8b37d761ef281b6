"""Which code made a result: a hash over an experiment and the models that it runs."""

from __future__ import annotations

import ast
from hashlib import sha256
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from neuroport import models

__all__ = ["code_hash"]

_KINDS = ("*.py", "*.toml")


def code_hash(folder: Path) -> str:
    """Return the SHA-256 of a package's files and of the model packages that they import.

    Parameters
    ----------
    folder : pathlib.Path
        Of the package. Imports are followed into the packages that register models; versions
        stand for everything else.
    """
    roots = {point.value.partition(":")[0].partition(".")[0]
             for point in entry_points(group=models.GROUP)}
    digest = sha256()
    seen: set[Path] = set()
    waiting = [folder]
    while waiting:
        place = waiting.pop(0)
        if place in seen or any(above in seen for above in place.parents):
            continue
        seen.add(place)
        files = [place] if place.is_file() else sorted(
            path for kind in _KINDS for path in place.rglob(kind))
        for path in files:
            text = path.read_bytes()
            name = f"{place.name}/{path.relative_to(place).as_posix()}"
            digest.update(name.encode() + b"\0" + text + b"\0")
            if path.suffix == ".py":
                waiting += sorted(_imported(path, text, roots))
    return digest.hexdigest()


def _imported(path: Path, source: bytes, roots: set[str]) -> set[Path]:
    """Return the packages and modules below `roots`, or beside it, that a module imports from."""
    found: set[Path] = set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            beside = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            found |= {p for p in (beside, beside.with_suffix(".py")) if node.module and p.exists()}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if _place(name, roots) else node.module for name in inside}
    return found | {place for name in names if (place := _place(name, roots))}


def _place(name: str, roots: set[str]) -> Path | None:
    """Return the folder of a package, the file of a module at the top, or None for the rest."""
    if name.partition(".")[0] not in roots:
        return None
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:  # a name in a module, not a module
        return None
    if spec is None or not spec.origin:
        return None
    path = Path(spec.origin).resolve()
    # All of a package, but not all that stand beside each other at the top.
    return path.parent if spec.submodule_search_locations or name.count(".") > 1 else path

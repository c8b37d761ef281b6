"""A script as it is now, kept for a job that runs it later."""

from __future__ import annotations

import ast
import shutil
from hashlib import sha256
from pathlib import Path

from neuroport.jobs.scripts import source_of

__all__ = ["snapshot", "source_hash"]

_MOST = 1000  # entries of the script's folder that are made reachable


def snapshot(script: Path, folder: Path) -> Path:
    """Copy a script with the modules beside it that it imports; the rest is linked.

    Parameters
    ----------
    script : Path
    folder : Path
        Is made. Data beside the script are found there by links, as they are when it runs.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    ScriptError
        If the script cannot be read.
    """
    source_of(script)  # says what is wrong, and what was perhaps meant
    script = script.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    copied = _imported(script)
    for path in copied:
        place = folder / path.relative_to(script.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    for number, entry in enumerate(sorted(script.parent.iterdir())):
        beside = folder / entry.name
        if number < _MOST and entry.name != "__pycache__" and not beside.exists():
            beside.symlink_to(entry)
    return folder / script.name


def source_hash(folder: Path) -> str:
    """Return the SHA-256 of what was copied."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(
                (folder / part).is_symlink() for part in _parts(path.relative_to(folder))):
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _parts(path: Path) -> list[Path]:
    return [path, *path.parents]


def _imported(script: Path) -> list[Path]:
    """Return the script and the files beside it, or in packages there, that it imports."""
    root = script.parent
    found: dict[Path, None] = {}
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found[path] = None
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, OSError):
            continue  # it will say so itself
        for node in ast.walk(tree):
            for name in _names(node):
                top = root / name.partition(".")[0]
                if (top / "__init__.py").is_file():
                    waiting += sorted(top.rglob("*.py"))
                else:
                    waiting.append(top.with_suffix(".py"))
    return list(found)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []

"""The house as docs/architecture.md draws it: rooms, sizes of files, and who imports whom."""

from __future__ import annotations

import ast
import re
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BACKENDS = tuple(sorted(p.name for p in (ROOT / "backends").iterdir()
                        if (p / "__init__.py").is_file()))
FOLDERS = {
    "neuroport": ROOT / "neuroport",
    **{name: ROOT / "backends" / name for name in BACKENDS},
    "neuroport_models": ROOT / "models" / "neuroport_models",
    "neuroport_experiments": ROOT / "experiments",
}
LONGEST = 400  # lines: what is longer has more than one subject
# Names that do not say what is inside.
VAGUE = {
    "choices", "common", "fitting", "helpers", "losses", "made", "misc", "observe", "places",
    "quicker", "several", "texts", "tools", "utils", "where", "why",
}
# A model gets its engine from whoever runs it.
ENGINES = {"brian2", "nest", "pyNN", "spynnaker", "spinn_front_end_common", "nengo", *BACKENDS}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def modules() -> dict[str, Path]:
    """Return the product's modules by name; a package under its own name."""
    found = {}
    for name, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = [name, *path.relative_to(folder).with_suffix("").parts]
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
PACKAGES = sorted(name for name, path in MODULES.items() if path.name == "__init__.py")


def imported(name: str, path: Path) -> set[str]:
    """Return the full names that a module imports anywhere, also for types or in functions."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: 1 - node.level or None] if node.level else []
            source = ".".join([*parents, *([node.module] if node.module else [])])
            # `from package import name`: a module of that name, or what the package defines.
            names |= {full if (full := f"{source}.{alias.name}") in MODULES else source
                      for alias in node.names}
    return names


IMPORTS = {name: imported(name, path) for name, path in MODULES.items()}


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def inside(package: str) -> list[str]:
    return [name for name in MODULES if name.partition(".")[0] == package]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_names_its_subject(package: str) -> None:
    said = ast.get_docstring(ast.parse(MODULES[package].read_text("utf-8")))
    assert said, f"{package}/__init__.py has no docstring"
    title = said.partition("\n\n")[0]
    assert title.endswith((".", "?")), f"{package}: {title!r} is no sentence"
    # A subject takes more than the room's own name.
    assert len(set(re.findall(r"[a-z]{3,}", title.lower())) - {package.rpartition(".")[2]}) >= 2


def test_files_are_short() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
             for path in MODULES.values()}
    assert {path: lines for path, lines in sizes.items() if lines > LONGEST} == {}


def test_names_say_what_is_inside() -> None:
    assert {name for name in MODULES if VAGUE & set(name.split("."))} == set()


def test_no_import_circles() -> None:
    graph = {name: {other for other in names if other in MODULES and other != name}
             for name, names in IMPORTS.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(reversed(circle.args[1])))


def test_the_core_imports_no_backend_model_or_experiment() -> None:
    others = set(FOLDERS) - {"neuroport"}
    assert {n: found for n in inside("neuroport") if (found := tops(IMPORTS[n]) & others)} == {}


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_import_the_core_and_not_each_other(backend: str) -> None:
    others = set(FOLDERS) - {"neuroport", backend}
    assert any("neuroport" in tops(IMPORTS[n]) for n in inside(backend))
    assert {n: found for n in inside(backend) if (found := tops(IMPORTS[n]) & others)} == {}


@pytest.mark.parametrize("package", ["neuroport_models", "neuroport_experiments"])
def test_models_and_experiments_import_no_engine(package: str) -> None:
    assert {n: found for n in inside(package) if (found := tops(IMPORTS[n]) & ENGINES)} == {}


def test_every_room_is_shipped() -> None:
    setuptools = PROJECT["tool"]["setuptools"]
    assert sorted(setuptools["packages"]) == PACKAGES
    assert {name: ROOT / folder for name, folder in setuptools["package-dir"].items()} == FOLDERS

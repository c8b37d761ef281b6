"""What is installed, what is missing, and the exact command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

__all__ = ["Check", "examine"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes
    ----------
    name : str
    state : str
        ``ok``, ``missing`` (something required is not there), ``optional`` (not there, and not
        needed for the main job) or ``warning``.
    found : str
        What is there.
    fix : str
        The command that mends it.
    """

    name: str
    state: str
    found: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the check as plain data."""
        return asdict(self)


def examine() -> list[Check]:
    """Look at everything; no check raises."""
    return [
        *_python(), *_packages(), *_backends(), *_models(), *_compiler(), *_memory(),
        *_folders(), *_plots(),
    ]


def _pip(requirement: str) -> str:
    return f"{sys.executable} -m pip install '{requirement}'"


def _python() -> Iterator[Check]:
    yield Check("Python", "ok", f"{platform.python_version()} ({sys.executable})")


def _packages() -> Iterator[Check]:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        texts = requires("neuroport") or []
    except PackageNotFoundError:
        yield Check("neuroport", "missing", "not installed as a package",
                    f"{sys.executable} -m pip install -e .   (in the checkout)")
        return
    yield Check("neuroport", "ok", version("neuroport"))
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        wanted = f"{requirement.name}{requirement.specifier}"
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield Check(requirement.name, "missing", "not installed", _pip(wanted))
            continue
        if requirement.specifier.contains(found, prereleases=True):
            yield Check(requirement.name, "ok", found)
        else:
            yield Check(requirement.name, "missing", f"{found}, but {wanted} is needed",
                        _pip(wanted))


def _backends() -> Iterator[Check]:
    from neuroport.backend import backend_names, load_backend
    from neuroport.errors import Problem, UserError

    usable = 0
    missing: list[tuple[str, str, str]] = []
    for name in backend_names():
        try:
            backend = load_backend(name)
            lacking = backend.missing()
        except UserError as error:
            lacking = list(error.problems)
        except ImportError as error:
            lacking = [Problem(str(error))]
        if lacking:
            missing += [(name, one.what, one.fix or _pip(f"neuroport[{name}]")) for one in lacking]
            continue
        usable += 1
        versions = ", ".join(f"{k} {v}" for k, v in backend.information.versions.items())
        yield Check(f"backend {name}", "ok", f"{versions or 'ready'}; {backend.capabilities.kind}")
    for name, what, fix in missing:
        fix = fix.replace("pip install", f"{sys.executable} -m pip install", 1) \
            if fix.startswith("pip install") else fix
        # One engine is enough to run models; without any nothing runs.
        yield Check(f"backend {name}", "optional" if usable else "missing", what, fix)
    if not usable and not missing:
        yield Check("backends", "missing", "none is registered", _pip("neuroport[brian2]"))


def _models() -> Iterator[Check]:
    from neuroport.errors import UserError
    from neuroport.models import load_model, model_names

    for name in model_names():
        try:
            load_model(name)
        except (UserError, ImportError, AttributeError) as error:
            yield Check(f"model {name}", "missing", str(error).splitlines()[0],
                        _pip("neuroport"))
        else:
            yield Check(f"model {name}", "ok", "loads")


def _compiler() -> Iterator[Check]:
    for name in ("g++", "c++", "clang++", "cl"):
        path = shutil.which(name)
        if path:
            yield Check("C++ compiler", "ok", path)
            return
    fix = {"Darwin": "xcode-select --install", "Windows": "install Build Tools for Visual Studio"}
    yield Check("C++ compiler", "optional", "none: large networks run slower",
                fix.get(platform.system(), "sudo apt install g++"))


def _memory() -> Iterator[Check]:
    from neuroport.errors import UserError
    from neuroport.realise.memory import memory_limit

    try:
        limit = memory_limit() / 1e9
    except UserError as error:
        yield Check("memory", "missing", error.problems[0].what, "unset NEUROPORT_MEMORY_GB")
        return
    state = "ok" if limit >= 0.5 else "warning"
    yield Check("memory", state, f"a network may take {limit:.1f} GB",
                "" if state == "ok" else "close other programs")


def _writable(path: Path) -> str:
    """Return why a folder cannot be written to, or an empty string."""
    existing = path
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _folders() -> Iterator[Check]:
    from platformdirs import user_cache_dir

    here = Path.cwd()
    places = [
        ("results folder", here / "neuroport-output", "cd to a folder that you may write to, "
         "or use --output DIR"),
        ("cache", Path(user_cache_dir("neuroport")), "export XDG_CACHE_HOME=FOLDER"),
        ("temporary files", Path(tempfile.gettempdir()), "export TMPDIR=FOLDER"),
    ]
    for name, path, fix in places:
        why = _writable(path)
        needed = name == "results folder"
        if why:
            yield Check(name, "missing" if needed else "warning", f"{path}: {why}", fix)
        else:
            free = shutil.disk_usage(here if needed else tempfile.gettempdir()).free / 1e9
            yield Check(name, "ok", f"{path}" + (f", {free:.1f} GB free" if needed else ""))


def _plots() -> Iterator[Check]:
    try:
        import matplotlib
        from matplotlib import font_manager
        from matplotlib.backends import backend_agg  # noqa: F401
    except ImportError as error:
        yield Check("plots", "missing", str(error), _pip("matplotlib"))
        return
    folder = Path(matplotlib.get_configdir())
    why = _writable(folder)
    if why:
        yield Check("Matplotlib settings", "warning", f"{folder}: {why}",
                    "export MPLCONFIGDIR=FOLDER")
    try:
        font = font_manager.findfont("DejaVu Sans", fallback_to_default=False)
    except ValueError:
        yield Check("plot fonts", "warning", "DejaVu Sans was not found",
                    f"{sys.executable} -m pip install --force-reinstall matplotlib")
        return
    yield Check("plots", "ok", f"files by Agg, no display needed; font {os.path.basename(font)}")


def as_data(checks: list[Check]) -> dict[str, Any]:
    """Return checks as plain data for ``--json``."""
    return {
        "ready": all(c.state != "missing" for c in checks),
        "checks": [c.as_dict() for c in checks],
    }

"""Make a virtual environment with neuroport from a clone: what `make run` and `make test` call.

Runs by path, before anything is installed (``python -P neuroport/bootstrap.py ENVIRONMENT ...``),
so it needs nothing but the standard library. Packages come through uv where it can be had, which
takes a fraction of pip's time, and through pip where it cannot. What the installers print is kept
in ``install.log`` of the environment and shown only where something fails: their warnings are
about the user's package index, not about neuroport.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = Path(__file__).resolve().parent.parent


class InstallationFailed(Exception):
    """An installer gave up; its last words stand in the log."""


class Environment:
    """A virtual environment in the making.

    Parameters
    ----------
    folder
        Where it lies; what was there before is removed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.python = self.folder / "bin" / "python"
        self.log = self.folder / "install.log"
        self.uv: str | None = None

    def create(self) -> None:
        """An empty environment, with pip, and with uv where it is there or can be had."""
        shutil.rmtree(self.folder, ignore_errors=True)
        venv.create(self.folder, with_pip=True)
        self.log.touch()
        self.uv = shutil.which("uv")
        if self.uv is None and self._run([*self._pip(), "install", "uv"]):
            self.uv = str(self.folder / "bin" / "uv")

    def install(self, *arguments: str) -> None:
        """Install requirements.

        Raises
        ------
        InstallationFailed
            Neither uv nor pip could.
        """
        if self.uv is not None:
            command = [self.uv, "pip", "install", "--python", str(self.python)]
            if self._run([*command, *self._index_options(), *arguments]):
                return
        if not self._run([*self._pip(), "install", *arguments]):
            raise InstallationFailed(" ".join(arguments))

    def last_words(self, lines: int = 15) -> str:
        """The end of what the installers printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _pip(self) -> list[str]:
        return [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input"]

    def _run(self, command: list[str]) -> bool:
        with self.log.open("a") as log:
            log.write(f"\n$ {Path(command[0]).name} {' '.join(command[1:])}\n")
            log.flush()
            try:
                done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False)
            except OSError as problem:
                log.write(f"{problem}\n")
                return False
        return done.returncode == 0

    def _index_options(self) -> list[str]:
        """What pip is told of package indices on this computer, for uv, which does not read it."""
        if any(name.startswith("UV_") and "INDEX" in name for name in os.environ):
            return []
        asked = subprocess.run([*self._pip(), "config", "list"], capture_output=True, text=True,
                               check=False)
        options = {"index-url": "--index-url", "extra-index-url": "--extra-index-url",
                   "find-links": "--find-links"}
        found: dict[str, list[str]] = {}
        for line in asked.stdout.splitlines():
            name, _, value = line.partition("=")
            name = name.rpartition(".")[2]
            if name in options:
                found[name] = value.strip("'\"").replace("\\n", " ").split()
        told = [part for name, values in found.items()
                for value in values for part in (options[name], value)]
        # pip takes the best version of all its indices; uv, left to itself, of the first that
        # has the package at all.
        return told and [*told, "--index-strategy", "unsafe-best-match"]


def make(folder: Path, extras: list[str], optional: list[str], bare: list[str]) -> int:
    """Make the environment, telling what is being done; 0, or 1 where it failed."""
    version = ".".join(map(str, sys.version_info[:2]))
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(f"neuroport needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, "
              f"and this is {version}", file=sys.stderr)
        return 1
    environment = Environment(folder)
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {text}", flush=True)

    tell(f"making {folder} with Python {version}")
    environment.create()
    tool = "uv" if environment.uv else "pip"
    tell(f"installing neuroport[{','.join(extras)}] with {tool} (once; minutes the first time)")
    try:
        environment.install("-e", f".[{','.join(extras)}]")
        for engine in optional:
            tell(f"installing the engine {engine}")
            try:
                environment.install("-e", f".[{engine}]")
            except InstallationFailed:
                print(f"neuroport[{engine}] could not be installed here; its tests will be "
                      f"skipped (why: {environment.log})", file=sys.stderr)
        if bare:
            environment.install("--no-deps", *bare)
    except InstallationFailed as problem:
        print(f"{environment.last_words()}\n\ncould not install {problem}; "
              f"all that was printed is in {environment.log}", file=sys.stderr)
        return 1
    tell("installed")
    return 0


def main() -> int:
    """The command line of this file."""
    parser = argparse.ArgumentParser(description="Make an environment with neuroport.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extras", nargs="+", default=["brian2"])
    parser.add_argument("--optional", nargs="*", default=[],
                        help="extras that not every computer can have")
    parser.add_argument("--bare", nargs="*", default=[],
                        help="packages installed without what they depend on")
    asked = parser.parse_args()
    return make(asked.folder, asked.extras, asked.optional, asked.bare)


if __name__ == "__main__":
    sys.exit(main())

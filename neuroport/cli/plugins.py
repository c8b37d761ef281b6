"""Commands that other packages bring: entry points in the group ``neuroport.commands``.

An entry point names a typer application (a group of commands) or a function (one command). It is
loaded only when it is called for, or when the help lists all commands.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

__all__ = ["register", "GROUP"]

GROUP = "neuroport.commands"


def register(app: typer.Typer) -> None:
    """Add the commands of other packages."""
    asked = sys.argv[1:2]
    everything = not asked or (asked[0].startswith("-") and asked[0] != "--version")
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        if not everything and point.name != asked[0]:
            continue
        command = point.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(point.name)(command)

"""``neuroport doctor``: what is installed, what is missing, how to mend it."""

from __future__ import annotations

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Json

__all__ = ["doctor"]


def doctor(as_json: Json = False) -> None:
    """Say what is installed and what is missing, with the command that mends it.

    Exit code 1 where something required is missing.
    """
    from neuroport.doctor import as_data, examine

    checks = examine()
    data = as_data(checks)
    if as_json:
        display.print_json(data)
    else:
        out = display.console()
        out.print(
            display.table("", ("state", "what", "found"),
                          [(c.state, c.name, c.found) for c in checks], whole=(0,))
        )
        for c in checks:
            if c.fix:
                out.print(Text(f"{c.name}: {c.fix}"), soft_wrap=True)
        out.print(Text("everything required is there" if data["ready"]
                       else "something required is missing; the commands above mend it"))
    raise typer.Exit(0 if data["ready"] else 1)

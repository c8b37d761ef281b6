"""``neuroport board``: this backend's own command."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["board"]


def board(
    chips: Annotated[
        int | None, typer.Option(help="Of a board: 4 or 48.", show_default="4; 48 if several")
    ] = None,
    boards: Annotated[int, typer.Option(help="Boards of 48 chips; 3, 6 ... form a torus.")] = 1,
    timing: Annotated[str, typer.Option(help="ideal, or loaded (approximate).")] = "ideal",
    pace: Annotated[str | None, typer.Option(help="1:1 for wall time; free otherwise.")] = None,
    threads: Annotated[int, typer.Option(help="Host threads.")] = 1,
) -> None:
    """Start an emulated board (unofficial) for any sPyNNaker script, until Ctrl-C."""
    try:
        from neuroport_spinnaker.board.command import serve
        from neuroport_spinnaker.board.errors import BoardError
    except ImportError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    try:
        serve(chips, boards=boards, timing=timing, pace=pace, threads=threads, show=typer.echo)
    except BoardError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None

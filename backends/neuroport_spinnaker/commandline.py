"""``neuroport board``: this backend's own command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["board"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """Give an event that is set by Ctrl-C or SIGTERM, also where a shell has them ignored."""
    stopped = threading.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def board(
    chips: Annotated[
        int | None, typer.Option(help="Of a board: 4 or 48.", show_default="4; 48 if several")
    ] = None,
    boards: Annotated[int, typer.Option(help="Boards of 48 chips; 3, 6 ... form a torus.")] = 1,
    timing: Annotated[str, typer.Option(help="ideal, or loaded (approximate).")] = "ideal",
    pace: Annotated[str | None, typer.Option(help="1:1 for wall time; free otherwise.")] = None,
    threads: Annotated[int, typer.Option(help="Host threads.")] = 1,
    host: Annotated[
        str | None, typer.Option(help="A loopback address.", show_default="a free one")
    ] = None,
    iobuf: Annotated[
        bool, typer.Option("--iobuf", help="Show all that programs write, not only complaints.")
    ] = False,
    allow_unknown_binaries: Annotated[
        bool, typer.Option("--allow-unknown-binaries", help="Also programs of your own.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks at the load.")] = 5.0,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="SCRIPT", exists=True, dir_okay=False,
                     help="Run this sPyNNaker script on it, as it is, and stop."),
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- ARGUMENTS]", help="Of the script that --run names.",
                       show_default=False),
    ] = None,
) -> None:
    """Start an emulated board (unofficial) for any sPyNNaker script, until Ctrl-C.

    With --run SCRIPT the script runs on it in this folder, unmodified, with all that sPyNNaker
    itself has; the board has 48 chips then.
    """
    if arguments and run is None:
        raise typer.BadParameter("arguments belong to a script: --run SCRIPT -- ARGUMENTS")
    try:
        from neuroport_spinnaker.board.command import run_on_board, serve
        from neuroport_spinnaker.board.errors import BoardError
    except ImportError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    try:
        with _until_signalled() as stopped:
            if run is not None:
                raise typer.Exit(run_on_board(
                    run, arguments or (), chips=chips, boards=boards, timing=timing, pace=pace,
                    host=host, threads=threads, allow_unknown_binaries=allow_unknown_binaries,
                    show=partial(print, flush=True), keep_going=lambda: not stopped.is_set(),
                ))
            serve(
                chips, boards=boards, timing=timing, pace=pace, host=host, threads=threads,
                allow_unknown_binaries=allow_unknown_binaries, iobuf=iobuf, status_seconds=every,
                show=partial(print, flush=True), keep_going=lambda: not stopped.is_set(),
            )
    except BoardError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None

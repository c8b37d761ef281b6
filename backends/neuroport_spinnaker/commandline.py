"""``neuroport spinnaker ...``: the commands of this backend for the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from neuroport.errors import Problem, UserError
from neuroport.network.description import Network
from neuroport.network.file import load_network
from neuroport_spinnaker import command

__all__ = ["app", "network_of"]

app = typer.Typer(help="What SpiNNaker will do to a network.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="A model's name, a script, or a saved .network file.")]
Target = Annotated[str, typer.Option("--target", help="spinn3, spinn5, ... or a .toml file.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write JSON to this file.")]
Picture = Annotated[Path | None, typer.Option("--picture", help="Draw into this file.")]


def network_of(model: str) -> Network:
    """Return the network of a model, a script or a file, without running it.

    Raises
    ------
    UserError
        What kept it from being built, or that nothing was made.
    """
    if model.endswith(".network"):
        return load_network(model)
    from neuroport.runner import Request, run

    report = run(Request(model, check_only=True))
    if isinstance(report.error, UserError):
        raise report.error
    if not report.networks:
        raise UserError(Problem("no network was made", measured=model)) from report.error
    return report.networks[-1]


@app.command()
def check(
    model: Model,
    target: Target = "spinn5",
    fix: Annotated[bool, typer.Option("--fix", help="Apply what is safe, show it.")] = False,
    rescale: Annotated[
        list[str] | None,
        typer.Option(help="Projection whose weights may be multiplied to survive."),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """All findings at once; exit code 1 where one of them prevents a run."""
    network = network_of(model)
    if fix:
        fixed = command.fix(network, target, None, tuple(rescale or ()))
        typer.echo("\n".join([*fixed.done, fixed.difference]))
        found = list(fixed.left)
    else:
        found = command.check(network, target)
    if json_file is not None:
        command.write_json(json_file, {"findings": [f.as_dict() for f in found]})
    typer.echo("\n".join(map(str, found)) or "nothing found")
    raise typer.Exit(1 if any(f.severity.blocks for f in found) else 0)


@app.command()
def plan(
    model: Model,
    target: Target = "spinn5",
    duration: Annotated[float, typer.Option(metavar="MS")] = 1000.0,
    quick: Annotated[bool, typer.Option("--quick", help="Predict without the mapping.")] = False,
    json_file: JsonFile = None,
    picture: Picture = None,
) -> None:
    """The real mapping onto a virtual machine."""
    network = network_of(model)
    if quick:
        typer.echo(json.dumps(command.predict(network, target).as_dict(), indent=1))
        return
    typer.echo(str(command.plan(network, target, None, duration, json_file, picture)))


@app.command()
def preview(
    model: Model,
    target: Target = "spinn5",
    ask: Annotated[bool, typer.Option(help="Ask sPyNNaker, or use the formula.")] = True,
    json_file: JsonFile = None,
    picture: Picture = None,
) -> None:
    """Weights and parameters as the chip will hold them."""
    network = network_of(model)
    typer.echo(str(command.preview(network, target, None, ask, json_file, picture)))


@app.command()
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

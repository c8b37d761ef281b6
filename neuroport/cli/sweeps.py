"""``neuroport sweep`` and ``neuroport sweeps``: one model with many values."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Backend, Json, Model, Numerics, Seed, Timestep
from neuroport.cli.display import refuse
from neuroport.cli.reading import read_run

if TYPE_CHECKING:
    from neuroport.jobs.sweeps.sweep import Sweep

__all__ = ["EPILOG", "HELP", "sweep", "sweeps"]

HELP = """Submit a run with many values: each combination is a job of its own.

MODEL and all options are those of `neuroport submit`. A name to vary is one of the run's (seed,
timestep, duration, backend, numerics), of the backend's options, or of the model's:

neuroport sweep brunel --vary g=4:6:0.5 --vary eta=1,2 --seeds 10 --to local

The same --key with the same content gives the same sweep, and goes on where it was broken off.
"""
EPILOG = "Exit codes: 0 all members done; 1 some are not; 2 an error; 4 not over yet."

sweeps = typer.Typer(
    help="Sweeps that were submitted: their members' states, and their results as one table.",
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Id = Annotated[str, typer.Argument(
    metavar="ID", help="A sweep's id, 4 or more letters of its beginning or end, or its key.")]


def sweep(
    context: typer.Context,
    model: Model,
    vary: Annotated[list[str] | None, typer.Option(
        "--vary", metavar="NAME=VALUES",
        help="VALUE,VALUE... or FIRST:LAST:STEP; repeatable.")] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="Runs with different seeds of each.")] = 1,
    target: Annotated[
        str, typer.Option("--to", metavar="TARGET", help="Where it runs.")] = "local",
    backend: Backend = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    duration: Annotated[
        float | None,
        typer.Option("--duration", metavar="MS",
                     help="Run this long where the model does not run itself."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Submitted once under this key.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="For lists.")] = None,
    attempts: Annotated[
        int, typer.Option("--attempts", min=1, help="How often the machine may fail one.")] = 3,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all are over.")] = False,
    as_json: Json = False,
) -> None:
    """Submit a sweep; the help text is HELP."""
    from neuroport.errors import UserError
    from neuroport.jobs.sweeps.members import read_varied
    from neuroport.jobs.sweeps.sweep import submit_sweep
    from neuroport.jobs.targets.base import load_target_of

    try:
        place = load_target_of(target)
        varied = read_varied(vary or ())
    except UserError as error:
        refuse(error, as_json, model=model)
    spec, _ = read_run(context.args, model, backend or place.backend, as_json, numerics=numerics,
                       seed=seed, timestep=timestep, duration=duration)
    try:
        made = submit_sweep(spec, varied, target, key, seeds=seeds, name=name,
                            max_attempts=attempts)
    except UserError as error:
        refuse(error, as_json, model=model)
    if wait:
        _follow(made, None, as_json)
    if as_json:
        display.print_json({"id": made.id, "members": len(made.members), "states": made.states})
        return
    display.console().print(Text(made.id))
    display.console(to_stderr=True).print(Text(
        f"{len(made.members)} members on {target}. neuroport sweeps show {made.id[-6:]}"))


def _get(name: str, as_json: bool) -> Sweep:
    from neuroport.errors import UserError
    from neuroport.jobs.supervise.launch import settle
    from neuroport.jobs.sweeps.sweep import get_sweep

    try:
        found = get_sweep(name)
        settle(found.store)
        return found
    except UserError as error:
        refuse(error, as_json)


def _data(found: Sweep) -> dict[str, Any]:
    told = found.description
    return {"id": found.id, "key": told.get("key"), "name": told.get("name"),
            "target": told.get("target"), "created": told.get("created"),
            "members": len(told.get("members", ())), "states": found.states}


@sweeps.command("list")
def list_sweeps(as_json: Json = False) -> None:
    """List sweeps, the newest first."""
    from neuroport.errors import UserError
    from neuroport.jobs.sweeps.sweep import sweeps as all_sweeps

    try:
        data = [_data(one) for one in all_sweeps()]
    except UserError as error:
        refuse(error, as_json)
    if as_json:
        display.print_json({"sweeps": data})
        return
    display.console().print(display.table(
        "", ("id", "name", "target", "members", "states"),
        [(one["id"], one["name"], one["target"], one["members"], _states(one["states"]))
         for one in data], whole=(0,)))


@sweeps.command("show")
def show(name: Id, as_json: Json = False) -> None:
    """Show a sweep's members: what distinguishes each, its state, and its figures."""
    from neuroport.jobs.sweeps.table import collected, columns_of

    found = _get(name, as_json)
    rows = collected(found)
    if as_json:
        display.print_json({**_data(found), "rows": rows})
        return
    out = display.console()
    out.print(Text(_line(found), style="bold"))
    names = [one for one in columns_of(rows) if one != "code" and not one.startswith("spikes ")]
    out.print(display.table("", names, [
        ["" if (value := row.get(one)) is None else f"{value:.4g}" if isinstance(value, float)
         else str(value) for one in names] for row in rows]))


@sweeps.command("wait")
def wait_for(
    name: Id,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="At most so long.")] = None,
    as_json: Json = False,
) -> None:
    """Wait until all members are over; Ctrl-C ends the waiting and not the sweep."""
    _follow(_get(name, as_json), timeout, as_json)


def _follow(found: Sweep, timeout: float | None, as_json: bool) -> None:
    from neuroport.jobs.store.errors import JobNotOverError

    screen = display.console(to_stderr=True)
    limit = None if timeout is None else time.monotonic() + timeout
    try:
        if as_json or not screen.is_terminal:
            found.wait(timeout)
        else:
            with screen.status("") as status:
                while not found.over and (limit is None or time.monotonic() < limit):
                    status.update(Text(_states(found.states)))
                    left = 2.0 if limit is None else max(0.0, limit - time.monotonic())
                    try:
                        found.wait(min(2.0, left))
                    except JobNotOverError:
                        continue
    except JobNotOverError:
        pass
    except KeyboardInterrupt:
        screen.print(Text(f"the sweep goes on: neuroport sweeps wait {found.id[-6:]}"))
    if as_json:
        display.print_json(_data(found))
    else:
        display.console().print(Text(_line(found)))
    raise typer.Exit(4 if not found.over else 0 if set(found.states) == {"done"} else 1)


@sweeps.command("table")
def table(
    name: Id,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="FILE.csv or FILE.parquet.")],
    figure: Annotated[Path | None, typer.Option(
        "--figure", metavar="FILE", help="Draw a measure against the first varied number.")] = None,
    measure: Annotated[str | None, typer.Option(
        "--measure", metavar="COLUMN", help="What to draw; default: the score, or rates.")] = None,
    as_json: Json = False,
) -> None:
    """Write a sweep's results as one table: a row for each member, done or not."""
    from neuroport.errors import UserError
    from neuroport.jobs.sweeps.table import draw, write_table

    found = _get(name, as_json)
    try:
        rows = write_table(found, output)
        if figure is not None:
            draw(found, figure, measure)
    except UserError as error:
        refuse(error, as_json)
    if as_json:
        display.print_json({**_data(found), "output": str(output), "rows": rows,
                            "figure": None if figure is None else str(figure)})
    else:
        display.console().print(Text(f"{rows} rows in {output}"), soft_wrap=True)


@sweeps.command("cancel")
def cancel(name: Id, as_json: Json = False) -> None:
    """Ask for all members to be ended that are not over."""
    found = _get(name, as_json)
    found.cancel()
    _tell(found, as_json)


@sweeps.command("retry")
def retry(name: Id, as_json: Json = False) -> None:
    """Queue those members once more that are over without success."""
    found = _get(name, as_json)
    found.retry()
    _tell(found, as_json)


@sweeps.command("rm")
def remove(name: Id, as_json: Json = False) -> None:
    """Forget a sweep that is over, with its members and their results."""
    from neuroport.errors import UserError

    found = _get(name, as_json)
    try:
        found.remove()
    except UserError as error:
        refuse(error, as_json, id=found.id)
    if as_json:
        display.print_json({"id": found.id, "removed": True})


def _tell(found: Sweep, as_json: bool) -> None:
    if as_json:
        display.print_json(_data(found))
    else:
        display.console().print(Text(_line(found)))


def _line(found: Sweep) -> str:
    return f"{found.id} {_states(found.states)}"


def _states(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))

"""``neuroport submit``: hand a run to a target and come back later."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Backend, Json, Model, Numerics, Seed, Timestep
from neuroport.cli.display import refuse
from neuroport.cli.jobs import follow
from neuroport.cli.reading import read_run

__all__ = ["HELP", "submit"]

HELP = """Submit a run: it goes on when the shell is closed, and its result can be fetched by id.

MODEL and all options are those of `neuroport run`. TARGET is where it runs: local (this computer,
any backend), emulated (the emulated SpiNNaker board), board://ADDRESS, spalloc://[USER@]HOST[:PORT],
dask://HOST:PORT; see docs/jobs.md. A script is kept as it is now.

The same --key with the same content gives the same job, however often it is submitted.
"""


def submit(
    context: typer.Context,
    model: Model,
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
        int, typer.Option("--attempts", min=1, help="How often the machine may fail it.")] = 3,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is over.")] = False,
    as_json: Json = False,
) -> None:
    """Submit a run; the help text is HELP."""
    from neuroport.errors import UserError
    from neuroport.jobs.submission import submit as submit_run
    from neuroport.jobs.targets.base import load_target_of

    try:
        place = load_target_of(target)
    except UserError as error:
        refuse(error, as_json, model=model)
    spec, _ = read_run(context.args, model, backend or place.backend, as_json, numerics=numerics,
                       seed=seed, timestep=timestep, duration=duration)
    try:
        job = submit_run(spec, target, key, name=name, max_attempts=attempts)
    except UserError as error:
        refuse(error, as_json, model=model)
    if wait:
        follow(job, None, as_json)
    record = job.record
    if as_json:
        display.print_json({"id": job.id, "state": record.state, "target": record.target,
                            "folder": str(job.folder)})
        return
    out: Any = display.console()
    out.print(Text(job.id))
    display.console(to_stderr=True).print(Text(
        f"{record.name} on {record.target}: {record.state}. neuroport jobs show {job.id[-6:]}"))

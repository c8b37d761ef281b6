"""The command groups put together."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroport.cli import (
    check,
    compare,
    conformance,
    doctor,
    jobs,
    listing,
    plan,
    plugins,
    run,
    submit,
    sweeps,
)
from neuroport.results.versions import package_version

__all__ = ["app"]

EPILOG = (
    "Exit codes: 0 ok; 1 a check found something, or a model answered wrongly; "
    "2 an error; 130 interrupted (what was recorded is kept)."
)

app = typer.Typer(
    name="neuroport",
    help="Write a spiking network once, run it anywhere, and know why results differ.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"neuroport {package_version('neuroport')}")
        raise typer.Exit


@app.callback()
def neuroport(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Write a spiking network once, run it anywhere, and know why results differ."""


# What a model or a backend takes as well may follow.
_FOLLOWED = {"ignore_unknown_options": True, "allow_extra_args": True}
for _command, _text, _epilog in (
    (run.run, run.HELP, EPILOG), (check.check, check.HELP, EPILOG), (plan.plan, plan.PLAN, EPILOG),
    (plan.preview, plan.PREVIEW, EPILOG), (compare.compare, compare.HELP, compare.EPILOG),
    (conformance.conformance, conformance.HELP, EPILOG),
):
    app.command(help=_text, epilog=_epilog, context_settings=_FOLLOWED)(_command)
app.command(help=submit.HELP, epilog=jobs.EPILOG, context_settings=_FOLLOWED)(submit.submit)
app.add_typer(jobs.jobs, name="jobs")
app.command(help=sweeps.HELP, epilog=sweeps.EPILOG, context_settings=_FOLLOWED)(sweeps.sweep)
app.add_typer(sweeps.sweeps, name="sweeps")
for _listed in (listing.models, listing.backends, listing.numerics, listing.explain, doctor.doctor):
    app.command()(_listed)
plugins.register(app)

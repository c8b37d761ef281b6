"""Arguments and options that several commands share."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or a script's path.")]
Backend = Annotated[
    str | None, typer.Option("-b", "--backend", help="Where to run; see `neuroport backends`.")
]
Numerics = Annotated[
    str | None,
    typer.Option("--numerics", metavar="NAME[+CHOICE=VALUE]...", help="pynn or spinnaker, and "
                 "single choices where an engine cannot follow a rule: pynn+delay_rule=next_step "
                 "is met by NEST with every delay, and by Brian2 (see `neuroport numerics`); "
                 "default: the model's own, else pynn."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="All random numbers come from it.")]
Timestep = Annotated[float | None, typer.Option("--timestep", metavar="MS", help="Time step.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Trace = Annotated[bool, typer.Option("--traceback", help="Show the call stack of an error.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show notes and details as well.")]


@contextlib.contextmanager
def script_output(as_json: bool) -> Iterator[None]:
    """Send what a script prints to standard error where standard output is for JSON."""
    if as_json:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    else:
        yield

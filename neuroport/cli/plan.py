"""``neuroport plan`` and ``neuroport preview``: what a machine would do with a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import (
    Json,
    Model,
    Numerics,
    Seed,
    Timestep,
    Trace,
    Verbose,
    script_output,
)
from neuroport.cli.files import Files
from neuroport.cli.progress import stage
from neuroport.jobs.options import flags_of, split_options

__all__ = ["PLAN", "PREVIEW", "plan", "preview"]

PLAN = """Map a model onto a machine that is not there, and say what it takes.

MODEL is a registered name, the path of a script, or a saved .network file; a model's own options
and those of the machine's backend follow it, e.g. --neurons-per-core exc=250.

--quick predicts the size without the mapping: seconds also for 100 000 cells, and nothing besides
neuroport is needed. Exit code 1 where a finding would prevent the run, 2 for an error.
"""
PREVIEW = """Show what a machine will hold of a model's weights and parameters.

MODEL is a registered name, the path of a script, or a saved .network file. --no-ask takes a
formula instead of asking the machine's software. Exit code 1 where a finding would prevent the
run, 2 for an error.
"""

Target = Annotated[
    str, typer.Option("--target", help="A machine: spinn5, spinn3, ... or a .toml file.")
]
Picture = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE", help="Draw into a .png or .svg file.")
]


def plan(
    context: typer.Context,
    model: Model,
    target: Target = "spinn5",
    duration: Annotated[
        float, typer.Option("--duration", metavar="MS", help="Length of the run.")
    ] = 1000.0,
    quick: Annotated[bool, typer.Option("--quick", help="Predict without the mapping.")] = False,
    picture: Picture = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    as_json: Json = False,
    verbose: Verbose = False,
    trace: Trace = False,
) -> None:
    """Plan a model; the help text is PLAN."""

    def work(planning: Any) -> Any:
        if not duration > 0:
            from neuroport.errors import InvalidTimeError, Problem

            raise InvalidTimeError(Problem("--duration is not a time to run", f"{duration:g} ms",
                                           "above 0 ms"))
        return planning.predict() if quick else planning.plan(duration)

    _tell(context, model, target, work, picture, as_json, verbose, trace,
          numerics=numerics, seed=seed, timestep=timestep)


def preview(
    context: typer.Context,
    model: Model,
    target: Target = "spinn5",
    ask: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask the machine's software, or a formula.")
    ] = True,
    picture: Picture = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    as_json: Json = False,
    verbose: Verbose = False,
    trace: Trace = False,
) -> None:
    """Preview a model; the help text is PREVIEW."""
    _tell(context, model, target, lambda planning: planning.preview(ask), picture,
          as_json, verbose, trace, numerics=numerics, seed=seed, timestep=timestep)


def _tell(
    context: typer.Context, model: str, target: str, work: Any, picture: Path | None,
    as_json: bool, verbose: bool, trace: bool, **settings: Any,
) -> None:
    from neuroport.errors import CheckFailedError, Problem, UserError
    from neuroport.jobs.networks import build, options_for
    from neuroport.output.writing import write_file

    told: Any = None
    error: BaseException | None = None
    findings: list[Any] = []
    messages: list[str] = []
    files: Files | None = None
    planning: Any = None
    try:
        files = Files({"--picture": picture})
        known = options_for(None, target)
        chosen, words = split_options(context.args, known)
        with script_output(as_json):
            built = build(model, target=target, arguments=words, options=chosen,
                          others=tuple(flags_of(known)), **settings)
        messages = [] if built.report is None else list(built.report.messages)
        if built.error is not None:
            raise built.error
        if not built.prepared:
            raise UserError(Problem("no network was made", measured=model))
        if len(built.prepared) > 1:
            messages.append(f"{len(built.prepared)} networks were made; this is the largest one")
        with stage(not as_json, verbose):
            planning = built.largest.planning
            told = work(planning)
            # A plan has its own, beside those of the network that was prepared for it.
            own = told.findings
            findings = list(built.largest.findings if own is None else own)
    except CheckFailedError as refused:
        error, findings = refused, list(refused.findings)
    except KeyboardInterrupt:
        display.warn("interrupted")
        raise typer.Exit(130) from None
    except (UserError, OSError) as problem:
        error = problem
    code = 1 if any(f.severity.blocks for f in findings) else 0
    if error is not None and not isinstance(error, CheckFailedError):
        code = 2
    if not as_json:  # before anything is drawn: what was found is not to be lost with it
        _show(told, findings, messages, error, verbose)
    if told is not None and files is not None:
        files.write("--picture", lambda path: write_file(
            path, lambda partial: planning.draw(told, partial)))
        code = files.code(code)
        error = error or next(iter(files.errors), None)
    if as_json:
        display.print_json({
            "model": model, "target": target, "exit_code": code,
            **({} if told is None else told.as_dict()),
            "findings": [f.as_dict() for f in findings], "messages": messages,
            "picture": None if files is None or not files.written
            else str(files.written["--picture"]),
            "error": display.error_data(error),
        })
    elif files is not None:
        files.show("figure")
    if trace and error is not None:
        display.show_traceback(error)
    raise typer.Exit(code)


def _show(
    told: Any, findings: list[Any], messages: list[str], error: Any, verbose: bool,
) -> None:
    from neuroport.errors import CheckFailedError

    out = display.console()
    if told is not None:
        out.print(Text(str(told)), soft_wrap=True)
    table = display.findings_table(findings, verbose)
    if table is not None:
        out.print(table)
    for text in messages:
        display.warn(text)
    if isinstance(error, CheckFailedError):
        display.console(to_stderr=True).print(
            Text("refused: the findings above must be mended before this can be planned",
                 style="bold")
        )
    elif error is not None:
        display.console(to_stderr=True).print(display.error_panel(error))

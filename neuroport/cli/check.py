"""``neuroport check``: build a model and look at it, without running it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import (
    Backend,
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
from neuroport.jobs.options import flags_of, split_options

__all__ = ["HELP", "check"]

HELP = """Build a model, run all checks on its network, and stop before the first run.

MODEL is a registered name, the path of a script, or a saved .network file. With --target
everything that the machine will do to the network is found as well; options of the machine's
backend, or of the one that --backend names, follow MODEL, e.g. --neurons-per-core exc=250. --fix
applies the ways out that keep the network's meaning and shows what changed.

Exit code 1 where a check found a warning or an error, 0 where there are at most notes.
"""

Target = Annotated[
    str | None, typer.Option("--target", help="A machine: spinn5, spinn3, ... or a .toml file.")
]


def check(
    context: typer.Context,
    model: Model,
    target: Target = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply what is safe and show the difference.")
    ] = False,
    rescale: Annotated[
        list[str] | None,
        typer.Option("--rescale", metavar="PROJECTION",
                     help="With --fix: multiply its weights so that none is lost. Repeat."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --fix: save the network to FILE."),
    ] = None,
    backend: Backend = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    as_json: Json = False,
    verbose: Verbose = False,
    trace: Trace = False,
) -> None:
    """Check a model; the help text is HELP."""
    from neuroport.errors import UserError
    from neuroport.findings import worst
    from neuroport.jobs.networks import Built, build, options_for
    from neuroport.network.file import save_network

    built = Built()
    mended: list[Any] = []
    failed: BaseException | None = None
    files: Files | None = None
    try:
        files = Files({"--write": write})
        if (fix or rescale or write) and target is None:
            raise _needs_target()
        known = options_for(backend, target)
        chosen, words = split_options(context.args, known)
        with script_output(as_json):
            built = build(model, backend=backend, target=target, numerics=numerics, seed=seed,
                          timestep=timestep, arguments=words, options=chosen,
                          others=(*_OWN, *flags_of(known)))
        if built.error is None and (fix or rescale or write is not None):
            mended = _mend(built, tuple(rescale or ()), write)
    except UserError as problem:
        failed = problem
    error = failed or built.error
    rank = worst(built.findings)
    code = 2 if error is not None else int(rank is not None and rank.rank > 0)
    messages = [] if built.report is None else built.report.messages
    if not as_json:  # before anything is written: the verdict is not to be lost with it
        _show(built, mended, messages, error, target, verbose)
    if mended and error is None and files is not None:
        files.write("--write", lambda path: save_network(mended[0].prepared.written, path))
        code = files.code(code)
        error = next(iter(files.errors), None)
    if as_json:
        display.print_json(
            {
                "model": model,
                "target": target,
                "status": {0: "ok", 1: "refused", 2: "error"}[code],
                "exit_code": code,
                "findings": [f.as_dict() for f in built.findings],
                "fixed": [_mended_data(m, files) for m in mended],
                "messages": messages,
                "error": display.error_data(error),
            }
        )
    elif files is not None:
        files.show("saved in")
    if trace and error is not None:
        display.show_traceback(error)
    raise typer.Exit(code)


def _needs_target() -> Any:
    from neuroport.errors import Problem, UserError

    return UserError(Problem("--fix, --rescale and --write need a machine to fix for",
                             fix="--target spinn5"))


_OWN = ("--target", "--fix", "--rescale", "--write")


def _mend(built: Any, rescale: tuple[str, ...], write: Path | None) -> list[Any]:
    """Mend each network, keep what is left to be found, and return what was mended."""
    from neuroport.errors import Problem, UserError, unknown_name

    labels = {p.label for made in built.prepared for p in made.written.projections}
    if unknown := [r for r in rescale if r not in labels]:
        raise UserError(
            unknown_name(f"there is no projection {', '.join(map(repr, unknown))} to rescale",
                         unknown[0], sorted(labels), "projections", "take one of them")
        )
    if write is not None and len(built.prepared) > 1:
        raise UserError(
            Problem("--write takes one network", measured=f"{len(built.prepared)} were made")
        )
    before = {(f.code, f.where) for made in built.prepared for f in made.findings}
    mended = [made.planning.fix(rescale) for made in built.prepared]
    elsewhere = [f for f in built.findings if (f.code, f.where) not in before]
    built.findings = elsewhere + [f for one in mended for f in one.prepared.findings]
    return mended


def _mended_data(mended: Any, files: Files | None) -> dict[str, Any]:
    written = None if files is None else files.written.get("--write")
    return {
        "done": list(mended.done), "difference": mended.difference,
        "run_options": dict(mended.run_options),
        "written": None if written is None else str(written),
    }


def _show(
    built: Any, mended: list[Any], messages: list[str], error: Any, target: str | None,
    verbose: bool,
) -> None:
    out = display.console()
    for one in mended:
        for line in one.done or ["nothing to fix: what is left needs a decision of yours"]:
            out.print(Text(line))
        if one.difference:
            out.print(Text(one.difference), soft_wrap=True)
        if one.run_options:
            flags = " ".join(f"{k} {v}" for k, v in one.run_options.items())
            out.print(Text(f"for a run of the unchanged model: {flags}"), soft_wrap=True)
    findings = display.findings_table(built.findings, verbose)
    if findings is not None:
        out.print(findings)
    for text in messages:
        display.warn(text)
    if error is not None:
        display.console(to_stderr=True).print(
            display.error_panel(error, show_line=built.report is not None
                                and built.report.spec.is_script)
        )
        return
    counts = {
        name: sum(f.severity.value == name for f in built.findings)
        for name in ("error", "warning", "note")
    }
    out.print(Text(", ".join(f"{n} {name}{'s' if n != 1 else ''}" for name, n in counts.items())))
    if built.prepared and not counts["error"] and not counts["warning"]:
        out.print(Text(f"everything fits {target}: it can run there as it is" if target
                       else "nothing is in the way of a run"))

"""``neuroport check``: build a model and look at it, without running it."""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.run import (
    Backend,
    Json,
    Model,
    Numerics,
    Seed,
    Timestep,
    Trace,
    Verbose,
    _script_output,
)

__all__ = ["register"]

HELP = """Build a model or script, run all checks on its network, and stop before the first run.

Exit code 1 where a check found a warning or an error, 0 where there are at most notes.
"""


def check(
    context: typer.Context,
    model: Model,
    backend: Backend = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    as_json: Json = False,
    verbose: Verbose = False,
    trace: Trace = False,
) -> None:
    """Check a model; the help text is HELP."""
    from neuroport.runner import Request
    from neuroport.runner import run as run_request

    request = Request(model, backend, numerics, seed, timestep, None, context.args, True)
    with _script_output(as_json):
        report = run_request(request)
    if as_json:
        display.print_json(
            {
                "model": model,
                "status": report.status,
                "exit_code": report.exit_code,
                "findings": [f.as_dict() for f in report.findings],
                "messages": report.messages,
                "error": display.error_data(report.error),
            }
        )
    else:
        _show(report, verbose)
    if trace and report.error is not None:
        display.show_traceback(report.error)
    raise typer.Exit(report.exit_code)


def _show(report: Any, verbose: bool) -> None:
    out = display.console()
    findings = display.findings_table(report.findings, verbose)
    if findings is not None:
        out.print(findings)
    for text in report.messages:
        display.warn(text)
    if report.status == "error":
        display.console(to_stderr=True).print(
            display.error_panel(report.error, show_line=report.request.is_script)
        )
        return
    counts = {
        name: sum(f.severity.value == name for f in report.findings)
        for name in ("error", "warning", "note")
    }
    out.print(Text(", ".join(f"{n} {name}{'s' if n != 1 else ''}" for name, n in counts.items())))


def register(app: typer.Typer, epilog: str) -> None:
    """Add the command."""
    app.command(
        "check", help=HELP, epilog=epilog,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )(check)

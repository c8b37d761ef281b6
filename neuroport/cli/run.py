"""``neuroport run``: run a model or script, show what came back, keep the results."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
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
from neuroport.cli.keeping import Keeping
from neuroport.cli.progress import progress_bar
from neuroport.cli.reading import read_run
from neuroport.cli.start_time import BEGAN
from neuroport.secrets import keep_secrets

__all__ = ["HELP", "run"]

HELP = """Run a registered model, or any PyNN-style script, and keep the results.

MODEL is a name that `neuroport models` lists, or the path of a script. A script either does
`import neuroport.pynn as sim` (scripts that import pyNN.nest or another PyNN back end are run
unchanged), or defines a function model(sim) or main(sim). MODEL comes first; a model's own
options follow it: neuroport run ca3-memory --experiment random --cues 10
So do the options of the backend: neuroport run MODEL -b spinnaker --machine HOST

Results go to neuroport-output/MODEL-HASH-TIME, or to the folder given by --output.
"""


def run(
    context: typer.Context,
    model: Model,
    backend: Backend = None,
    numerics: Numerics = None,
    seed: Seed = None,
    timestep: Timestep = None,
    duration: Annotated[
        float | None,
        typer.Option("--duration", metavar="MS",
                     help="Run this long where the model does not run itself."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="New folder for results.")
    ] = None,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw rasters.")] = True,
    as_json: Json = False,
    verbose: Verbose = False,
    trace: Trace = False,
) -> None:
    """Run a model; the help text is HELP."""
    from neuroport.errors import UserError
    from neuroport.jobs.run import run as run_model
    from neuroport.jobs.saving import draw, save

    spec, flags = read_run(context.args, model, backend, as_json, numerics=numerics, seed=seed,
                           timestep=timestep, duration=duration)
    try:
        keeping = Keeping(output, as_json)
    except UserError as error:
        display.refuse(error, as_json, model=model, status="error", exit_code=2)
    starting = time.perf_counter() - BEGAN
    folder: Path | None = None
    failed: UserError | None = None
    with keeping:
        with progress_bar(not as_json, verbose) as progress, script_output(as_json):
            report = run_model(spec, progress, flags, before_run=keeping.room,
                               on_interrupt=keeping.stopping, ending=keeping.ending)
        if not as_json:  # before it is saved: what came back is not to be lost with it
            _show(report, verbose)
        saving = time.perf_counter()
        try:
            folder = save(report, output, command=_command())
        except UserError as error:
            failed, folder = error, keeping.kept(error)
        if not as_json:
            _show_place(report, folder, failed)
        try:
            for figure in keeping.figures(draw(report, folder) if plots and folder else iter(())):
                if not as_json:
                    display.console().print(Text(f"figure {figure}"), soft_wrap=True)
        except UserError as error:
            failed = failed or error
            if not as_json:
                display.console(to_stderr=True).print(display.error_panel(error, show_line=False))
    if report.phases:
        report.phases |= {
            "starting the command": starting,
            "saving and figures": time.perf_counter() - saving,
        }
    code = report.exit_code if failed is None else 2
    if as_json:
        display.print_json(_data(report, folder, failed, code))
    elif report.phases:
        display.console().print(Text(_time_line(report.phases)))
    if trace:
        for raised in (report.error, failed):
            if raised is not None:
                display.show_traceback(raised)
    raise typer.Exit(code)


def _command() -> str:
    return " ".join(keep_secrets(["neuroport", *sys.argv[1:]]))


def _show(report: Any, verbose: bool) -> None:
    out = display.console()
    answers = report.answers
    if answers is not None and answers.rows:
        out.print(display.table(answers.title, answers.columns, answers.rows))
    if answers is not None and answers.asked:
        out.print(Text(f"{answers.right} of {answers.asked} answers exact"))
    findings = display.findings_table(report.findings, verbose)
    if findings is not None:
        out.print(findings)
    notes = sum(f.severity.rank == 0 for f in report.findings)
    if notes and not verbose:
        out.print(Text(f"{notes} note{'s' if notes != 1 else ''} about this run: -v shows them"))
    for text in report.messages:
        display.warn(text)
    for result in report.simulators:
        about = result.information
        out.print(
            Text(
                f"{_counted(about['cells'], 'cell')}, "
                f"{_counted(about['synapses'], 'synapse')}, "
                f"{about['simulated_ms']:g} ms on {about['backend']} "
                f"({about['engine'].get('label') or about['runs_on']}), "
                f"numerics {_numerics(about)}, seed {about['seed']}: "
                f"{_counted(result.n_spikes, 'spike')}"
            )
        )
    error = report.error
    if error is not None and report.status == "interrupted":
        display.console(to_stderr=True).print(Text(_interrupted(report), style="bold"))
    elif error is not None and report.status != "refused":
        display.console(to_stderr=True).print(
            display.error_panel(error, show_line=report.spec.is_script)
        )
    elif report.status == "refused":
        display.console(to_stderr=True).print(
            Text("refused: the findings above must be mended before this can run", style="bold")
        )


def _show_place(report: Any, folder: Path | None, failed: Any) -> None:
    if folder is not None:
        word = "saved" if report.status in ("ok", "wrong") else "what was recorded is saved"
        display.console().print(Text(f"{word} in {folder}"), soft_wrap=True)
    if failed is not None:
        display.console(to_stderr=True).print(display.error_panel(failed, show_line=False))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"


def _time_line(phases: dict[str, float]) -> str:
    """Return where the time went, with the share of each phase."""
    total = sum(phases.values())
    parts = ", ".join(
        f"{name} {seconds:.2f} s ({100 * seconds / max(total, 1e-9):.0f} %)"
        for name, seconds in phases.items()
    )
    return f"{total:.1f} s: {parts}"


def _interrupted(report: Any) -> str:
    from neuroport.errors import RunInterrupted

    if isinstance(report.error, RunInterrupted):
        return f"interrupted at {report.error.reached:g} ms of {report.error.asked:g} ms"
    if report.simulators:
        return f"interrupted at {report.simulators[-1].information['simulated_ms']:g} ms"
    return "interrupted before anything was recorded"


def _data(report: Any, folder: Path | None, failed: Any, code: int) -> dict[str, Any]:
    answers = report.answers
    runs = [
        {**r.information, "spikes": r.n_spikes, "populations": [b.name for b in r.blocks]}
        for r in report.simulators
    ]
    return {
        "model": report.spec.model,
        "status": report.status if failed is None else "error",
        "exit_code": code,
        "seconds": round(report.seconds, 3),
        "phases_s": {name: round(s, 3) for name, s in report.phases.items()},
        "score": None if answers is None or not answers.asked
        else {"right": answers.right, "asked": answers.asked},
        "table": None if answers is None
        else {"columns": list(answers.columns), "rows": [list(row) for row in answers.rows]},
        "data": {} if answers is None else dict(answers.data),
        "runs": runs,
        "findings": [f.as_dict() for f in report.findings],
        "messages": report.messages,
        "output": None if folder is None else str(folder),
        "files": [] if folder is None
        else sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()),
        "error": display.error_data(report.error if failed is None else failed),
    }


def _numerics(about: Mapping[str, Any]) -> str:
    """Return the numerics that were asked for, and those that the backend has instead."""
    from neuroport.numerics import Numerics

    asked, used = about["numerics"], about["numerics_used"]
    text = Numerics(**asked).text
    if asked == used:
        return text
    differ = ", ".join(f"{k}={v}" for k, v in used.items() if k != "name" and asked[k] != v)
    return f"{text} asked for, used with {differ}"

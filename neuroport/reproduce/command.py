"""``neuroport reproduce``: run a paper's experiments and print claimed against obtained."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neuroport.cli.display import error_panel
from neuroport.errors import NeuroportError
from neuroport.output.elsewhere import write_or_keep
from neuroport.output.errors import OutputError, SavedElsewhereError, output_error

if TYPE_CHECKING:
    from neuroport.reproduce.runner import Reproduction

__all__ = ["app"]

app = typer.Typer(add_completion=False, help="Reproduce a paper: claimed against obtained.")

_ENDED = re.compile(r": (done in|already done|not possible)|goes on there")
_QUIET = 30.0  # s without a line, where nothing is redrawn

FAILED, REFUSED, INTERRUPTED = 1, 2, 130
_COLOURS = {"AGREES": "green", "EXPLAINED": "yellow", "FAILS": "bold red",
            "MISSING": "bold red", "IMPOSSIBLE": "yellow"}


# Options may follow the name, which click does not allow in a group unless told.
@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def reproduce(
    name: Annotated[str | None, typer.Argument(help="The experiment; --list shows all.")] = None,
    backend: Annotated[
        list[str] | None, typer.Option(
            "--backend", "-b", metavar="NAME[:NUMERICS][:OPTION=VALUE],...",
            help="One or more, as `compare` takes them.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", "--out", metavar="DIR",
                                  help="Folder of journal and report.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show all experiments.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Run a paper's experiments and write a report.

    Run it again after an interruption: it goes on where it was. The exit code is 0 where every
    claim holds, 1 where one fails, 2 where it could not be run.
    """
    from neuroport.reproduce.runner import run

    plain = Console()
    errors = Console(stderr=True)
    try:
        if listed:
            _list(plain, as_json)
            return
        if name is None:
            errors.print("Name an experiment; `neuroport reproduce --list` shows all.")
            raise typer.Exit(REFUSED)
        last = [time.monotonic()]
        with errors.status("starting") as status:

            def progress(text: str) -> None:
                status.update(escape(text))
                told = time.monotonic()
                if not errors.is_terminal and (_ENDED.search(text) or told - last[0] > _QUIET):
                    last[0] = told
                    errors.print(text, markup=False, highlight=False, soft_wrap=True)

            # As `compare` takes them: with commas, or the option repeated.
            done = run(name, ",".join(backend or ["brian2"]), out, fresh=fresh, progress=progress)
    except NeuroportError as error:
        errors.print(error_panel(error, show_line=False))
        raise typer.Exit(REFUSED) from None
    except OSError as error:  # a full disk, a folder that cannot be written
        errors.print(error_panel(output_error(error, out or Path("reproduced")), show_line=False))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        errors.print("Interrupted; finished steps are kept. Run the same command to go on.")
        raise typer.Exit(INTERRUPTED) from None
    if not as_json:  # before the report is written: the verdict is not to be lost with it
        _print(plain, done)
    report, failed = _report(done)
    if as_json:
        print(json.dumps({"passed": done.passed, "table": done.table(),
                          "report": None if report is None else str(report)}, indent=1))
    elif report is not None:
        plain.print(f"report: {report}", markup=False, soft_wrap=True)
    if failed is not None:
        errors.print(error_panel(failed, show_line=False))
        raise typer.Exit(REFUSED)
    raise typer.Exit(0 if done.passed else FAILED)


def _report(done: Reproduction) -> tuple[Path | None, OutputError | None]:
    """Write the report; in another folder, with the error that says why, if need be."""
    from neuroport.reproduce.report import write_report

    paths: dict[str, Path] = {}

    def write(folder: Path) -> Path:
        paths.update(write_report(done, folder))
        return folder

    try:
        write_or_keep(done.folder, write)
    except SavedElsewhereError as error:
        return paths["html"], error
    except OutputError as error:
        return None, error
    return paths["html"], None


def _list(console: Console, as_json: bool) -> None:
    from neuroport.reproduce.experiment import experiment_names, load_experiment

    found = [load_experiment(name) for name in experiment_names()]
    if as_json:
        print(json.dumps([
            {"name": x.name, "title": x.paper.title, "reference": x.paper.reference,
             "claims": len(x.paper.claims)} for x in found
        ], indent=1))
        return
    table = Table("name", "paper", "claims")
    for x in found:
        table.add_row(x.name, escape(x.paper.reference), str(len(x.paper.claims)))
    console.print(table)


def _print(console: Console, done: Reproduction) -> None:
    from neuroport.reproduce.report import head, obtained, shown

    table = Table("claim", "claimed", *[escape(b) for b in done.backends], "verdict")
    group = ""
    for row in done.rows:
        if row.claim.group != group:
            group = row.claim.group
            table.add_section()
            table.add_row(f"[bold]{escape(group)}[/bold]")
        verdict = "\n".join(
            f"[{_COLOURS[v.name]}]{v.value}[/]" for v in row.verdicts.values()
        )
        unit = f" {row.claim.unit}" if row.claim.unit else ""
        table.add_row(
            escape(row.claim.what) + (" (ours)" if row.claim.ours else ""),
            escape(shown(row.claim.value) + unit),
            *[escape(obtained(row, b)) for b in done.backends],
            verdict,
        )
    console.print(table)
    for line in head(done):
        console.print(line, markup=False)

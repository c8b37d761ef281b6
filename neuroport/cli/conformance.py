"""``neuroport conformance``: what a backend declares, exercised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Json, script_output
from neuroport.cli.files import Files

__all__ = ["HELP", "conformance"]

HELP = """Run the conformance suite: every capability that a backend declares, judged by closed
forms, fine integration or the reference in the same numerics.

Options of the backend may follow NAME where it is the only one, e.g. --machine HOST.

Exit code 1 where something differs from what it should be.
"""


def conformance(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Registered backends.")],
    words: Annotated[
        str, typer.Option("-k", metavar="WORDS", help="Only cases whose name has all of these.")
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Write the support matrix (Markdown)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the suite; the help text is HELP."""
    from neuroport.backend import backend_option_types, load_backend
    from neuroport.errors import UnknownArgumentError, UserError
    from neuroport.jobs.options import split_options
    from neuroport.output.writing import write_file
    from neuroport.testing.suite import Result, run_suite
    from neuroport.testing.table import support_matrix

    names, extra = _split(names, context.args)
    results: list[Result] = []
    versions: dict[str, str] = {}
    files: Files
    try:
        files = Files({"--table": table})
        known = backend_option_types(names[0]) if len(names) == 1 else {}
        options, rest = split_options(extra, known)
        if rest:
            raise UnknownArgumentError(rest, "conformance", list(known))
        with script_output(as_json):
            for name in names:
                results += run_suite(name, words, **options,
                                     progress=None if as_json else _tell)
                versions |= load_backend(name, **options).information.versions
    except UserError as error:
        display.refuse(error, as_json)
    wrong = [r for r in results if r.state == "differs"]
    if as_json:
        display.print_json({"versions": versions, "results": [
            {"backend": r.backend, "subject": r.subject, "feature": r.feature, "state": r.state,
             "why": r.why, "judged_by": r.judged_by} for r in results]})
    else:
        _show(results, names, wrong)
    command = f"neuroport conformance {' '.join(names)} --table {table}"
    files.write("--table", lambda path: write_file(
        path, support_matrix(results, command, versions)))
    files.show("table", quiet=as_json)
    raise typer.Exit(files.code(1 if wrong else 0))


def _split(names: list[str], more: list[str]) -> tuple[list[str], list[str]]:
    """Return the backends' names and the words of their options."""
    for k, word in enumerate(names):
        if word.startswith("-"):
            return names[:k], [*names[k:], *more]
    return names, more


def _tell(line: str) -> None:
    display.console(to_stderr=True).print(Text(line))


def _show(results: list[Any], names: list[str], wrong: list[Any]) -> None:
    out = display.console()
    counts = [(name, *(str(sum(r.backend == name and r.state == state for r in results))
                       for state in ("works", "differs", "not declared"))) for name in names]
    out.print(display.table("", ("backend", "works", "differs", "not declared"), counts))
    if wrong:
        out.print(display.table("What differs", ("backend", "case", "what"),
                                [(r.backend, r.name, r.why) for r in wrong]))

"""How things look: tables, panels and JSON, readable at 80 columns and without colour."""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from neuroport.errors import UserError
from neuroport.findings import Finding
from neuroport.findings.grouping import grouped
from neuroport.output.elsewhere import keep_elsewhere
from neuroport.output.errors import output_error
from neuroport.output.writing import write_file
from neuroport.secrets import without_secrets

__all__ = [
    "console", "error_panel", "error_data", "findings_table", "print_json", "refuse",
    "show_traceback", "table", "warn",
]


def console(to_stderr: bool = False) -> Console:
    """Return a console on the present stream; NO_COLOR and COLUMNS are honoured by Rich."""
    return Console(stderr=to_stderr, highlight=False, soft_wrap=False, emoji=False)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: Sequence[int] = ()
) -> Table:
    """Return a table; the columns numbered in `whole` are never wrapped."""
    made = Table(
        title=Text(title) if title else None, title_justify="left", title_style="bold",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False,
    )
    for k, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=k in whole)
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    return made


def print_json(data: Any) -> None:
    """Print data as JSON to standard output."""
    from neuroport.json_data import plain  # NumPy takes longer than most commands do

    text = json.dumps(without_secrets(data), indent=2, default=plain, ensure_ascii=False,
                      allow_nan=False)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:  # standard output is a file on a full disk
        failed = output_error(error, Path("standard output"), "> FILE")
        try:
            kept: UserError = keep_elsewhere(
                "neuroport-report.json", lambda path: write_file(path, text), failed)
        except UserError as nowhere:
            kept = nowhere
        console(to_stderr=True).print(error_panel(kept, show_line=False))
        with contextlib.suppress(OSError):
            sys.stdout.close()  # or Python tries once more at its end
        raise typer.Exit(2) from None


def error_data(error: BaseException | None) -> dict[str, Any] | None:
    """Return an error as plain data for JSON."""
    if error is None:
        return None
    data: dict[str, Any] = {"type": type(error).__name__, "message": without_secrets(str(error)),
                            "line": None, "problems": []}
    if isinstance(error, UserError):
        data["line"] = None if error.line is None else str(error.line)
        data["problems"] = [
            {"what": p.what, "measured": p.measured, "limit": p.limit, "fix": p.fix}
            for p in error.problems
        ]
    return data


def error_panel(error: BaseException, *, show_line: bool = True) -> Panel:
    """Return an error as a panel: what, measured, limit, way out, the user's line."""
    text = Text()
    if isinstance(error, UserError):
        if len(error.problems) > 1:
            text.append(f"{len(error.problems)} problems\n")
        for problem in error.problems:
            first, *more = problem.lines()
            text.append(first + "\n", style="bold")
            for line in more:
                text.append(line + "\n")
        if error.where:
            text.append(f"in {error.where}\n")
        if error.line is not None and show_line:
            text.append(f"at {error.line.file}:{error.line.line}\n")
            if error.line.text:
                text.append(f"    {error.line.text}\n", style="bold")
    else:
        text.append(without_secrets(str(error)) or type(error).__name__)
    text.rstrip()
    name = type(error).__name__.lstrip("_")
    return Panel(text, title=name, title_align="left", border_style="red", box=box.ASCII2
                 if not _unicode() else box.ROUNDED)


def _unicode() -> bool:
    return (getattr(sys.stderr, "encoding", "") or "").lower().replace("-", "") == "utf8"


def refuse(error: BaseException, as_json: bool, **more: Any) -> NoReturn:
    """Show what is wrong with the command's words, and end it."""
    if as_json:
        print_json({**more, "error": error_data(error)})
    else:
        console(to_stderr=True).print(error_panel(error, show_line=False))
    raise typer.Exit(2) from None


def show_traceback(error: BaseException) -> None:
    """Print the whole call stack of an error and its cause to standard error."""
    print(without_secrets("".join(traceback.format_exception(error))), file=sys.stderr)


def findings_table(findings: Sequence[Finding], verbose: bool) -> Table | None:
    """Return findings as a table, those with one cause together; notes only where `verbose`."""
    shown = [f for f in findings if verbose or f.severity.rank > 0]
    if not shown:
        return None
    rows = []
    for group in sorted(grouped(shown), key=lambda g: -g.first.severity.rank):
        f, times = group.first, len(group.findings)
        most = None if verbose else 3
        lines = group.lines(reason=verbose or f.severity.rank > 1, most=most)
        name = f"{f.severity.value} {f.code}" + (f"\n{times} times" if times > 1 else "")
        rows.append((name, group.where(most), "\n".join(lines)))
    made = table("Findings", ("finding", "where", "what"), rows, whole=(0,))
    if len(rows) < len(shown) and not verbose:
        made.caption = Text("several with one cause are one row; -v or --json lists them all")
        made.caption_justify = "left"
    return made


def warn(text: str) -> None:
    """Print one remark to standard error."""
    console(to_stderr=True).print(Text(f"note: {text}"))

"""``neuroport compare``: stored results against each other, with a verdict and a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["register"]


def register(app: typer.Typer, epilog: str) -> None:
    """Add the command."""
    app.command(epilog=epilog)(compare)


def compare(
    reference: Annotated[Path, typer.Argument(help="A run's folder, or a file of recordings.")],
    target: Annotated[Path, typer.Argument(help="What is compared with it.")],
    timestep: Annotated[
        float | None,
        typer.Option(help="Time step in ms, for files that do not say it."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the verdicts for a CI.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Compare two stored results; exit code 1 where they differ."""
    from neuroport.compare import compare as judge
    from neuroport.compare import json_report, write_html, write_junit
    from neuroport.compare.errors import ComparisonError

    command = f"neuroport compare {reference} {target}"
    try:
        comparison = judge(_load(reference, timestep), _load(target, timestep))
    except (ComparisonError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if html is not None:
        write_html(comparison, html, command=command)
    if junit is not None:
        write_junit(comparison, junit)
    if as_json:
        typer.echo(json.dumps(json_report(comparison, command=command), indent=2, default=str))
    else:
        typer.echo(str(comparison))
        if html is not None:
            typer.echo(f"report: {html}")
    raise typer.Exit(1 if comparison.verdict.value == "different" else 0)


def _load(path: Path, timestep: float | None) -> Any:
    """Load a run's folder or a file."""
    from neuroport.compare import Result, load

    if not path.is_dir():
        return load(path, timestep=timestep)
    from neuroport.recording import load_results

    stored = load_results(path)
    step = timestep
    for block in stored.blocks:
        step = step or block.annotations.get("dt")
    return Result(
        name=path.name,
        recordings={block.name: block for block in stored.blocks},
        timestep=float(step or 0.0),
        command=f"neuroport compare {path}",
    )

"""``neuroport compare``: one model on several backends, or stored results, with a verdict."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.files import Files
from neuroport.cli.side_by_side import runs_shown
from neuroport.secrets import keep_secrets

__all__ = ["EPILOG", "HELP", "compare"]

HELP = """Say whether backends agree on a model, at which level they stop agreeing, and why.

neuroport compare MODEL --backends brian2:spinnaker,spinnaker-emulated

runs the same realised network on each backend, each in a process of its own, and judges all
against the first. MODEL is a name that `neuroport models` lists, or the path of a PyNN-style
script; its own options may follow. A backend is NAME or NAME:NUMERICS, where NUMERICS is pynn,
spinnaker, or one of them with single choices: brian2:pynn+input_rule=step. One backend may be
named several times. Options of the backends follow MODEL, and concern all that take them; one
backend's own stand with it: -b spinnaker:machine=HOST_A,spinnaker:machine=HOST_B. Runs on
machines follow one another.

neuroport compare RUN_A RUN_B

compares what is stored: folders of `neuroport run`, or files of spikes from anywhere.
"""

EPILOG = (
    "Exit codes: 0 all agree (identical or equivalent; --at-least identical asks for more); "
    "1 a difference, or too little to decide; 2 an error, or a backend without a result; "
    "130 interrupted."
)


def compare(
    context: typer.Context,
    model: Annotated[str, typer.Argument(
        metavar="MODEL|RUN_A", help="A model's name, a script, or a stored run.")],
    backends: Annotated[list[str] | None, typer.Option(
        "-b", "--backends", metavar="NAME[:NUMERICS][:OPTION=VALUE],...",
        help="Where to run the model; the first is the reference. May be repeated.")] = None,
    numerics: Annotated[str | None, typer.Option(
        "--numerics", metavar="NAME[+CHOICE=VALUE]...",
        help="For backends that name none, such as pynn+delay_rule=next_step; default: the "
        "model's own.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of all random numbers.")] = None,
    timestep: Annotated[float | None, typer.Option(
        "--timestep", metavar="MS",
        help="Time step; of stored files, where they do not say it.")] = None,
    duration: Annotated[float | None, typer.Option(
        "--duration", metavar="MS", help="Run this long where the model does not run itself.")
    ] = None,
    stored: Annotated[list[Path] | None, typer.Option(
        "--stored", metavar="PATH",
        help="A stored result to judge as well; may be repeated.")] = None,
    key: Annotated[str, typer.Option(
        "--key", metavar="A/B", help="Where in a JSON file the spikes are.")] = "",
    stop: Annotated[float | None, typer.Option(
        "--stop", metavar="MS", help="End of the recording of a JSON or CSV file.")] = None,
    match: Annotated[list[str] | None, typer.Option(
        "--match", metavar="LABEL=POPULATION[FIRST:LAST]",
        help="Which population, or which of its cells, a stored recording is; may be repeated.")
    ] = None,
    calibrate: Annotated[int, typer.Option(
        "--calibrate", metavar="N", min=0,
        help="Run the reference with N further seeds: the bounds of L3. 10 are advised.")] = 0,
    traces: Annotated[int, typer.Option(
        "--traces", metavar="N", min=0,
        help="Record the potential of N cells of each population (L1).")] = 3,
    timeout: Annotated[float, typer.Option(
        "--timeout", metavar="S", min=1.0, help="Wall time that one run may take.")] = 3600.0,
    explain: Annotated[bool | None, typer.Option(
        "--explain/--no-explain",
        help="Search for the reason. Default: where the verdict is 'different'.")] = None,
    explain_runs: Annotated[int | None, typer.Option(
        "--explain-runs", metavar="N", min=2,
        help="Most runs of the reference for that. Default: two minutes' worth.")] = None,
    at_least: Annotated[str, typer.Option(
        "--at-least", metavar="VERDICT", help="identical or equivalent.")] = "equivalent",
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="DIR", help="Keep each run in a folder below this one.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")] = None,
    junit: Annotated[Path | None, typer.Option(
        "--junit", help="Write the verdicts for a CI.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    function: Annotated[str | None, typer.Option(
        "--function", hidden=True, help="Which function of a script is the model.")] = None,
) -> None:
    """Compare; the help text is HELP."""
    from neuroport.compare.errors import ComparisonError
    from neuroport.errors import InvalidValueError, Problem, UserError

    loading = {k: v for k, v in (("key", tuple(key.split("/")) if key else None), ("stop", stop))
               if v is not None}
    try:
        if at_least not in ("identical", "equivalent"):
            raise InvalidValueError(Problem(f"--at-least cannot be '{at_least}'",
                                            limit="identical or equivalent"))
        files = Files({"--html": html, "--junit": junit})
        if not backends:
            found: Any = _stored(model, context.args, timestep, loading, match or ())
        else:
            from neuroport.compare import backend_choices, compare_backends
            from neuroport.jobs.backend_choice import common_options
            from neuroport.jobs.options import split_options

            named = ",".join(backends)
            shared, words = split_options(
                context.args, common_options(backend_choices(named, numerics)))
            with runs_shown(not as_json) as watch:
                found = compare_backends(
                    model, named, numerics=numerics, seed=seed, timestep=timestep,
                    duration=duration, options=words, function=function,
                    backend_options=shared,
                    stored=[_loaded(p, timestep, loading) for p in stored or ()],
                    match=match or (), calibrate_seeds=calibrate, traces=traces, timeout=timeout,
                    explain="different" if explain is None else explain,
                    explain_runs=explain_runs, output=output, watch=watch, command=_command(),
                )
        code = _report(found, at_least, files, as_json)
    except (ComparisonError, UserError, OSError) as error:
        display.refuse(error, as_json=False)
    except KeyboardInterrupt:
        display.console(to_stderr=True).print(Text("interrupted; all runs were stopped",
                                                   style="bold"))
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def _command() -> str:
    """The command as typed, without the options that only say where the report goes."""
    words: list[str] = []
    rest = list(sys.argv[1:])
    while rest:
        word = rest.pop(0)
        if word in ("--html", "--junit", "-o", "--output"):
            rest[:1] = []
        elif word != "--json" and not word.startswith(("--html=", "--junit=", "--output=")):
            words.append(word)
    return shlex.join(keep_secrets(["neuroport", *words]))


def _stored(
    reference: str, others: list[str], timestep: float | None, loading: dict[str, Any],
    match: Sequence[str],
) -> Any:
    """Compare two stored results."""
    from neuroport.compare import compare as judge
    from neuroport.compare import match_populations
    from neuroport.errors import InvalidValueError, Problem, nearest
    from neuroport.models import model_names

    if len(others) != 1 or others[0].startswith("-"):
        known = not Path(reference).exists() and nearest(reference, model_names(), 1)
        raise InvalidValueError(Problem(
            "what is to be compared is not clear",
            measured=" ".join([reference, *others]),
            limit="a model and --backends, or two stored results",
            fix=f"neuroport compare {known[0] if known else reference} "
            "--backends brian2:spinnaker,spinnaker-emulated"))
    first, second = (_loaded(Path(place), timestep, loading) for place in (reference, others[0]))
    return judge(first, match_populations(first, second, match))


def _loaded(place: Path, timestep: float | None, loading: dict[str, Any]) -> Any:
    from neuroport.compare import load_any

    return load_any(place, timestep, **(loading if place.suffix in (".json", ".csv") else {}))


def _report(found: Any, at_least: str, files: Files, as_json: bool) -> int:
    """Show one comparison, or those of several backends, then write; return the exit code."""
    from neuroport.compare import (
        BackendComparison,
        json_of_backends,
        json_report,
        write_html,
        write_junit,
    )

    several = isinstance(found, BackendComparison)
    command = _command()
    if as_json:
        display.print_json(json_of_backends(found) if several
                           else json_report(found, command=command))
    else:
        if several:
            _show_backends(found)
        else:
            _show_comparison(found)
    files.write("--html", lambda path: write_html(found, path, command=command))
    files.write("--junit", lambda path: write_junit(found, path))
    files.show(quiet=as_json)
    if several and (found.failed or not found.comparisons):
        return 2
    judged = found.comparisons if several else [found]
    good = all(c.verdict.value in ("identical", at_least) for c in judged)
    return files.code(0 if good else 1)


def _show_backends(found: Any) -> None:
    out = display.console()
    for comparison in found.comparisons:
        _show_comparison(comparison)
        if why := found.why(comparison.target.name):
            out.print(Text("Why: ", style="bold") + Text(why))
    for outcome in found.outcomes:
        if outcome.failed:
            out.print(Text(f"{outcome.job.name}: {outcome.status}. ", style="bold")
                      + Text(outcome.reason))
        if outcome.status == "wrong":
            display.warn(f"{outcome.job.name}: the model's own answers are not all right")
        for text in outcome.messages:
            display.warn(f"{outcome.job.name}: {text}")
    for note in found.notes:
        out.print(Text(note))
    if len(found.outcomes) > 2 or found.failed:  # a failed one is easily overlooked above
        word = f"{_SYMBOLS[found.verdict]} {found.verdict.capitalize()}. "
        out.print(Text(word, style="bold") + Text(found.summary))


_SYMBOLS = {"identical": "=", "equivalent": "≈", "different": "≠", "not comparable": "–"}


def _show_comparison(comparison: Any) -> None:
    out = display.console()
    rows = [(r.rung, f"{_SYMBOLS[r.verdict]} {r.verdict}", r.summary) for r in comparison.rungs]
    out.print(display.table(
        f"{comparison.target.name} against {comparison.reference.name}: {comparison.verdict}",
        ("", "verdict", "why"), rows, whole=(0, 1)))
    out.print(Text(comparison.summary))
    matched = comparison.target.provenance.get("populations matched")
    if matched:
        out.print(Text(f"Taken as the same: {matched}."))

"""Commands that tell what there is: models, backends, numerics, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Json
from neuroport.errors import UserError

__all__ = ["backends", "explain", "models", "numerics"]


def models(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show its options.")] = None,
    as_json: Json = False,
) -> None:
    """List the registered models, or show one with its options."""
    from neuroport.models import load_model, model_names

    try:
        chosen = [load_model(n) for n in ([name] if name else model_names())]
    except UserError as error:
        display.refuse(error, as_json)
    data = [
        {
            "name": m.name, "summary": m.summary, "timestep_ms": m.timestep,
            "numerics": m.numerics,
            "options": [
                {"flag": o.flag, "kind": o.kind.__name__, "default": o.default,
                 "choices": list(o.choices), "help": o.help}
                for o in m.options
            ],
        }
        for m in chosen
    ]
    if as_json:
        display.print_json(data[0] if name else {"models": data})
        return
    out = display.console()
    if not name:
        out.print(display.table("", ("model", "what it is"),
                                [(m.name, m.summary) for m in chosen], whole=(0,)))
        out.print(Text("neuroport models NAME shows a model's options"))
        return
    model = chosen[0]
    for paragraph in model.description.split("\n\n"):
        out.print(Text(" ".join(paragraph.split()) + "\n"))
    settings = [f"time step {model.timestep:g} ms" if model.timestep else "",
                f"numerics {model.numerics}" if model.numerics else ""]
    out.print(Text("Default: " + (", ".join(s for s in settings if s) or "no settings") + "\n"))
    out.print(
        display.table(
            "", ("option", "value", "default", "meaning"),
            [
                (o.flag, "|".join(map(str, o.choices)) or o.kind.__name__,
                 "" if o.default is None else str(o.default), o.help)
                for o in model.options
            ],
            whole=(0,),
        )
    )


def backends(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show what it has.")] = None,
    as_json: Json = False,
) -> None:
    """List the backends: installed or not, versions, and what runs where; or what one has."""
    from neuroport.backend import backend_names, load_backend

    if name:
        _one_backend(name, as_json)
        return
    data: list[dict[str, Any]] = []
    for name in backend_names():
        try:
            backend = load_backend(name)
            about = backend.information
        except (UserError, ImportError) as error:
            problem = error.problems[0] if isinstance(error, UserError) else None
            data.append({"name": name, "installed": False, "runs_on": None, "versions": {},
                         "description": problem.what if problem else str(error),
                         "install": problem.fix if problem else ""})
            continue
        missing = backend.missing()
        data.append({"name": name, "installed": not missing, "runs_on": backend.capabilities.kind,
                     "versions": dict(about.versions), "description": about.description,
                     "install": missing[0].fix if missing else about.install})
    if as_json:
        display.print_json({"backends": data})
        return
    out = display.console()
    out.print(
        display.table(
            "", ("backend", "installed", "runs on", "version", "what it is"),
            [
                (b["name"], "yes" if b["installed"] else "no", b["runs_on"] or "",
                 ", ".join(f"{k} {v}" for k, v in b["versions"].items()),
                 b["description"] if b["installed"]
                 else f"{b['description']}\nway out: {b['install']}")
                for b in data
            ],
            whole=(0,),
        )
    )
    out.print(Text("simulation: this computer. emulated: a copy of a machine's arithmetic on "
                   "this computer.\nhardware: the machine itself."))


def _one_backend(name: str, as_json: bool) -> None:
    from neuroport.backend import backend_class

    try:
        capabilities = backend_class(name).capabilities
    except UserError as error:
        display.refuse(error, as_json)
    summary = capabilities.summary()
    if as_json:
        display.print_json({"name": name, "kind": capabilities.kind, "has": summary})
        return
    display.console().print(
        display.table(f"{name} ({capabilities.kind})", ("subject", "what it has"),
                      [(subject, "\n".join(entries) if subject == "plasticity"
                        else ", ".join(entries)) for subject, entries in summary.items()],
                      whole=(0,)))


def numerics(as_json: Json = False) -> None:
    """Show the named numerics side by side."""
    from neuroport.numerics import NAMED

    points = {name: point.as_dict() for name, point in NAMED.items()}
    first = next(iter(points.values()))
    if as_json:
        display.print_json({"numerics": points})
        return
    rows = []
    for choice in first:
        if choice == "name":
            continue
        values = [str(point[choice]) for point in points.values()]
        rows.append((choice, *values, "differs" if len(set(values)) > 1 else ""))
    out = display.console()
    out.print(display.table("What happens inside a time step", ("choice", *points, ""), rows))
    out.print(Text("Choose with --numerics NAME, and switch single choices behind it:\n"
                   "--numerics pynn+delay_rule=next_step. The same in Python:\n"
                   "neuroport.simulator(numerics='pynn+delay_rule=next_step')"))


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A finding's code, e.g. NP101.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain a finding's code at length, or list all codes."""
    from neuroport.errors import InvalidValueError, Problem, did_you_mean
    from neuroport.findings import KINDS

    if code is not None:
        code = f"NP{code}" if code.isdigit() else code.upper()
    _load_kinds(code)
    out = display.console()
    if code is None:
        kinds = sorted(KINDS.values(), key=lambda k: k.code)
        if as_json:
            display.print_json({"codes": [_kind(k) for k in kinds]})
        else:
            out.print(display.table("", ("code", "usually", "title"),
                                    [(k.code, k.severity.value, k.title) for k in kinds]))
        return
    kind = KINDS.get(code)
    if kind is None:
        display.refuse(InvalidValueError(
            Problem(f"there is no finding code '{code}'",
                    fix=did_you_mean(code, KINDS, "`neuroport explain` lists all"))), as_json)
    if as_json:
        display.print_json(_kind(kind))
    else:
        out.print(Text(f"{kind.code}: {kind.title} (usually {kind.severity.value})\n"))
        out.print(Text(kind.explanation))


def _kind(kind: Any) -> dict[str, str]:
    return {"code": kind.code, "title": kind.title, "severity": kind.severity.value,
            "explanation": kind.explanation}


def _load_kinds(code: str | None) -> None:
    """Take in the kinds of the backends; those that have them in a file need not be loaded."""
    from importlib import import_module
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    from neuroport.findings import KINDS

    for point in entry_points(group="neuroport.backends"):
        package = point.value.partition(":")[0].partition(".")[0]
        spec = find_spec(package)
        if any(Path(folder, "codes.py").is_file()
               for folder in (spec.submodule_search_locations or () if spec else ())):
            import_module(f"{package}.codes")
    if code in KINDS:
        return
    from neuroport.backend import backend_names, load_backend

    for name in backend_names():
        try:
            load_backend(name)
        except (UserError, ImportError):
            continue  # a backend that is not installed brings no findings either

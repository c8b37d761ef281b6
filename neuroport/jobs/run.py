"""Run a registered model or a PyNN-style script and report what happened.

Everything that the user can cause is in the report, not raised: the command line and other
callers decide how to show it.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import re
import sys
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuroport.errors import CheckFailedError, Problem, UserError
from neuroport.findings import Finding
from neuroport.models import Model, ModelResult, describe, load_model
from neuroport.numerics import numerics
from neuroport.pynn.observation import Observation, StopBeforeRun, observe
from neuroport.source_line import SourceLine

if TYPE_CHECKING:
    from neuroport.backend.prepare import Prepared
    from neuroport.results.store import Results

__all__ = ["EXIT_CODES", "Report", "Request", "ScriptError", "run", "save"]

Status = Literal["ok", "wrong", "refused", "error", "interrupted"]

EXIT_CODES: dict[str, int] = {"ok": 0, "wrong": 1, "refused": 1, "error": 2, "interrupted": 130}

_SCRIPT_FUNCTIONS = ("model", "main")
# PyNN back ends whose place neuroport takes in a script, and the dialect they speak.
_STANDINS = ("nest", "brian2", "neuron", "brian", "moose", "neuroport")
_COMMAND_OPTIONS = ("--backend", "--numerics", "--seed", "--timestep", "--duration", "--output",
                    "--json", "--verbose", "--traceback", "--no-plots")


class ScriptError(UserError):
    """An error that a script raised itself, with the script's line."""


@dataclass
class Request:
    """What to run.

    Attributes
    ----------
    model : str
        A registered name or the path of a script.
    backend, numerics, seed, timestep, duration
        None: what the model or script says, else the defaults.
    arguments : sequence of str
        Options of the model, or arguments of a script.
    check_only : bool
        Build and check the network; do not run it.
    backend_options : mapping
        Arguments of the backend.
    traces : int
        Record the membrane potential of this many cells of each population as well, where the
        model does not record it itself.
    function : str or None
        Which function of a script is the model; None: ``model`` or ``main``, if there is one.
    others : sequence of str
        More options of the command itself, for hints where one is misspelt.
    """

    model: str
    backend: str | None = None
    numerics: str | None = None
    seed: int | None = None
    timestep: float | None = None
    duration: float | None = None
    arguments: Sequence[str] = ()
    check_only: bool = False
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    traces: int = 0
    function: str | None = None
    others: Sequence[str] = ()

    @property
    def is_script(self) -> bool:
        """Whether the model is given as a file."""
        return (
            self.model.endswith(".py") or os.sep in self.model or Path(self.model).is_file()
        )

    @property
    def name(self) -> str:
        """A short name for headings and folders."""
        return Path(self.model).stem if self.is_script else self.model


@dataclass
class Report:
    """What happened.

    Attributes
    ----------
    request : Request
    status : str
        ``ok``, ``wrong`` (a model's answers), ``refused`` (by the checks), ``error`` or
        ``interrupted``.
    result : ModelResult or None
        What a model gave back.
    results : list of Results
        What was recorded, one a simulator.
    findings : list of Finding
    prepared : list of Prepared
        Where only checks were asked for, the networks as they were then.
    messages : list of str
        Warnings and remarks, most important first.
    error : BaseException or None
    seconds : float
        Wall time.
    phases : dict of str to float
        Wall seconds by phase, where the engine tells them; ``neuroport``: all the rest.
    """

    request: Request
    status: Status = "ok"
    result: ModelResult | None = None
    results: list[Results] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    error: BaseException | None = None
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 ok, 1 refused by a check or wrong answers, 2 error, 130 interrupted."""
        return EXIT_CODES[self.status]


def run(request: Request, progress: Callable[[float, float], None] | None = None) -> Report:
    """Run (or check) a model or script.

    Parameters
    ----------
    request : Request
    progress : callable, optional
        Called during runs with the simulated time reached and the target (ms).

    Returns
    -------
    Report
        Also for errors of the user and interruptions.
    """
    report = Report(request)
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, observe(
        progress, stop_before_run=request.check_only, traces=request.traces
    ) as seen:
        warnings.simplefilter("default")
        warnings.simplefilter("always", category=UserWarning)
        # What concerns the authors of our dependencies, not the user.
        warnings.simplefilter("ignore", category=DeprecationWarning)
        warnings.simplefilter("ignore", category=PendingDeprecationWarning)
        try:
            with _standing_in(request):
                report.result = _run_any(request, seen)
            if report.result is not None and not report.result.passed:
                report.status = "wrong"
        except StopBeforeRun:
            pass
        except CheckFailedError as error:
            report.status, report.error = "refused", error
        except UserError as error:
            report.status, report.error = "error", error
        except KeyboardInterrupt as error:  # RunInterrupted is one
            report.status, report.error = "interrupted", error
        except SystemExit as error:
            if error.code not in (None, 0):
                report.status = "error"
                report.error = ScriptError(
                    Problem("the script ended itself", measured=f"exit code {error.code}"),
                    line=_script_line(error, request),
                )
        except Exception as error:
            report.status = "error"
            report.error = _script_error(error, request)
        _gather(report, seen, request)
    report.messages += _warning_texts(caught)
    report.seconds = time.perf_counter() - began
    report.phases = _phases(seen, report.seconds)
    return report


def _phases(seen: Observation, total: float) -> dict[str, float]:
    """Return where the time went, over all simulators; empty where no engine tells."""
    spent: dict[str, float] = {}
    for simulator in seen.simulators:
        for name, seconds in simulator.state.account.get("phases_s", {}).items():
            spent[name] = spent.get(name, 0.0) + seconds
    if spent:
        spent["neuroport"] = max(0.0, total - sum(spent.values()))
    return spent


def _gather(report: Report, seen: Observation, request: Request) -> None:
    """Take what the simulators found and recorded, also after an error."""
    for simulator in seen.simulators:
        if request.check_only and report.status == "ok":
            try:
                prepared = simulator.state.prepare()
                report.findings += prepared.findings
                report.prepared.append(prepared)
            except UserError as error:
                report.status, report.error = "error", error
        elif simulator.state.kept:
            report.findings += simulator.findings
        else:  # of what only computes something on the way, what may have spoilt it
            report.findings += [f for f in simulator.findings if f.severity.rank > 0]
    if isinstance(report.error, CheckFailedError):
        known = set(map(id, report.findings))
        report.findings += [f for f in report.error.findings if id(f) not in known]
    if request.check_only:
        if report.status == "ok" and any(f.severity.rank > 0 for f in report.findings):
            report.status = "refused"
        if report.status == "ok" and not seen.simulators:
            report.status, report.error = "error", _nothing_made(request)
        return
    try:
        report.results = seen.finish()
    except UserError as error:
        report.messages.append(f"recorded data could not be read: {error}")
    report.messages += _unused(request, seen)
    if report.status == "ok" and not seen.simulators:
        report.status, report.error = "error", _nothing_made(request)
    elif report.status == "ok" and not report.results:
        report.status = "error"
        report.error = ScriptError(
            Problem("nothing was run", fix="give --duration MS, or call sim.run(...)"), line=None
        )


def _nothing_made(request: Request) -> UserError:
    return ScriptError(
        Problem(
            f"{request.model} made no simulator",
            limit="a script imports `neuroport.pynn as sim` and calls sim.setup(), "
            "or defines model(sim)",
        )
    )


def _unused(request: Request, seen: Observation) -> list[str]:
    """Say which options a script did not follow."""
    notes = []
    for simulator in seen.simulators:
        state = simulator.state
        for name, asked, used in (
            ("--backend", request.backend, state.backend_name),
            ("--numerics", _numerics_text(request), state.numerics.text),
            ("--seed", request.seed, state.seed),
            ("--timestep", request.timestep, state.dt),
        ):
            if asked is not None and asked != used:
                notes.append(
                    f"{name} {asked} was not used: the script itself sets {used}"
                )
        if request.duration is not None and state.step and abs(state.t - request.duration) > 1e-9:
            notes.append(
                f"--duration {request.duration:g} was not used: the model decides itself how "
                f"long it runs ({state.t:g} ms)"
            )
    return notes


def _numerics_text(request: Request) -> str | None:
    if request.numerics is None:
        return None
    try:
        return numerics(request.numerics).text
    except UserError:  # refused elsewhere, with what is wrong
        return None


def _warning_texts(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return one line for each place that warned, with how often it did."""
    from neuroport.pynn.state import FindingWarning

    groups: dict[tuple[Any, str, int], list[str]] = {}
    for item in caught:
        if issubclass(item.category, FindingWarning):
            continue  # shown among the findings
        plain = item.category in (UserWarning, RuntimeWarning)
        key = (item.category, *((item.filename, item.lineno) if plain else ("", 0)))
        groups.setdefault(key, []).append(str(item.message))
    result = []
    for (category, *_), texts in groups.items():
        more = f" (and {len(texts) - 1} more like this)" if len(texts) > 1 else ""
        result.append(f"{category.__name__}: {texts[0]}{more}")
    return result


# -- what to run ---------------------------------------------------------------------------------


def _run_any(request: Request, seen: Observation) -> ModelResult | None:
    if not request.is_script:
        chosen = load_model(request.model)
        return _run_model(chosen, request)
    path = Path(request.model)
    source = _read(path)
    function = request.function or _script_function(source, path)
    if function is None:
        if request.arguments and not _reads_arguments(source):
            Model(path.name, lambda sim: None, ()).read_options(
                request.arguments, (*_COMMAND_OPTIONS, *request.others)
            )
        _execute(path, source, "__main__", request.arguments)
        for simulator in seen.simulators:
            if simulator.state.step == 0 and request.duration and not simulator.state._closed:
                simulator.run(request.duration)
        return None
    module = _execute(path, source, path.stem, ())
    return _run_model(describe(module[function], path.stem), request)


def _run_model(chosen: Model, request: Request) -> ModelResult | None:
    from neuroport.pynn.simulator import simulator

    options = chosen.read_options(
        request.arguments, (*_COMMAND_OPTIONS, *request.others)
    )
    settings: dict[str, Any] = {
        "timestep": request.timestep if request.timestep is not None else chosen.timestep,
        "seed": request.seed,
        "numerics": request.numerics or chosen.numerics,
    }
    sim = simulator(
        request.backend or os.environ.get("NEUROPORT_BACKEND", "brian2"),
        **{k: v for k, v in settings.items() if v is not None},
        **request.backend_options,
    )
    result = chosen(sim, **options)
    if sim.state.step == 0 and request.duration and not request.check_only:
        sim.run(request.duration)
    return result if isinstance(result, ModelResult) else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        from neuroport.errors import nearest
        from neuroport.models import model_names

        folder = path.parent if str(path.parent) else Path()
        beside = [str(p) for p in folder.glob("*.py")] if folder.is_dir() else []
        near = nearest(str(path), [*beside, *model_names()], 1)
        raise ScriptError(
            Problem(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
                fix=f"did you mean '{near[0]}'?" if near else "",
            )
        ) from None


def _script_function(source: str, path: Path) -> str | None:
    """Return the name of the script's function of a simulator, if it defines one."""
    try:
        tree = ast.parse(source, str(path))
    except SyntaxError as error:
        raise ScriptError(
            Problem(f"SyntaxError: {error.msg}"),
            line=SourceLine(str(path), error.lineno or 0, (error.text or "").strip()),
        ) from None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _SCRIPT_FUNCTIONS:
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if names[:1] == ["sim"] or (node.name == "model" and names):
                return node.name
    return None


def _reads_arguments(source: str) -> bool:
    return bool(re.search(r"\b(argv|argparse|get_simulator|get_script_args|click|typer)\b", source))


def _execute(
    path: Path, source: str, name: str, arguments: Sequence[str]
) -> dict[str, Any]:
    """Run a script's text as Python would, and return its names."""
    arguments = list(arguments)
    if "get_simulator" in source and not any(not a.startswith("-") for a in arguments):
        arguments.insert(0, "neuroport")  # PyNN's helper wants the simulator as an argument
    linecache.checkcache(str(path))  # another version may have run in this process
    module = types.ModuleType(name)
    module.__file__ = str(path)
    before = (sys.argv, list(sys.path), sys.modules.get(name))
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    finally:
        sys.argv, sys.path[:] = before[0], before[1]
        if before[2] is not None:
            sys.modules[name] = before[2]
        else:
            sys.modules.pop(name, None)
    return module.__dict__


@contextmanager
def _standing_in(request: Request) -> Iterator[None]:
    """Let a script's `import pyNN.nest as sim` give neuroport, with the options asked for."""
    if not request.is_script:
        yield
        return
    import pyNN

    from neuroport import pynn

    wanted = {
        "NEUROPORT_BACKEND": request.backend,
        "NEUROPORT_NUMERICS": request.numerics,
        "NEUROPORT_SEED": None if request.seed is None else str(request.seed),
        "NEUROPORT_BACKEND_OPTIONS": json.dumps(dict(request.backend_options))
        if request.backend_options else None,
    }
    chip = re.search(
        r"^\s*(import|from)\s+(spynnaker|pyNN\.spiNNaker)", _read(Path(request.model)), re.M
    )
    if chip and "NEUROPORT_DIALECT" not in os.environ:
        wanted["NEUROPORT_DIALECT"] = "spynnaker"
    modules: dict[str, types.ModuleType] = {f"pyNN.{name}": pynn for name in _STANDINS}
    if chip:
        package = types.ModuleType("spynnaker")
        package.pyNN = pynn  # type: ignore[attr-defined]
        modules |= {"spynnaker": package, "spynnaker.pyNN": pynn, "pyNN.spiNNaker": pynn}
    environment = {k: os.environ.get(k) for k in wanted}
    previous = {name: sys.modules.get(name) for name in modules}
    attributes = {name: pyNN.__dict__.get(name) for name in _STANDINS}
    os.environ.update({k: v for k, v in wanted.items() if v is not None})
    sys.modules.update(modules)
    for name in _STANDINS:
        setattr(pyNN, name, pynn)
    pynn._release()
    try:
        yield
    finally:
        pynn._release()
        for key, old in environment.items():
            if old is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = old
        for name, module in previous.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        for name, value in attributes.items():
            if value is None:
                delattr(pyNN, name)
            else:
                setattr(pyNN, name, value)


# -- errors of scripts ---------------------------------------------------------------------------


def _script_line(error: BaseException, request: Request) -> SourceLine | None:
    """Return the innermost line of the traceback that is the user's."""
    own = str(Path(__file__).resolve().parent)
    mine = None
    root = str(Path(request.model).resolve().parent) if request.is_script else ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.abspath(frame.filename)
        if path.startswith(own) or "site-packages" in path or frame.filename.startswith("<"):
            continue
        if not root or path.startswith(root):
            mine = SourceLine(frame.filename, frame.lineno or 0, (frame.line or "").strip())
    return mine


def _script_error(error: Exception, request: Request) -> ScriptError:
    text = str(error) or "(no message)"
    wrapped = ScriptError(
        Problem(f"{type(error).__name__}: {text}",
                fix="--traceback shows the whole call stack"),
        line=_script_line(error, request),
    )
    wrapped.__cause__ = error
    return wrapped


# -- saving --------------------------------------------------------------------------------------


def save(
    report: Report,
    directory: str | os.PathLike[str] | None = None,
    *,
    command: str = "",
    plots: bool = True,
) -> Path | None:
    """Store everything that a run left, with its figures.

    Parameters
    ----------
    report : Report
    directory : path, optional
        Default: ``neuroport-output/<model>-<hash>-<time>``.
    command : str
        The command line, for the manifest.
    plots : bool
        Whether to draw what was recorded.

    Returns
    -------
    pathlib.Path or None
        None where nothing was recorded.

    Raises
    ------
    OutputError
        If it could not be written.
    """
    from neuroport.results.store import default_directory, save_results, write_safely

    if not report.results:
        return None
    first = report.results[0]
    target = (
        Path(directory)
        if directory is not None
        else default_directory(report.request.name, first.information.get("network_hash", ""))
    )
    information = {
        "model": report.request.model,
        "command": command,
        "status": report.status,
        "warnings": report.messages,
        "score": None if report.result is None else report.result.score,
        "phases_s": {name: round(s, 3) for name, s in report.phases.items()},
    }

    def store(results: Results, place: Path) -> None:
        save_results(
            results, place, information=information,
            extra=(lambda folder: _draw(report, results, folder)) if plots else None,
        )

    if len(report.results) == 1:
        store(first, target)
    else:
        def fill(folder: Path) -> None:
            for k, results in enumerate(report.results, 1):
                store(results, folder / f"simulator-{k}")

        write_safely(target, fill)
    return target


def _draw(report: Report, results: Results, folder: Path) -> None:
    blocks = results.blocks
    marks: Sequence[Any] = ()
    title = report.request.name
    if report.result is not None:
        marks = report.result.marks
        title = report.result.title or title
        order = [p.label for p in report.result.populations]
        if order:
            by_name = {b.name: b for b in blocks}
            blocks = [by_name[name] for name in order if name in by_name]
    spikes = any(len(b.segments[-1].spiketrains) for b in blocks)
    traces = any(s.name == "v" for b in blocks for s in b.segments[-1].analogsignals)
    if not (spikes or traces):
        return
    from neuroport.plotting import raster, save_figure, voltages

    if spikes:
        save_figure(raster(blocks, marks=marks, title=title), folder / "raster.png")
    if traces:
        save_figure(voltages(blocks, title=title), folder / "voltages.png")

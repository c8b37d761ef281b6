"""Run a registered model or a PyNN-style script and report what happened.

Everything that the user can cause is in the report, not raised: the command line and other
callers decide how to show it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neuroport.errors import CheckFailedError, Problem, UserError
from neuroport.jobs.report import Report, gather, phases_of, warning_texts
from neuroport.jobs.scripts import (
    ScriptError,
    execute,
    reads_arguments,
    script_error,
    script_function,
    script_line,
    source_of,
    standing_in,
)
from neuroport.jobs.specification import RunSpec
from neuroport.models import Model, ModelResult, describe, load_model
from neuroport.process.interrupt import may_be_broken_off
from neuroport.pynn.defaults import Insisted, defaults, insisting_on
from neuroport.pynn.observation import Observation, StopBeforeRun, observe

__all__ = ["run"]

_COMMAND_OPTIONS = ("--backend", "--numerics", "--seed", "--timestep", "--duration", "--output",
                    "--json", "--verbose", "--traceback", "--no-plots")


def run(
    spec: RunSpec,
    progress: Callable[[float, float], None] | None = None,
    other_options: Sequence[str] = (),
    *,
    before_run: Callable[[Any, float], None] | None = None,
    on_interrupt: Callable[[int], None] | None = None,
    ending: Callable[[Report, Observation], None] | None = None,
) -> Report:
    """Run (or check) a model or script.

    Parameters
    ----------
    spec : RunSpec
    progress : callable, optional
        Called during runs with the simulated time reached and the target (ms).
    other_options : sequence of str
        Options that belong to whoever asks, not to the model; for hints where one is misspelt.
    before_run, on_interrupt : callable, optional
        See :class:`neuroport.pynn.observation.Observation`.
    ending : callable, optional
        Called once the model has ended, however, and before its results are put together.

    Returns
    -------
    Report
        Also for errors of the user and interruptions.
    """
    from neuroport.results.collecting import collect

    report = Report(spec)
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, observe(
        progress, stop_before_run=spec.check_only, traces=spec.traces, collect=collect,
        before_run=before_run, on_interrupt=on_interrupt,
    ) as seen:
        warnings.simplefilter("default")
        warnings.simplefilter("always", category=UserWarning)
        # What concerns the authors of our dependencies, not the user.
        warnings.simplefilter("ignore", category=DeprecationWarning)
        warnings.simplefilter("ignore", category=PendingDeprecationWarning)
        # As Python itself does.
        warnings.simplefilter("ignore", category=ImportWarning)
        warnings.simplefilter("ignore", category=ResourceWarning)
        try:
            with standing_in(spec), insisting_on(_insisted(spec)):
                report.answers = _run_any(spec, seen, other_options)
            if report.answers is not None and not report.answers.passed:
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
                    line=script_line(error, spec),
                )
        except Exception as error:
            report.status = "error"
            report.error = script_error(error, spec)
        if ending is not None:
            ending(report, seen)
        gather(report, seen)
        _give_back(report, seen)
    report.messages += warning_texts(caught)
    report.seconds = time.perf_counter() - began
    report.phases = phases_of(seen, report.seconds)
    return report


def _insisted(spec: RunSpec) -> Insisted:
    if not spec.insist:
        return Insisted(further=spec.further_seed)
    return Insisted(spec.timestep, spec.seed, spec.numerics, spec.further_seed)


def _give_back(report: Report, seen: Observation) -> None:
    """Close what the run opened: engines end, and machines go back to whom they belong."""
    for simulator in seen.simulators:
        try:
            simulator.state.close()
        except UserError as error:
            report.messages.append(f"an engine could not be closed: {error}")


@may_be_broken_off
def _run_any(
    spec: RunSpec, seen: Observation, other_options: Sequence[str]
) -> ModelResult | None:
    others = (*_COMMAND_OPTIONS, *other_options)
    if not spec.is_script:
        return _run_model(load_model(spec.model), spec, seen, others)
    path = Path(spec.model)
    source = source_of(path)
    function = spec.function or script_function(source, path)
    if function is not None:
        module = execute(path, source, path.stem, ())
        return _run_model(describe(module[function], path.stem), spec, seen, others)
    if spec.arguments and not reads_arguments(source):
        Model(path.name, lambda sim: None, ()).read_options(spec.arguments, others)
    execute(path, source, "__main__", spec.words)
    for simulator in seen.simulators:
        if simulator.state.step == 0 and spec.duration and not simulator.state._closed:
            simulator.run(spec.duration)
    return None


def _run_model(
    chosen: Model, spec: RunSpec, seen: Observation, others: Sequence[str]
) -> ModelResult | None:
    from neuroport.pynn.simulator import simulator

    seen.run_expected = True
    options = chosen.read_options(spec.words, others)
    settings: dict[str, Any] = {
        "timestep": spec.timestep if spec.timestep is not None else chosen.timestep,
        "seed": spec.seed,
        "numerics": spec.numerics or chosen.numerics,
    }
    sim = simulator(
        spec.backend or defaults().backend,
        **{k: v for k, v in settings.items() if v is not None},
        **spec.backend_options,
    )
    result = chosen(sim, **options)
    if sim.state.step == 0 and spec.duration and not spec.check_only:
        sim.run(spec.duration)
    return result if isinstance(result, ModelResult) else None

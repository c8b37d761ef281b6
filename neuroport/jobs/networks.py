"""The networks of a model, a script or a file, made ready for a backend and not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuroport.backend import backend_class, backend_option_types, load_backend
from neuroport.backend.planning import backend_of_target
from neuroport.backend.prepare import prepare
from neuroport.backend.prepared import Prepared
from neuroport.errors import FileFormatError, Problem, UserError
from neuroport.findings import Finding
from neuroport.jobs.report import Report
from neuroport.jobs.run import run
from neuroport.jobs.specification import RunSpec
from neuroport.machines import load_target
from neuroport.models import Model
from neuroport.network.file import load_network
from neuroport.pynn.defaults import defaults

__all__ = ["Built", "build", "options_for"]


@dataclass
class Built:
    """What was built.

    Attributes
    ----------
    prepared : list of Prepared
        One a network that has any cells; on the target's machine where one was named.
    findings : list of Finding
        What building, the backend and the target found, each thing once.
    report : Report or None
        Of building; None for a file.
    error : BaseException or None
        What kept it from being built.
    """

    prepared: list[Prepared] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    report: Report | None = None
    error: BaseException | None = None

    @property
    def largest(self) -> Prepared:
        """The network with the most cells and synapses."""
        return max(self.prepared, key=lambda p: p.written.n_cells + p.written.n_synapses)


def options_for(backend: str | None, target: str | None) -> dict[str, Any]:
    """Return the options of the backend that judges a network, and their types.

    Those of the backend that is named, as a run takes them; with a target those of its backend,
    less what names a machine to take.

    Raises
    ------
    UnknownTargetError, FileFormatError, UnsupportedError
        For a target that nothing is known of.
    """
    if target is None:
        return {} if backend is None else backend_option_types(backend)
    name = _of_target(backend, target)
    left_out = ("target", *backend_class(name).addresses)
    return {k: v for k, v in backend_option_types(name).items() if k not in left_out}


def _of_target(backend: str | None, target: str) -> str:
    """Return the backend that speaks for a target: the one named, where it has such machines."""
    if backend is not None and (
        backend_class(backend).capabilities.machines == load_target(target).family
    ):
        return backend
    return backend_of_target(target)


def build(
    model: str,
    *,
    backend: str | None = None,
    target: str | None = None,
    numerics: str | None = None,
    seed: int | None = None,
    timestep: float | None = None,
    arguments: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    others: Sequence[str] = (),
) -> Built:
    """Build a model's networks, and stop where it would run.

    Parameters
    ----------
    model : str
        A registered name, the path of a script, or of a saved ``.network`` file.
    backend, numerics, seed, timestep, arguments
        As for :class:`neuroport.jobs.specification.RunSpec`; a file has its own.
    target : str, optional
        A machine; its backend takes the place of the default one, and judges beside another.
    options : mapping, optional
        Of the backend that judges, see :func:`options_for`.
    others : sequence of str
        Options that belong to the command itself; used for hints.

    Returns
    -------
    Built
        Also where it failed: `error` says why.
    """
    judge = None if target is None else _of_target(backend, target)
    chosen = dict(options or {})
    if target is not None:
        chosen["target"] = target
    first = backend or judge
    own = chosen if judge in (None, first) else {}
    if model.endswith(".network"):
        built = _from_file(model, first, own, arguments, others)
    else:
        report = run(RunSpec(
            model, arguments=arguments, backend=first, options=own, numerics=numerics, seed=seed,
            timestep=timestep, check_only=True,
        ), other_options=others)
        made = [p for p in report.prepared if p.written.populations] or report.prepared
        built = Built(made, list(report.findings), report,
                      report.error if report.status == "error" else None)
    if built.error is None and judge is not None:
        try:
            _judged_by(built, judge, chosen)
        except UserError as error:
            built.error = error
    return built


def _from_file(
    model: str, backend: str | None, options: Mapping[str, Any], arguments: Sequence[str],
    others: Sequence[str],
) -> Built:
    try:
        name = backend or defaults().backend
        Model(model, lambda sim: None, ()).read_options(arguments, others)  # it has none
        network = load_network(model)
        made = prepare(network, load_backend(name, **options))
        return Built([made], list(made.findings))
    except UserError as error:
        return Built(error=error)
    except OSError as error:
        return Built(error=FileFormatError(
            Problem(f"{model} cannot be read: {error.strerror or error}")
        ))


def _judged_by(built: Built, judge: str, options: Mapping[str, Any]) -> None:
    """Prepare for the target's backend what was built for another; a script may choose its own."""
    for number, prepared in enumerate(built.prepared):
        if prepared.backend.information.name == judge:
            continue
        again = prepare(prepared.written, load_backend(judge, **options), prepared.front)
        known = {(f.code, f.where) for f in built.findings}
        built.findings += [f for f in again.findings if (f.code, f.where) not in known]
        built.prepared[number] = again

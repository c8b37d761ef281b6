"""The networks of a model, a script or a file, built and not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuroport.errors import FileFormatError, Problem, UserError
from neuroport.findings import Finding
from neuroport.jobs.run import Report, Request, run
from neuroport.models import Model
from neuroport.network.description import Network
from neuroport.network.file import load_network

__all__ = ["Built", "build"]


@dataclass
class Built:
    """What was built.

    Attributes
    ----------
    networks : list of Network
        With the weights as they were written; one a simulator that has any cells.
    findings : list of Finding
        Of all checks that the backend's and neuroport's own rules made.
    report : Report or None
        Of building; None for a file.
    error : BaseException or None
        What kept it from being built.
    """

    networks: list[Network] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    report: Report | None = None
    error: BaseException | None = None

    @property
    def largest(self) -> Network:
        """The network with the most cells and synapses."""
        return max(self.networks, key=lambda n: n.n_cells + n.n_synapses)


def build(
    model: str,
    *,
    backend: str | None = None,
    numerics: str | None = None,
    seed: int | None = None,
    timestep: float | None = None,
    arguments: Sequence[str] = (),
    backend_options: Mapping[str, Any] | None = None,
    others: Sequence[str] = (),
) -> Built:
    """Build a model's networks, and stop where it would run.

    Parameters
    ----------
    model : str
        A registered name, the path of a script, or of a saved ``.network`` file.
    backend, numerics, seed, timestep, arguments, backend_options
        As for :class:`neuroport.jobs.run.Request`; a file has its own.
    others : sequence of str
        Options that belong to the command itself; used for hints.

    Returns
    -------
    Built
        Also where it failed: `error` says why.
    """
    if model.endswith(".network"):
        try:
            Model(model, lambda sim: None, ()).read_options(arguments, others)  # it has none
            return Built([load_network(model)])
        except UserError as error:
            return Built(error=error)
        except OSError as error:
            return Built(error=FileFormatError(
                Problem(f"{model} cannot be read: {error.strerror or error}")
            ))
    report = run(Request(
        model, backend, numerics, seed, timestep, None, arguments, True,
        dict(backend_options or {}), others=others,
    ))
    networks = [n for n in report.networks if n.populations] or report.networks
    return Built(networks, report.findings, report,
                 report.error if report.status == "error" else None)

"""The NEST backend: checks, and the way to a program."""

from __future__ import annotations

import neuroport_nest.codes  # noqa: F401  registers the kinds of findings
from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.prepared import Draft, Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import BackendMissingError, InvalidValueError, Problem
from neuroport.results.versions import package_version
from neuroport_nest.capabilities import CAPABILITIES

__all__ = ["NestBackend"]

_SUPPORTED = "3.10"


class NestBackend(BackendBase):
    """Runs networks on this machine with NEST, in a process of its own.

    Parameters
    ----------
    threads : int
        OpenMP threads. One is the default: on a machine that does other work, two were many times
        slower than one.
    silence_timeout : float
        Seconds without an answer after which the process is stopped.
    """

    information = BackendInformation(
        name="nest",
        description="NEST on this machine, called directly, in a process of its own",
        packages=("nest",),
        install="pip install 'neuroport[nest]'",
        versions={"nest-simulator": package_version("nest-simulator")},
    )
    capabilities = CAPABILITIES

    def __init__(self, threads: int = 1, silence_timeout: float = 600.0) -> None:
        installed = package_version("nest-simulator")
        if not installed:
            raise BackendMissingError(
                Problem("NEST is not installed", fix=self.information.install)
            )
        if not installed.startswith(_SUPPORTED + "."):
            raise BackendMissingError(
                Problem("this version of NEST is not known", measured=installed,
                        limit=f"{_SUPPORTED}.x", fix=self.information.install)
            )
        problems = []
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            problems.append(Problem("threads cannot be used", f"{threads!r}", "1 or more"))
        if not isinstance(silence_timeout, (int, float)) or not silence_timeout > 0:
            problems.append(
                Problem("silence_timeout cannot be used", f"{silence_timeout!r}", "seconds"))
        if problems:
            raise InvalidValueError(problems, where="backend 'nest'")
        self.threads = threads
        self.silence_timeout = float(silence_timeout)

    def lower(self, draft: Draft) -> None:
        """Find what a user should know before the run."""
        from neuroport_nest.checks import check

        super().lower(draft)
        draft.note("NEST's rules", "values that it computes in another way, or refuses",
                   check(draft.written))

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0."""
        from neuroport_nest.session import NestSession

        return NestSession(prepared.network, self.threads, self.silence_timeout,
                           self.capabilities)

"""The native backend: its options, and the way to a session."""

from __future__ import annotations

import os

from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.capabilities_file import load_capabilities
from neuroport.backend.prepared import Draft, Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import BackendMissingError, InvalidValueError, Problem
from neuroport.results.versions import package_version
from neuroport_native.arithmetic import ARITHMETICS

__all__ = ["NativeBackend"]


class NativeBackend(BackendBase):
    """Runs networks on this machine with kernels that numba compiles; no C compiler is needed.

    Parameters
    ----------
    arithmetic : {"float64"}
        The numbers that a network is computed in.
    threads : int
        Processors to use; the spikes are the same with any number.
    """

    information = BackendInformation(
        name="native",
        description="compiled kernels on this machine: the fast one, in double precision",
        packages=("numba",),
        install="pip install 'neuroport[native]'",
        versions={"numba": package_version("numba")},
    )
    capabilities = load_capabilities("neuroport_native")

    def __init__(self, arithmetic: str = "float64", threads: int = 1) -> None:
        if not package_version("numba"):
            raise BackendMissingError(
                Problem("numba is not installed", fix=self.information.install)
            )
        problems = []
        if arithmetic not in ARITHMETICS:
            problems.append(Problem(f"there is no arithmetic {arithmetic!r}",
                                    limit=", ".join(ARITHMETICS)))
        most = os.cpu_count() or 1
        if isinstance(threads, bool) or not isinstance(threads, int) or not threads >= 1:
            problems.append(Problem(f"threads cannot be {threads!r}",
                                    limit=f"a whole number from 1 on; {most} processors are here"))
        if problems:
            raise InvalidValueError(problems, where="backend 'native'")
        self.arithmetic, self.threads = arithmetic, threads

    def lower(self, draft: Draft) -> None:
        """Find what a user should know before the run."""
        super().lower(draft)
        draft.note("arithmetic", "what has no definition in it",
                   ARITHMETICS[self.arithmetic]().problems(draft.network))

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0."""
        from neuroport_native.session import NativeSession

        return NativeSession(
            prepared.network, ARITHMETICS[self.arithmetic](), self.threads, self.capabilities)

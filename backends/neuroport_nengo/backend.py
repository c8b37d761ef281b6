"""The Nengo backend: checks, and the way to a program."""

from __future__ import annotations

from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.capabilities_file import load_capabilities
from neuroport.backend.prepared import Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import BackendMissingError, InvalidValueError, Problem
from neuroport.results.versions import package_version

__all__ = ["NengoBackend"]

_SUPPORTED = "4."


class NengoBackend(BackendBase):
    """Runs networks on this machine with Nengo, in a process of its own.

    Every population and projection is a node of a Nengo network, whose process computes what the
    time-grid contract says; Nengo's own neurons, which know other rules, have no part in it.

    Parameters
    ----------
    silence_timeout : float
        Seconds without an answer after which the process is stopped.
    """

    information = BackendInformation(
        name="nengo",
        description="Nengo on this machine, with exact cells, in a process of its own",
        packages=("nengo",),
        install="pip install 'neuroport[nengo]'",
        versions={"nengo": package_version("nengo")},
    )
    capabilities = load_capabilities("neuroport_nengo")

    def __init__(self, silence_timeout: float = 600.0) -> None:
        installed = package_version("nengo")
        if not installed:
            raise BackendMissingError(
                Problem("Nengo is not installed", fix=self.information.install)
            )
        if not installed.startswith(_SUPPORTED):
            raise BackendMissingError(
                Problem("this version of Nengo is not known", measured=installed,
                        limit=f"{_SUPPORTED}x", fix=self.information.install)
            )
        if not isinstance(silence_timeout, (int, float)) or not silence_timeout > 0:
            raise InvalidValueError(
                Problem("silence_timeout cannot be used", f"{silence_timeout!r}", "seconds"),
                where="backend 'nengo'")
        self.silence_timeout = float(silence_timeout)

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0."""
        from neuroport_nengo.session import NengoSession

        return NengoSession(prepared.network, self.silence_timeout, self.capabilities)

"""The Brian2 backend: checks, and the way to a program."""

from __future__ import annotations

import importlib.util
import logging
import shutil
from typing import Literal

from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.capabilities_file import load_capabilities
from neuroport.backend.prepared import Draft, Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import BackendMissingError, InvalidValueError, Problem
from neuroport.findings import Finding, finding
from neuroport.network.description import Network
from neuroport.results.versions import package_version

__all__ = ["Brian2Backend"]

_log = logging.getLogger("neuroport.brian2")
_LONG = 5.0  # seconds of a run from which on it is worth a word

CodeGeneration = Literal["auto", "numpy", "cython"]


class Brian2Backend(BackendBase):
    """Runs networks on this machine with Brian2, in double precision.

    Parameters
    ----------
    codegen : {"auto", "numpy", "cython"}
        ``numpy`` needs no compiler and starts at once; ``cython`` compiles (once for each kind of
        model; cached) and runs large networks faster. ``auto`` compiles only where the run is
        long enough to gain by it.
    """

    information = BackendInformation(
        name="brian2",
        description="Brian2 on this machine: the reference, in double precision",
        packages=("brian2",),
        install="pip install 'neuroport[brian2]'",
        versions={"brian2": package_version("brian2")},
    )
    capabilities = load_capabilities("neuroport_brian2")

    def __init__(self, codegen: CodeGeneration = "auto") -> None:
        if not package_version("brian2"):
            raise BackendMissingError(
                Problem("Brian2 is not installed", fix=self.information.install)
            )
        if codegen not in ("auto", "numpy", "cython"):
            raise InvalidValueError(
                Problem(f"codegen cannot be {codegen!r}", limit="auto, numpy or cython")
            )
        if codegen == "cython" and not _compiler():
            raise BackendMissingError(
                Problem(
                    "codegen='cython' needs a C++ compiler, and none was found",
                    fix="install g++ (Debian: apt install g++), or use codegen='numpy'",
                )
            )
        self.codegen: CodeGeneration = codegen

    def lower(self, draft: Draft) -> None:
        """Find what a user should know before the run."""
        super().lower(draft)
        draft.note("rules of learning", "whose they are", self._rules(draft.written))

    def _rules(self, network: Network) -> list[Finding]:
        found = []
        for projection in network.projections:
            if projection.synapse.kind == "stdp" and network.numerics.name == "spinnaker":
                found.append(
                    finding(
                        "NP111", f"projection '{projection.label}'",
                        measured="A_plus and A_minus are weight changes, all "
                        "delay is dendritic, updates wait for the next presynaptic spike",
                        why="these are the chip's rules", line=projection.line,
                    )
                )
        return found

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0."""
        from neuroport_brian2.session import Brian2Session

        network = prepared.network
        return Brian2Session(
            network, self._target(network, duration), self.capabilities)

    def _target(self, network: Network, duration: float | None) -> str:
        if self.codegen != "auto":
            return self.codegen
        # NumPy costs about 25 µs a step and population kind, and 20 ns a cell; compiling costs
        # tens of seconds the first time. Compile only where that is less than the run itself.
        steps = (duration or 0.0) / network.timestep
        kinds = 4 + len({p.cell.name for p in network.populations}) * 3
        estimate = steps * (kinds * 25e-6 + network.n_cells * 60e-9)
        target = "cython" if estimate > 120.0 and _compiler() else "numpy"
        if estimate > _LONG:
            _log.info("Brian2: about %.0f s with NumPy, so %s%s", estimate, {
                "numpy": "nothing is compiled", "cython": "it is compiled, once"}[target],
                "; the backend 'native' would be faster"
                if importlib.util.find_spec("numba") else "")
        return target


def _compiler() -> bool:
    return any(shutil.which(name) for name in ("g++", "c++", "clang++", "cl"))

"""A NumPy engine for neuroport: leaky cells with exponential currents, static synapses."""

from __future__ import annotations

import numpy as np

from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.capabilities_file import load_capabilities
from neuroport.backend.prepared import Prepared
from numpy_backend.session import NumpySession

__all__ = ["NumpyBackend"]


class NumpyBackend(BackendBase):
    """Runs networks of IF_curr_exp cells step by step, on arrays."""

    information = BackendInformation(
        name="numpy",
        description="NumPy on this computer, IF_curr_exp and static synapses",
        packages=("numpy",),
        install="pip install neuroport-numpy",
        versions={"numpy": np.__version__},
    )
    capabilities = load_capabilities("numpy_backend")

    def open(self, prepared: Prepared, duration: float | None = None) -> NumpySession:
        """Return a session at time 0."""
        return NumpySession(prepared.network, self.capabilities)

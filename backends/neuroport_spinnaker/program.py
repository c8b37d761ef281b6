"""A network lowered to SpiNNaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuroport.findings import Finding
from neuroport.network.description import Network
from neuroport.target import Target
from neuroport_spinnaker.options import Options

__all__ = ["SpinnakerProgram"]


class SpinnakerProgram:
    """What a session is opened from.

    Parameters
    ----------
    network : Network
    options : Options
    target : Target
    machine : callable
        Returns the configuration of the machine and what to close at the end.
    """

    def __init__(
        self,
        network: Network,
        options: Options,
        target: Target,
        machine: Callable[[], tuple[dict[str, Any], Any]],
    ) -> None:
        self.network, self.options, self.target = network, options, target
        self.machine = machine

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything is found by the checks before."""
        return ()

    def open(self) -> Any:
        """Return a session at time 0; the machine is taken at the first run."""
        from neuroport_spinnaker.session import SpinnakerSession

        return SpinnakerSession(self)

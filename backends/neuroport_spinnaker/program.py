"""A network lowered to SpiNNaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuroport.findings import Finding
from neuroport.machines import Target
from neuroport.network.description import Network
from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.pack import Packing

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
    packing : Packing, optional
        How populations share cores, where the machine has too few for all of them.
    emulation : Emulation, optional
        How the board behaves, where it is an emulated one.
    """

    def __init__(
        self,
        network: Network,
        options: Options,
        target: Target,
        machine: Callable[[], tuple[dict[str, Any], Any]],
        packing: Packing | None = None,
        emulation: Emulation | None = None,
    ) -> None:
        self.network, self.options, self.target = network, options, target
        self.machine = machine
        self.packing = packing
        self.emulation = emulation

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything is found by the checks before."""
        return ()

    def open(self) -> Any:
        """Return a session at time 0; the machine is taken at the first run."""
        from neuroport_spinnaker.packed_session import PackedSession
        from neuroport_spinnaker.session import SpinnakerSession

        if self.packing is None:
            return SpinnakerSession(self)
        packed = SpinnakerProgram(
            self.packing.network, self.packing.options, self.target, self.machine,
            emulation=self.emulation,
        )
        return PackedSession(SpinnakerSession(packed), self.network, self.packing)

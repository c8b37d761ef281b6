"""A network lowered to SpiNNaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.place.placed import Placed

__all__ = ["SpinnakerProgram"]


class SpinnakerProgram:
    """What a session is opened from.

    Parameters
    ----------
    placed : Placed
        The network on its machine.
    machine : callable
        Returns the configuration of the machine and what to close at the end.
    emulation : Emulation, optional
        How the board behaves, where it is an emulated one.
    """

    def __init__(
        self,
        placed: Placed,
        machine: Callable[[], tuple[dict[str, Any], Any]],
        emulation: Emulation | None = None,
    ) -> None:
        case = placed.case
        self.network, self.options, self.target = case.network, case.options, case.target
        self.placed, self.asked = placed, placed.asked
        self.machine = machine
        self.emulation = emulation

    def open(self) -> Any:
        """Return a session at time 0; the machine is taken at the first run."""
        from neuroport_spinnaker.packed_session import PackedSession
        from neuroport_spinnaker.session import SpinnakerSession

        packing = self.placed.packing
        if packing is None:
            return SpinnakerSession(self)
        return PackedSession(SpinnakerSession(self), self.placed.alone.network, packing)

"""Named errors of runs through sPyNNaker."""

from __future__ import annotations

from typing import Any

from neuroport.errors import NeuroportError, UserError

__all__ = [
    "SpinnakerError", "ToolchainError", "ToolchainVersionError", "ToolchainSilentError",
    "BoardVersionError", "MachineUnreachableError", "MachineLostError", "MachineNotChosenError",
    "CoreFailedError", "MachineMemoryError", "BoardRefusedError",
]


class SpinnakerError(UserError, NeuroportError):
    """Something about SpiNNaker went wrong."""


class ToolchainError(SpinnakerError, RuntimeError):
    """sPyNNaker refused or failed; its own words and the log are named."""


class ToolchainVersionError(SpinnakerError, ImportError):
    """sPyNNaker is there, in a version that neuroport does not know."""


class ToolchainSilentError(SpinnakerError, TimeoutError):
    """sPyNNaker gave no sign of life for too long and was stopped."""


class BoardVersionError(SpinnakerError, ValueError):
    """The board at the address is of another version than was asked for."""


class MachineUnreachableError(SpinnakerError, ConnectionError):
    """No machine answers at that address."""


class MachineLostError(SpinnakerError, ConnectionError):
    """The machine stopped answering during a run; what was recorded before can be read."""


class MachineNotChosenError(SpinnakerError, ValueError):
    """A run was asked for without a machine."""


class MachineMemoryError(SpinnakerError, MemoryError):
    """A chip has no memory left for what is to be loaded."""


class BoardRefusedError(SpinnakerError, RuntimeError):
    """An emulated board did not do what the tool-chain asked for, and says why."""


class CoreFailedError(SpinnakerError, RuntimeError):
    """Cores stopped with an error, or did not get where they should; `cores` has all of it.

    Attributes
    ----------
    cores : list of dict
        Chip and core (``x, y, p``), ``population``, ``first`` and ``last`` cell, ``state``,
        ``code``, ``registers`` (r0 to r7, PSR, SP, LR), ``binary`` and ``iobuf``.
    """

    cores: list[dict[str, Any]]

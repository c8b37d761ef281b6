"""Whose fault an error of a run on SpiNNaker is."""

from __future__ import annotations

from neuroport.jobs.outcome import Kind

__all__ = ["spinnaker_kind"]

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("MachineUnreachableError", "board"),  # it does not boot, or says nothing from the start
    ("MachineLostError", "allocation"),
    ("ToolchainSilentError", "board"),
    ("CoreFailedError", "model"),
    ("MachineMemoryError", "model"),
    ("BoardRefusedError", "model"),
    ("BoardVersionError", "model"),
    ("ToolchainVersionError", "model"),
    ("ToolchainError", "worker"),  # the tool-chain's, or the model's: once more, and no more
)


def spinnaker_kind(names: tuple[str, ...]) -> Kind:
    """Return whose fault an error is, by the names of its class and of its bases."""
    return next((kind for name, kind in _KINDS if name in names), "model")

"""Errors of the emulated board; each names the place, the measured value and a way out."""

from __future__ import annotations


class BoardError(Exception):
    """Base of everything that the emulated board raises."""


class EngineMissingError(BoardError, ImportError):
    """The compiled processor (`neuroport_spinnaker.board._engine`) is not installed."""


class GeometryError(BoardError, ValueError):
    """No board of the requested size exists."""


class AddressUnavailableError(BoardError, OSError):
    """No loopback address has both SpiNNaker ports free."""


class TimingError(BoardError, ValueError):
    """An unknown timing mode, or a pace that is no positive number."""


class BinaryFormatError(BoardError, ValueError):
    """The bytes in the load area are no APLX image."""


class UnknownBinaryError(BoardError):
    """An APLX image that is not in the list of checked releases."""


class BoardStoppedError(BoardError, RuntimeError):
    """The board was used before `start` or after `stop`."""


class MemoryDamagedError(BoardError):
    """A table in the emulated memory is damaged, as it could be on a real board."""


class OwnMachineError(BoardError, ValueError):
    """A script's own settings name a machine, which it would take instead of the board."""

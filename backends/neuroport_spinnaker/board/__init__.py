"""An unofficial, emulated SpiNNaker board: the shipped binaries run on a laptop."""

from __future__ import annotations

from neuroport_spinnaker.board.errors import (
    AddressUnavailableError,
    BinaryFormatError,
    BoardError,
    BoardStoppedError,
    EngineMissingError,
    GeometryError,
    TimingError,
    UnknownBinaryError,
)

try:
    from neuroport_spinnaker.board import _engine
except ImportError as problem:
    raise EngineMissingError(
        "the compiled processor of the emulated board is missing "
        f"({problem}): install a C compiler, then run "
        "'pip install --force-reinstall --no-deps --no-cache-dir neuroport'"
    ) from problem

from neuroport_spinnaker.board.emulator import Board
from neuroport_spinnaker.board.host_process import run_script, write_configuration
from neuroport_spinnaker.board.report import BoardReport, CoreReport

__all__ = [
    "AddressUnavailableError",
    "BinaryFormatError",
    "Board",
    "BoardError",
    "BoardReport",
    "BoardStoppedError",
    "CoreReport",
    "EngineMissingError",
    "GeometryError",
    "TimingError",
    "UnknownBinaryError",
    "run_script",
    "write_configuration",
]

del _engine

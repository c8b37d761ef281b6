"""An unofficial, emulated SpiNNaker board: the shipped binaries run on a laptop."""

from __future__ import annotations

import importlib.util

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

_MEND = (
    "install a C compiler, then run "
    "'pip install --force-reinstall --no-deps --no-cache-dir neuroport'"
)
if importlib.util.find_spec("neuroport_spinnaker.board._engine") is None:
    raise EngineMissingError(
        f"the compiled processor of the emulated board (_engine) was not built: {_MEND}"
    )
try:
    from neuroport_spinnaker.board import _engine
except ImportError as problem:
    raise EngineMissingError(
        f"the compiled processor of the emulated board does not load ({problem}): {_MEND}"
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

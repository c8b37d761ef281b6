"""The parts of sPyNNaker that scripts import beside the simulator, as far as neuroport has them."""

from __future__ import annotations

import importlib
import types
from typing import Any

from neuroport.errors import Problem, UserError

__all__ = ["ChipPackageError", "Part", "is_part", "part"]

# Modules that hold functions only, below sPyNNaker's own name.
_HELPERS = {
    "utilities.neo_convertor": "neuroport.pynn.neo_convertor",
    "utilities.neo_compare": "neuroport.pynn.neo_compare",
}
_ROOTS = ("spynnaker.pyNN.", "spynnaker8.")
# Those that hold what a script uses; the others reach a machine.
_PACKAGES = ("extra_algorithms", "extra_models", "external_devices", "models", "utilities")
_SPLITTERS = "splitter_components"


class ChipPackageError(UserError, ImportError):
    """A part of SpiNNaker's own software that neuroport does not stand in for."""

    def __init__(self, name: str) -> None:
        super().__init__(Problem(
            f"'{name}' is a part of SpiNNaker's own software, which is not started here",
            limit="neuroport stands in for pyNN.spiNNaker, spynnaker.pyNN, spynnaker8 and "
            f"{', '.join(f'spynnaker.pyNN.{helper}' for helper in _HELPERS)}",
            fix="leave the import out, or run the script as it is on an emulated "
            "board: neuroport board --run SCRIPT",
        ))


class _Splitter:
    """How sPyNNaker divides a population among cores; it changes nothing here."""

    def __init__(self, *values: Any, **keywords: Any) -> None:
        pass


class Part(types.ModuleType):
    """A module of sPyNNaker's: names that the front end has are found, the others refused."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from neuroport import pynn

        if _SPLITTERS in self.__name__ and name.startswith("Splitter"):
            return type(name, (_Splitter,), {"__doc__": _Splitter.__doc__})
        if f"{self.__name__}.{name}".endswith(tuple(f".{helper}" for helper in _HELPERS)):
            return importlib.import_module(f"{self.__name__}.{name}")
        known = pynn.names()
        if self.__name__.endswith("extra_models"):
            known = vars(known["extra_models"])
        if name in known:
            return known[name]
        raise ChipPackageError(f"{self.__name__}.{name}")


def is_part(name: str) -> bool:
    """Whether a module's name is one below sPyNNaker's front end."""
    return any(name.removeprefix(root).partition(".")[0] in _PACKAGES
               for root in _ROOTS if name.startswith(root))


def part(name: str) -> types.ModuleType:
    """Return what a script finds under a name below sPyNNaker's front end."""
    root = next(root for root in _ROOTS if name.startswith(root))
    helper = _HELPERS.get(name.removeprefix(root))
    return Part(name) if helper is None else importlib.import_module(helper)

"""What sPyNNaker has and PyNN has not: names that neuroport refuses, and modules of such names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroport.errors import Problem, UnsupportedError

__all__ = ["ChipOnlyError", "ChipNames", "ONLY_ON_CHIP", "chip_only"]

# name -> what it is
ONLY_ON_CHIP: dict[str, str] = {
    "ConvolutionConnector": "connector",
    "PoolDenseConnector": "connector",
    "Convolution": "local-only synapse type",
    "PoolDense": "local-only synapse type",
    "StructuralMechanismStatic": "synapse type with structural plasticity",
    "StructuralMechanismSTDP": "synapse type with structural plasticity",
    "LastNeuronSelection": "rule of structural plasticity",
    "RandomSelection": "rule of structural plasticity",
    "DistanceDependentFormation": "rule of structural plasticity",
    "RandomByWeightElimination": "rule of structural plasticity",
    "SpikeInjector": "external device",
}


class ChipOnlyError(UnsupportedError, AttributeError):
    """A name of sPyNNaker's that neuroport does not have; ``hasattr`` asks for some."""


def chip_only(name: str, kind: str, has: str = "") -> ChipOnlyError:
    """Return the error for a part of sPyNNaker that neuroport has nowhere.

    Parameters
    ----------
    name : str
        As the script writes it.
    kind : str
        What it is.
    has : str, optional
        What neuroport has instead.
    """
    return ChipOnlyError(Problem(
        f"neuroport has no {kind} '{name}'; it belongs to SpiNNaker's own software",
        limit=has,
        fix="run the script as it is on an emulated board: neuroport board --run SCRIPT",
    ))


class ChipNames:
    """A module of sPyNNaker's, as far as neuroport has what is in it.

    Parameters
    ----------
    module : str
        Its name in a script: ``extra_models``, ``external_devices``.
    kind : str
        What the names stand for that neuroport does not have.
    names : mapping
        What it has.
    """

    def __init__(self, module: str, kind: str, names: Mapping[str, Any]) -> None:
        self.__dict__.update(names)
        self.__dict__["_about"] = module, kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        module, kind = self.__dict__["_about"]
        has = ", ".join(sorted(n for n in self.__dict__ if not n.startswith("_")))
        raise chip_only(name, kind, f"{module} it has: {has}" if has else "")

    def __dir__(self) -> list[str]:
        return [name for name in self.__dict__ if not name.startswith("_")]

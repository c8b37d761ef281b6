"""neuroport: write a spiking network once, run it anywhere, and know why results differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuroport.network import Network, load_network, save_network
from neuroport.numerics import Numerics
from neuroport.provenance import package_version
from neuroport.sim import FindingWarning, Simulator, simulator

if TYPE_CHECKING:
    # To a type checker it is the function; at run time the package of that name, which can be
    # called and holds everything else.
    from neuroport.compare.engines import compare_backends as compare

__all__ = [
    "FindingWarning",
    "Network",
    "Numerics",
    "Simulator",
    "compare",
    "load_network",
    "save_network",
    "simulator",
]
__version__ = package_version("neuroport") or "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `neuroport.compare`, with its metrics, only where it is used."""
    if name == "compare":
        import importlib

        return importlib.import_module("neuroport.compare")
    raise AttributeError(f"module 'neuroport' has no attribute {name!r}")

"""neuroport: write a spiking network once, run it anywhere, and know why results differ."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroport.provenance import package_version

if TYPE_CHECKING:
    from neuroport.network import Network, load_network, save_network
    from neuroport.numerics import Numerics
    from neuroport.sim import FindingWarning, Simulator, simulator

__all__ = [
    "FindingWarning",
    "Network",
    "Numerics",
    "Simulator",
    "load_network",
    "save_network",
    "simulator",
]
__version__ = package_version("neuroport") or "0.1.0"

# Looked up when first used: PyNN, and what it imports, takes longer than most commands do.
_HOMES = {
    "FindingWarning": "neuroport.sim",
    "Network": "neuroport.network",
    "Numerics": "neuroport.numerics",
    "Simulator": "neuroport.sim",
    "load_network": "neuroport.network",
    "save_network": "neuroport.network",
    "simulator": "neuroport.sim",
}
_ROOMS = ("compare", "errors", "findings", "network", "numerics", "plotting", "recording", "sim",
          "target")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"neuroport.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'neuroport' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})

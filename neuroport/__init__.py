"""neuroport: write a spiking network once, run it anywhere, and know why results differ."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroport.results.versions import package_version

if TYPE_CHECKING:
    # To a type checker `compare` is the function; at run time it is the package of that name,
    # which can be called and holds everything else.
    from neuroport.compare.engines import compare_backends as compare
    from neuroport.network import Network, load_network, save_network
    from neuroport.numerics import Numerics
    from neuroport.pynn.shown import FindingWarning
    from neuroport.pynn.simulator import Simulator, simulator

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

# Looked up when first used: PyNN, and what it imports, takes longer than most commands do.
_HOMES = {
    "FindingWarning": "neuroport.pynn.shown",
    "Network": "neuroport.network",
    "Numerics": "neuroport.numerics",
    "Simulator": "neuroport.pynn.simulator",
    "load_network": "neuroport.network",
    "save_network": "neuroport.network",
    "simulator": "neuroport.pynn.simulator",
}
_ROOMS = ("backend", "compare", "errors", "findings", "jobs", "machines", "models", "network",
          "numerics", "plotting", "results")


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

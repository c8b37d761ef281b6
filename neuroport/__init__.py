"""neuroport: write a spiking network once, run it anywhere, and know why results differ."""

from __future__ import annotations

from neuroport.network import Network, load_network, save_network
from neuroport.numerics import Numerics
from neuroport.provenance import package_version
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

"""Frozen descriptions of networks: data, text, file and content hash."""

from neuroport.network.cells import CellModel, Receptor
from neuroport.network.description import (
    CurrentSource,
    Network,
    PoissonSource,
    Population,
    Projection,
    Recording,
    RenewalSource,
    SpikeTimes,
)
from neuroport.network.file import load_network, save_network
from neuroport.network.synapses import SynapseModel

__all__ = [
    "CellModel",
    "CurrentSource",
    "Network",
    "PoissonSource",
    "Population",
    "Projection",
    "Receptor",
    "Recording",
    "RenewalSource",
    "SpikeTimes",
    "SynapseModel",
    "load_network",
    "save_network",
]
